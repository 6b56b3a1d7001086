"""What a driver is worth is measured by WAPE, over several shuffles, with their spread."""

import datetime as dt

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
