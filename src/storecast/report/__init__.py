"""Report: what people read.

tables     totals, last year beside them, submission, changes: frames in, frames out
writers    CSV, each file whole
plan       the workbook: weeks × stores, live sums
figures    Plotly figures
facts      what the page says, worked out from its input
page       the one HTML page that opens offline: page.html is its template, page.css its looks
"""
