"""What the rows of the table on store types and assortments are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table; each name is followed by the attribute of the stores."""

    USUAL_DAY = "usual day by"  # mean sales, customers and spend of an open day, mean of the stores
    SIMILAR_STORES = "beside alike stores by"  # against the most common kind, other attribute and state alike
    GROWTH = "growth a year by"  # like for like
    WEEKDAY_PROFILE = "weekday profile by"  # Position is the weekday; against the store's mean of Monday to Saturday
    STORES = "stores by"
    SUNDAY_STORES = "stores that trade on Sundays by"
