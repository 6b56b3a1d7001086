"""The two-way fit: ``log sales = level + index + residual``.

level     what a store usually sells on a weekday (stores × 7)
index     what all stores of a group have in common on a day (groups × days)

The fit alternates between the two means until they settle, so that a store that is away for months does not distort the index.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storecast.arrays import F64, I64

ITERATIONS = 12  # the last one changes less than a thousandth of a per cent


@dataclass(frozen=True, eq=False)
class TwoWay:
    """The two-way fit of an array of stores × days.

    Attributes
    ----------
    level : stores × 7, by weekday; NaN where the store has no such day
    index : groups × days, 0 on average over the days of each weekday; NaN where no store of the group sold
    count : groups × days, the stores behind the index
    residual : stores × days, what neither explains
    """

    level: F64
    index: F64
    count: I64
    residual: F64


def two_way(logs: F64, weekday: I64, groups: I64) -> TwoWay:
    """Split logs into the level of each store and weekday, and the index of each group and day.

    Parameters
    ----------
    logs : stores × days, NaN where nothing was sold
    weekday : of each day, 0 for Monday
    groups : the group of each store, 0 to G - 1
    """
    sold = ~np.isnan(logs)
    filled = np.where(sold, logs, 0.0)
    days = np.eye(7)[weekday]  # days × 7
    member = np.eye(int(groups.max()) + 1)[groups].T  # groups × stores
    days_sold, count = sold @ days, member @ sold
    index = np.zeros(count.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(ITERATIONS):
            level = (filled - np.where(sold, index[groups], 0.0)) @ days / days_sold
            index = (member @ (filled - np.where(sold, np.nan_to_num(level)[:, weekday], 0.0))) / count
            index = np.nan_to_num(index)
        mean = (np.where(count > 0, index, 0.0) @ days) / ((count > 0) @ days)
    mean = np.nan_to_num(mean)
    index = np.where(count > 0, index - mean[:, weekday], np.nan)
    level = level + mean[groups]
    residual = np.where(sold, logs - level[:, weekday] - np.nan_to_num(index)[groups], np.nan)
    return TwoWay(level, index, count.astype(np.int64), residual)


def group_codes(kinds: npt.NDArray[np.str_]) -> tuple[I64, list[str]]:
    """Return a number for each kind, in alphabetical order, and the names."""
    names, numbers = np.unique(kinds, return_inverse=True)
    return numbers.astype(np.int64), [str(name) for name in names]
