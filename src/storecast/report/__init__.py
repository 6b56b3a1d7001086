"""Report: what people read.

tables     totals, submission, changes: frames in, frames out
writers    CSV and the plan as a workbook, each file whole
figures    Plotly figures
page       the one HTML page that opens offline
"""
