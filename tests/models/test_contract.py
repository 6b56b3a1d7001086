"""What every model promises, whichever it is."""

import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError, HistoryError
from storecast.models import Forecaster, create, names, restore
from storecast.uncertainty.point import point_forecasts
from support.panels import make_panel, with_sales

MODELS = ("naive", "linear", "forest", "boosting", "boosting-plain", "lightgbm", "lstm", "blend")
HORIZON = 41


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=5, days=320, ahead=HORIZON)


@pytest.fixture(scope="module")
def window(panel: Panel) -> Window:
    return panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)


def fit(name: str, window: Window) -> Forecaster:
    model = create(name, fast=True)
    model.fit(window.past, HORIZON)
    return model


fitted_once = cache(fit)  # for tests that only ask the model; a window as an argument is the object that it is


def medians(name: str, window: Window) -> pl.DataFrame:
    return point_forecasts(fitted_once(name, window), window)


def test_the_models_are_registered_simplest_first() -> None:
    assert tuple(name for name in names() if name in MODELS) == MODELS


@pytest.mark.parametrize("name", MODELS)
def test_a_forecast_has_a_row_for_each_requested_row_and_is_near(name: str, window: Window) -> None:
    forecast = medians(name, window)
    assert_frame_equal(forecast.select(s.KEYS), window.future.sort(s.KEYS).select(s.KEYS))
    both = forecast.join(window.actual(), on=s.KEYS).filter(pl.col(s.SALES) > 0)
    error = (both["Median"] / both[s.SALES]).log().abs()
    assert error.median() < 0.15


@pytest.mark.parametrize("name", MODELS)
def test_when_future_sales_change_then_the_forecast_does_not(name: str, panel: Panel, window: Window) -> None:
    changed = with_sales(
        panel, pl.when(pl.col(s.DATE) > window.cutoff).then(pl.col(s.SALES) * 9 + 5).otherwise(pl.col(s.SALES))
    )
    assert_frame_equal(medians(name, changed.window(window.cutoff, HORIZON)), medians(name, window))


@pytest.mark.parametrize("name", MODELS)
def test_the_same_fit_twice_gives_the_same_figures(name: str, window: Window) -> None:
    again = point_forecasts(fit(name, window), window)
    assert_frame_equal(again, medians(name, window), check_exact=True)


@pytest.mark.parametrize("name", MODELS)
def test_a_restored_model_gives_the_same_figures(name: str, window: Window) -> None:
    model = fitted_once(name, window)
    features = model.features(window)
    again = restore(name, model.state())
    np.testing.assert_array_equal(again.predict(features), model.predict(features))
    served = again.features(window)
    np.testing.assert_array_equal(again.predict(served), model.predict(features))


@pytest.mark.parametrize("name", [name for name in MODELS if name != "blend"])  # whose models are all here
def test_stores_may_be_called_anything(name: str, window: Window) -> None:
    def named(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.concat_str(pl.lit("=<é "), s.STORE).alias(s.STORE))

    chain = Panel(*(named(getattr(window.panel, table)) for table in ("sales", "stores", "calendar")))
    renamed = chain.window(window.cutoff, HORIZON)
    model = fit(name, renamed)
    features = model.features(renamed)
    np.testing.assert_array_equal(restore(name, model.state()).predict(features), model.predict(features))


@pytest.mark.parametrize("name", MODELS)
def test_a_forecast_of_some_stores_asks_only_for_them(name: str, window: Window) -> None:
    model = fitted_once(name, window)
    some = window.future.filter(pl.col(s.STORE) == 2).sort(s.KEYS)
    assert len(model.predict(model.features(window, some))) == some.height


@pytest.mark.parametrize("name", ["naive", "linear"])
def test_a_store_that_came_later_has_a_forecast(name: str, panel: Panel, window: Window) -> None:
    model = create(name)
    model.fit(
        Panel(*(getattr(window.past, t).filter(pl.col(s.STORE) < 5) for t in ("sales", "stores", "calendar"))), HORIZON
    )
    forecast = point_forecasts(model, window).filter((pl.col(s.STORE) == 5) & (pl.col(s.OPEN) == 1))
    assert forecast["Median"].is_finite().all()
    assert forecast["Median"].min() > 0


@pytest.mark.parametrize("name", ["forest", "boosting"])
def test_when_history_is_short_then_the_error_says_how_much_is_needed(name: str) -> None:
    panel = make_panel(stores=1, days=60, ahead=10)
    with pytest.raises(HistoryError, match=r"needs 200 open days.*60 days"):
        create(name).fit(panel.until(panel.end), 10)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"Did you mean boosting\?.*naive, linear"):
        create("bosting")


@pytest.mark.parametrize("name", ["forest", "boosting"])
def test_a_store_without_history_gets_the_ridges_forecast(name: str, panel: Panel) -> None:
    cutoff = panel.end - dt.timedelta(days=HORIZON)
    bare = with_sales(panel, pl.when(pl.col(s.STORE) == 2).then(0.0).otherwise(pl.col(s.SALES)))
    window = bare.window(cutoff, HORIZON)
    trees = fit(name, window)
    features = trees.features(window)
    whole = features["ridge"].to_numpy() + features["offset"].to_numpy()
    new = (window.future.sort(*s.KEYS)[s.STORE] == 2).to_numpy()
    np.testing.assert_allclose(trees.predict(features)[new], whole[new], atol=1e-6)
    assert np.abs(trees.predict(features) - whole)[~new].max() > 1e-3
