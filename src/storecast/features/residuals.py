"""What the ridge leaves over, as features: mean residuals of the last weeks and of the same season a year before, their size."""

import numpy as np

from storecast.arrays import F32
from storecast.dates import YEAR
from storecast.row_medians import NORMAL, lower_row_medians

RECENT = (7, 28, 91)  # days over which residuals are averaged
YEAR_AROUND = 7  # days before and after the same weekday a year before, over which they are averaged
MIN_DAYS_LAST_YEAR = 3  # of them with a residual; with fewer, there is no mean


BOUND = 4.0  # robust standard deviations, beyond which a residual counts no more

MIN_MEDIAN_SIZE = (
    0.05  # of log sales: where a store sells nearly the same each day, a true change must not look like an outlier
)


def bounded(residuals: F32) -> F32:
    """Return the residuals, each no larger than `BOUND` robust standard deviations of its store, (stores, days).

    A mean of a few weeks then moves little by one day, whatever was sold on it (Winsor's mean; Huber, Robust Statistics, 1981).
    """
    median = lower_row_medians(np.abs(residuals))
    limit = np.where(np.isnan(median), np.inf, BOUND * NORMAL * np.maximum(median, MIN_MEDIAN_SIZE)).astype(np.float32)[
        :, None
    ]
    return np.clip(residuals, -limit, limit)


def recent_mean(residuals: F32, days: int) -> F32:
    """Return each store's mean residual over the last days of the past, 0 where it has none, (stores,)."""
    tail = residuals[:, -days:]
    seen = np.isfinite(tail)
    mean: F32 = (np.where(seen, tail, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)).astype(np.float32)
    return mean


def mean_size(residuals: F32) -> F32:
    """Return each store's mean absolute residual, 0 where it has none, (stores,)."""
    seen = np.isfinite(residuals)
    size: F32 = (np.where(seen, np.abs(residuals), 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)).astype(np.float32)
    return size


def last_year_mean(residuals: F32, days: slice) -> F32:
    """Return the mean residual of the fortnight around the same weekday a year before, (stores, days ahead).

    Parameters
    ----------
    residuals : of the past, NaN where there is none, (stores, days up to the origin)
    days : columns of the days ahead

    Returns
    -------
    NaN where there was no such fortnight
    """
    padded = np.full((len(residuals), days.stop), np.nan, np.float32)
    padded[:, : residuals.shape[1]] = residuals
    filled, seen = np.nan_to_num(padded), np.isfinite(padded)
    total, count = np.zeros((len(padded), days.stop - days.start)), np.zeros((len(padded), days.stop - days.start))
    for day in range(-YEAR_AROUND, YEAR_AROUND + 1):
        columns = np.arange(days.start, days.stop) - YEAR + day
        inside = (columns >= 0) & (columns < residuals.shape[1])
        total[:, inside] += filled[:, columns[inside]]
        count[:, inside] += seen[:, columns[inside]]
    mean = np.where(count >= MIN_DAYS_LAST_YEAR, total / np.maximum(count, 1), np.nan)
    return mean.astype(np.float32)


def last_days(residuals: F32, days: int) -> F32:
    """Return the residuals of the last days of the past, NaN before its first, (stores, days)."""
    missing = np.full((len(residuals), max(0, days - residuals.shape[1])), np.nan, np.float32)
    return np.concatenate([missing, residuals[:, -days:]], axis=1)
