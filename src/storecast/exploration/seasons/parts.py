"""What the rows of the table on seasons are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    WEEKDAY_AS_SOLD = "weekday as sold"  # against the mean of Monday to Saturday, or of all days
    WEEKDAY = "weekday without promotions"
    MONTH = "month"  # against the mean of the twelve, promotions taken off
    MONTH_WITHOUT_HOLIDAYS = "month without holidays"
    MONTH_OF_ONE_YEAR = "month of one year"
    DAYS_OF_MONTH = "days of the month"  # against the 14th to 18th
    OCCASION = "occasion"  # December, Christmas, Easter, summer school holidays
    GROWTH = "growth"
    WEEK = "week"  # against the mean of all weeks
    DAY = "calendar"  # mean sales of an open store
    VARIANCE_SHARE = "share of the variance"
    STRENGTH = "strength of the season"


BY_TREND = "a year, by the trend"
UNEXPLAINED = "left unexplained"
WEEKLY, YEARLY = "weekly", "yearly"
SUMMER = "summer school holidays"
