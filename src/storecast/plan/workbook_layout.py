"""Where things stand in the workbook of a plan: chain, groups, stores, weeks with cells to fill in, and what it is of.

Sheets and columns have their English names here and wherever they are looked up; a file has those of its language.
"""

CHAIN, GROUPS, STORES, WEEKS, ABOUT, REASONS = "Chain", "Groups", "Stores", "Weeks", "About", "Reasons"  # sheets

STORE, FIRST, LAST = "Store", "From", "To"
DAYS_OPEN, PROMOTION_DAYS, HOLIDAYS = "Days open", "Promotion days", "Holidays"
FORECAST, LOWER, UPPER = "Forecast", "Lower80", "Upper80"
LOWER_OF_DAYS, UPPER_OF_DAYS = "Lower80 of days", "Upper80 of days"  # bounds that are those of the days, added up
LAST_YEAR, CHANGE = "Last year", "Change"
BUDGET, PLAN, STANDING = "Budget", "Plan", "Overrides now"
OVERRIDE, REASON, NOTE = "Override", "Reason", "Note"  # to fill in
NEW_PLAN, VARIANCE = "New plan", "Over budget"
BUDGET_BEFORE = "Budget as exported"  # hidden: by which one is known that was typed in
COMPARABLE = "Comparable"  # hidden: the forecast of those whose last year is known
WEEK, LEVEL, GROUP = "Week", "Level", "Group"
ALL_WEEKS, ROWS_SHOWN, FORECAST_OF_ALL = "All weeks", "Rows shown", "Forecast, all weeks"

DAY_COUNTS = (DAYS_OPEN, PROMOTION_DAYS, HOLIDAYS)
TO_FILL_IN = (OVERRIDE, REASON, NOTE)
BEFORE_GROUPS = (STORE, FIRST, LAST)
AFTER_GROUPS = (
    *DAY_COUNTS, FORECAST, LOWER, UPPER, LAST_YEAR, CHANGE, BUDGET, PLAN, OVERRIDE, NEW_PLAN, VARIANCE, REASON, NOTE, STANDING,
    COMPARABLE, BUDGET_BEFORE,
)  # fmt: skip
TITLES = (*BEFORE_GROUPS, *AFTER_GROUPS)
NEEDED = (STORE, FIRST, LAST, OVERRIDE, REASON)  # by which a file is read; other columns may be moved or removed

VERSION, REVISION, MODEL, CUTOFF = "Version", "Revision", "Model", "Cutoff"  # of the sheet About
OF_PLAN = (VERSION, REVISION, MODEL, CUTOFF)
STATE, DAYS, MADE, EXPORTED = "State", "Days", "Made", "Exported"
UNPUBLISHED = "unpublished"  # in place of the version, in the workbook of a run

SUMS, HEAD, TOP = 3, 4, 5  # rows, from 0
