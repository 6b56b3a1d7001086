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
WEEK_AHEAD = "WeekAhead"
SLICES = {"all": None, "week": WEEK_AHEAD, "store": s.STORE}
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


def accuracy(made: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Score the forecasts whose day has come.

    Parameters
    ----------
    made : forecasts made and what came, in the columns of this module
    by : columns to score by, of these and WeekAhead (from 1); none: all rows as one

    Returns
    -------
    the columns of ``by``, First and Last day, Cutoffs (number of) and the columns of `DEFINITIONS`; shares, not percents; null
    where there is nothing to score; sorted. No row where nothing has come.
    """
    came = with_errors(made).with_columns(((pl.col(AHEAD) - 1) // 7 + 1).alias(WEEK_AHEAD))
    came = came.with_columns(pl.struct(by or pl.lit(0)).alias("_of"))
    total = pl.col(s.SALES).sum()
    over = pl.when(total > 0).then(total)  # a store that sold nothing has no relative error
    found = came.group_by("_of").agg(
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
    counted = came.filter("Sold").group_by("_of", *s.KEYS).agg(pl.len().alias("Count"))
    whole = found.join(effective(counted, INSIDE, ["_of"]), on="_of", how="left")
    return whole.unnest("_of").sort(by).select(*by, *whole.columns[1:])


def every_slice(made: pl.DataFrame) -> pl.DataFrame:
    """Score the forecasts whose day has come by model: in all, by week ahead, and by store.

    Returns
    -------
    Model, Slice ("all", "week" or "store"), Key (text) and the figures of `accuracy`; sorted by model, slice and key
    """
    parts = []
    for name, column in SLICES.items():
        found = accuracy(made, s.MODEL, *([] if column is None else [column]))
        key = pl.lit("all") if column is None else pl.col(column).cast(pl.String)
        figures = pl.exclude(s.MODEL, *([] if column is None else [column]))
        parts.append(found.select(s.MODEL, pl.lit(name).alias("Slice"), key.alias("Key"), figures))
    return pl.concat(parts).sort(s.MODEL, maintain_order=True)


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
