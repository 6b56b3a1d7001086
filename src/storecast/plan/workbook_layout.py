"""Where things stand in the workbook of a plan: a sheet with a row for each store and week, the reasons, and what it is of."""

WEEKS, ABOUT, REASONS = "Weeks", "About", "Reasons"

STORE, FIRST, LAST = "Store", "From", "To"
FORECAST, LOWER, UPPER = "Forecast", "Lower80 of days", "Upper80 of days"
BUDGET, PLAN, STANDING = "Budget", "Plan", "Overrides now"
OVERRIDE, REASON, NOTE = "Override", "Reason", "Note"  # to fill in
NEW_PLAN = "New plan"
FIGURES = (FORECAST, LOWER, UPPER, BUDGET, PLAN)
TO_FILL_IN = (OVERRIDE, REASON, NOTE)
TITLES = (STORE, FIRST, LAST, *FIGURES, STANDING, *TO_FILL_IN, NEW_PLAN)
NEEDED = (STORE, FIRST, LAST, OVERRIDE, REASON)  # by which a file is read; other columns may be moved or removed

VERSION, REVISION, MODEL, CUTOFF = "Version", "Revision", "Model", "Cutoff"  # of the sheet About
OF_PLAN = (VERSION, REVISION, MODEL, CUTOFF)

SUMS, HEAD, TOP = 3, 4, 5  # rows, from 0
