"""Days on which a store was shut in every year of its past, though no holiday is marked: it will be shut on them again.

A closure that comes again by one rule is no evidence for another: Christmas Day was the fourth Thursday of December in 2014, and
Boxing Day in 2013, but no store is shut on that Thursday in 2015, the 24th.
"""

import numpy as np

from storecast.arrays import I8, I64, Bool
from storecast.data.grid import NO_ROW, Grid
from storecast.data.recurrence import RULES
from storecast.dates import weekday

MIN_YEARS = 2  # in which the store was shut on the day
MIN_STORES = 3  # of so many years, of which ...
MOST_STORES = 0.9  # ... so many shut on a day: then younger ones do, too, unless they were open on it
LONG_CLOSURE = 4  # shut days within a week: a renovation, say, which does not come again


def shut_every_year(grid: Grid, end: int, width: int) -> Bool:
    """Return the days ahead that come again, by a rule of `recurrence`, on days on which the store was always shut.

    A store that has not met the day in two years follows the others, where these are of one mind.

    Parameters
    ----------
    grid : the past; a day without a row, between days with one, is one on which the store was shut
    end : the column of the last day with sales
    width : the number of columns, past and ahead

    Returns
    -------
    (stores, days ahead)
    """
    shut, known = _unusual_closures(grid, end)
    out = np.zeros((len(shut), width - end - 1), bool)
    if not shut.any():
        return out
    for rule in RULES:
        explained = np.zeros_like(shut)
        for column in (*np.flatnonzero(shut.any(axis=0)), *range(end + 1, width)):
            day = grid.day(int(column))
            others = (rule(day, year) for year in range(grid.first.year, grid.day(width - 1).year + 1))
            places = [place for other in others if other and 0 <= (place := grid.column(other)) <= end]
            if len(places) >= MIN_YEARS:
                years = known[:, places].sum(axis=1)
                again = (years >= MIN_YEARS) & (shut[:, places].sum(axis=1) == years)
                if column > end:
                    old = years >= MIN_YEARS
                    chain = old.sum() >= MIN_STORES and again[old].mean() >= MOST_STORES
                    never_open = shut[:, places].sum(axis=1) == years
                    out[:, column - end - 1] |= again | (chain & ~old & never_open)
                else:
                    explained[:, column] = again & shut[:, column]
        shut = shut & ~explained
    return out


def _unusual_closures(grid: Grid, end: int) -> tuple[Bool, Bool]:
    """Return single days on which a store was shut on a weekday on which it usually opens, and the days that can show it.

    Holidays that are marked show nothing, nor do days of the weeks of a longer closure.
    """
    opened = grid.open[:, : end + 1]
    rows = opened != NO_ROW
    weekdays = weekday(grid.dates()[: end + 1])
    usual = np.stack([(opened[:, weekdays == day] == 1).sum(axis=1) for day in range(7)], axis=1)
    total = np.stack([rows[:, weekdays == day].sum(axis=1) for day in range(7)], axis=1)
    known = (rows | missing_rows(opened)) & (2 * usual > total)[:, weekdays] & (grid.holiday[:, : end + 1] <= 0)
    shut = known & (opened != 1)
    return shut & (_within_a_week(shut) < LONG_CLOSURE), known


def missing_rows(opened: I8) -> Bool:
    """Return the days without a row between a store's first and last day with one, (stores, days).

    Parameters
    ----------
    opened : 0 or 1, ``NO_ROW`` where there is no row, (stores, days)
    """
    rows = opened != NO_ROW
    begun = np.maximum.accumulate(rows, axis=1)
    not_ended = np.maximum.accumulate(rows[:, ::-1], axis=1)[:, ::-1]
    between: Bool = begun & not_ended & ~rows
    return between


def _within_a_week(flags: Bool) -> I64:
    """Return how many flags lie within three days of each day, (stores, days)."""
    sums = np.cumsum(np.pad(flags, ((0, 0), (4, 3))), axis=1, dtype=np.int64)
    near: I64 = sums[:, 7:] - sums[:, :-7]
    return near
