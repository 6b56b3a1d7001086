"""A model fitted in memory forecasts, explains, sums, draws and is saved, all of one chain."""

from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import storecast
from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.data.panel import Panel
from storecast.errors import ConfigError, DataError
from support.panels import make_panel

HORIZON = 14


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=4, days=300, ahead=5)


@pytest.fixture(scope="module")
def fitted(panel: Panel) -> Bundle:
    return storecast.fit(panel, "linear", horizon=HORIZON)


def test_a_forecast_covers_every_store_and_day_of_the_horizon(fitted: Bundle, panel: Panel) -> None:
    forecast = fitted.predict()
    assert forecast.height == 4 * HORIZON
    assert forecast.columns == ["Store", "Date", "Forecast", "Lower80", "Upper80", "Lower95", "Upper95"]
    assert_frame_equal(fitted.predict(panel), forecast)


def test_the_columns_are_the_requested_levels_and_quantiles(fitted: Bundle) -> None:
    forecast = fitted.predict(level=(50, 90), quantiles=(0.5,))
    assert forecast.columns == ["Store", "Date", "Forecast", "Lower50", "Upper50", "Lower90", "Upper90", "Q50"]
    ordered = (
        forecast.filter(pl.col("Forecast") > 0).select("Lower90", "Lower50", "Q50", "Upper50", "Upper90").to_numpy()
    )
    assert (ordered[:, 1:] >= ordered[:, :-1]).all()
    assert_frame_equal(
        fitted.predict(quantiles=(0.1,)).select("Q10").rename({"Q10": "Lower80"}), fitted.predict().select("Lower80")
    )
    with pytest.raises(ConfigError, match="level 85"):
        fitted.predict(level=(85,))


def test_a_single_level_quantile_or_store_is_taken_as_a_tuple_of_one(fitted: Bundle) -> None:
    assert_frame_equal(fitted.predict(level=90, quantiles=0.1), fitted.predict(level=(90,), quantiles=(0.1,)))
    assert_frame_equal(fitted.explain(1), fitted.explain([1]))
    with pytest.raises(ConfigError, match="level 85"):
        fitted.predict(level=85)
    with pytest.raises(ConfigError, match="no store 'north'"):
        fitted.explain("north")


def test_a_printed_model_is_one_line_that_says_what_it_is(fitted: Bundle, panel: Panel, tmp_path: Path) -> None:
    assert repr(fitted).startswith(f"<Bundle: model linear, fitted up to {panel.end}, days ahead 14, stores 4, wape 0.")
    saved = fitted.save(tmp_path / "models")
    assert repr(saved).startswith(f"<Bundle: model linear, file {saved.name}, ")
    loaded = storecast.load(tmp_path / "models" / saved.name)
    assert str(loaded) == f"<Bundle: model linear, file {saved.name}, fitted up to {panel.end}, days ahead 14>"


def test_another_calendar_moves_the_store_that_it_names(fitted: Bundle) -> None:
    day = fitted.predict().filter((pl.col("Store") == 2) & (pl.col("Forecast") > 0))["Date"][0]
    closed = fitted.predict(calendar=pl.DataFrame({"Store": [2], "Date": [day], "Open": [0]}))
    assert closed["Store"].unique().to_list() == [2]
    assert closed.filter(pl.col("Date") == day)["Forecast"].to_list() == [0.0]
    with pytest.raises(DataError, match="holds no store"):
        fitted.predict(calendar=pl.DataFrame({"Store": [99], "Date": [day], "Open": [0]}))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("Promotion", 1, r"the column 'Promotion' is not known.*Did you mean Promo"),
        ("Promo", 7, r"Promo is '7'; expected 0 or 1"),
        ("Store", "2", "Store holds String values, and the chain's ids are Int64"),
        ("Date", "soon", "Date holds String"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(fitted: Bundle, column: str, value: object, message: str) -> None:
    row = {"Store": 2, "Date": fitted.predict()["Date"][0], "Promo": 1, column: value}
    with pytest.raises(DataError, match=message):
        fitted.predict(calendar=pl.DataFrame([row]))


def test_a_calendar_may_be_of_pandas_with_dates_as_text(fitted: Bundle) -> None:
    day = fitted.predict()["Date"][0]
    other = pd.DataFrame({"Store": [2], "Date": [str(day)], "Open": [0]})
    closed = fitted.predict(calendar=other)
    assert closed.filter(pl.col("Date") == day)["Forecast"].to_list() == [0.0]


def test_explanations_and_totals_add_up_to_the_forecast(fitted: Bundle) -> None:
    forecast = fitted.predict()
    drivers = fitted.explain([1, 3])
    parts = drivers.select(pl.sum_horizontal(pl.exclude(*s.KEYS, s.FORECAST)).round(2)).to_series()
    assert parts.to_list() == drivers[s.FORECAST].to_list()
    chain = fitted.totals().filter(pl.col("Level").str.starts_with("chain"))
    assert round(forecast["Forecast"].sum(), 2) in chain["Forecast"].to_list()


def test_a_store_is_drawn(fitted: Bundle) -> None:
    assert {trace.name for trace in fitted.plot(2).data if trace.name} >= {"Sales", "Forecast", "80% interval"}


def test_a_saved_model_forecasts_the_same(fitted: Bundle, panel: Panel, tmp_path: Path) -> None:
    saved = fitted.save(tmp_path / "models")
    loaded = storecast.load(tmp_path / "models" / saved.name)
    assert_frame_equal(loaded.predict(panel), fitted.predict())
    with pytest.raises(ConfigError, match="give a Panel"):
        loaded.predict()


@pytest.mark.usefixtures("trials_in_children")
def test_a_process_tries_the_same_bytes_once(
    fitted: Bundle, panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = fitted.save(tmp_path / "models").name
    forecast = storecast.load(tmp_path / "models" / saved).predict(panel)
    monkeypatch.setattr(
        "storecast.bundle.loading.try_in_child", lambda path, **_: pytest.fail(f"{path} is tried again")
    )
    assert_frame_equal(storecast.load(tmp_path / "models" / saved).predict(panel), forecast)
    other = storecast.fit(panel, "naive", horizon=HORIZON).save(tmp_path / "models").name
    with pytest.raises(pytest.fail.Exception, match=f"{other} is tried again"):
        storecast.load(tmp_path / "models" / other)


@pytest.mark.usefixtures("trials_in_children")
@pytest.mark.parametrize("name", ["lightgbm", pytest.param("forest", marks=pytest.mark.long)])
def test_a_model_of_any_tree_library_passes_its_trial_in_another_process(
    panel: Panel, tmp_path: Path, name: str
) -> None:
    fitted = storecast.fit(panel, name, horizon=HORIZON, fast=True)
    saved = fitted.save(tmp_path / "models")
    loaded = storecast.load(tmp_path / "models" / saved.name)
    assert_frame_equal(loaded.predict(panel), fitted.predict())
