"""What the rows of the table on own columns are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table; the group of a row is a column."""

    FLAG = "flag"  # a day on which it is set, against one on which it is not
    NUMBER = "number"  # a day on which it is a usual departure above the store's mean
    TENTH_LESS = "tenth less"  # a day on which it is 10% lower, by the elasticity
    ELASTICITY = "elasticity"
    DEPARTURE = "usual departure"  # the size of a usual departure, in units of the column
    TOO_RARE = "too rare"  # changes in so few blocks of weeks (the value) that chance is not ruled out
    NEVER_CHANGES = "never changes"  # within a store, as facts of stores do
    SOLD = "sold"  # the share of open days with sales, where sales are regressed as counts
    PAST_ONLY = "known afterwards"  # the share of days with sales on which it is known
