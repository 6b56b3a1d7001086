"""A chain's own known-ahead columns move the ridge, and every model with it, as far as the past shows and no further."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import Task, backtest
from storecast import schema as s
from storecast.data.grid import Grid
from storecast.data.panel import Panel, Window
from storecast.evaluate.backtest import calibration_of
from storecast.explain.explanations import ChainForecast, explain
from storecast.explain.scenario import compare
from storecast.features.own_columns import OwnScales
from storecast.features.pieces import Pieces
from storecast.models import create
from storecast.models.base import Forecaster, restore
from storecast.uncertainty.calibration import Calibration
from support.panels import make_panel

HORIZON = 41
ELASTICITY = -1.0


def panel_with(name: str, values: pl.Expr, effect: pl.Expr, *, stores: int = 4) -> Panel:
    """Return a chain with an own column, and sales times its effect.

    Parameters
    ----------
    name : of the column
    values : of Store and Date
    effect : of the column, a factor of sales
    """
    panel = make_panel(stores=stores, days=420, ahead=HORIZON)
    calendar = panel.calendar.with_columns(values.cast(pl.Float64).alias(name))
    factors = calendar.select(*s.KEYS, effect.alias("factor"))
    sales = panel.sales.join(factors, on=s.KEYS, how="left", maintain_order="left")
    return Panel(sales.with_columns(pl.col(s.SALES) * pl.col("factor")).drop("factor"), panel.stores, calendar)


def week() -> pl.Expr:
    return (pl.col(s.DATE).dt.epoch("d") + 3) // 7


def prices() -> pl.Expr:
    """Every fourth week at double price; each store has a price level of its own."""
    return pl.when(week() % 4 == 0).then(2.0).otherwise(1.0) * pl.col(s.STORE)


@pytest.fixture(scope="module")
def priced() -> Panel:
    return panel_with("Price", prices(), (pl.col("Price") / pl.col(s.STORE)) ** ELASTICITY)


def medians(name: str, panel: Panel) -> pl.DataFrame:
    model = create(name, fast=True)
    model.fit(panel, HORIZON)
    window = panel.window(panel.end, HORIZON)
    logs = model.predict(model.features(window))
    return window.future.with_columns(pl.Series("log", logs)).filter(pl.col(s.OPEN) == 1)


@pytest.mark.parametrize("name", ["linear", "boosting", pytest.param("boosting-plain", marks=pytest.mark.long)])
def test_when_the_price_doubles_then_the_forecast_halves(name: str, priced: Panel) -> None:
    ahead = pl.col(s.DATE) > priced.end
    logs = [
        medians(
            name,
            priced.with_calendar(
                priced.calendar.with_columns(
                    pl.when(ahead).then(price * pl.col(s.STORE)).otherwise("Price").alias("Price")
                )
            ),
        )["log"].to_numpy()
        for price in (2.0, 1.0)
    ]
    assert np.exp(np.median(logs[0] - logs[1])) == pytest.approx(0.5, abs=0.06)


def test_what_is_usual_is_learned_from_the_past_alone(priced: Panel) -> None:
    ahead = pl.col(s.DATE) > priced.end - dt.timedelta(days=100)
    wild = priced.with_calendar(
        priced.calendar.with_columns(pl.when(ahead).then(1e6).otherwise("Price").alias("Price"))
    )
    scales = [OwnScales.fit(grid, grid.column(priced.end) - 100) for grid in (Grid.of(priced), Grid.of(wild))]
    for name, values in scales[0].arrays().items():
        np.testing.assert_array_equal(values, scales[1].arrays()[name], err_msg=name)


def test_a_price_is_seen_as_a_ratio_and_a_temperature_as_a_difference(priced: Panel) -> None:
    grid = Grid.of(priced)
    assert OwnScales.fit(grid, 400).logs.tolist() == [True]
    warm = panel_with("Warm", 10 * (pl.col(s.DATE).dt.ordinal_day() / 58).sin(), pl.lit(1.0))
    assert OwnScales.fit(Grid.of(warm), 400).logs.tolist() == [False]


def test_a_flag_is_a_term_of_0_and_1() -> None:
    flagged = panel_with("Leaflet", pl.col(s.DATE).dt.weekday() == 5, pl.lit(1.0))
    grid = Grid.of(flagged)
    ((name, values),) = OwnScales.fit(grid, 400).terms(grid)
    assert name == "Leaflet"
    np.testing.assert_array_equal(values, grid.known["Leaflet"])


def test_a_flag_of_one_day_moves_little_when_it_is_set_again() -> None:
    day = dt.date(2014, 2, 14)
    flagged = panel_with(
        "Event",
        (pl.col(s.DATE) == day) | (pl.col(s.DATE) == dt.date(2014, 3, 14)),
        pl.when(pl.col(s.DATE) == day).then(3.0).otherwise(1.0),
        stores=1,
    )
    plain = flagged.with_calendar(flagged.calendar.with_columns(pl.lit(0.0).alias("Event")))
    again = medians("linear", flagged).filter(pl.col(s.DATE) == dt.date(2014, 3, 14))["log"][0]
    without = medians("linear", plain).filter(pl.col(s.DATE) == dt.date(2014, 3, 14))["log"][0]
    assert abs(again - without) < np.log(1.7)


def test_a_column_that_never_changed_has_no_effect_whatever_it_is_ahead() -> None:
    ahead = pl.col(s.DATE) > make_panel(days=420).end
    steady = panel_with("Price", pl.when(ahead).then(9.0).otherwise(1.0), pl.lit(1.0))
    grid = Grid.of(steady)
    assert OwnScales.fit(grid, grid.column(steady.end)).terms(grid) == []


def test_a_flag_of_a_single_long_spell_is_shrunk_and_one_of_weeks_is_not() -> None:
    since = dt.date(2013, 11, 1)
    long = panel_with("Own", pl.col(s.DATE) >= since, pl.lit(1.0))
    weeks = panel_with("Own", week() % 4 == 0, pl.lit(1.0))
    penalties = [float(OwnScales.fit(Grid.of(panel), 419).penalty[0]) for panel in (long, weeks)]
    assert penalties[0] == pytest.approx((98 / 7) ** 2, rel=0.1)
    assert penalties[1] == 1


def test_a_value_far_beyond_the_past_is_limited_and_a_missing_one_is_usual(priced: Panel) -> None:
    grid = Grid.of(priced)
    scales = OwnScales.fit(grid, 400)
    grid.known["Price"][0, 401:404] = 0.0, 1e9, np.nan
    ((_, values),) = scales.terms(grid)
    assert values[0, 401:404].tolist() == [-scales.limit[0], scales.limit[0], 0]
    assert scales.limit[0] * scales.unit[0] == pytest.approx(2 * np.log(2), rel=1e-5)


def test_a_restored_ridge_knows_the_usual_values(priced: Panel) -> None:
    model = create("linear")
    model.fit(priced, HORIZON)
    window = priced.window(priced.end, HORIZON)
    again = restore("linear", model.state())
    np.testing.assert_array_equal(again.predict(again.features(window)), model.predict(model.features(window)))


@pytest.mark.parametrize("name", ["linear", "boosting"])
def test_an_explanation_names_the_column(name: str, priced: Panel) -> None:
    window = priced.window(priced.end, HORIZON)
    model, calibration = _fitted(name, window)
    explained = explain(ChainForecast.of(model, window), calibration, [2])
    by_price = (
        explained.join(window.future, on=s.KEYS)
        .filter(pl.col(s.OPEN) == 1)
        .group_by("Price")
        .agg(pl.col("Own: Price").mean())
    )
    effects = dict(by_price.iter_rows())
    assert effects[4.0] < -100 < 0 < effects[2.0]
    parts = explained.drop(*s.KEYS, s.FORECAST)
    np.testing.assert_allclose(parts.sum_horizontal(), explained[s.FORECAST], atol=0.001)


def test_pieces_of_columns_with_own_effects_add_up(priced: Panel) -> None:
    window = priced.window(priced.end, HORIZON)
    for name in ("boosting", "boosting-plain"):
        model = create(name, fast=True)
        pieces = Pieces.of(model.features(window))
        for column, by_driver in pieces.several.items():
            total = pl.DataFrame([piece.alias(driver) for driver, piece in by_driver.items()]).sum_horizontal()
            np.testing.assert_allclose(total, pieces.whole[column], atol=1e-4)
        assert "own: Price" in {driver for by_driver in pieces.several.values() for driver in by_driver}


def test_a_scenario_of_a_higher_price_has_a_difference_with_an_interval(priced: Panel) -> None:
    window = priced.window(priced.end, HORIZON)
    dearer = pl.when(pl.col(s.DATE) > priced.end).then(1.1).otherwise(1.0) * pl.col("Price")
    other = priced.with_calendar(priced.calendar.with_columns(dearer.alias("Price"))).window(priced.end, HORIZON)
    rows = compare(*_fitted("linear", window), window, other, until=window.last)
    chain = rows.filter(pl.col("Level") == "chain-horizon").row(0, named=True)
    assert chain["Difference"] / chain["Stored"] == pytest.approx(1.1**ELASTICITY - 1, abs=0.01)
    assert chain["Lower95"] < chain["Difference"] < chain["Upper95"] < 0


def _fitted(name: str, window: Window) -> tuple[Forecaster, Calibration]:
    cutoff = window.cutoff - dt.timedelta(days=HORIZON)
    calibration = calibration_of(backtest(window.panel, ["linear"], [cutoff], Task(HORIZON)), "linear", window.cutoff)
    model = create(name, fast=True)
    model.fit(window.past, HORIZON)
    return model, calibration
