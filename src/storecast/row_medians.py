"""Medians of rows with gaps, which a bad day does not move; by one sort, for `numpy.nanmedian` takes many times as long."""

import numpy as np

from storecast.arrays import F32, I64

NORMAL = 1.4826  # standard deviation of a normal error over its median size


def row_medians(values: F32, least: int = 1) -> F32:
    """Return the median of each row over its known cells, NaN where fewer than ``least`` are known, (rows,).

    Examples
    --------
    >>> row_medians(np.array([[1, np.nan, 3], [np.nan, np.nan, 7]], np.float32), least=2)
    array([ 2., nan], dtype=float32)
    """
    ordered, count, rows = _ordered(values)
    low, high = ordered[rows, np.maximum(count - 1, 0) // 2], ordered[rows, np.minimum(count // 2, values.shape[1] - 1)]
    return np.where(count >= least, (low + high) / 2, np.float32(np.nan))


def lower_row_medians(values: F32, least: int = 1) -> F32:
    """Return the median of each row, the lower of the middle two where there are two, as `row_medians`, (rows,)."""
    ordered, count, rows = _ordered(values)
    return np.where(count >= least, ordered[rows, np.maximum(count - 1, 0) // 2], np.float32(np.nan))


def _ordered(values: F32) -> tuple[F32, I64, I64]:
    return np.sort(values, axis=1), np.isfinite(values).sum(axis=1), np.arange(len(values))
