"""Figures of the whole chain that several views show, worked out once for each snapshot that is served."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.page.kept_totals import totals_of_chain
from storecast.result_cache import ResultCache
from storecast.service.live.snapshot import Snapshot
from storecast.uncertainty.totals import HORIZON

YEAR = dt.timedelta(days=364)  # the same weekday a year before


@dataclass(frozen=True, eq=False)
class ChainFigures:
    """The chain by day, and over the whole horizon.

    Attributes
    ----------
    past : Date and Sales of every day
    ahead : Start, End, Forecast and, where past errors say how totals err, Lower80 to Upper95 of every day ahead
    whole : the same for the whole horizon, one row
    last_year : Date and Sales of the days a year before the days ahead, dated as these
    """

    past: pl.DataFrame
    ahead: pl.DataFrame
    whole: pl.DataFrame
    last_year: pl.DataFrame

    @property
    def expected(self) -> float:
        """The forecast of the whole horizon."""
        return float(self.whole[s.FORECAST].item())

    @property
    def year_before(self) -> float | None:
        """The sales of the same days a year before; None where some of them are before the first."""
        return float(self.last_year[s.SALES].sum()) if self.last_year.height == self.ahead.height else None


_FIGURES: ResultCache[ChainFigures] = ResultCache()


def chain_figures(snapshot: Snapshot, home: Path) -> ChainFigures:
    """Return the figures of the chain that a snapshot stands for.

    Parameters
    ----------
    snapshot : that is served
    home : of the service
    """
    return _FIGURES.get(snapshot, None, lambda: _figures(snapshot, home))


def daily_sales(panel: Panel, stores: pl.Series | None = None) -> pl.DataFrame:
    """Return Date and Sales, added up over stores.

    Parameters
    ----------
    panel : the chain
    stores : ids; None: all
    """
    rows = panel.sales if stores is None else panel.sales.filter(pl.col(s.STORE).is_in(stores.implode()))
    return rows.group_by(s.DATE).agg(pl.col(s.SALES).sum()).sort(s.DATE)


def a_year_later(past: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Return the days that lie a year before a span, dated as the days of the span.

    Parameters
    ----------
    past : Date and Sales
    first, last : of the span
    """
    return past.with_columns(pl.col(s.DATE) + YEAR).filter(pl.col(s.DATE).is_between(first, last))


def _figures(snapshot: Snapshot, home: Path) -> ChainFigures:
    predictor = snapshot.predictor
    sums = totals_of_chain(predictor, home)
    ahead = sums.filter(pl.col("Level") == "chain-day").sort("Start")
    whole = sums.filter(pl.col("Level") == f"chain-{HORIZON}")
    past = daily_sales(predictor.panel)
    return ChainFigures(past, ahead, whole, a_year_later(past, ahead["Start"][0], ahead["Start"][-1]))
