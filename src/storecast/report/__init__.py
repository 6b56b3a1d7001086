"""Report: what people read.

Lowest first:

section           what a section is made of: an answer, pictures, tables; charts: its kinds of charts
templates         how the templates (*.html, page.css) are filled
exploration_page  the sections of an exploration, in the report and on a page of their own
picture_files     pictures as PNG files
tables            totals, last year beside them, submission, changes: frames in, frames out
facts             the figures of the report, computed from its input; figures: its charts of the forecast
page              the one HTML page of a run that opens offline
"""
