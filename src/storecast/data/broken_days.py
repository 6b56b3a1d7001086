"""Broken days: sales so far from what the store sold on the weekdays before that the record is wrong, and no model should learn it.

Tills that are not in yet, cents for euros, a strike. Each day is judged by earlier days alone, so that what is known of a day never
changes later. A true change of that size counts as one after three weeks: the median of five weekdays has then moved to it.

The limit is a factor of four, and more where a store's sales vary so much by themselves: six robust standard deviations
(1.4826 × the median absolute deviation; Rousseeuw and Croux, JASA 88, 1993).
"""

import numpy as np

from storecast.arrays import F32, Bool
from storecast.row_medians import NORMAL, lower_row_medians, row_medians

WEEKS = 5  # the same weekday of these weeks before is what a day is compared with
MIN_WEEKS = 3  # of them with sales; with fewer nothing can be said
FACTOR = 4.0
DEVIATIONS = 6.0
BLOCK = 28  # days for which a store's spread is worked out at once
SPREAD_DAYS = 182  # before them
MIN_SPREAD_DAYS = 20  # of them that can be compared, below which a store is too new for a judgement
WRONG_UNIT = 20.0  # times usual: no season sells so much, tills in cents do
SLUMP_NEIGHBOURS = 26  # weeks before and after, beside which a week is too low
MIN_SLUMP_NEIGHBOURS = 6  # of them with sales
MIN_WEEKS_AFTER_SLUMP = 2  # with sales, that show that it is over
YEAR, AROUND = 364, 7  # days; a peak that recurs lies about a year after the one before
RECURRING = np.log(2)


def broken_days(log_sales: F32, extreme: Bool) -> Bool:
    """Return which days are broken, (stores, days).

    Parameters
    ----------
    log_sales : NaN where nothing was sold, (stores, days)
    extreme : days on which sales may be anything, such as holidays, (stores, days)
    """
    deviation = log_sales - usual_log_sales(log_sales)
    limit = np.maximum(np.float32(np.log(FACTOR)), DEVIATIONS * NORMAL * _median_sizes(deviation))
    with np.errstate(invalid="ignore"):
        broken: Bool = (np.abs(deviation) > limit) & ~extreme
    if broken.any():
        broken &= ~_recurs(deviation)
    return broken


def slump_days(log_sales: F32) -> Bool:
    """Return the days of stretches, now over, in which a store sold less than a fourth of what it did before and after.

    A lockdown or road works. So are stretches in which it sold twenty times as much: weeks in cents. Such a stretch is known only
    once it has ended, so this is for a fit on the past alone.

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
    if weeks < MIN_SLUMP_NEIGHBOURS + MIN_WEEKS_AFTER_SLUMP:
        return slump
    skipped = days - 7 * weeks
    week = row_medians(log_sales[:, skipped:].reshape(stores * weeks, 7)).reshape(stores, weeks)
    padded = np.pad(week, ((0, 0), (SLUMP_NEIGHBOURS, SLUMP_NEIGHBOURS)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, SLUMP_NEIGHBOURS, axis=1)
    before, after = (
        row_medians(part.reshape(stores * weeks, SLUMP_NEIGHBOURS), least).reshape(stores, weeks)
        for part, least in (
            (around[:, :weeks], MIN_SLUMP_NEIGHBOURS),
            (around[:, SLUMP_NEIGHBOURS + 1 : SLUMP_NEIGHBOURS + 1 + weeks], MIN_WEEKS_AFTER_SLUMP),
        )
    )
    with np.errstate(invalid="ignore"):
        low = np.isfinite(after) & (week < np.fmin(before, after) - np.float32(np.log(FACTOR)))
        high = np.isfinite(after) & (week > np.fmax(before, after) + np.float32(np.log(WRONG_UNIT)))
    recurs = np.zeros_like(low)  # a quiet season that recurs is no slump
    for shift in (51, 52, 53):
        recurs[:, shift:] |= low[:, :-shift]
        recurs[:, :-shift] |= low[:, shift:]
    slump[:, skipped:] = np.repeat((low & ~recurs) | high, 7, axis=1)
    return slump


def usual_log_sales(log_sales: F32) -> F32:
    """Return the median of the same weekday in the weeks before, NaN where too few of them had sales, (stores, days)."""
    stores, days = log_sales.shape
    before = np.full((stores, days, WEEKS), np.nan, np.float32)
    for week in range(1, WEEKS + 1):
        before[:, 7 * week :, week - 1] = log_sales[:, : max(0, days - 7 * week)]
    return row_medians(before.reshape(stores * days, WEEKS), MIN_WEEKS).reshape(stores, days)


def _median_sizes(deviation: F32) -> F32:
    """Return the median size of a store's deviations before each block of days, infinite where few are known, (stores, days)."""
    sizes = np.full_like(deviation, np.inf)
    for begin in range(BLOCK, deviation.shape[1], BLOCK):
        before = np.abs(deviation[:, max(0, begin - SPREAD_DAYS) : begin])
        median = lower_row_medians(before, MIN_SPREAD_DAYS)
        sizes[:, begin : begin + BLOCK] = np.where(np.isnan(median), np.inf, median)[:, None]
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
