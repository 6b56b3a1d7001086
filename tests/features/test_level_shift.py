"""A step of the whole chain is caught up within three weeks; nothing else is taken for one."""

import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.config import LinearSettings
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.features.level_shift import RestatedFit, fit_restated
from storecast.features.ridge import Design
from storecast.features.ridge_fit import fit_ridge
from storecast.models import create
from support.panels import make_panel, with_sales

HORIZON = 28
PANEL = make_panel(stores=8, days=500)
DATE, STORE = pl.col(s.DATE), pl.col(s.STORE)


def times(factor: float, days: pl.Expr, panel: Panel = PANEL) -> Panel:
    return with_sales(panel, pl.when(days).then(pl.col(s.SALES) * factor).otherwise(pl.col(s.SALES)))


def last(days: int) -> pl.Expr:
    return PANEL.end - dt.timedelta(days=days) < DATE


def fit(panel: Panel) -> RestatedFit:
    grid = Grid.of(panel)
    origin = grid.column(panel.end)
    known = grid.truncate(origin, 0)
    return fit_restated(known, Design.of(known, origin), origin, LinearSettings())


@cache  # a chain as an argument is the object that it is
def total(model: str, panel: Panel) -> float:
    fitted = storecast.fit(panel, model, horizon=HORIZON, fast=True)
    return float(fitted.predict(panel)[s.FORECAST].sum())


@pytest.mark.parametrize(
    ("model", "days", "factor"),
    [
        pytest.param("boosting", 28, 1.25, marks=pytest.mark.long),  # a fit of eight seconds
        *(("linear", *step) for step in ((28, 1.25), (24, 0.8), (37, 1.25), (45, 1.3), (90, 0.75))),
    ],
)
def test_a_step_of_a_fourth_leaves_at_most_four_percent(model: str, days: int, factor: float) -> None:
    left = total(model, times(factor, last(days))) / total(model, PANEL) / factor - 1
    assert abs(left) < 0.04


@pytest.mark.parametrize("days", [22, 28, 60, 200])
def test_the_day_and_the_size_of_a_step_are_found(days: int) -> None:
    (shift,) = fit(times(1.25, last(days))).shifts
    assert abs((shift.day - (PANEL.end - dt.timedelta(days=days - 1))).days) <= 3  # a closed day tells nothing
    np.testing.assert_allclose(shift.sizes, np.log(1.25), atol=0.05)


@pytest.mark.parametrize("model", ["naive", "linear"])
@pytest.mark.parametrize(
    ("factor", "stores"),
    [(0.01, STORE > 0), (1000, STORE == 3), pytest.param(100, STORE > 0, marks=pytest.mark.long)],
)
def test_sales_before_a_jump_to_another_unit_are_restated_in_it(model: str, factor: float, stores: pl.Expr) -> None:
    panel = times(factor, last(40) & stores)
    usual, jumped = (storecast.fit(each, model, horizon=HORIZON, fast=True).predict(each) for each in (PANEL, panel))
    expected = (
        usual.select(pl.when(stores).then(pl.col(s.FORECAST) * factor).otherwise(s.FORECAST)).to_series().to_numpy()
    )
    opened = expected > 0
    np.testing.assert_allclose(jumped[s.FORECAST].to_numpy()[opened], expected[opened], rtol=0.08)


def test_a_stretch_of_fewer_sales_that_is_over_goes_down_and_up_again() -> None:
    stretch = times(0.6, last(110) & ~last(40))
    down, up, *_ = (float(np.median(shift.sizes)) for shift in fit(stretch).shifts)
    assert down < -0.3
    assert up > 0.3
    assert abs(total("linear", stretch) / total("linear", PANEL) - 1) < 0.05


@pytest.mark.parametrize(
    ("factor", "days"),
    [
        (1.0, last(28)),  # nothing at all
        (1.04, last(28)),  # too small to be told from the weather
        (1.25, last(16)),  # not for three weeks yet
        (1.25, last(28) & (STORE <= 4)),  # half the stores
        (2.0, last(60) & ~last(50) & (STORE == 3)),  # one store, and over
        (1.25, last(60) & ~last(50)),  # over
        (0.01, last(30) & ~last(29)),  # one broken day
        (1.25, last(28) | (last(392) & ~last(364))),  # a season that came a year ago
        (1.25, last(380) & ~last(350)),  # a campaign whose beginning lies too far back
    ],
)
def test_anything_else_leaves_fit_and_sales_as_they_are(factor: float, days: pl.Expr) -> None:
    panel = times(factor, days)
    fitted = fit(panel)
    assert fitted.shifts == ()
    grid = Grid.of(panel)
    origin = grid.column(panel.end)
    known = grid.truncate(origin, 0)
    plain = fit_ridge(known, Design.of(known, origin), origin, LinearSettings())
    assert fitted.ridge.coefficients.tobytes() == plain.coefficients.tobytes()
    assert fitted.grid.sales.tobytes() == known.sales.tobytes()


def test_restating_changes_no_basket_and_no_day_at_the_new_level() -> None:
    panel = times(1.25, last(28))
    fitted, grid = fit(panel), Grid.of(panel)
    since = grid.column(fitted.shifts[0].day)
    days = slice(0, grid.column(panel.end) + 1)
    np.testing.assert_array_equal(fitted.grid.sales[:, since:], grid.sales[:, since : days.stop])
    sold = grid.customers[:, days] > 0
    np.testing.assert_allclose(
        fitted.grid.sales[sold] / fitted.grid.customers[sold],
        grid.sales[:, days][sold] / grid.customers[:, days][sold],
        rtol=1e-5,
    )


def test_a_linear_model_keeps_its_steps_in_its_file() -> None:
    panel = times(1.25, last(28))
    window = panel.window(panel.end, HORIZON)
    fitted, restored = create("linear"), create("linear")
    fitted.fit(window.past, HORIZON)
    parts = fitted.state()
    restored.restore(parts)
    expected = fitted.predict(fitted.features(window))
    np.testing.assert_array_equal(restored.predict(restored.features(window)), expected)


def test_sales_after_the_cutoff_do_not_change_the_step() -> None:
    early = PANEL.end - dt.timedelta(days=30)
    forecasts = []
    for later in (1.0, 3.0):
        panel = times(1.25, (early - dt.timedelta(days=28) < DATE) & (early >= DATE), times(later, early < DATE))
        window = panel.window(early, HORIZON)
        fitted = create("linear")
        fitted.fit(window.past, HORIZON)
        forecasts.append(fitted.predict(fitted.features(window)))
    np.testing.assert_array_equal(*forecasts)
