"""What the rows of the table on past and ahead are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    SHARES = "share"  # Group is "column: level", Measure the span of days
    TEST = "test"  # Group is the column, Measure one of `ColumnTest`
    MODEL = "can a model tell"  # cross-validated AUC: 0.5 is guessing, 1 is always right
    IMPORTANCE = "told by"  # AUC lost when a column is shuffled
    IMPORTANCE_WITH_DAY_OF_YEAR = "told by, with the day of the year"
    FACTS = "facts"  # Group is one of `Fact`
    NOT_AHEAD = "not ahead"  # levels of the past that do not come ahead


class Span(StrEnum):
    """The days that are compared."""

    PAST = "past"
    AHEAD = "ahead"
    SAME_DAYS = "same days of earlier years"


class ColumnTest(StrEnum):
    """What is measured of each column; a window is as many days of the past as there are days ahead."""

    CRAMERS_V = "Cramér's V"  # between the days ahead and the past, as if there were as many rows of either
    CRAMERS_V_SAME_DAYS = "Cramér's V, same days of earlier years"
    P_VALUE = "p of the rows"  # of a chi-squared test
    CRAMERS_V_WINDOWS = "Cramér's V of past windows"  # median and 95% of the windows, each against the rest of the past
    SHARE_AS_DIFFERENT = "past windows that differ as much"  # the share of the windows: a placebo test


class Fact(StrEnum):
    """What is counted in the part FACTS."""

    DAYS_PAST = "days in the past"
    DAYS_AHEAD = "days ahead"
    STORES_PAST = "stores in the past"
    STORES_AHEAD = "stores ahead"
    NEW_STORES = "stores ahead that have no past"
    YEARS_WITH_SAME_DAYS = "earlier years that hold the same days"
    WITHOUT_ROW = "store-days without a row on the same days of earlier years"


# The groups of the part MODEL.
WITHOUT_SEASON, WITH_DAY_OF_YEAR, PAST_WINDOW = (
    "without the season", "with the day of the year", "window of the past from",
)  # fmt: skip
WEEKDAY, MONTH, DAY_OF_YEAR = "Weekday", "Month", "Day of year"  # columns made of the date
