"""A record that must be wrong moves its own store little, and no other: the till that was not in yet, the week in cents."""

import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.data.panel import Panel
from support.panels import make_panel

PANEL = make_panel(stores=8, days=500)
LAST = PANEL.sales.filter(pl.col(s.SALES) > 0)[s.DATE].max()
assert isinstance(LAST, dt.date)
STORE, DATE = pl.col(s.STORE), pl.col(s.DATE)


@cache
def usual_sums(model: str) -> np.ndarray:  # type: ignore[type-arg]
    return sums(model, PANEL)


def sums(model: str, panel: Panel) -> np.ndarray:  # type: ignore[type-arg]
    fitted = storecast.fit(panel, model, horizon=28, fast=True)
    return fitted.predict(panel).group_by(s.STORE).agg(pl.col(s.FORECAST).sum()).sort(s.STORE)[s.FORECAST].to_numpy()


def changed(days: pl.Expr, factor: float) -> Panel:
    sales = pl.when(days).then(pl.col(s.SALES) * factor).otherwise(pl.col(s.SALES)).alias(s.SALES)
    return Panel(PANEL.sales.with_columns(sales), PANEL.stores, PANEL.calendar)


@pytest.fixture(scope="module", params=["naive", "linear"])
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("days", "factor"),
    [
        (DATE == LAST, 0.01),
        pytest.param(DATE == LAST, 0.0005, marks=pytest.mark.long),
        (LAST - dt.timedelta(days=2) < DATE, 0.4),
        (LAST - dt.timedelta(days=3) < DATE, 0.3),
        pytest.param(LAST - dt.timedelta(days=2) < DATE, 2.5, marks=pytest.mark.long),
        (LAST - dt.timedelta(days=3) < DATE, 1.6),
        (LAST - dt.timedelta(days=2) == DATE, 25),
        (LAST - dt.timedelta(days=200) == DATE, 25),
        (LAST - dt.timedelta(days=201) == DATE, 0.02),
    ],
)
def test_one_or_two_broken_days_of_every_store_hardly_move_six_weeks(model: str, days: pl.Expr, factor: float) -> None:
    usual, other = usual_sums(model).sum(), sums(model, changed(days, factor)).sum()
    assert abs(other / usual - 1) < 0.017


def test_a_slump_of_three_weeks_that_ended_two_weeks_ago_is_no_level(model: str) -> None:
    days = DATE.is_between(LAST - dt.timedelta(days=34), LAST - dt.timedelta(days=14))
    moved = sums(model, changed(days, 0.05)) / usual_sums(model) - 1
    assert np.abs(moved).max() < 0.06


@pytest.mark.parametrize(("factor", "back"), [(100, 0), (0.01, 0), (12, 60), (0.01, 60), (100, 250)])
def test_a_broken_week_of_one_store_moves_no_other(model: str, factor: float, back: int) -> None:
    until = LAST - dt.timedelta(days=back)
    days = (STORE == 3) & DATE.is_between(until - dt.timedelta(days=6), until)
    usual, other = usual_sums(model), sums(model, changed(days, factor))
    moved = np.abs(other / usual - 1)
    assert np.delete(moved, 2).max() < 0.005
    assert moved[2] < 0.1


@pytest.mark.parametrize("back", [35, 56])
def test_five_slow_weeks_of_one_store_move_no_other(model: str, back: int) -> None:
    days = (STORE == 3) & DATE.is_between(LAST - dt.timedelta(days=back + 34), LAST - dt.timedelta(days=back))
    moved = np.abs(sums(model, changed(days, 0.3)) / usual_sums(model) - 1)
    assert np.delete(moved, 2).max() < 0.005


@pytest.mark.long
@pytest.mark.parametrize(
    ("days", "factor"),
    [
        (DATE == LAST, 0.01),
        ((STORE == 3) & (LAST - dt.timedelta(days=7) < DATE), 100),
        pytest.param(
            (STORE == 3) & DATE.is_between(LAST - dt.timedelta(days=66), LAST - dt.timedelta(days=60)),
            0.01,
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_broken_record_moves_boosting_as_little(days: pl.Expr, factor: float) -> None:
    usual, other = usual_sums("boosting"), sums("boosting", changed(days, factor))
    assert abs(other.sum() / usual.sum() - 1) < 0.015
    if not days.meta.eq(DATE == LAST):  # one store's
        assert np.delete(np.abs(other / usual - 1), 2).max() < 0.005
