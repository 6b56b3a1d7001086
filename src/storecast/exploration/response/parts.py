"""What the rows of the table on the stores' response to promotions are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    STORE = "store"  # Group is the store, the strongest first
    CHAIN = "chain"  # the mean store
    SPREAD = "spread"  # how far true uplifts differ between stores
    BREAK_EVEN = "break-even"  # Group is an uplift; how many stores are surely above, surely below, or neither
    DIFFERENCES = "differences"  # the probability of stores that differ as much by chance alone
    SHIFT = "shift"  # moving a tenth of the promotion days from the weakest stores to the strongest
    RELIABILITY = "reliability"  # correlation of the stores' uplifts in odd and in even spells
    WHEN = "when"  # uplift by quarter, and in weeks with a month's end


UPLIFT, RAW_UPLIFT, GAIN = "uplift", "uplift before shrinking", "gain of a promotion day"  # measures
