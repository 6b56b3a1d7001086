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
from storecast.monitor.noise import INSIDE, effective_sample_size

AHEAD = "Ahead"
WEEK_AHEAD = "WeekAhead"
SLICES = {"all": None, "week": WEEK_AHEAD, "store": s.STORE}
DEFINITIONS = {
    "Rows": "forecasts whose day has come; the same store and day counts once for each cutoff",
    "Open": "those of open days, days without sales among them, which coverage looks at",
    "Sold": "those of days with sales, which RMSPE looks at",
    "Days": "days with sales among them",
    "rmspe": "root of the mean of ((Sales - Forecast) / Sales)², over days with sales",
    "wape": "sum of |Sales - Forecast| / sum of Sales",
    "bias": "(sum of Forecast - sum of Sales) / sum of Sales: above 0, the forecasts are too high",
    "coverage80": "measured share of open days, those without sales included, inside [Lower80, Upper80]",
    "coverage95": "measured share of open days, those without sales included, inside [Lower95, Upper95]",
    "Effective": "number of rows without anything in common that would say as much on coverage",
}


def scored(forecasts: pl.DataFrame) -> pl.DataFrame:
    """Score forecasts one by one, and lay those of a store and day together that were made in one week: all that is asked later.

    It is a seventh of the rows where a forecast is made each day, and frames of several stretches of days can be put together.

    Parameters
    ----------
    forecasts : published forecasts beside actual sales, in the columns of this module

    Returns
    -------
    Model, WeekAhead (from 1), Store, Date, Cutoff (the first), and sums over the forecasts whose day has come: Rows, Open (of
    open days), Sold (of days with sales), Error (forecast - sales), Absolute, Sales, of days with sales Square (squared relative
    errors), and of open days Inside80, Inside95
    """
    sold = pl.col(s.SALES) > 0
    is_open = (pl.col(s.OPEN) == 1).fill_null(sold)
    error = pl.col(s.FORECAST) - pl.col(s.SALES)
    inside = {level: pl.col(s.SALES).is_between(*s.bound_columns(level)) & is_open for level in LEVELS}
    return (
        forecasts.filter(pl.col(s.SALES).is_not_null())
        .with_columns(((pl.col(AHEAD) - 1) // 7 + 1).cast(pl.Int64).alias(WEEK_AHEAD))
        .group_by(s.MODEL, WEEK_AHEAD, *s.KEYS)
        .agg(
            pl.col(s.CUTOFF).min(),
            pl.len().cast(pl.Int64).alias("Rows"),
            is_open.sum().cast(pl.Int64),
            sold.sum().cast(pl.Int64).alias("Sold"),
            error.sum().alias("Error"),
            error.abs().sum().alias("Absolute"),
            pl.col(s.SALES).sum(),
            ((error / pl.col(s.SALES)) ** 2).filter(sold).sum().alias("Square"),
            *(inside[level].sum().cast(pl.Int64).alias(f"Inside{level}") for level in LEVELS),
        )
    )


def accuracy_of(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Put scored forecasts together.

    Parameters
    ----------
    rows : as `scored` returns them
    by : columns to score by: some of Model, WeekAhead, Store and Date; none: all rows as one

    Returns
    -------
    the columns of ``by``, First and Last day and the columns of `DEFINITIONS`; shares, not percents; null where there is nothing
    to score; sorted. No row where nothing has come.
    """
    rows = rows.with_columns(pl.struct(by or pl.lit(0)).alias("_of"))
    total, is_open, sold = (
        pl.when(pl.col(name).sum() > 0).then(pl.col(name).sum()) for name in (s.SALES, s.OPEN, "Sold")
    )
    scores = rows.group_by("_of").agg(
        pl.col(s.DATE).min().alias("First"),
        pl.col(s.DATE).max().alias("Last"),
        pl.col("Rows").sum(),
        pl.col(s.OPEN).sum(),
        pl.col("Sold").sum(),
        pl.col(s.DATE).filter(pl.col("Sold") > 0).n_unique().cast(pl.Int64).alias("Days"),
        (pl.col("Square").sum() / sold).sqrt().alias("rmspe"),
        (pl.col("Absolute").sum() / total).alias("wape"),
        (pl.col("Error").sum() / total).alias("bias"),
        *((pl.col(f"Inside{level}").sum() / is_open).alias(f"coverage{level}") for level in LEVELS),
    )
    counted = rows.filter(pl.col(s.OPEN) > 0).group_by("_of", *s.KEYS).agg(pl.col(s.OPEN).sum().alias("Count"))
    whole = scores.join(effective_sample_size(counted, INSIDE, ["_of"]), on="_of", how="left")
    return whole.unnest("_of").sort(by).select(*by, *whole.columns[1:])


def every_slice(rows: pl.DataFrame) -> pl.DataFrame:
    """Put scored forecasts together by model: in all, by week ahead, and by store.

    Returns
    -------
    Model, Slice ("all", "week" or "store"), Key (text) and the figures of `accuracy_of`; sorted by model, slice and key
    """
    parts = []
    for name, column in SLICES.items():
        figures_of = accuracy_of(rows, s.MODEL, *([] if column is None else [column]))
        key = pl.lit("all") if column is None else pl.col(column).cast(pl.String)
        figures = pl.exclude(s.MODEL, *([] if column is None else [column]))
        parts.append(figures_of.select(s.MODEL, pl.lit(name).alias("Slice"), key.alias("Key"), figures))
    return pl.concat(parts).sort(s.MODEL, maintain_order=True)
