"""What each driver adds: exact in its sum for every model, and right where the truth is known."""

import datetime as dt
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Window
from storecast.features.drivers import DRIVERS
from storecast.models import Forecaster, create
from storecast.models.contributions import Contributions, Explains, walk
from support.panels import make_panel

MODELS = ("naive", "linear", "forest", "boosting", "lstm", "blend")
HORIZON = 41
PROMOTION = DRIVERS.index("promotion")
PROMOTED = 0.25  # in log sales, as the panel is made


@pytest.fixture(scope="module")
def window() -> Window:
    panel = make_panel(stores=6, days=420, ahead=HORIZON)
    return panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)


@cache
def fitted(name: str, window: Window) -> Forecaster:
    """Return a model for tests that only ask it; a window as an argument is the object that it is."""
    model = create(name, fast=True)
    model.fit(window.past, HORIZON)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_contributions_add_up_to_the_answer_and_find_the_promotion(name: str, window: Window) -> None:
    model = fitted(name, window)
    assert isinstance(model, Explains)
    future = window.future.sort(*s.KEYS)
    features = model.features(window, future)
    is_open = np.flatnonzero((future[s.OPEN] == 1).to_numpy())
    rows = np.flatnonzero((future[s.STORE] == 2).to_numpy())
    contributions = model.contributions(features, rows, is_open[:: len(is_open) // 12])
    np.testing.assert_allclose(
        contributions.base + contributions.by_driver.sum(axis=1),
        model.predict(features)[rows],
        atol=1e-4 if name == "lstm" else 1e-6,
    )
    promo = future[s.PROMO].to_numpy()[rows] == 1
    opened = future[s.OPEN].to_numpy()[rows] == 1
    gap = (
        contributions.by_driver[promo & opened, PROMOTION].mean()
        - contributions.by_driver[~promo & opened, PROMOTION].mean()
    )
    assert gap == pytest.approx(PROMOTED, abs=0.12)


def test_the_baseline_of_a_chain_without_promotions_gives_them_no_share() -> None:
    panel = make_panel(stores=3, days=200, ahead=HORIZON)
    panel = replace(panel, calendar=panel.calendar.with_columns(pl.lit(0, pl.Int8).alias(s.PROMO)))
    window = panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)
    model = create("naive", fast=True)
    model.fit(window.past, HORIZON)
    copy = create("naive", fast=True)
    copy.restore(model.state())
    rows = np.arange(window.future.height)
    for each in (model, copy):
        shares = each.contributions(each.features(window, window.future), rows, rows).by_driver
        assert (shares[:, PROMOTION] == 0).all()
        assert np.abs(shares[:, DRIVERS.index("weekday")]).max() > 0.01


def test_a_walk_finds_the_parts_of_a_sum_exactly() -> None:
    rng = np.random.default_rng(0)
    features = pl.DataFrame({name: rng.standard_normal(40) for name in ("weekday", "promo", "ridge_trend")})
    factor = {"weekday": 2.0, "promo": -1.0, "ridge_trend": 0.5}

    def predict(rows: pl.DataFrame) -> np.ndarray:
        return sum(rows[name].to_numpy() * value for name, value in factor.items())

    rows, background = np.arange(5), np.arange(5, 40)
    contributions = walk(predict, features, rows, background)
    for column, driver in (("weekday", "weekday"), ("promo", "promotion"), ("ridge_trend", "trend")):
        values = features[column].to_numpy() * factor[column]
        expected = values[rows] - values[background].mean()
        np.testing.assert_allclose(contributions.by_driver[:, DRIVERS.index(driver)], expected, atol=1e-12)


@pytest.mark.parametrize("at_once", [1, 20, 64, 20_000])
def test_a_walk_is_the_same_however_many_rows_the_model_is_asked_for_at_once(at_once: int) -> None:
    rng = np.random.default_rng(1)
    features = pl.DataFrame({name: rng.standard_normal(12) for name in ("weekday", "promo", "ridge_trend")})
    rows, background = np.arange(4), np.arange(4, 12)

    def predict(table: pl.DataFrame) -> np.ndarray:
        return (table["weekday"] * table["promo"] + table["ridge_trend"]).to_numpy()

    several, one = (walk(predict, features, rows, background, at_once=count) for count in (at_once, 0))
    np.testing.assert_array_equal(several.by_driver, one.by_driver)
    np.testing.assert_array_equal(several.base, one.base)


def test_a_model_that_looks_at_whole_sequences_is_asked_for_the_rows_of_one_step() -> None:
    features = pl.DataFrame({"weekday": np.arange(6.0), "promo": np.ones(6)})
    heights: list[int] = []

    def predict(table: pl.DataFrame) -> np.ndarray:
        heights.append(table.height)
        return table["weekday"].to_numpy()

    walk(predict, features, np.arange(4), np.arange(4, 6))
    assert set(heights) == {4}


def test_what_two_drivers_do_together_is_shared_between_them() -> None:
    features = pl.DataFrame({"weekday": [0.0] * 8 + [1.0], "promo": [0.0] * 8 + [1.0]})
    contributions = walk(
        lambda rows: (rows["weekday"] * rows["promo"]).to_numpy(), features, np.array([8]), np.arange(8)
    )
    assert contributions.by_driver[0, DRIVERS.index("weekday")] == pytest.approx(0.5)
    assert contributions.by_driver[0, PROMOTION] == pytest.approx(0.5)


def test_the_mean_of_models_has_the_mean_of_their_contributions() -> None:
    one, two = (Contributions(np.array([float(k)]), np.full((1, len(DRIVERS)), float(k))) for k in (1, 3))
    mean = Contributions.mean([one, two])
    assert (mean.base[0], mean.by_driver[0, 0]) == (2.0, 2.0)


def test_trees_tell_what_their_columns_add(window: Window) -> None:
    for name in ("boosting", "blend"):
        model = fitted(name, window)
        features = model.features(window)
        by_column = model.column_contributions(features)
        assert max(by_column.values()) > 0.01
        assert all(value >= 0 for value in by_column.values())
