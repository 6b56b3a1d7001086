"""What the rows of the table on competition are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    OPENING = "a competitor opens"  # Group is one of `Comparison`; the 180 days after less the 180 days before
    AROUND_OPENING = "sales around an opening"  # Position is the bin of 30 days from the opening
    LEVEL_BY_DISTANCE = "level by distance"  # usual sales against stores 1 to 2.5 km from a competitor
    RANK_CORRELATION = "rank correlation with distance"
    KNOWN = "what is known"


class Comparison(StrEnum):
    """Which openings are measured, and against which stores."""

    NOT_YET_REACHED = "against stores not yet reached"
    LONG_SETTLED = "and stores long settled"
    NEAR = "near"
    FAR = "far"
