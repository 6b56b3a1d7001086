"""What the rows of the table on holidays are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    CURVE = "curve"  # Group is the kind of holiday, Position the days from it
    BY_STATE = "by state"  # the same for the two days before and after, Group "kind, state"
    MEAN_AROUND = "sum of the days around"  # the mean change over the days that were measured
