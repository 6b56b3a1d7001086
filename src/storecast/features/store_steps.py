"""Steps of single stores: a competitor opens next door, a branch near by closes. The store sells less, or more, from one day on.

A step is taken for one only if it is large, lasts three weeks and still holds, stands out from what four weeks of this store
usually differ by, is its own (not the chain's), and has not come a year before. A bad week or a bad fortnight is none.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from storecast.arrays import F32, I64, Bool
from storecast.dates import WEEK, YEAR
from storecast.row_medians import NORMAL, row_medians

SPAN = 28  # days after a day whose median is compared, and before it for the chain
BEFORE = 56  # days before it, for a store: its own weeks are noisier than the chain's
MIN_SEEN = 10  # of them with sales
MIN_DAYS = 21  # that a step must have lasted
SEARCH = 14  # days around the largest jump, in which the day of the step lies
MIN_JUMP = 0.14  # of log sales, of a store against its chain
MIN_RATIO = 3.5  # of the jump to the usual difference between four weeks and the four before
WEEKS_BACK = 52  # before the last day in which a step may lie
STILL = 10  # last days with sales, which must lie on the side of the step
MAX_SHARE = 0.25  # of the stores; more have something in common, which is no step of each


Place = TypeVar("Place", int, I64)


@dataclass(frozen=True)
class StoreStep:
    """A step of one store.

    Attributes
    ----------
    store : its place
    first : the first day at the new level
    size : in log sales
    """

    store: int
    first: int
    size: float


def find_steps(values: F32) -> list[StoreStep]:
    """Return the steps of single stores, one of each at most.

    Parameters
    ----------
    values : log sales without what weekdays, promotions and holidays explain, NaN on days without sales, (stores, days)
    """
    own = values - row_medians(np.ascontiguousarray(values.T))
    days = own.shape[1]
    jumps = _weekly_jumps(own)
    weeks = jumps.shape[1]
    if weeks == 0:
        return []
    recent = np.nan_to_num(np.abs(jumps[:, max(0, weeks - WEEKS_BACK) :]))
    steps = []
    for store, top in enumerate(weeks - recent.shape[1] + recent.argmax(axis=1)):
        if _is_step(own[store], jumps[store], int(top)):
            first = day_of_step(own[store], _day_of_jump(days, weeks, int(top)))
            if first <= days - MIN_DAYS:
                steps.append(StoreStep(store, first, _jump(own[store], first)))
    return steps if len(steps) <= max(1.0, MAX_SHARE * len(own)) else []


def _jump(own: F32, first: int) -> float:
    """Return by how much the median of the days from a step on lies above that of as many before."""
    after = own[first : first + 2 * SPAN]
    return float(np.nanmedian(after) - np.nanmedian(own[max(0, first - 2 * SPAN) : first]))


def _day_of_jump(days: int, weeks: int, week: Place) -> Place:
    """Return the day of a week's jump: one a week, up to the last day that `MIN_DAYS` follow."""
    return days - MIN_DAYS - WEEK * (weeks - 1 - week)


def _weekly_jumps(own: F32) -> F32:
    """Return the jumps on one day of each week; the last column is that of the last day that `MIN_DAYS` follow, (stores, weeks)."""
    days = own.shape[1]
    count = max(0, (days - MIN_DAYS - BEFORE) // WEEK + 1)
    padded = np.pad(own, ((0, 0), (0, SPAN)), constant_values=np.nan)
    begins = _day_of_jump(days, count, np.arange(count))

    def medians(begins: I64, span: int) -> F32:
        views = np.lib.stride_tricks.sliding_window_view(padded, span, axis=1)
        return row_medians(views[:, begins].reshape(-1, span), MIN_SEEN).reshape(len(own), -1)

    return medians(begins, SPAN) - medians(begins - BEFORE, BEFORE)


def _is_step(own: F32, jumps: F32, top: int) -> bool:
    """Return whether the largest jump of a store is a step: large, unusual, new and still there."""
    known: Bool = np.isfinite(jumps)
    if not known[top]:
        return False
    size, side = abs(float(jumps[top])), np.sign(jumps[top])
    usual = NORMAL * float(np.median(np.abs(jumps[known])))
    if size < max(MIN_JUMP, MIN_RATIO * usual):
        return False
    along = np.nan_to_num(jumps) * side
    year = top - round(YEAR / WEEK)
    is_season = bool((along[max(0, year - 3) : max(0, year + 4)] > size / 2).any())
    is_way_back = bool((along[max(0, top - WEEKS_BACK // 2) : top] < -size / 2).any())
    day = _day_of_jump(len(own), len(jumps), top)
    before, last = np.nanmedian(own[day - BEFORE : day]), own[np.isfinite(own)][-STILL:]
    still = bool(side * (np.median(last) - before) > size / 2)
    return still and not is_season and not is_way_back


def day_of_step(chain: F32, top: int) -> int:
    """Return the day that parts the weeks around a jump best: the largest contrast of means, far days held in."""
    begin = max(0, top - SEARCH - SPAN)
    part = chain[begin : top + SEARCH + SPAN].astype(np.float64)
    middle = np.nanmedian(part)
    limit = 4 * NORMAL * np.nanmedian(np.abs(part - middle))
    values = np.nan_to_num(np.clip(part - middle, -limit, limit))
    seen = np.isfinite(part).astype(np.float64)
    count, total = np.cumsum(seen)[:-1], np.cumsum(values)[:-1]
    after, rest = seen.sum() - count, values.sum() - total
    contrast = np.abs(rest / np.maximum(after, 1) - total / np.maximum(count, 1)) * np.sqrt(count * after)
    split = begin + 1 + np.arange(len(contrast))
    contrast[np.abs(split - top) > SEARCH] = -1
    return int(split[contrast.argmax()])
