"""Contributions in money: they add up to the cent, and say what they are known to be."""

import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest

from storecast import Task, backtest
from storecast import schema as s
from storecast.data.panel import Window
from storecast.errors import ConfigError
from storecast.evaluate.backtest import calibration_of
from storecast.explain.explanations import USUAL, ChainForecast, _largest_remainder, explain, importance
from storecast.models import create
from storecast.models.base import Forecaster
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.point import point_forecasts
from support.panels import make_panel

HORIZON = 27


@pytest.fixture(scope="module")
def window() -> Window:
    panel = make_panel(stores=4, days=400, ahead=HORIZON)
    return panel.window(panel.end, HORIZON)


@pytest.fixture(scope="module")
def calibration(window: Window) -> Calibration:
    cutoff = window.cutoff - dt.timedelta(days=HORIZON)
    return calibration_of(backtest(window.panel, ["linear"], [cutoff], Task(HORIZON)), "linear", window.cutoff)


@cache
def fitted(name: str, window: Window) -> Forecaster:
    """Return a model for tests that only ask it; a window as an argument is the object that it is."""
    model = create(name, fast=True)
    model.fit(window.past, HORIZON)
    return model


@pytest.mark.parametrize("name", ["naive", "linear", "boosting"])
def test_contributions_add_up_to_the_forecast_to_the_cent(name: str, window: Window, calibration: Calibration) -> None:
    model = fitted(name, window)
    explained = explain(ChainForecast.of(model, window), calibration, [1, 4])
    forecast = calibration.apply(point_forecasts(model, window), Task(HORIZON))
    same = forecast.filter(pl.col(s.STORE).is_in([1, 4]))
    assert explained[s.FORECAST].to_list() == same[s.FORECAST].to_list()
    cents = (explained.drop(s.KEYS) * 100).select(pl.all().round().cast(pl.Int64))
    parts = cents.drop(s.FORECAST)
    assert parts.sum_horizontal().to_list() == cents[s.FORECAST].to_list()
    closed = explained.filter(pl.col(s.FORECAST) == 0)
    assert closed.height > 0
    assert closed.drop(s.KEYS).sum_horizontal().to_list() == [0.0] * closed.height
    money = explained.filter(pl.col(s.FORECAST) > 0)
    np.testing.assert_allclose((parts * 0.01)[USUAL].to_numpy(), explained[USUAL].to_numpy(), atol=0.006)
    assert money[USUAL].n_unique() == 1, "every store and day starts from the same usual day"


def test_the_smallest_store_has_a_level_below_the_usual_one(window: Window, calibration: Calibration) -> None:
    explained = explain(ChainForecast.of(fitted("linear", window), window), calibration, [1, 4])
    level = explained.filter(pl.col(s.FORECAST) > 0).group_by(s.STORE).agg(pl.col("Level").mean()).sort(s.STORE)
    assert level["Level"][0] < 0 < level["Level"][1]


def test_money_is_shared_out_by_the_log_mean() -> None:
    by_driver = np.zeros((2, 8))
    by_driver[0, :2] = np.log(2), np.log(3)
    shares = _largest_remainder(by_driver, np.array([100_00, 50_00]), np.array([600_00, 50_00]))
    mean = (600_00 - 100_00) / np.log(6)
    assert shares[0, 0] == pytest.approx(np.log(2) * mean, abs=1)
    assert shares.sum(axis=1).tolist() == [500_00, 0]


def test_an_unknown_store_is_refused(window: Window, calibration: Calibration) -> None:
    with pytest.raises(ConfigError, match="no store '77'"):
        explain(ChainForecast.of(fitted("naive", window), window), calibration, [77])


def test_a_model_that_does_not_tell_is_refused(window: Window, calibration: Calibration) -> None:
    class Silent:
        name = "silent"

        def __getattr__(self, name: str) -> object:
            if name == "contributions":
                raise AttributeError(name)
            return getattr(fitted("naive", window), name)

    with pytest.raises(ConfigError, match="does not tell"):
        explain(ChainForecast.of(Silent(), window), calibration, [1])


def test_importance_knows_what_the_panel_is_made_of(window: Window) -> None:
    importances = importance(ChainForecast.of(fitted("boosting", window), window))
    drivers = dict(importances.filter(pl.col("Kind") == "driver").select("Name", "Share").iter_rows())
    assert list(drivers)[:2] == ["level", "promotion"]
    assert drivers.get("competition", 0.0) < 0.01
    assert importances.filter(pl.col("Kind") == "column")["Share"].is_sorted(descending=True)


@pytest.mark.long
def test_dealing_a_driver_out_at_random_costs_what_it_is_worth(window: Window) -> None:
    cutoff = window.cutoff - dt.timedelta(days=HORIZON)
    lost = backtest(window.panel, ["linear", "blend"], [cutoff], Task(HORIZON), fast=True).importance
    for model in ("naive", "linear", "blend"):  # of which boosting is a part
        assert lost[model]["level"].loss > 0.2
        assert lost[model]["promotion"].loss > 0.05
        assert 0 < lost[model]["promotion"].spread < lost[model]["promotion"].loss
    assert abs(lost["linear"]["trend"].loss) < 0.02
