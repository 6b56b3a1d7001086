"""What the rows of the table on sales and customers are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    CORRELATION = "correlation"  # Group is one of `Differences`, Measure one of `Scale`
    SPREAD_OF_SPEND = "spread of spend"
    ELASTICITY = "elasticity"  # change of sales in per cent for one per cent more customers
    SPEND_BY = "spend by"  # followed by an attribute of the stores
    SPEND_BY_MONTH = "spend by month"
    GROWTH = "growth a year"
    STORES = "stores"  # usual sales and customers of each store


class Differences(StrEnum):
    """Which differences between rows are compared."""

    ALL_ROWS = "all rows"
    WITHIN_STORES = "within stores"
    BETWEEN_STORES = "between stores"
    WITHIN_DAYS = "within days"


class Scale(StrEnum):
    """On which scale sales and customers are correlated."""

    PLAIN = "sales and customers"
    LOGS = "their logs"
    RANKS = "their ranks"
