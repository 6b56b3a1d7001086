"""What the rows of the table on promotions are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    UPLIFT = "uplift"  # by weekday, and all weekdays together
    UPLIFT_BY = "uplift by"  # followed by an attribute of the stores; all weekdays together
    UPLIFT_BY_DAY = "uplift by day"  # by weekday, in the first week of a promotion and in the weeks after it
    NEW_CUSTOMERS = "share of new customers"  # of the uplift in sales (logs); the rest is larger baskets
    BORROWED = "borrowed"  # the week after a promotion; the Saturday of a week with a promotion
    FACTS = "facts"  # spells, weeks with and without a promotion, stores in Promo2
    PROMO2_BEGINS = "Promo2 begins"  # the half year after joining against the half year before
    AROUND_PROMO2 = "sales around the start of Promo2"  # the same by 30 days
    PROMO2_ROUND = "months of a Promo2 round"  # against the store's other months


ALL_WEEKDAYS, FIRST_WEEK, LATER_WEEKS = "all weekdays", "first week", "later weeks"
WEEK_AFTER = "first week after a promotion"
PROMO2_STORES = "stores in Promo2"
