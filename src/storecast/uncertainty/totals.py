"""Totals of a forecast over weeks and the whole horizon: exact sums, and the intervals of possible sums."""

import datetime as dt

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64
from storecast.config import LEVELS
from storecast.data.breakdown import UNKNOWN_GROUP, Breakdown

CENT = 100
LEAST_GROUPS = 2  # states: with one, its totals are the chain's


PERIOD_STARTS = {
    "day": pl.col(s.DATE),
    "week": pl.col(s.DATE).dt.truncate("1w"),
    "month": pl.col(s.DATE).dt.truncate("1mo"),
}
LENGTHS = {"day": "1d", "week": "1w", "month": "1mo"}


def totals(
    forecast: pl.DataFrame, stores: pl.DataFrame, paths: F64 | None = None, breakdown: Breakdown | None = None
) -> pl.DataFrame:
    """Sum a forecast over weeks and over the whole horizon, by store, store type, state and chain.

    Parameters
    ----------
    forecast : a row per store and day
    stores : a row per store
    paths : possible sales of each row of the forecast, (rows, paths), from a `JointErrors`
    breakdown : further groups of stores and periods; None: no others

    Returns
    -------
    Level (store-week, store-horizon, type-week, type-horizon, state-week, state-horizon, chain-week, chain-horizon), Key (the
    store, the type, the state, "unknown" where a store has none, or "chain"), Start, End, Forecast: the sum of the days'
    forecasts, to the cent; with paths, Lower80 … Upper95: quantiles of the sums of each path, moved so that their mean is the
    forecast. Weeks run from Monday to Sunday, cut at the ends of the forecast. States stand there where they are known.
    Further groups and periods stand among the others: Region-week, chain-month.
    """
    breakdown = breakdown or Breakdown()
    days = (
        forecast.with_row_index("row")
        .join(breakdown.with_columns(_groups(stores)), on=s.STORE, how="left", maintain_order="left")
        .with_columns(
            pl.lit("chain").alias("chain"),
            *(start.alias(period) for period, start in PERIOD_STARTS.items()),
            (pl.col(s.FORECAST) * CENT).round().cast(pl.Int64).alias("cents"),
        )
    )
    first, last = days[s.DATE].min(), days[s.DATE].max()
    own_levels = {group.name: column for group, column in zip(breakdown.groups, breakdown.columns, strict=True)}
    levels = {"store": s.STORE, "type": s.STORE_TYPE, "state": s.STATE, **own_levels, "chain": "chain"}
    if days[s.STATE].n_unique() < LEAST_GROUPS:
        del levels["state"]
    parts = []
    for name, column in levels.items():
        for span in ("week", *breakdown.periods, "horizon"):
            if (name, span) == ("store", "day"):  # the forecast itself, whose rows have intervals of their own
                continue
            whole = span == "horizon"
            by = [column] if whole else [column, span]
            sums = days.group_by(by).agg(pl.col("cents").sum(), pl.col("row")).sort(by)
            start = pl.lit(first) if whole else pl.max_horizontal(pl.col(span), pl.lit(first))
            end = pl.lit(last) if whole else pl.min_horizontal(_last_day(span), pl.lit(last))
            lines = sums.select(
                pl.lit(f"{name}-{span}").alias("Level"),
                pl.col(column).cast(pl.String).alias("Key"),
                start.cast(pl.Date).alias("Start"),
                end.cast(pl.Date).alias("End"),
                (pl.col("cents") / CENT).round(2).alias(s.FORECAST),
            )
            parts.append(lines if paths is None else pl.concat([lines, _bounds(lines, sums, paths)], how="horizontal"))
    return pl.concat(parts)


def _last_day(period: str) -> pl.Expr:
    return pl.col(period).dt.offset_by(LENGTHS[period]) - dt.timedelta(days=1)


def _bounds(lines: pl.DataFrame, sums: pl.DataFrame, paths: F64) -> pl.DataFrame:
    """Return the bounds of each line, from the sums of each draw over its rows."""
    rows = sums["row"].explode().to_numpy()
    begin = np.r_[0, np.cumsum(sums["row"].list.len().to_numpy().astype(np.int64))[:-1]]
    possible = np.add.reduceat(paths[rows], begin, axis=0)  # (lines, paths)
    forecast = lines[s.FORECAST].to_numpy()
    mean = possible.mean(axis=1)
    possible *= np.where(mean > 0, forecast / np.where(mean > 0, mean, 1), 0)[:, None]
    bounds = {}
    for level in LEVELS:
        tail = (1 - level / 100) / 2
        for name, share in zip(s.bound_columns(level), (tail, 1 - tail), strict=True):
            bounds[name] = np.quantile(possible, share, axis=1).round(2)
    return pl.DataFrame(bounds)


def _groups(stores: pl.DataFrame) -> pl.DataFrame:
    """Return Store, StoreType and State, with a word where one is not known."""
    return stores.select(
        s.STORE,
        *(
            pl.when(pl.col(name).is_null() | (pl.col(name) == ""))
            .then(pl.lit(UNKNOWN_GROUP))
            .otherwise(name)
            .alias(name)
            for name in (s.STORE_TYPE, s.STATE)
        ),
    )
