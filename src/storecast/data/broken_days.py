"""Broken days: sales so far from what the store sold on the weekdays before that the record is wrong, and no model should learn it.

Tills that are not in yet, cents for euros, a strike. Each day is judged by earlier days alone, so that what is known of a day never
changes later. A true change of that size counts as one after three weeks: the median of five weekdays has then moved to it.

The limit is a factor of four, and more where a store's sales vary so much by themselves: six robust standard deviations
(1.4826 × the median absolute deviation; Rousseeuw and Croux, JASA 88, 1993).
"""

import numpy as np

from storecast.arrays import F32, Bool

WEEKS = 5  # the same weekday of these weeks before is what a day is compared with
MIN_WEEKS = 3  # of them with sales; with fewer nothing can be said
FACTOR = 4.0
DEVIATIONS = 6.0
NORMAL = 1.4826  # standard deviation of a normal error over its median size
BLOCK = 28  # days for which a store's spread is worked out at once
SPREAD_DAYS = 182  # before them
MIN_SPREAD_DAYS = 20  # of them that can be compared, below which a store is too new for a judgement
SLUMP_NEIGHBOURS = 26  # weeks before and after, beside which a week is too low
MIN_SLUMP_NEIGHBOURS = 6  # of them with sales
YEAR, AROUND = 364, 7  # days; a peak that recurs lies about a year after the one before
RECURRING = np.log(2)


def broken_days(log_sales: F32, extreme: Bool) -> Bool:
    """Return which days are broken, (stores, days).

    Parameters
    ----------
    log_sales : NaN where nothing was sold, (stores, days)
    extreme : days on which sales may be anything, such as holidays, (stores, days)
    """
    deviation = log_sales - _usual(log_sales)
    limit = np.maximum(np.float32(np.log(FACTOR)), DEVIATIONS * NORMAL * _median_sizes(deviation))
    with np.errstate(invalid="ignore"):
        broken: Bool = (np.abs(deviation) > limit) & ~extreme
    if broken.any():
        broken &= ~_recurs(deviation)
    return broken


def slump_days(log_sales: F32) -> Bool:
    """Return the days of stretches, now over, in which a store sold less than a fourth of what it did before and after.

    A lockdown or road works. Such a stretch is known only once it has ended, so this is for a fit on the past alone.

    Parameters
    ----------
    log_sales : of the past, NaN where nothing was sold, (stores, days)

    Returns
    -------
    (stores, days)
    """
    stores, days = log_sales.shape
    weeks = days // 7
    slump = np.zeros((stores, days), bool)
    if weeks < 2 * MIN_SLUMP_NEIGHBOURS:
        return slump
    skipped = days - 7 * weeks
    week = _row_medians(log_sales[:, skipped:].reshape(stores * weeks, 7)).reshape(stores, weeks)
    padded = np.pad(week, ((0, 0), (SLUMP_NEIGHBOURS, SLUMP_NEIGHBOURS)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(
        padded, SLUMP_NEIGHBOURS, axis=1
    )  # (stores, weeks + …, neighbours)
    before, after = around[:, :weeks], around[:, SLUMP_NEIGHBOURS + 1 : SLUMP_NEIGHBOURS + 1 + weeks]
    shape = stores * weeks, SLUMP_NEIGHBOURS
    usual = np.fmin(
        _row_medians(before.reshape(shape), MIN_SLUMP_NEIGHBOURS),
        _row_medians(after.reshape(shape), MIN_SLUMP_NEIGHBOURS),
    ).reshape(stores, weeks)
    known = np.isfinite(_row_medians(after.reshape(shape), MIN_SLUMP_NEIGHBOURS)).reshape(stores, weeks)
    with np.errstate(invalid="ignore"):
        low = known & (week < usual - np.float32(np.log(FACTOR)))
    recurs = np.zeros_like(low)  # a quiet season that recurs is no slump
    for shift in (51, 52, 53):
        recurs[:, shift:] |= low[:, :-shift]
        recurs[:, :-shift] |= low[:, shift:]
    slump[:, skipped:] = np.repeat(low & ~recurs, 7, axis=1)
    return slump


def _row_medians(values: F32, least: int = 1) -> F32:
    """Return the median of each row, NaN where fewer than ``least`` cells are known, (rows,)."""
    ordered = np.sort(values, axis=1)
    count = np.isfinite(ordered).sum(axis=1)
    rows = np.arange(len(ordered))
    low, high = (
        ordered[rows, np.maximum(count - 1, 0) // 2],
        ordered[rows, np.minimum(count // 2, ordered.shape[1] - 1)],
    )
    return np.where(count >= least, (low + high) / 2, np.float32(np.nan))


def _usual(log_sales: F32) -> F32:
    """Return the median of the same weekday in the weeks before, NaN where too few of them had sales, (stores, days)."""
    before = np.full((WEEKS, *log_sales.shape), np.nan, np.float32)
    for week in range(1, WEEKS + 1):
        before[week - 1, :, 7 * week :] = log_sales[:, : max(0, log_sales.shape[1] - 7 * week)]
    before.sort(axis=0)
    count = np.isfinite(before).sum(axis=0)
    low = np.take_along_axis(before, np.maximum(count - 1, 0)[None] // 2, axis=0)[0]
    high = np.take_along_axis(before, np.minimum(count // 2, WEEKS - 1)[None], axis=0)[0]
    return np.where(count >= MIN_WEEKS, (low + high) / 2, np.float32(np.nan))


def _median_sizes(deviation: F32) -> F32:
    """Return the median size of a store's deviations before each block of days, infinite where few are known, (stores, days)."""
    sizes = np.full_like(deviation, np.inf)
    for begin in range(BLOCK, deviation.shape[1], BLOCK):
        before = np.sort(np.abs(deviation[:, max(0, begin - SPREAD_DAYS) : begin]), axis=1)
        count = np.isfinite(before).sum(axis=1)
        median = before[np.arange(len(before)), np.maximum(count - 1, 0) // 2]
        sizes[:, begin : begin + BLOCK] = np.where(count >= MIN_SPREAD_DAYS, median, np.inf)[:, None]
    return sizes


def _recurs(deviation: F32) -> Bool:
    """Return on which days the chain departed in the same direction about a year before, (days,): Mother's Day at a florist's."""
    seen = np.isfinite(deviation)
    chain = np.zeros(deviation.shape[1], np.float32)
    some = seen.any(axis=0)
    chain[some] = np.nanmedian(deviation[:, some], axis=0)
    recurs = np.zeros(len(chain), bool)
    for shift in range(YEAR - AROUND, YEAR + AROUND + 1):
        year_ago = np.zeros_like(chain)
        year_ago[shift:] = chain[: max(0, len(chain) - shift)]
        recurs |= (np.abs(year_ago) > RECURRING) & (np.sign(year_ago) == np.sign(chain))
    return recurs
