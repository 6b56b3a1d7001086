"""The hurdle of a day that may sell nothing: what the chance of a sale makes of expected values and quantiles.

With the chance p of any sales, P(sales = 0) = 1 - p. The expected value is p times that of a day with sales; a quantile at or below
1 - p is 0, and one above it is the quantile (tau - (1 - p)) / p of a day with sales. Source: Cragg, Econometrica 39 (1971).
"""

import numpy as np
import polars as pl

from storecast.arrays import F64, Bool

CHANCE = "Chance"  # of a sale on an open day; the column of `point_forecasts`


def sale_chance(medians: pl.DataFrame) -> F64:
    """Return the chance of a sale of each row, 1 where nothing is said of it, (rows,)."""
    if CHANCE not in medians.columns:
        return np.ones(medians.height)
    chance: F64 = medians[CHANCE].to_numpy()
    return chance


def hurdle_offsets(percent: float, chance: F64, percents: F64, offsets: F64) -> tuple[F64, Bool]:
    """Return the offset of a quantile of sales that may be 0, and where it is above 0.

    Parameters
    ----------
    percent : the quantile of all open days, inside (0, 1)
    chance : of a sale, (rows,)
    percents, offsets : quantiles of the errors of days with sales, both (percents,)

    Returns
    -------
    offset of each row, (rows,), and whether the quantile is above 0, (rows,)

    Examples
    --------
    >>> offset, sells = hurdle_offsets(0.75, np.array([1.0, 0.5, 0.2]), np.array([0.25, 0.5, 0.75]), np.array([-1.0, 0.0, 1.0]))
    >>> offset[sells].tolist(), sells.tolist()
    ([1.0, 0.0], [True, True, False])
    """
    inside = (percent - (1 - chance)) / chance
    order = np.argsort(percents)
    offset: F64 = np.interp(inside, percents[order], offsets[order])
    sells: Bool = inside > 1e-9
    return offset, sells
