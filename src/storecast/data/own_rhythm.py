"""The rhythm of an own column in whole weeks: a leaflet that runs two weeks and pauses two is the same again after four.

A rhythm is believed where, in both halves of the last half year, the value of so many weeks before misses at most half as much as
the usual rule does, with values that are a week old or older.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64
from storecast.data.panel import Panel
from storecast.dates import WEEK

RHYTHM_DAYS = 182  # days back that show the rhythm
USUAL_WEEKS = 8  # the same weekday of these many weeks shows what is usual on it
LAGS = (14, 21, 28, 35, 42)  # days after which values may recur
MAX_SHARE_OF_MISSES = 0.5  # of those of the usual rule


def rhythm(panel: Panel, names: Sequence[str], *, steady: bool) -> int | None:
    """Return the number of days after which the values of a column recur; None where the usual rule is as good.

    Parameters
    ----------
    panel : the chain, of which the past alone is looked at
    names : of the column, or of the flags of a text column
    steady : whether the usual rule is the last value, and not the median of the weekday
    """
    misses: dict[int, F64] = {lag: np.zeros(2) for lag in (0, *LAGS)}  # in both halves; lag 0 is the usual rule
    for name in names:
        values = _values(panel, name)
        if values.shape[1] < RHYTHM_DAYS + max(LAGS) or not _varies(values):
            continue
        usual = _before(values, WEEK) if steady else _median_of_weekday(values)
        for lag in misses:
            misses[lag] += _misses(values, _before(values, lag) if lag else usual, usual)
    best = min(LAGS, key=lambda lag: misses[lag].sum())
    believed = (misses[best] <= MAX_SHARE_OF_MISSES * misses[0]) & (misses[0] > 0)
    return best if believed.all() else None


def _values(panel: Panel, name: str) -> F64:
    """Return the values of the days that show a rhythm, NaN where there is none, (stores, days)."""
    days = RHYTHM_DAYS + max(USUAL_WEEKS * WEEK, *LAGS)
    age = (pl.lit(panel.end) - pl.col(s.DATE)).dt.total_days()
    rows = panel.calendar.select(s.STORE, name, age=age).filter(pl.col("age").is_between(0, days - 1))
    stores = panel.stores.select(s.STORE).with_row_index("row")
    rows = rows.join(stores, on=s.STORE, how="inner")
    values = np.full((stores.height, days), np.nan)
    values[rows["row"], days - 1 - rows["age"].to_numpy()] = rows[name].cast(pl.Float64).to_numpy()
    first = int(np.isfinite(values).any(axis=0).argmax())
    return values[:, first:]


def _varies(values: F64) -> bool:
    known = values[np.isfinite(values)]
    return known.size > 0 and bool(known.min() < known.max())


def _before(values: F64, lag: int) -> F64:
    """Return what the values were some days before, NaN where that is not known."""
    before = np.full_like(values, np.nan)
    before[:, lag:] = values[:, :-lag]
    return before


def _median_of_weekday(values: F64) -> F64:
    """Return the lower median of the weekday in the weeks before, NaN where there is none."""
    weeks = np.sort([_before(values, WEEK * week) for week in range(1, USUAL_WEEKS + 1)], axis=0)  # NaN come last
    middle = np.maximum(np.isfinite(weeks).sum(axis=0) - 1, 0) // 2
    median: F64 = np.take_along_axis(weeks, middle[None], axis=0)[0]
    return median


def _misses(values: F64, expected: F64, usual: F64) -> F64:
    """Return by how much values miss what was expected in each half of the last half year, on days that both rules know."""
    misses = np.abs(values - expected)
    misses = np.where(np.isfinite(misses) & np.isfinite(usual), misses, 0.0)[:, -RHYTHM_DAYS:]
    return np.array([half.sum() for half in np.split(misses, 2, axis=1)])
