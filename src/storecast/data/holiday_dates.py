"""State holidays by date: the kind that files give them, and when one of the past comes again."""

import datetime as dt
from functools import cache

from dateutil.easter import easter

from storecast import schema as s

MOVABLE = (-2, 0, 1, 39, 49, 50, 60)  # days from Easter Sunday; other state holidays keep their date
ALWAYS_SUNDAY = (0, 49)  # days from Easter Sunday; holidays by law in some states, which the files do not mark
GOOD_FRIDAY, EASTER_MONDAY = -2, 1
EASTER = "b"  # as files mark its days
CHRISTMAS = ((12, 25), (12, 26))


CARNIVAL = range(-52, -45)  # days from Easter Sunday
TURN_OF_THE_YEAR = ((12, 23), (1, 2))


def is_extreme(day: dt.date) -> bool:
    """Return whether sales of a fourth or four times the usual may be true on a day: carnival, Christmas to New Year."""
    begin, end = TURN_OF_THE_YEAR
    return days_from_easter(day) in CARNIVAL or (day.month, day.day) >= begin or (day.month, day.day) <= end


def days_from_easter(day: dt.date) -> int:
    """Return how many days after Easter Sunday of its year a day lies.

    Examples
    --------
    >>> days_from_easter(dt.date(2015, 4, 3))
    -2
    """
    return int((day - _easter_sunday(day.year)).days)


@cache
def _easter_sunday(year: int) -> dt.date:
    sunday: dt.date = easter(year)
    return sunday


def holiday_kind(day: dt.date) -> str:
    """Return the kind of a holiday by law as files mark it; "0" for those that always fall on a Sunday."""
    offset = days_from_easter(day)
    if offset in ALWAYS_SUNDAY:
        return s.NO_HOLIDAY
    if offset in (GOOD_FRIDAY, EASTER_MONDAY):
        return EASTER
    return "c" if (day.month, day.day) in CHRISTMAS else "a"


def recurs(past: dt.date, ahead: dt.date) -> bool:
    """Return whether a state holiday of the past comes again on a day ahead: by its date, or by its distance from Easter."""
    offset = days_from_easter(past)
    if offset in MOVABLE:
        return days_from_easter(ahead) == offset
    return (past.month, past.day) == (ahead.month, ahead.day)
