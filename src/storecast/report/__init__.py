"""Report: what people read.

tables       totals, last year beside them, submission, changes: frames in, frames out
plan         the workbook: weeks × stores, live sums
charts       the kinds of charts of the exploration; figures: those of the forecast
facts        what the page says of the forecast, worked out from its input
section      a question with its answer, pictures and tables; answers/: one module a question
exploration  the sections together, a page of their own, pictures as files
page         the one HTML page of a run that opens offline
templates    how the templates (*.html, page.css) are filled
"""
