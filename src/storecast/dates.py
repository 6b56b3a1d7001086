"""Dates: weekdays and months, each worked out and named in one place."""

import datetime as dt

import numpy as np

from storecast.arrays import I64, Days

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SATURDAY, SUNDAY = 5, 6
WEEK = 7  # days
YEAR = 364  # days after which a weekday comes again in the same season


def weekday(dates: Days) -> I64:
    """Return the weekday of each date: Monday 0 to Sunday 6.

    Examples
    --------
    >>> weekday(np.array(["2015-06-15", "2015-06-21"], dtype="datetime64[D]"))
    array([0, 6])
    """
    days: I64 = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return days


def as_date(value: object) -> dt.date:
    """Return a value that must be a date, such as the minimum of a Date column, with its type.

    Raises
    ------
    TypeError
        where it is something else, as the minimum of an empty column is
    """
    if not isinstance(value, dt.date):
        raise TypeError(f"expected a date, found {value!r}")
    return value
