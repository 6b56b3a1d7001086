"""Event studies of staggered starts: something begins at different times in different stores.

Stacked difference in differences: for each start date, the stores that begin are compared with stores that have not begun
by the end of the window, before and after. The stacks are weighted so that every store that begins counts once (Wing,
Freedman and Hollingsworth 2024). Plain two-way fixed effects would compare late starters with early ones, whose own effect
may still be moving (Goodman-Bacon 2021). Standard errors are clustered by store, over all the stacks it is in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from storecast.arrays import F64, I64, Bool
from storecast.exploration.shared.estimates import Interval
from storecast.exploration.shared.regression import clustered_regression, demean

BIN_DAYS = 30
MIN_DAYS_IN_BIN = 10  # with sales
MIN_STARTS = 3
NEVER = 10**6  # the day of a start that never comes


@dataclass(frozen=True, eq=False)
class EventStudy:
    """The effects of a start.

    Attributes
    ----------
    bins : bins of 30 days (0 is the first from the start on), and the effect in each, on logs; those before are 0 on average
    effect : the mean of the bins after less the mean of the bins before
    drift : the later half of the bins before less the earlier half: 0 where both kinds of stores moved in parallel
    starts, controls : the number of stores that begin, and of stores that they are compared with
    """

    bins: list[tuple[int, Interval]]
    effect: Interval
    drift: Interval
    starts: int
    controls: int


def event_study(logs: F64, starts: I64, *, bins: int, settled: Bool | None = None) -> EventStudy | None:
    """Compare stores that begin with stores that have not begun yet.

    Parameters
    ----------
    logs : stores × days, calendar-adjusted
    starts : the day (column) on which each store begins; NEVER where it never does; stores that began before the first day
        have a negative one and are left out
    bins : how many bins of 30 days each window has before, and how many after
    settled : stores that are controls too, though they began long ago

    Returns
    -------
    None where fewer than three stores can be compared
    """
    days = int(np.flatnonzero(~np.isnan(logs).all(axis=0))[-1]) + 1
    reach = bins * BIN_DAYS
    extra = np.zeros(len(starts), bool) if settled is None else settled
    stacks = []
    for day in np.unique(starts[(starts >= reach) & (starts + reach <= days)]):
        means = _bin_means(logs, int(day), bins)
        complete = ~np.isnan(means).any(axis=1)
        begins = np.flatnonzero((starts == day) & complete)
        waits = np.flatnonzero(((starts >= day + reach) | extra) & (starts != day) & complete)
        if len(begins) and len(waits):
            rows = np.r_[begins, waits]
            stacks.append((means[rows] - means[rows, :bins].mean(axis=1, keepdims=True), rows, len(begins)))
    total = sum(count for _, _, count in stacks)
    if total < MIN_STARTS:
        return None
    moves, store = np.concatenate([move for move, _, _ in stacks]), np.concatenate([rows for _, rows, _ in stacks])
    stack = np.repeat(np.arange(len(stacks)), [len(rows) for _, rows, _ in stacks])
    begins = np.concatenate([np.arange(len(rows)) < count for _, rows, count in stacks])
    waiting = sum(len(rows) - count for _, rows, count in stacks)
    ratio = np.array([(count / total) / ((len(rows) - count) / waiting) for _, rows, count in stacks])
    weights = np.where(begins, 1.0, ratio[stack])
    after, half = moves[:, bins:].mean(axis=1), bins // 2
    drift = moves[:, half:bins].mean(axis=1) - moves[:, :half].mean(axis=1)

    def compare(y: F64) -> Interval:
        x = demean(begins.astype(float), stack, weights)[:, None]
        return clustered_regression(demean(y, stack, weights), x, store, weights=weights)[0]

    return EventStudy(
        [(k - bins, compare(moves[:, k])) for k in range(2 * bins)],
        compare(after),
        compare(drift),
        total,
        len(np.unique(store[~begins])),
    )


def _bin_means(logs: F64, day: int, bins: int) -> F64:
    """Average over bins of days around a day (stores × 2·bins); NaN where a bin has too few days."""
    window = logs[:, day - bins * BIN_DAYS : day + bins * BIN_DAYS]
    part = window.reshape(len(logs), 2 * bins, BIN_DAYS)  # (stores, bins, days)
    sold = ~np.isnan(part)
    number = sold.sum(axis=2)
    enough = number >= MIN_DAYS_IN_BIN
    means: F64 = np.where(enough, np.where(sold, part, 0.0).sum(axis=2) / np.maximum(number, 1), np.nan)
    return means


def day_columns(dates: Sequence[object], first: object) -> I64:
    """Return the column of each date, NEVER where there is none.

    Parameters
    ----------
    dates : dates, or None
    first : the date of the first column
    """
    base = np.datetime64(str(first), "D")
    return np.array(
        [NEVER if date is None else int((np.datetime64(str(date), "D") - base).astype(int)) for date in dates]
    )
