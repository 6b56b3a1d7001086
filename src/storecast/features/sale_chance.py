"""The chance that an open day sells anything: a hurdle in front of the forecast of a day with sales.

Models learn from days with sales, and answer what a day sells should it sell. Where open days without sales are rare, that is the
forecast. In a kiosk, or a store of slow goods, they are not: the expected value is then the chance of a sale times the size of one,
and a quantile below the chance of no sale is 0.

The chance of a store and weekday is the share of its open days with sales, newer days counting more, shrunk to that of the
store, which is shrunk to that of all stores with a notable share of days without sales. It is exactly 1 for every store without
a notable share of such days, so that its forecast is what it would be without this module. Source: hurdle models, Cragg,
Econometrica 39 (1971); shrinkage as in credibility theory, Bühlmann (1967).
"""

import numpy as np

from storecast.arrays import F64, I64, Bool
from storecast.data.active_stores import SILENT_DAYS, silence_limit
from storecast.data.grid import Grid
from storecast.dates import WEEK, weekday

MIN_ZERO_SHARE = 0.02  # of a store's open days: with fewer days without sales, a sale is certain
MIN_ZERO_DAYS = 5  # the same, in days
MIN_OPEN_DAYS = 28  # with fewer, a store is taken to be like the chain
HALF_LIFE = 182.0  # days after which a day counts half
PRIOR_STORE = 28.0  # days: the weight of the chance of all such stores in a store's
PRIOR_WEEKDAY = (4.0, 1000.0)  # days: least and most weight of a store's chance in that of its weekday
MIN_CHANCE = 0.001


def sale_chances(grid: Grid, end: int) -> F64:
    """Return the chance that an open day of each store and weekday sells anything, (stores, 7), Monday first.

    Parameters
    ----------
    grid : sales and calendar of the past
    end : the column of the last day whose sales are known
    """
    sales = grid.sales[:, : end + 1]
    sold = sales > 0
    idle = (grid.open[:, : end + 1] == 1) & (sales == 0)
    if grid.excluded is not None:
        idle &= ~grid.excluded[:, : end + 1]
    return chances(sold, idle & ~_in_silence(sold), weekday(grid.dates()[: end + 1]))


def chances(sold: Bool, idle: Bool, weekdays: I64) -> F64:
    """Return the chance of a sale by store and weekday, (stores, 7).

    Parameters
    ----------
    sold, idle : open days with and without sales, (stores, days)
    weekdays : of the days, Monday 0, (days,)
    """
    certain = np.ones((len(sold), WEEK))
    days, zeros = (sold | idle).sum(axis=1), idle.sum(axis=1)
    known = days >= MIN_OPEN_DAYS
    notable = known & (zeros >= MIN_ZERO_DAYS) & (zeros >= MIN_ZERO_SHARE * days)
    if not notable.any():
        return certain
    weight = 0.5 ** (np.arange(len(weekdays))[::-1] / HALF_LIFE)
    all_sold, all_days = (sold * weight).sum(axis=1), ((sold | idle) * weight).sum(axis=1)
    alike = all_sold[notable].sum() / all_days[notable].sum()  # stores that always sell say nothing of a kiosk
    store = (all_sold + PRIOR_STORE * alike) / (all_days + PRIOR_STORE)
    out = _by_weekday(sold, idle, weekdays, weight, store)
    # A new store is like the chain only where most stores have such days.
    like_chain = ~known & (2 * notable.sum() > known.sum())
    return np.where((notable | like_chain)[:, None], np.maximum(out, MIN_CHANCE), certain)


def _by_weekday(sold: Bool, idle: Bool, weekdays: I64, weight: F64, store: F64) -> F64:
    """Return the chance of each weekday, shrunk to its store's as far as weekdays differ by chance alone, (stores, 7).

    Parameters
    ----------
    sold, idle : open days with and without sales, (stores, days)
    weekdays : of the days, (days,)
    weight : of the days, (days,)
    store : chance of each store, (stores,)
    """
    of_day = weight[:, None] * (weekdays[:, None] == np.arange(WEEK))  # (days, 7)
    opened = (sold | idle).astype(np.float64)
    days = opened @ of_day
    rate = np.where(days > 0, (sold @ of_day) / np.maximum(days, 1e-9), store[:, None])
    count = days**2 / np.maximum(opened @ of_day**2, 1e-9)  # of days that count alike and say as much
    spread = store * (1 - store)
    by_chance = (spread[:, None] / np.maximum(count, 1.0)).mean(axis=1)
    between = np.maximum(rate.var(axis=1, ddof=1) - by_chance, 1e-9)
    prior = np.clip(spread / between, *PRIOR_WEEKDAY)[:, None]
    out: F64 = (rate * count + prior * store[:, None]) / (count + prior)
    return out


def _in_silence(sold: Bool) -> Bool:
    """Return the days of silences so long that a store counts as inactive in them, (stores, days)."""
    day = np.arange(sold.shape[1])
    before = np.maximum.accumulate(np.where(sold, day, -1), axis=1)
    after = np.minimum.accumulate(np.where(sold, day, sold.shape[1])[:, ::-1], axis=1)[:, ::-1]
    silence = after - before
    limit = np.full(len(sold), float(SILENT_DAYS))
    for store in np.flatnonzero((silence > SILENT_DAYS).any(axis=1)):
        limit[store] = silence_limit(np.flatnonzero(sold[store]))
    in_silence: Bool = silence > limit[:, None]
    return in_silence
