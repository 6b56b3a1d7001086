"""What a run will cost, and the first look at the days ahead."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from storecast.config import Task
from storecast.data.clean import Cleaned
from storecast.data.panel import Panel
from storecast.errors import ConfigError
from storecast.stages import RUN_STAGES
from storecast.workflows import run_cost as module
from storecast.workflows.first_look import first_look
from storecast.workflows.prepared import Prepared
from storecast.workflows.run_cost import RunCost, run_cost
from storecast.workflows.running import run
from support.chain_files import write_chain
from support.panels import make_panel


def prepared(panel: object, horizon: int = 14) -> Prepared:
    every_row = cast("Cleaned", SimpleNamespace(requested_rows=None))
    return Prepared(every_row, cast("Panel", panel), Task(horizon))


def of_rows(rows: int) -> Prepared:
    return prepared(SimpleNamespace(sales=SimpleNamespace(height=rows)))


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "thread_count", lambda: 2)


def test_the_cost_grows_with_rows_models_and_windows() -> None:
    small = run_cost(of_rows(10_000), ["naive", "linear"], 2)
    assert tuple(small.seconds) == RUN_STAGES
    for larger in (
        run_cost(of_rows(100_000), ["naive", "linear"], 2),
        run_cost(of_rows(10_000), ["naive", "linear", "boosting"], 2),
    ):
        assert sum(larger.seconds.values()) > sum(small.seconds.values())
        assert larger.memory > small.memory
    assert run_cost(of_rows(10_000), ["linear"], 4).seconds["backtest"] > small.seconds["backtest"]
    fast = run_cost(of_rows(10_000), ["boosting"], 2, fast=True)
    assert fast.seconds["backtest"] < run_cost(of_rows(10_000), ["boosting"], 2).seconds["backtest"]


def test_the_cost_of_a_measured_run_is_about_right() -> None:
    """150 stores, 132,060 rows: 158 CPU seconds, 608 MiB of memory and 21 MiB of disk were measured."""
    cost = run_cost(of_rows(132_060), ["naive", "linear", "boosting"], 2)
    assert 80 < sum(cost.seconds.values()) < 240
    assert 450 < cost.memory < 900
    assert 15 < cost.disk < 60


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (
            RunCost({"backtest": 20}, 360, 6),
            "takes less than a minute on 2 cores, 360 MiB of memory and 10 MiB of disk",
        ),
        (RunCost({"backtest": 130}, 2500, 215), "about 2 minutes on 2 cores, 2.4 GiB of memory and 220 MiB of disk"),
        (RunCost({"backtest": 1900}, 360, 6), "about 30 minutes"),
        (
            RunCost({"backtest": 130}, 360, 6, 250),
            "With the most accurate model, --models naive,linear,blend, about 4 minutes.",
        ),
    ],
)
def test_the_cost_is_said_in_words(cost: RunCost, words: str) -> None:
    assert words in cost.sentence()


@pytest.mark.parametrize(
    ("options", "compared"), [({}, True), ({"models": ["naive", "linear"]}, False), ({"fast": True}, False)]
)
def test_a_run_of_the_usual_models_says_what_the_most_accurate_would_cost(
    tmp_path: Path, options: dict[str, Any], compared: bool
) -> None:
    costs: list[RunCost] = []

    def announce(cost: RunCost, _look: str) -> None:
        costs.append(cost)
        raise ConfigError("said")

    with pytest.raises(ConfigError, match="said"):
        run(write_chain(tmp_path / "data", days=300), home=tmp_path / "home", horizon=14, announce=announce, **options)
    more = costs[0].most_accurate
    assert (more is not None) == compared
    assert more is None or more > costs[0].total


@pytest.mark.parametrize("days", [100, 420])
def test_the_first_look_names_the_sum_ahead_and_compares_it_with_last_year_where_there_is_one(days: int) -> None:
    panel: Panel = make_panel(stores=2, days=days, ahead=14)
    sentence = first_look(prepared(panel))
    assert sentence.startswith("A first look, by the model naive: about ")
    assert f"sales in the 14 days after {panel.end}" in sentence
    assert ("the same weekdays a year before" in sentence) == (days > 400)


def test_the_first_look_compares_the_stores_that_sold_a_year_before() -> None:
    panel = make_panel(stores=2, days=420, ahead=14)
    first = pl.col("Store") == 1
    opened = pl.col("Date") >= panel.first + dt.timedelta(days=100)
    young = Panel(panel.sales.filter(first | opened), panel.stores, panel.calendar)
    alone = Panel(panel.sales.filter(first), panel.stores.filter(first), panel.calendar.filter(first))
    changes = [first_look(prepared(chain)).partition("after")[2] for chain in (young, alone)]
    assert changes[0] == changes[1]
    assert "in stores that sold then" in changes[0]


def test_the_first_look_leaves_out_stores_that_are_not_forecast() -> None:
    panel = make_panel(stores=2, days=420, ahead=14)
    ended = (pl.col("Store") == 1) | (pl.col("Date") < panel.end - dt.timedelta(days=60))
    past = panel.calendar.filter(ended & (pl.col("Date") <= panel.end))
    ahead = panel.calendar.filter(pl.col("Date") > panel.end)
    closed = ahead.with_columns(pl.when(pl.col("Store") == 1).then(pl.col("Open")).otherwise(0).cast(pl.Int8))
    chain = Panel(panel.sales.filter(ended), panel.stores, pl.concat([past, closed]).sort("Store", "Date"))
    first = pl.col("Store") == 1
    alone = Panel(panel.sales.filter(first), panel.stores.filter(first), panel.calendar.filter(first))
    assert prepared(chain).stores_left_out == [2]
    assert first_look(prepared(chain)) == first_look(prepared(alone))
