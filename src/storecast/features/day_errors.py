"""The error of the chain's day: what all stores sold beside the ridge on one day, which no calendar explains.

All rows of a day repeat it. Trees that see a thousand of them take it for an effect of whatever that day's calendar happened to be,
so that it is taken off what they learn from, as far as stores are enough to tell it from their own noise.
"""

import numpy as np

from storecast.arrays import F32, F64
from storecast.features.residuals import bounded

# The variance of a store's own error over that of the chain's day, .13² / .045² on the Rossmann files: the stores that it takes for
# the mean of a day to be half the day's and half theirs.
PRIOR_STORES = 8.3
AROUND = 10  # days before and after, over which the chain's slow ups and downs are averaged; they are no error of a single day


def day_errors(residuals: F32) -> F32:
    """Return the error of the chain on each day of the past, in log sales, (days,).

    It is the mean residual of the stores, less that of the days around it, shrunk to 0 by how few stores sold (a mean of random
    effects, Bühlmann 1967).

    Parameters
    ----------
    residuals : of the ridge on the past, NaN where there is none, (stores, days)
    """
    kept = bounded(residuals)
    count = np.isfinite(kept).sum(axis=0).astype(np.float64)
    total = np.nan_to_num(kept).sum(axis=0, dtype=np.float64)
    slow = _sums_around(total) / np.maximum(_sums_around(count), 1)
    errors: F64 = (total / np.maximum(count, 1) - slow) * count / (count + PRIOR_STORES)
    return errors.astype(np.float32)


def _sums_around(values: F64) -> F64:
    """Return the sum of each day and of `AROUND` days before and after it, (days,)."""
    sums = np.concatenate([[0.0], np.cumsum(np.pad(values, AROUND))])
    width = 2 * AROUND + 1
    around: F64 = sums[width:] - sums[:-width]
    return around
