"""What the rows of the table on the stores are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    STORE = "store"  # Group is the store, Measure one of `Trait`
    LARGEST = "largest"  # ten stores each, by sales of an open day, growth or volatility
    SMALLEST = "smallest"
    FASTEST_GROWING = "fastest growing"
    FASTEST_SHRINKING = "fastest shrinking"
    MOST_VOLATILE = "most volatile"
    DIFFERENCES = "differences"  # Group is a trait; the probability of stores that differ as much by chance alone
    SURE_DIRECTION = "sure of their direction"  # how many stores surely grow, surely shrink
    NEW_COMPETITOR = (
        "new competitor"  # Group is a store that one opened at within the sales: its growth holds what that took
    )
    GROUP_PROFILE = "group profile"  # Group is the number of a group; standard deviations from all stores
    GROUP_MEMBERS = "group"  # stores and store types of each group
    GROUP_SCORES = "groups"  # silhouette by number of groups, stability under resampling
    RANK_CORRELATION = "rank correlation"  # Group and Measure are two traits (Spearman)


class Trait(StrEnum):
    """What is measured of each store."""

    SALES_A_DAY = "sales a day"
    GROWTH = "growth a year"
    VOLATILITY = "volatility"
    PROMOTION = "promotion"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"  # of chains that trade on Sundays about as often as on other days
    DECEMBER = "December"
    SPEND = "spend"
    DISTANCE = "competitor's distance"
