"""How far days lie from feasts and pay days, and the broken lines along which sales rise and fall around them."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from dateutil.easter import easter

from storecast.arrays import F64, I64, Bool, Days
from storecast.data.feast_table import LAST, LAST_WEEKDAY_OF_MONTH
from storecast.dates import weekday

# Sales rise and fall smoothly towards Christmas and after it, whatever weekday its days fall on: one Christmas seen on other
# weekdays must do for the next. So these are corners of a line, in days from 25 December, and days of their own beside it.
ADVENT = (-31, -24, -17, -10, -6, -4, -2)
TURN = (2, 5, 8, 11, 17, 24)
EASTER = (-9, -6, -4, -3, -2, -1, 2, 3, 5, 8)  # bins of days from Easter Sunday
FRIDAY = 4


def tents(days: I64, corners: Sequence[int]) -> list[F64]:
    """Return the hat functions of a broken line with these corners: 1 at its own, 0 at the others, 0 outside."""
    inside = (days >= corners[0]) & (days <= corners[-1])
    return [np.where(inside, np.interp(days, corners, np.eye(len(corners))[k]), 0) for k in range(len(corners))]


def line_terms(name: str, distance: I64, corners: Sequence[int], alone: Bool) -> list[tuple[str, F64]]:
    """Return the name and the values of the term of each corner of a broken line, (days,).

    Parameters
    ----------
    name : of the feast
    distance : days from it, (days,)
    corners : in such days
    alone : days that have terms of their own, on which the line is 0, (days,)
    """
    lines = zip(corners, tents(distance, corners), strict=True)
    return [(f"{name} {corner:+d}", np.where(alone, 0, line)) for corner, line in lines]


def christmas_terms(first: dt.date, days: int, alone: Mapping[str, Sequence[int]]) -> list[tuple[str, F64]]:
    """Return the terms of the lines to Christmas and after it.

    Parameters
    ----------
    first : day of the first column
    days : the number of columns
    alone : days with terms of their own, from 25 December, by name
    """
    distance = days_from_christmas(first, days)
    on_their_own = np.isin(distance, [day for offsets in alone.values() for day in offsets])
    return [term for corners in (ADVENT, TURN) for term in line_terms("Christmas", distance, corners, on_their_own)]


def easter_terms(first: dt.date, days: int) -> list[tuple[str, Bool]]:
    """Return the terms of the days around Easter.

    Parameters
    ----------
    first : day of the first column
    days : the number of columns
    """
    distance = days_from_easter(first, days)
    return [(f"Easter {low:+d}", (distance >= low) & (distance < high)) for low, high in pairwise(EASTER)]


def days_from_payday(dates: Days, paydays: Sequence[int | str] = LAST_WEEKDAY_OF_MONTH) -> I64:
    """Return the days from the nearest pay day, negative before it.

    Parameters
    ----------
    dates : consecutive days
    paydays : days of the month, or "last"; one on a weekend is the Friday before
    """
    months = np.arange(dates[0].astype("datetime64[M]") - 1, dates[-1].astype("datetime64[M]") + 2)
    last = (months + 1).astype("datetime64[D]") - 1
    first = months.astype("datetime64[D]")
    marks = np.concatenate([last if day == LAST else np.minimum(first + (int(day) - 1), last) for day in paydays])
    return _from_nearest(dates, marks - np.maximum(weekday(marks) - FRIDAY, 0))


@lru_cache(maxsize=64)
def days_from_easter(first: dt.date, days: int) -> I64:
    """Return the days from the nearest Easter Sunday, negative before it, for ``days`` days from ``first``."""
    return _days_from(first, days, easter)


@lru_cache(maxsize=64)
def days_from_christmas(first: dt.date, days: int) -> I64:
    """Return the days from the nearest 25 December, negative before it, for ``days`` days from ``first``."""
    return _days_from(first, days, lambda year: dt.date(year, 12, 25))


def days_from_feast(first: dt.date, days: int, feast: Collection[dt.date]) -> I64:
    """Return the days from the nearest day of a feast, negative before it.

    Parameters
    ----------
    first : day of the first column
    days : the number of columns
    feast : its days, one or more
    """
    dates = np.datetime64(first, "D") + np.arange(days)
    return _from_nearest(dates, np.array(sorted(feast), dtype="datetime64[D]"))


def _days_from(first: dt.date, days: int, feast: Callable[[int], dt.date]) -> I64:
    dates = np.datetime64(first, "D") + np.arange(days)
    years = range(first.year - 1, (first + dt.timedelta(days=days)).year + 2)
    return _from_nearest(dates, np.array([feast(year) for year in years], dtype="datetime64[D]"))


def _from_nearest(dates: Days, marks: Days) -> I64:
    distance = (dates[:, None] - marks[None, :]).astype(np.int64)
    nearest: I64 = distance[np.arange(len(dates)), np.abs(distance).argmin(axis=1)]
    return nearest
