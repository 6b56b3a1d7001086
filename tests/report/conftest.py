"""What the report's tests share: a chain whose first store has a name of one's choice, and a whole report's input."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from storecast import Task, backtest
from storecast import schema as s
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.evaluate.selection import select
from storecast.evaluate.summary import summary
from storecast.report.report_input import ReportInput
from storecast.uncertainty.totals import totals
from support.panels import make_panel

BOUNDS = {"Lower95": 0.5, "Lower80": 0.8, s.FORECAST: 1.0, "Upper80": 1.2, "Upper95": 1.5}


@pytest.fixture(scope="session")
def named() -> Callable[..., Panel]:
    """Return a maker of a chain whose stores have names."""

    def make(name: str, stores: int = 2, days: int = 400) -> Panel:
        panel = make_panel(stores=stores, days=days, ahead=14)
        rename = (
            pl.when(pl.col(s.STORE) == 1).then(pl.lit(name)).otherwise("other " + pl.col(s.STORE).cast(pl.String))
        ).alias(s.STORE)
        sales, calendar = (table.with_columns(rename).sort(s.KEYS) for table in (panel.sales, panel.calendar))
        return Panel(sales, panel.stores.with_columns(rename).sort(s.STORE), calendar)

    return make


@pytest.fixture(scope="session")
def ahead() -> Callable[..., pl.DataFrame]:
    """Return a maker of a forecast: one figure for every open day after the sales."""

    def make(panel: Panel, value: float = 5.25) -> pl.DataFrame:
        rows = panel.calendar.filter(pl.col(s.DATE) > panel.end)
        return rows.select(
            *s.KEYS, *((pl.col(s.OPEN) * value * factor).round(2).alias(name) for name, factor in BOUNDS.items())
        )

    return make


@pytest.fixture(scope="session")
def report_input(named: Callable[..., Panel], ahead: Callable[..., pl.DataFrame]) -> ReportInput:
    """Return the whole input of a report, with names that would do harm if they were not escaped."""
    panel = named("<script>alert(1)</script>", stores=4)
    result = backtest(panel, ["linear"], [panel.end - dt.timedelta(days=14)], Task(14))
    return ReportInput(
        forecast=ahead(panel, 5000.0),
        sums=totals(ahead(panel, 5000.0), panel.stores),
        panel=panel,
        scores=summary(result, panel, select(result), version="0", generated=True),
        repairs=[Repair("rule", "<b>what</b>", "done", 3, ("<i>x</i>",))],
        backtest=result.forecasts,
        model="model-x.pkl",
        champion="linear",
        cutoff=panel.end,
        created=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )
