"""Announced days: an own column of the chain says that a day is unlike the same weekdays before, so that its sales may be."""

from collections.abc import Iterable

import numpy as np

from storecast.arrays import F32, Bool

WEEKS = 5  # the same weekday of these weeks before, with which sales are compared, too
MIN_WEEKS = 3  # of them with a value


def announced_days(columns: Iterable[F32], shape: tuple[int, int]) -> Bool:
    """Return on which days a column differs from what it was on the same weekdays before, where it was the same on all of them.

    A flag that is set, a price that changes; not a temperature, which is another each week. Each day is judged by earlier days
    alone.

    Parameters
    ----------
    columns : the chain's own, NaN where a value is not given, (stores, days) each
    shape : stores and days
    """
    announced = np.zeros(shape, bool)
    for values in columns:
        low, high = np.full(shape, np.inf, np.float32), np.full(shape, -np.inf, np.float32)
        weeks = np.zeros(shape, np.int8)
        for week in range(1, WEEKS + 1):
            before = values[:, : max(0, shape[1] - 7 * week)]
            known = np.isfinite(before)
            place = np.s_[:, 7 * week :]
            low[place] = np.where(known, np.minimum(low[place], before), low[place])
            high[place] = np.where(known, np.maximum(high[place], before), high[place])
            weeks[place] += known
        announced |= np.isfinite(values) & (weeks >= MIN_WEEKS) & (low == high) & (values != low)
    return announced
