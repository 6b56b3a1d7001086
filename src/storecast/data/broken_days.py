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
ABRUPT_FACTOR = 2.5  # of a stretch that begins and ends from one week to the next ...
ABRUPT_RISE = 6.0  # ... and of one that is too high, as with a digit too many ...
FEW_STORES = 1 / 3  # ... of the chain; where more rise so much, it is a season
LONGEST_ABRUPT = 8  # weeks
WEEK_DEVIATIONS = 3.0  # robust standard deviations of a store's weeks, from which on one is far from usual
LOOKS = 6  # at all weeks, each without those that the ones before have left out
EDGE_FACTOR = 1.6  # of the weeks in which it begins and ends, which are low in part
WEEKS_AT_EDGES = 2
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

    A lockdown or road works. Two fifths are enough where the stretch begins and ends from one week to the next, as no season does.
    So are stretches in which it sold twenty times as much, weeks in cents, or, in a few stores of the chain, six times from
    one week to the next. Such a stretch is known only once it has ended, so this is for a fit on the past alone.

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
    low, high = np.zeros_like(week, bool), np.zeros_like(week, bool)
    before, after = np.empty_like(week), np.empty_like(week)
    some = np.arange(stores)
    for look in range(LOOKS):
        # Of a stretch that has just ended, only the last weeks are followed by usual ones for the most part. Once these are known,
        # the weeks before them are.
        known = low[some] | high[some]
        before[some], after[some] = _medians_around(np.where(known, np.float32(np.nan), week[some]))
        if look == 0:
            varies = np.nan_to_num(WEEK_DEVIATIONS * NORMAL * row_medians(np.abs(week - before)))
        low[some], high[some] = _far_weeks(
            week[some],
            before[some],
            after[some],
            low[some],
            high[some],
            varies[some],
            stores=stores,
            both_sides=look > 0,
        )
        some = some[((low[some] | high[some]) & ~known).any(axis=1)]
        if not len(some):
            break
    slump[:, skipped:] = np.repeat(low | high, 7, axis=1)
    if slump.any():  # it seldom begins on the day on which our weeks do
        logs = log_sales[:, skipped:]
        lowest = np.repeat(np.fmin(before, after), 7, axis=1) - np.float32(np.log(ABRUPT_FACTOR))
        highest = np.repeat(np.fmax(before, after), 7, axis=1) + np.float32(np.log(ABRUPT_RISE))
        with np.errstate(invalid="ignore"):
            slump[:, skipped:] |= (logs < lowest) & np.repeat(_beside(low), 7, axis=1)
            slump[:, skipped:] |= (logs > highest) & np.repeat(_beside(high), 7, axis=1)
    return slump


def _medians_around(week: F32) -> tuple[F32, F32]:
    """Return what is usual before each week and after it, NaN where too few weeks are known, (stores, weeks) each.

    Only weeks with sales count: a store that was shut for half a year after a slump, or before it, is judged all the same.

    Parameters
    ----------
    week : the median of the log sales of each week, NaN where it does not count, (stores, weeks)
    """
    stores, weeks = week.shape
    order = np.argsort(~np.isfinite(week), axis=1, kind="stable")
    padded = np.pad(
        np.take_along_axis(week, order, axis=1), ((0, 0), (SLUMP_NEIGHBOURS, SLUMP_NEIGHBOURS)), constant_values=np.nan
    )
    around = np.lib.stride_tricks.sliding_window_view(padded, SLUMP_NEIGHBOURS, axis=1)
    before, after = np.empty_like(week), np.empty_like(week)
    for out, begin, least in ((before, 0, MIN_SLUMP_NEIGHBOURS), (after, SLUMP_NEIGHBOURS + 1, MIN_WEEKS_AFTER_SLUMP)):
        part = around[:, begin : begin + weeks].reshape(stores * weeks, SLUMP_NEIGHBOURS)
        np.put_along_axis(out, order, row_medians(part, least).reshape(stores, weeks), axis=1)
    return before, after


def _far_weeks(
    week: F32, before: F32, after: F32, low: Bool, high: Bool, varies: F32, *, stores: int, both_sides: bool
) -> tuple[Bool, Bool]:
    """Return the weeks that lie too low, and those that lie too high, (stores, weeks) each.

    Parameters
    ----------
    week : the median of the log sales of each week, (stores, weeks)
    before, after : what is usual before each week and after it, (stores, weeks)
    low, high : the weeks that are known to be so, (stores, weeks)
    varies : how far the logs of weeks lie from usual by chance, (stores,)
    stores : of the whole chain
    both_sides : judge only weeks before which something is known to be usual
    """

    def limit(factor: float) -> F32:
        return np.maximum(np.float32(np.log(factor)), varies)[:, None]

    with np.errstate(invalid="ignore"):
        judged = np.isfinite(after) & np.isfinite(before) if both_sides else np.isfinite(after)
        below = np.where(judged, np.fmin(before, after) - week, np.float32(np.nan))
        above = np.where(np.isfinite(after), week - np.fmax(before, after), np.float32(np.nan))
        # A season that recurs is no slump, and no error. Nor do the first weeks of a store that grows begin from one week to the
        # next.
        fall, jump = (np.where(np.isfinite(before), each, np.float32(np.nan)) for each in (below, above))
        low = low | _once((below > limit(FACTOR)) | _abrupt(fall, limit(ABRUPT_FACTOR), low))
        rise = _once(_abrupt(jump, limit(ABRUPT_RISE), high))
        high = high | (above > np.log(WRONG_UNIT)) | (rise & (rise.sum(axis=0) <= FEW_STORES * stores))
    return low, high


def _abrupt(apart: F32, limit: F32, known: Bool) -> Bool:
    """Return the weeks of short stretches that are far from usual from one week to the next, (stores, weeks).

    Parameters
    ----------
    apart : by how much the log of each week's sales lies below, or above, what is usual before and after it, (stores, weeks)
    limit : from which on a week is far, (stores, 1)
    known : weeks that are known to be far, (stores, weeks)
    """
    far, near = (apart > limit) | known, (apart > np.log(EDGE_FACTOR)) | known
    abrupt: Bool = np.zeros_like(far)
    for store in np.flatnonzero(far.any(axis=1)):
        edges = np.flatnonzero(np.diff(near[store].astype(np.int8), prepend=0, append=0))
        for begin, end in edges.reshape(-1, 2):
            weeks = begin + np.flatnonzero(far[store, begin:end])
            if end - begin <= LONGEST_ABRUPT and len(weeks) >= max(1, end - begin - WEEKS_AT_EDGES):
                abrupt[store, weeks[0] : weeks[-1] + 1] = True  # with weeks between that a promotion lifts
    return abrupt


def _once(weeks: Bool) -> Bool:
    """Return the weeks that are marked, but for those that are a year later or earlier, too, (stores, weeks)."""
    recurs = np.zeros_like(weeks)
    for shift in (51, 52, 53):
        recurs[:, shift:] |= weeks[:, :-shift]
        recurs[:, :-shift] |= weeks[:, shift:]
    once: Bool = weeks & ~recurs
    return once


def _beside(weeks: Bool) -> Bool:
    """Return the weeks before and after those that are marked, (stores, weeks)."""
    beside: Bool = np.zeros_like(weeks)
    beside[:, 1:] |= weeks[:, :-1]
    beside[:, :-1] |= weeks[:, 1:]
    return beside


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
