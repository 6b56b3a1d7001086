"""Totals of a chain that is forecast part by part: sums of its parts, and intervals of the sums of their paths.

Path by path the parts have the same errors of the chain and its groups (`common_errors`), and errors of stores of their own, so
that the sum of the parts' sums is a path of the whole chain.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64
from storecast.data.breakdown import Breakdown
from storecast.dates import as_date
from storecast.uncertainty.totals import (
    HORIZON,
    LEAST_GROUPS,
    bounds_of,
    days_with_groups,
    path_sums,
    total_levels,
)

SPAN, PATHS = "Span", "Paths"
FIRST, LAST = "First", "Last"


def sums_of_part(
    forecast: pl.DataFrame, stores: pl.DataFrame, paths: F64 | None = None, breakdown: Breakdown | None = None
) -> pl.DataFrame:
    """Return what a part adds to the totals of groups of stores and of the chain.

    Parameters
    ----------
    forecast, stores, paths, breakdown : as in `totals.totals`, of the part

    Returns
    -------
    Level, Key, Span (first day of the week or month, not cut; null for the whole horizon), First and Last (day of the part's
    forecast), cents, and with paths the sums of each
    """
    breakdown = breakdown or Breakdown()
    days = days_with_groups(forecast, stores, breakdown)
    parts = []
    for level in total_levels(breakdown, with_states=True):
        if level.name == "store":
            continue
        sums = days.group_by(level.by).agg(pl.col("cents").sum(), pl.col("row")).sort(level.by)
        lines = sums.select(
            pl.lit(f"{level.name}-{level.span}").alias("Level"),
            pl.col(level.column).cast(pl.String).alias("Key"),
            (pl.lit(None) if level.span == HORIZON else pl.col(level.span)).cast(pl.Date).alias(SPAN),
            pl.lit(days[s.DATE].min()).alias(FIRST),
            pl.lit(days[s.DATE].max()).alias(LAST),
            pl.col("cents"),
        )
        if paths is not None:
            lines = lines.with_columns(pl.Series(PATHS, path_sums(sums["row"], paths)))
        parts.append(lines)
    return pl.concat(parts)


def totals_of_parts(parts: Sequence[pl.DataFrame], breakdown: Breakdown | None = None) -> pl.DataFrame:
    """Add the sums of all parts up.

    Parameters
    ----------
    parts : as `sums_of_part` returns them
    breakdown : of any part: its groups and periods are those of all

    Returns
    -------
    as `totals.totals`, without the totals of single stores
    """
    breakdown = breakdown or Breakdown()
    every = pl.concat(parts)
    first, last = as_date(every[FIRST].min()), as_date(every[LAST].max())
    states = every.filter(pl.col("Level") == f"state-{HORIZON}")["Key"].n_unique()
    tables = []
    for level in total_levels(breakdown, with_states=states >= LEAST_GROUPS):
        rows = every.filter(pl.col("Level") == f"{level.name}-{level.span}").with_row_index("row")
        if rows.is_empty():  # of single stores
            continue
        named = rows.rename({"Key": level.column, **({} if level.span == HORIZON else {SPAN: level.span})})
        sums = named.group_by(level.by).agg(pl.col("cents").sum(), pl.col("row")).sort(level.by)
        lines = level.lines(sums, first, last)
        if PATHS in rows.columns:
            possible = path_sums(sums["row"], np.asarray(rows[PATHS].to_numpy(), np.float64))
            lines = pl.concat([lines, bounds_of(lines, possible)], how="horizontal")
        tables.append(lines)
    return pl.concat(tables)
