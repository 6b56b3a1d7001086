"""Days whose forecast rests on a calendar that was worked out, and not given."""

import numpy as np

from storecast.arrays import Bool

NEAR = 7  # days: a forecast rests on the calendar of its day and of those within a week of it


def near_assumed(assumed: Bool) -> Bool:
    """Return which days are assumed, or lie within `NEAR` days of one that is.

    Parameters
    ----------
    assumed : (stores, days)

    Returns
    -------
    (stores, days)
    """
    day, days = np.arange(assumed.shape[1]), assumed.shape[1]
    count = np.cumsum(np.pad(assumed, ((0, 0), (1, 0))), axis=1)
    near: Bool = count[:, np.minimum(day + NEAR + 1, days)] > count[:, np.maximum(day - NEAR, 0)]
    return near
