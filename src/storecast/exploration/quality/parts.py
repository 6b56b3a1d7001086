"""What the rows of the table on data quality are about."""

from enum import StrEnum

from storecast.data.cleaning_rules import MIN_GAP_DAYS


class Part(StrEnum):
    """The parts of the table."""

    COUNTS = "counts"  # store-days from the first day to the last, and how many of them lack something
    UNKNOWN_ATTRIBUTES = "unknown attributes"  # share of the stores, by attribute
    STORES_WITH_SALES = "stores with sales"  # Group is the Monday of a week; the count of its fullest day
    HISTOGRAM = "histogram of"  # followed by the measure; Group is a kind of store, Position the lower edge of a bin
    DISTRIBUTION = "distribution of"  # followed by the measure; quartiles, 95th percentile and skewness
    OUTLIERS = "outliers"  # share of the open days
    STORES_BY_OUTLIERS = "stores by their outliers"  # how many stores have none, one, two, ...
    OUTLIERS_BY_STORE = "outliers by store"  # the ten stores with the largest share
    OUTLIERS_BY_DAY = "days on which many depart"  # the ten days with the largest share of a state's stores


class Count(StrEnum):
    """What is counted in the part COUNTS."""

    STORE_DAYS = "store-days"
    WITHOUT_ROW = "without a row"
    WEEKDAYS_WITHOUT_ROWS = "of these on weekdays on which their store never has a row"
    IN_LONG_GAPS = f"of these in gaps of {MIN_GAP_DAYS} days or more"
    STORES_WITH_LONG_GAPS = f"stores with a gap of {MIN_GAP_DAYS} days or more"
    USUAL_DAYS_IN_GAPS = "days that half of these stores are away or more"
    BEFORE_OR_AFTER = f"before a store's first row or after its last, {MIN_GAP_DAYS} days or more"
    LATE_STORES = "stores whose first row comes after the first day"
    EARLY_STORES = "stores whose last row comes before the last day"
    OPEN_WITHOUT_SALES = "open without sales"
    WITHOUT_CUSTOMERS = "with sales but without customers"


BELOW_USUAL, WITHIN_THREE_MONTHS = "below the usual", "within three months"  # shares of a store's or a day's outliers
