"""Totals of a forecast over weeks and the whole horizon: exact sums, and the intervals of possible sums."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64
from storecast.config import LEVELS
from storecast.data.breakdown import UNKNOWN_GROUP, Breakdown
from storecast.dates import as_date

CENT = 100
LEAST_GROUPS = 2  # states: with one, its totals are the chain's


PERIOD_STARTS = {
    "day": pl.col(s.DATE),
    "week": pl.col(s.DATE).dt.truncate("1w"),
    "month": pl.col(s.DATE).dt.truncate("1mo"),
}
HORIZON = "horizon"
LENGTHS = {"day": "1d", "week": "1w", "month": "1mo"}


def totals(
    forecast: pl.DataFrame,
    stores: pl.DataFrame,
    paths: F64 | None = None,
    breakdown: Breakdown | None = None,
    *,
    of_chain: bool = False,
) -> pl.DataFrame:
    """Sum a forecast over weeks and over the whole horizon, by store, store type, state and chain.

    Parameters
    ----------
    forecast : a row per store and day
    stores : a row per store
    paths : possible sales of each row of the forecast, (rows, paths), from a `JointErrors`
    breakdown : further groups of stores and periods; None: no others
    of_chain : those of the whole chain alone

    Returns
    -------
    Level (store-week, store-horizon, type-week, type-horizon, state-week, state-horizon, chain-week, chain-horizon), Key (the
    store, the type, the state, "unknown" where a store has none, or "chain"), Start, End, Forecast: the sum of the days'
    forecasts, to the cent; with paths, Lower80 … Upper95: quantiles of the sums of each path, moved so that their mean is the
    forecast. Weeks run from Monday to Sunday, cut at the ends of the forecast. States stand there where they are known.
    Further groups and periods stand among the others: Region-week, chain-month.
    """
    parts = _lines_by_level(
        forecast, stores, paths, breakdown or Breakdown(), lambda level: not of_chain or level.column == "chain"
    )
    return pl.concat(lines for _, lines in parts)


def group_totals(
    forecast: pl.DataFrame, stores: pl.DataFrame, paths: F64 | None, breakdown: Breakdown
) -> pl.DataFrame | None:
    """Sum a forecast over all its days, by the groups of stores and of the chain; None without paths, as no interval is known.

    Parameters
    ----------
    forecast, stores, paths, breakdown : as in `totals`

    Returns
    -------
    Level (type, state, chain, and groups of the chain's own), Key, Forecast, Lower80 … Upper95
    """
    if paths is None:
        return None
    parts = _lines_by_level(
        forecast, stores, paths, breakdown, lambda level: level.span == HORIZON and level.column != s.STORE
    )
    return pl.concat(
        lines.with_columns(pl.lit(level.name).alias("Level")).drop("Start", "End") for level, lines in parts
    )


def _lines_by_level(
    forecast: pl.DataFrame,
    stores: pl.DataFrame,
    paths: F64 | None,
    breakdown: Breakdown,
    wanted: Callable[["TotalLevel"], bool],
) -> Iterator[tuple["TotalLevel", pl.DataFrame]]:
    """Yield each kind of total that is wanted, and its totals.

    Parameters
    ----------
    forecast, stores, paths, breakdown : as in `totals`
    wanted : says of a kind whether it is
    """
    days = days_with_groups(forecast, stores, breakdown)
    first, last = as_date(days[s.DATE].min()), as_date(days[s.DATE].max())
    for level in total_levels(breakdown, with_states=days[s.STATE].n_unique() >= LEAST_GROUPS):
        if wanted(level):
            yield level, _lines(level, days, first, last, paths)


def _lines(level: "TotalLevel", days: pl.DataFrame, first: dt.date, last: dt.date, paths: F64 | None) -> pl.DataFrame:
    """Return the totals of one kind.

    Parameters
    ----------
    level : the kind
    days : of the forecast, as `days_with_groups` returns them
    first, last : of them
    paths : as in `totals`
    """
    sums = days.group_by(level.by).agg(pl.col("cents").sum(), pl.col("row")).sort(level.by)
    lines = level.lines(sums, first, last)
    if paths is None:
        return lines
    return pl.concat([lines, bounds_of(lines, path_sums(sums["row"], paths))], how="horizontal")


@dataclass(frozen=True)
class TotalLevel:
    """One kind of total.

    Attributes
    ----------
    name : what stores are added up by: store, type, state, chain or a group of the chain's own
    column : that holds it in the days of a forecast
    span : week, month, day or horizon
    """

    name: str
    column: str
    span: str

    @property
    def by(self) -> list[str]:
        """The columns by which days are added up."""
        return [self.column] if self.span == HORIZON else [self.column, self.span]

    def lines(self, sums: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
        """Return Level, Key, Start, End and Forecast of each sum.

        Parameters
        ----------
        sums : the columns of `by`, and cents
        first, last : day of the forecast
        """
        whole = self.span == HORIZON
        start = pl.lit(first) if whole else pl.max_horizontal(pl.col(self.span), pl.lit(first))
        end = pl.lit(last) if whole else pl.min_horizontal(_last_day(self.span), pl.lit(last))
        return sums.select(
            pl.lit(f"{self.name}-{self.span}").alias("Level"),
            pl.col(self.column).cast(pl.String).alias("Key"),
            start.cast(pl.Date).alias("Start"),
            end.cast(pl.Date).alias("End"),
            (pl.col("cents") / CENT).round(2).alias(s.FORECAST),
        )


def total_levels(breakdown: Breakdown, *, with_states: bool) -> list[TotalLevel]:
    """Return every kind of total, in the order in which they stand."""
    own_levels = {group.name: column for group, column in zip(breakdown.groups, breakdown.columns, strict=True)}
    columns = {"store": s.STORE, "type": s.STORE_TYPE, "state": s.STATE, **own_levels, "chain": "chain"}
    if not with_states:
        del columns["state"]
    spans = ("week", *breakdown.periods, HORIZON)
    # The days of a store are the forecast itself, whose rows have intervals of their own.
    return [
        TotalLevel(name, column, span)
        for name, column in columns.items()
        for span in spans
        if (name, span) != ("store", "day")
    ]


def days_with_groups(forecast: pl.DataFrame, stores: pl.DataFrame, breakdown: Breakdown) -> pl.DataFrame:
    """Return a forecast with the groups and periods of each row, its place among the rows, and its cents.

    Parameters
    ----------
    forecast, stores, breakdown : as in `totals`
    """
    return (
        forecast.with_row_index("row")
        .join(breakdown.with_columns(_groups(stores)), on=s.STORE, how="left", maintain_order="left")
        .with_columns(
            pl.lit("chain").alias("chain"),
            *(start.alias(period) for period, start in PERIOD_STARTS.items()),
            (pl.col(s.FORECAST) * CENT).round().cast(pl.Int64).alias("cents"),
        )
    )


def path_sums(rows: pl.Series, paths: F64) -> F64:
    """Return the sum of each path over the rows of each total, (totals, paths).

    Parameters
    ----------
    rows : lists of places of rows, one a total
    paths : possible sales of each row, (rows, paths)
    """
    begin = np.r_[0, np.cumsum(rows.list.len().to_numpy().astype(np.int64))[:-1]]
    sums: F64 = np.add.reduceat(paths[rows.explode().to_numpy()], begin, axis=0)
    return sums


def bounds_of(lines: pl.DataFrame, possible: F64) -> pl.DataFrame:
    """Return the bounds of each total, from its sum in each path, moved so that their mean is the forecast.

    Parameters
    ----------
    lines : with Forecast
    possible : the sums, (totals, paths)
    """
    forecast = lines[s.FORECAST].to_numpy()
    mean = possible.mean(axis=1)
    moved = possible * np.where(mean > 0, forecast / np.where(mean > 0, mean, 1), 0)[:, None]
    bounds = {}
    for level in LEVELS:
        tail = (1 - level / 100) / 2
        for name, share in zip(s.bound_columns(level), (tail, 1 - tail), strict=True):
            bounds[name] = np.quantile(moved, share, axis=1).round(2)
    return pl.DataFrame(bounds)


def _last_day(period: str) -> pl.Expr:
    return pl.col(period).dt.offset_by(LENGTHS[period]) - dt.timedelta(days=1)


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
