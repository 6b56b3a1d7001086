"""What a driver is worth is measured by WAPE, over several shuffles, with their spread."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Window
from storecast.evaluate import importance as module
from storecast.evaluate.importance import Importance, permutation_importance
from storecast.models.base import Forecaster, create
from storecast.uncertainty.point import point_forecasts
from support.panels import make_panel

HORIZON = 28


@pytest.fixture(scope="module")
def window() -> Window:
    panel = make_panel(5, 200)
    return panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)


@pytest.fixture(scope="module")
def model(window: Window) -> Forecaster:
    fitted = create("linear")
    fitted.fit(window.past, HORIZON)
    return fitted


def medians_of(model: Forecaster, window: Window) -> pl.DataFrame:
    return point_forecasts(model, window).join(window.actual(), on=s.KEYS, how="left", maintain_order="left")


def measured(model: Forecaster, window: Window, medians: pl.DataFrame | None = None) -> dict[str, Importance]:
    return permutation_importance(model, window, medians_of(model, window) if medians is None else medians)


def test_it_is_the_same_twice_and_each_driver_has_a_spread(model: Forecaster, window: Window) -> None:
    first = measured(model, window)
    assert first == measured(model, window)
    assert first["promotion"].loss > 3 * first["promotion"].spread > 0


def test_a_day_with_two_pieces_sold_changes_nothing_to_speak_of(model: Forecaster, window: Window) -> None:
    medians = medians_of(model, window)
    day = (pl.col(s.STORE) == 3) & (pl.col(s.DATE) == window.cutoff + dt.timedelta(days=2))
    odd = medians.with_columns(pl.when(day).then(2.0).otherwise(pl.col(s.SALES)).alias(s.SALES))
    before, after = measured(model, window), measured(model, window, odd)
    for driver, value in before.items():
        assert after[driver].loss == pytest.approx(value.loss, abs=0.01)


def test_of_a_large_chain_a_part_of_the_stores_is_shuffled(
    model: Forecaster, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = measured(model, window)
    monkeypatch.setattr(module, "MOST_ROWS", 3 * HORIZON)
    part = measured(model, window)
    assert part != whole
    assert part["promotion"].loss == pytest.approx(whole["promotion"].loss, rel=0.5)


def test_a_window_without_sales_has_no_importance(model: Forecaster, window: Window) -> None:
    medians = medians_of(model, window).with_columns(pl.lit(None, pl.Float64).alias(s.SALES))
    assert measured(model, window, medians) == {}


def test_an_interval_over_days_tells_a_driver_from_one_that_says_nothing(model: Forecaster, window: Window) -> None:
    importances = measured(model, window)
    promotion, trend = importances["promotion"], importances["trend"]
    assert 0 < promotion.low < promotion.loss < promotion.high
    assert promotion.beyond_chance
    assert trend.low < 0 < trend.high
    assert not trend.beyond_chance


def test_a_driver_of_pure_noise_lies_beyond_chance_about_one_time_in_twenty() -> None:
    rng = np.random.default_rng(0)
    losses = rng.standard_normal((400, 5, 42)) * 0.001 + rng.standard_normal((400, 1, 42)) * 0.002
    beyond = np.mean([module._importance(each).beyond_chance for each in losses])
    assert 0.02 < beyond < 0.08


def test_a_window_of_one_day_has_no_interval(model: Forecaster, window: Window) -> None:
    first = medians_of(model, window)
    day = pl.col(s.DATE) == window.cutoff + dt.timedelta(days=1)
    one = first.with_columns(pl.when(day).then(pl.col(s.SALES)).otherwise(None).alias(s.SALES))
    assert not any(value.beyond_chance for value in measured(model, window, one).values())
