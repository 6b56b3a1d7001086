"""The last days of a chain on which nearly all its stores sell far from usual: tills that are not all in, a strike, a passing rush.

One or two such days say little about the six weeks after them, yet the level that is carried forward hangs on the last days most.
So they are not learned, until they are more than half of the last two weeks: then that is what the chain sells now. What is known
of a day changes with the cutoff here, other than in `broken_days`, which a fit may look up once for all cutoffs.
"""

from dataclasses import dataclass

import numpy as np

from storecast.arrays import F32, I64, Bool
from storecast.row_medians import NORMAL, lower_row_medians, row_medians

LAST_DAYS = 14  # before the cutoff, which are judged
WEEKS = 8  # before those, the days of which with the same weekday and promotion say what is usual
MIN_WEEKS = 3  # of them with sales
FACTOR = 1.5
DEVIATIONS = 4.0  # robust standard deviations of the chain's days
LOOK_BACK = 7 * (WEEKS + 8)  # days that are needed; the first of them say which later ones own columns announce
MONTH_AGO = (27, 32)  # days before, on which a like departure shows a pay day or another day of the month
MIN_STORES_SHARE = 0.8  # of the stores with sales that day depart in one direction


@dataclass(frozen=True, eq=False)
class UnusualDays:
    """Days far from usual in nearly all stores.

    Attributes
    ----------
    columns : of the days, ascending, (days,)
    factors : what the chain sold on them, as a multiple of what is usual, (days,)
    """

    columns: I64
    factors: F32


def unusual_last_days(log_sales: F32, promo: Bool, extreme: Bool) -> UnusualDays:
    """Return which of the last days of a past nearly all stores sold far from usual.

    Parameters
    ----------
    log_sales : of the past up to the cutoff, NaN where nothing was sold, (stores, days)
    promo : days with a promotion, (stores, days)
    extreme : days on which sales may be anything, such as holidays, (stores, days)
    """
    stores, days = log_sales.shape
    first = days - LAST_DAYS
    if first < 7 * MIN_WEEKS:
        return UnusualDays(np.empty(0, np.int64), np.empty(0, np.float32))
    last = np.arange(first, days)
    before = last[:, None] - 7 * np.arange(1, WEEKS + LAST_DAYS // 7 + 1)  # (last days, weeks)
    counts = (before >= 0) & (before < first)
    before = np.maximum(before, 0)
    learnable = counts & (promo[:, before] == promo[:, last, None]) & ~extreme[:, before]
    compared = np.where(learnable, log_sales[:, before], np.float32(np.nan))  # (stores, last days, weeks)
    usual = row_medians(compared.reshape(stores * LAST_DAYS, -1), MIN_WEEKS).reshape(stores, LAST_DAYS)
    departure = np.where(extreme[:, last], np.float32(np.nan), log_sales[:, last] - usual)
    judged = np.isfinite(departure)
    sold = np.isfinite(log_sales[:, last])
    enough = judged.any(axis=0) & (2 * judged.sum(axis=0) >= sold.sum(axis=0))
    chain = row_medians(np.ascontiguousarray(departure.T))
    # Of each day before, over stores.
    noise = row_medians(np.ascontiguousarray((compared - usual[:, :, None]).reshape(stores, -1).T))
    size = float(lower_row_medians(np.abs(noise)[None, :])[0])
    limit = max(np.log(FACTOR), DEVIATIONS * NORMAL * size) if np.isfinite(size) else np.inf
    with np.errstate(invalid="ignore"):
        along = (np.sign(departure) == np.sign(chain)).sum(axis=0) >= MIN_STORES_SHARE * judged.sum(axis=0)
        level = _level(chain[enough])
        far = enough & along & (np.minimum(np.abs(chain), np.abs(chain - level)) > limit)
        far &= ~_recurs_monthly(chain, last, noise, before.ravel())
    return UnusualDays(last[far], np.exp(chain[far]))


def _level(chain: F32) -> float:
    """Return the departure of most of the last days, which a step moves and a slip does not: the median nearest to 0."""
    if not len(chain):
        return 0.0
    middle = [float(np.quantile(chain, 0.5, method=method)) for method in ("lower", "higher")]
    return min(middle, key=abs)


def _recurs_monthly(departure: F32, days: I64, earlier: F32, earlier_days: I64) -> Bool:
    """Return whether the chain departed at least half as far, in the same direction, about a month before each day, (days,).

    Parameters
    ----------
    departure, days : of the days in question, (days,)
    earlier, earlier_days : departures of days before them, NaN where not known, (earlier days,)
    """
    back = days[:, None] - earlier_days
    with np.errstate(invalid="ignore"):
        like = np.sign(departure)[:, None] * earlier > np.abs(departure)[:, None] / 2
    month_ago = (back >= MONTH_AGO[0]) & (back <= MONTH_AGO[1])
    recurs: Bool = np.any(like & month_ago, axis=1)
    return recurs
