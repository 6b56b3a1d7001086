"""Report: what people read.

Lowest first:

report_input      what the report of a run is made of
front_page        the first page: weeks, tests; week_calendar: promotions and holidays now and last year; since_last: what moved;
                  stores_to_check: with reasons; front_tiles, front_weeks, front_remarks: all that in words; week_figure: the chart
accuracy          the tests, in words, figures and tables; glossary: terms in words; amounts: sizes that are read at a glance
section           what a section is made of: an answer, pictures, tables; charts: its kinds of charts
templates         how the templates (*.html, page.css) are filled
exploration_page  the sections of an exploration, in the report and on a page of their own
picture_files     pictures as PNG files
tables            totals, last year beside them, submission, changes: frames in, frames out
facts             the figures of the report, computed from its input; figures: its charts of the forecast
page              the one HTML page of a run that opens offline
"""
