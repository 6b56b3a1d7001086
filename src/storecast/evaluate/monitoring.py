"""Monitoring: how good the forecasts made have been, now that the sales are there.

monitoring   accuracy and coverage by model: in all, by week ahead, by store
noise        how far such a figure may lie from the truth by chance
drift        whether what goes into the forecasts still looks like what the models learned from
alerts       what has left its band, since when, and what to do

Pure functions on frames. A forecast made is a row: Model, Cutoff, Store, Date, Ahead (days, from 1), Forecast, Lower80, Upper80,
Lower95, Upper95, and beside it what came: Open, Promo, Sales (null where nothing has come yet).
"""

import polars as pl

from storecast import schema as s
from storecast.config import LEVELS
from storecast.evaluate.noise import INSIDE, effective

AHEAD = "Ahead"
SLICES = ("all", "week", "store")
DEFINITIONS = {
    "Rows": "forecasts whose day has come; the same store and day counts once for each cutoff",
    "Sold": "those of days with sales, which RMSPE and coverage look at",
    "Days": "days with sales among them",
    "RMSPE": "root of the mean of ((Sales - Forecast) / Sales)², over days with sales",
    "WAPE": "sum of |Sales - Forecast| / sum of Sales",
    "Bias": "(sum of Forecast - sum of Sales) / sum of Sales: above 0, the forecasts are too high",
    "Cover80": "measured share of days with sales inside [Lower80, Upper80]",
    "Cover95": "measured share of days with sales inside [Lower95, Upper95]",
    "Effective": "number of rows without anything in common that would say as much on coverage",
}


def accuracy(made: pl.DataFrame) -> pl.DataFrame:
    """Score the forecasts whose day has come.

    Parameters
    ----------
    made : forecasts made and what came, in the columns of this module

    Returns
    -------
    Model, Slice ("all", "week": the week ahead, from 1, or "store"), Key, First, Last, Cutoffs (number of) and the columns of
    `DEFINITIONS`; shares, not percents; null where there is nothing to score. Sorted by model, slice and key.
    """
    came = with_errors(made)
    keys = {
        "all": pl.lit(0),
        "week": (pl.col(AHEAD) - 1) // 7 + 1,
        "store": pl.col(s.STORE),
    }
    parts = [_slice(came.with_columns(keys[name].alias("Key")), name) for name in SLICES]
    return pl.concat(parts).sort(
        s.MODEL, pl.col("Slice").replace_strict(SLICES, range(len(SLICES))), maintain_order=True
    )


def with_errors(made: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows whose day has come, and say of each with sales how far off it was and where it lies.

    Returns
    -------
    the same columns and Sold, Square (squared relative error), Inside80, Inside95; the last three null without sales
    """
    sold = pl.col(s.SALES) > 0
    square = ((pl.col(s.SALES) - pl.col(s.FORECAST)) / pl.col(s.SALES)) ** 2
    inside = [
        pl.when(sold).then(pl.col(s.SALES).is_between(*s.bound_columns(level)).cast(pl.Float64)).alias(f"Inside{level}")
        for level in LEVELS
    ]
    came = made.filter(pl.col(s.SALES).is_not_null())
    return came.with_columns(sold.alias("Sold"), pl.when(sold).then(square).alias("Square"), *inside)


def _slice(came: pl.DataFrame, name: str) -> pl.DataFrame:
    by = [s.MODEL, "Key"]
    total = pl.col(s.SALES).sum()
    over = pl.when(total > 0).then(total)  # a store that sold nothing has no relative error
    found = came.group_by(by).agg(
        pl.col(s.DATE).min().alias("First"),
        pl.col(s.DATE).max().alias("Last"),
        pl.col(s.CUTOFF).n_unique().cast(pl.Int64).alias("Cutoffs"),
        pl.len().cast(pl.Int64).alias("Rows"),
        pl.col("Sold").sum().cast(pl.Int64).alias("Sold"),
        pl.col(s.DATE).filter(pl.col("Sold")).n_unique().cast(pl.Int64).alias("Days"),
        pl.col("Square").mean().sqrt().alias("RMSPE"),
        ((pl.col(s.SALES) - pl.col(s.FORECAST)).abs().sum() / over).alias("WAPE"),
        ((pl.col(s.FORECAST).sum() - total) / over).alias("Bias"),
        *(pl.col(f"Inside{level}").mean().alias(f"Cover{level}") for level in LEVELS),
    )
    counted = came.filter("Sold").group_by(*by, *s.KEYS).agg(pl.len().alias("Count"))
    whole = found.join(effective(counted, INSIDE, by), on=by, how="left").sort(by)
    key = pl.lit("all") if name == "all" else pl.col("Key").cast(pl.String)
    return whole.select(s.MODEL, pl.lit(name).alias("Slice"), key.alias("Key"), pl.exclude(s.MODEL, "Key"))
