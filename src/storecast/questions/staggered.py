"""Staggered starts: what happens after something begins at different times in different stores.

Stacked difference in differences: for each start date, the stores that begin are compared with stores that have not begun
by the end of the window, before and after; the stacks are weighed so that every store that begins counts once (Wing,
Freedman and Hollingsworth 2024). Plain two-way fixed effects would compare late starters with early ones, whose own effect
may still be moving (Goodman-Bacon 2021). Errors hang together within a store, over all the stacks it stands in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storecast.questions.estimate import clustered, within
from storecast.questions.levels import Floats, Ints
from storecast.questions.tidy import Interval

BIN = 30  # days
FEWEST_DAYS = 10  # with sales in a bin
FEWEST_STARTS = 3
NEVER = 10**6


@dataclass(frozen=True, eq=False)
class EventStudy:
    """What was found.

    Attributes
    ----------
    bins : bins of 30 days (0 is the first from the start on), and the effect in each, on logs; those before are 0 on average
    effect : the mean of the bins after less the mean of the bins before
    drift : the later half of the bins before less the earlier half: 0 where both kinds of stores went alike
    starts, controls : stores that begin, stores that they are compared with
    """

    bins: list[tuple[int, Interval]]
    effect: Interval
    drift: Interval
    starts: int
    controls: int


def event_study(
    logs: Floats, starts: Ints, *, bins: int, settled: npt.NDArray[np.bool_] | None = None
) -> EventStudy | None:
    """Compare stores that begin with stores that have not begun yet.

    Parameters
    ----------
    logs : stores × days, like with like
    starts : the day (column) on which each store begins; NEVER where it never does; stores that begun before the first day
        have a negative one and are left out
    bins : of 30 days, before and after, that each window holds
    settled : stores that are taken as controls too, though they began long ago

    Returns
    -------
    None where fewer than three stores can be compared.
    """
    days = int(np.flatnonzero(~np.isnan(logs).all(axis=0))[-1]) + 1
    reach = bins * BIN
    extra = np.zeros(len(starts), bool) if settled is None else settled
    stacks = []
    for day in np.unique(starts[(starts >= reach) & (starts + reach <= days)]):
        means = _bin_means(logs, int(day), bins)
        fit = ~np.isnan(means).any(axis=1)
        begins = np.flatnonzero((starts == day) & fit)
        waits = np.flatnonzero(((starts >= day + reach) | extra) & (starts != day) & fit)
        if len(begins) and len(waits):
            rows = np.r_[begins, waits]
            stacks.append((means[rows] - means[rows, :bins].mean(axis=1, keepdims=True), rows, len(begins)))
    total = sum(count for _, _, count in stacks)
    if total < FEWEST_STARTS:
        return None
    moves, store = np.concatenate([move for move, _, _ in stacks]), np.concatenate([rows for _, rows, _ in stacks])
    stack = np.repeat(np.arange(len(stacks)), [len(rows) for _, rows, _ in stacks])
    begins = np.concatenate([np.arange(len(rows)) < count for _, rows, count in stacks])
    waiting = sum(len(rows) - count for _, rows, count in stacks)
    ratio = np.array([(count / total) / ((len(rows) - count) / waiting) for _, rows, count in stacks])
    weights = np.where(begins, 1.0, ratio[stack])
    after, before = moves[:, bins:].mean(axis=1), bins // 2
    drift = moves[:, before:bins].mean(axis=1) - moves[:, :before].mean(axis=1)

    def compare(y: Floats) -> Interval:
        x = within(begins.astype(float), stack, weights)[:, None]
        return clustered(within(y, stack, weights), x, store, weights=weights)[0]

    return EventStudy(
        [(k - bins, compare(moves[:, k])) for k in range(2 * bins)],
        compare(after),
        compare(drift),
        total,
        len(np.unique(store[~begins])),
    )


def _bin_means(logs: Floats, day: int, bins: int) -> Floats:
    """Average over bins of days around a day (stores × 2·bins); NaN where a bin has too few days."""
    part = logs[:, day - bins * BIN : day + bins * BIN].reshape(len(logs), 2 * bins, BIN)  # (stores, bins, days)
    there = ~np.isnan(part)
    number = there.sum(axis=2)
    out: Floats = np.where(
        number >= FEWEST_DAYS, np.where(there, part, 0.0).sum(axis=2) / np.maximum(number, 1), np.nan
    )
    return out


def columns_of(days: Sequence[object], first: object) -> Ints:
    """Return the column of each date, NEVER where there is none."""
    base = np.datetime64(str(first), "D")
    return np.array([NEVER if day is None else int((np.datetime64(str(day), "D") - base).astype(int)) for day in days])
