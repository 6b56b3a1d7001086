"""How far the expected value lies from a model's median: the log of mean / median of its errors.

An expected value is a mean, which one day or one store could decide. So far tails are bounded, days on which nearly all stores sold
far from what was forecast are left aside (a strike, tills that were not in), and a window that missed the level of the chain does
not count as a wide spread. Intervals know all of these errors.

What a model misses of the level in one window is not carried forward: errors are centred first. The middle of small counts says
little about the level, though: of sales of 1, 2 and 3 pieces it is that of whichever is most frequent. A model whose own level lies
within the half piece to either side that rounding leaves open is believed.
"""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, I64, Bool
from storecast.data.unusual_last_days import DEVIATIONS
from storecast.row_medians import NORMAL

FACTOR = 5 / 3  # between the median error of a day and that of all days
SMALL_COUNT = 4  # pieces, from which on half of one makes little difference
TRIM = 0.005  # share of errors at either end that the expected value does not follow
MEAN_SHARE, MEAN_SLACK = 0.25, 0.005  # how far mean / median of all errors may be from what it is week by week


def log_mean_of_errors(error: F64, sales: F64, size: F64, cutoff: pl.Series, week: I64, day: I64) -> float:
    """Return the log of mean / median of a model's errors.

    Parameters
    ----------
    error : log(actual / median), (rows,), at least one
    sales : what was sold, above 0, (rows,)
    size : of an error that is usual on each row, (rows,)
    cutoff, week, day : the window of each row, its week ahead, and a number of its day, apart for each window, (rows,)
    """
    half = np.where((sales < SMALL_COUNT) & (sales == np.round(sales)), 0.5, 0.0)
    rows = pl.DataFrame(
        {
            s.CUTOFF: cutoff,
            "week": week,
            "error": error,
            "low": error + np.log1p(-half / sales),
            "high": error + np.log1p(half / sales),
        }
    )
    usual = _usual_days(error, size, day)
    rows = rows.filter(pl.Series(usual)) if usual.any() else rows
    low, high = pl.col("low").median(), pl.col("high").median()
    # A window that missed the chain's level, as after a step, spreads the errors of all windows together.
    groups = s.CUTOFF, "week"
    mean = _log_mean(rows.select(pl.col("error") - _middle(low.over(groups), high.over(groups))).to_series().to_numpy())
    slack = MEAN_SHARE * abs(mean) + MEAN_SLACK
    return float(
        np.clip(
            _log_mean(rows.select(pl.col("error") - _middle(low, high)).to_series().to_numpy()),
            mean - slack,
            mean + slack,
        )
    )


def _middle(low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """Return the error nearest to 0 of those between the medians of what rounding leaves open."""
    return pl.max_horizontal(low, pl.min_horizontal(high, pl.lit(0.0)))


def _usual_days(error: F64, size: F64, day: I64) -> Bool:
    """Return which rows are of a day whose median error over stores is no outlier among those of all days, (rows,)."""
    rows = pl.DataFrame({"day": day, "error": error, "scaled": error / size})
    days = rows.group_by("day").agg(pl.col("error", "scaled").median()).sort("day")
    departures = {name: days[name].to_numpy() - float(np.median(days[name].to_numpy())) for name in ("error", "scaled")}
    limit = DEVIATIONS * NORMAL * float(np.median(np.abs(departures["scaled"])))
    far = (np.abs(departures["error"]) > np.log(FACTOR)) & (np.abs(departures["scaled"]) > limit)
    usual: Bool = ~np.isin(day, days["day"].to_numpy()[far])
    return usual


def _log_mean(centred: F64) -> float:
    """Return the log of the mean of centred errors' factors, far tails aside."""
    low, high = np.quantile(centred, [TRIM, 1 - TRIM])
    return float(np.log(np.exp(np.clip(centred, low, high)).mean()))
