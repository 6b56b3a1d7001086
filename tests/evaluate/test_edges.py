"""Chains and windows at the edge: days without rows, a past of a few weeks, nothing open. They are forecast, or told of."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import Task, backtest
from storecast import schema as s
from storecast.config import FeatureConfig
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.evaluate.selection import select
from storecast.evaluate.summary import summary
from storecast.explain.explanations import ChainForecast, importance
from storecast.features.store import feature_rows
from storecast.models import create
from storecast.uncertainty.point import point_forecasts
from support.panels import make_panel, with_sales

MODELS = ["linear", "boosting"]


def without_closed_days(panel: Panel) -> Panel:
    """Return the chain as many keep it: no rows of days that were closed, neither of sales nor of the calendar."""
    opened = panel.calendar.filter((pl.col(s.OPEN) == 1) | (pl.col(s.DATE) > panel.end))
    sold = panel.sales.join(opened.select(s.KEYS), on=s.KEYS, how="semi")
    return Panel(sold, panel.stores, opened)


def test_a_window_may_begin_after_a_day_that_has_no_rows() -> None:
    panel = without_closed_days(make_panel(stores=4, days=360, ahead=14))
    sunday = next(day for k in range(20, 27) if (day := panel.end - dt.timedelta(days=k)).weekday() == 6)
    assert panel.until(sunday).end == sunday
    assert panel.until(sunday).sales[s.DATE].max() < sunday
    result = backtest(panel, MODELS, [sunday], Task(16), fast=True)
    for model in MODELS:
        assert result.mean(model) < 0.2
        assert result.forecasts.filter(pl.col(s.MODEL) == model)[s.DATE].min() == sunday + dt.timedelta(days=1)


@pytest.mark.parametrize(("stores", "days"), [(1, 28), (1, 41), (12, 41), (3, 60)])
def test_a_past_of_a_few_weeks_is_enough_for_a_level(stores: int, days: int) -> None:
    panel = make_panel(stores=stores, days=days, ahead=14)
    level = pl.when(pl.col(s.SALES) > 0).then(5000.0 + 100 * pl.col(s.STORE)).otherwise(0.0)
    window = with_sales(panel, level).window(panel.end, 14)
    model = create("linear")
    model.fit(window.past, 14)
    medians = point_forecasts(model, window).filter(pl.col(s.OPEN) == 1)
    ratio = medians["Median"].to_numpy() / (5000.0 + 100 * medians[s.STORE].to_numpy())
    np.testing.assert_allclose(ratio, 1.0, atol=0.15)
    assert abs(float(np.mean(ratio)) - 1) < 0.05


def test_a_window_in_which_nothing_is_open_has_no_score_and_selects_the_simplest_model() -> None:
    panel = make_panel(stores=3, days=300, ahead=14)
    saturday = next(day for k in range(7, 14) if (day := panel.end - dt.timedelta(days=k)).weekday() == 5)
    result = backtest(panel, MODELS, [saturday], Task(1), fast=True)
    assert np.isnan(result.mean("linear"))
    chosen = select(result)
    assert chosen.model == "naive"
    assert chosen.reason.startswith("naive is the simplest model, with a mean SQL of 0.0000.")
    by_rmspe = select(result, "rmspe")
    assert by_rmspe.model == "naive"
    assert by_rmspe.reason.startswith("naive is the simplest model, with no open day to be scored on.")
    assert "nan" not in chosen.reason
    assert "NaN" not in str(summary(result, panel, chosen, version="0", generated=True)["scores"])
    window = panel.window(saturday, 1)
    for name in MODELS:
        model = create(name, fast=True)
        model.fit(window.past, 1)
        assert importance(ChainForecast.of(model, window)).is_empty()


def test_the_shortest_required_past_is_enough() -> None:
    panel = make_panel(stores=2, days=28 + 7 + 7, ahead=7)
    result = backtest(panel, ["naive"], [panel.end - dt.timedelta(days=7)], Task(7))
    assert result.mean("naive") > 0
    assert select(result).reason == "naive is the only model of this backtest."


def test_a_chain_without_rows_of_closed_days_is_forecast_as_it_is_learned_from() -> None:
    whole = make_panel(stores=6, days=400, ahead=48)
    trades = pl.col(s.STORE) == 1  # one store trades on Sundays, too
    sunday = pl.col(s.DATE).dt.weekday() == 7
    whole = Panel(
        whole.sales.with_columns(pl.when(trades & sunday).then(2000.0).otherwise(s.SALES).alias(s.SALES)),
        whole.stores,
        whole.calendar.with_columns(
            pl.when(trades & sunday).then(1).otherwise(pl.col(s.OPEN)).cast(pl.Int8).alias(s.OPEN)
        ),
    )
    bare = without_closed_days(whole)
    origin, horizon = 330, 41
    view = FeatureConfig(impute=True, holidays_apart=True)
    tables = [feature_rows(Grid.of(panel), origin, horizon, view).table for panel in (whole, bare)]
    assert tables[1].height < tables[0].height, "closed days are not asked for where they have no rows"
    whole_saturdays, bare_saturdays = (table.filter(pl.col("weekday") == 5) for table in tables)
    assert bare_saturdays.height > 20
    for column in ("closed_tomorrow", "sundays_this_week", "open_run"):
        assert bare_saturdays[column].to_list() == whole_saturdays[column].to_list(), column
