"""A step of one store is caught up after three weeks; a bad week, a season, or what many stores share is none."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.data.panel import Panel
from storecast.features.store_steps import find_steps
from support.panels import make_panel, with_sales

DAYS, STORES = 600, 12
DATE = pl.col(s.DATE)


@pytest.fixture(scope="module")
def errors() -> np.ndarray:
    """Errors as they are in quiet chains: of a day 10%, of a store's month 2%, and closed Sundays."""
    random = np.random.default_rng(5)
    days = random.normal(0, 0.10, (STORES, DAYS)) + np.repeat(random.normal(0, 0.02, (STORES, DAYS // 30)), 30, axis=1)
    days[:, ::7] = np.nan
    return days.astype(np.float32)


def steps(errors: np.ndarray, *changes: tuple[object, int, int, float]) -> list[tuple[int, int]]:
    """Return the stores with a step and how long ago it was, where sales of some stores are changed between two days ago."""
    values = errors.copy()
    for stores, begin, end, factor in changes:
        values[stores, DAYS - begin : DAYS - end] += np.log(factor)
    return [(step.store, DAYS - step.first) for step in find_steps(values)]


@pytest.mark.parametrize("factor", [0.75, 1.25, 2.0])
@pytest.mark.parametrize("days", [22, 28, 45, 100, 300])
def test_the_day_and_the_size_of_a_step_are_found_and_no_other_store_has_one(
    errors: np.ndarray, days: int, factor: float
) -> None:
    values = errors.copy()
    values[3, DAYS - days :] += np.log(factor)
    (step,) = find_steps(values)
    assert step.store == 3
    assert abs(DAYS - step.first - days) <= 7
    assert step.size == pytest.approx(np.log(factor), abs=0.1)


def test_two_stores_may_have_steps_of_their_own(errors: np.ndarray) -> None:
    both = steps(errors, (2, 40, 0, 0.7), (9, 150, 0, 1.5))
    assert [store for store, _ in both] == [2, 9]


@pytest.mark.parametrize(
    "change",
    [
        (3, 1, 0, 1.0),  # nothing
        (3, 7, 0, 0.3),  # a bad last week
        (3, 37, 30, 5.0),  # a bad week
        (3, 14, 0, 0.7),  # a fortnight, not for three weeks yet
        (3, 60, 39, 0.6),  # three weeks of road works, which are over
        (3, 28, 0, 1.08),  # too small to be told from the months of a store
        (slice(0, 6), 40, 0, 1.3),  # half of all stores
        (slice(None), 40, 0, 1.3),  # all stores: the chain's step
    ],
)
def test_anything_else_is_no_step_of_a_store(errors: np.ndarray, change: tuple[object, int, int, float]) -> None:
    assert steps(errors, change) == []


def test_a_season_that_came_a_year_before_is_none(errors: np.ndarray) -> None:
    assert steps(errors, (3, 35, 0, 1.5), (3, 35 + 364, 364 - 50, 1.5)) == []


def test_a_short_or_empty_past_has_none() -> None:
    assert find_steps(np.zeros((3, 40), np.float32)) == []
    assert find_steps(np.full((3, 100), np.nan, np.float32)) == []


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=6, days=500)


def six_weeks(panel: Panel) -> dict[object, float]:
    rows = storecast.fit(panel, "linear", horizon=42, fast=True).predict()
    return dict(rows.group_by(s.STORE).agg(pl.col(s.FORECAST).sum()).iter_rows())


@pytest.mark.parametrize(("factor", "days"), [(1.25, 28), (0.75, 45)])
def test_a_step_of_one_store_leaves_a_few_percent_and_moves_no_other(panel: Panel, factor: float, days: int) -> None:
    store = panel.stores[s.STORE][2]
    since = (panel.end - dt.timedelta(days=days) < DATE) & (pl.col(s.STORE) == store)
    sales = pl.when(since).then(pl.col(s.SALES) * factor).otherwise(pl.col(s.SALES))
    before, after = six_weeks(panel), six_weeks(with_sales(panel, sales))
    assert after[store] / before[store] == pytest.approx(factor, abs=0.06)
    assert max(abs(after[other] / before[other] - 1) for other in before if other != store) < 0.02
