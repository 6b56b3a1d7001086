"""A row is the same to the last bit whichever stores are asked for with it, under the known calendar and under another."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.config import FeatureConfig
from storecast.data.grid import Grid
from storecast.data.panel import Panel, Window
from storecast.features import registry
from storecast.features.columns import encoded, encoder
from storecast.features.cutoff_state import CutoffState, FeatureRows
from storecast.features.registry import feature
from storecast.features.store import FeatureStore, feature_rows
from support.panels import make_panel

HORIZON, STORES = 41, 40
SOME = ([17], [3, 30], [0, 5, 11, 17, 22, 30, 39])  # places; store 6 has a gap, store 12 no history


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Return a chain with an own column, a store that was shut for months, and one that has only begun."""
    whole = make_panel(stores=STORES, days=500, ahead=HORIZON)
    gone = (pl.col(s.STORE) == 6) & pl.col(s.DATE).is_between(
        whole.end - dt.timedelta(days=120), whole.end - dt.timedelta(days=20)
    )
    before = (pl.col(s.STORE) == 12) & (pl.col(s.DATE) < whole.end - dt.timedelta(days=9))
    calendar = whole.calendar.filter(~gone & ~before).with_columns(
        (pl.col(s.STORE) % 3 * pl.col(s.PROMO)).cast(pl.Float64).alias("Leaflet")
    )
    return Panel(whole.sales.filter(~gone & ~before), whole.stores, calendar)


@pytest.fixture(scope="module")
def window(panel: Panel) -> Window:
    return panel.window(panel.end, HORIZON)


@pytest.fixture(scope="module")
def origins(window: Window) -> dict[FeatureConfig, CutoffState]:
    grid = Grid.of(window.past, window.future)
    views = (FeatureConfig(), FeatureConfig(impute=True), FeatureConfig(impute=True, holidays_apart=True))
    return {view: CutoffState.fit(grid, grid.column(window.cutoff), HORIZON, view) for view in views}


@pytest.fixture(params=["plain", "filled", "holidays apart"])
def state(request: pytest.FixtureRequest, origins: dict[FeatureConfig, CutoffState]) -> CutoffState:
    return list(origins.values())[["plain", "filled", "holidays apart"].index(request.param)]


def changed(future: pl.DataFrame, stores: pl.Expr, seed: int = 0) -> pl.DataFrame:
    """Return a calendar in which some stores promote, close and keep holidays on other days."""
    draw = np.random.default_rng(seed)
    changes = [
        pl.when(stores & pl.Series(draw.random(future.height) < 0.3))
        .then(pl.Series(draw.integers(0, 2, future.height)))
        .otherwise(pl.col(name))
        .cast(pl.Int8)
        .alias(name)
        for name in (s.OPEN, s.PROMO, s.SCHOOL_HOLIDAY)
    ]
    holiday = pl.when(stores & pl.Series(draw.random(future.height) < 0.1)).then(pl.lit("a"))
    return future.with_columns(*changes, holiday.otherwise(pl.col(s.STATE_HOLIDAY)).alias(s.STATE_HOLIDAY))


def assert_same(few: FeatureRows, whole: FeatureRows, places: list[int]) -> None:
    """Compare the rows of some stores, bit by bit, with theirs among all."""
    selected = np.isin(whole.store, places)
    np.testing.assert_array_equal(few.store, whole.store[selected])
    np.testing.assert_array_equal(few.day, whole.day[selected])
    for one, two in ((few.table, whole.table), (few.parts, whole.parts)):
        assert_frame_equal(one, two.filter(pl.Series(selected)), check_exact=True)
        assert one.hash_rows().equals(two.filter(pl.Series(selected)).hash_rows())
    np.testing.assert_array_equal(few.offset.view(np.int32), whole.offset[selected].view(np.int32))
    np.testing.assert_array_equal(few.residuals, whole.residuals)


def of(future: pl.DataFrame, places: list[int]) -> pl.DataFrame:
    return future.filter(pl.col(s.STORE).is_in([place + 1 for place in places]))


@pytest.mark.parametrize("places", SOME, ids=len)
def test_rows_of_some_stores_are_those_among_all(state: CutoffState, window: Window, places: list[int]) -> None:
    assert_same(state.features(of(window.future, places)), state.features(), places)


@pytest.mark.parametrize("places", SOME, ids=len)
def test_rows_under_another_calendar_are_those_among_all(state: CutoffState, window: Window, places: list[int]) -> None:
    other = changed(window.future, pl.col(s.STORE) % 2 == 0)
    assert_same(state.features(of(other, places)), state.features(other), places)


@pytest.mark.parametrize("place", [5, 11, 17])
def test_when_one_store_changes_then_its_rows_do_and_no_others(state: CutoffState, window: Window, place: int) -> None:
    other = changed(window.future, pl.col(s.STORE) == place + 1)
    before, after = state.features(), state.features(other)
    assert_same(state.features(of(other, [place])), after, [place])
    own = before.store == place
    assert_frame_equal(before.table.filter(pl.Series(~own)), after.table.filter(pl.Series(~own)), check_exact=True)
    assert not before.table.filter(pl.Series(own)).equals(after.table.filter(pl.Series(own)))


def test_the_rows_of_all_are_those_that_train(window: Window, state: CutoffState) -> None:
    grid = Grid.of(window.past, window.future)
    trained = feature_rows(grid, grid.column(window.cutoff), HORIZON, state.config)
    assert_same(state.features(window.future), trained, list(range(STORES)))


def test_the_order_of_a_calendar_does_not_matter(state: CutoffState, window: Window) -> None:
    some = of(window.future, [3, 30])
    assert_same(state.features(some.sort(s.DATE, descending=True)), state.features(some), [3, 30])


def test_days_that_a_calendar_leaves_out_stay_as_they_were_known(state: CutoffState, window: Window) -> None:
    first = window.future.filter((pl.col(s.STORE) == 4) & (pl.col(s.DATE) == window.cutoff + dt.timedelta(days=1)))
    assert_same(state.features(first), state.features(), [3])


def test_a_store_answers_for_some_stores_as_for_all(window: Window) -> None:
    config = FeatureConfig(impute=True)
    whole = FeatureStore.of(window).ahead(window, config, window.future)
    fresh = replace(window.panel).window(window.cutoff, HORIZON)
    assert_same(whole, FeatureStore.of(fresh).ahead(fresh, config), list(range(STORES)))
    other = changed(window.future, pl.col(s.STORE) == 18)
    few = FeatureStore.of(window).ahead(window, config, of(other, [17]))
    assert_same(few, FeatureStore.of(window).ahead(window, config, other), [17])
    again = FeatureStore.of(window).ahead(window, config, of(window.future, [17]))
    assert_same(again, whole, [17])


@pytest.fixture
def across() -> Iterator[None]:
    """Register a feature that looks across stores."""

    @feature("chain_open")
    def chain_open(grid: Grid, origin: int, days: slice) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        return np.broadcast_to((grid.open[:, days] == 1).mean(axis=0, dtype=np.float32), grid.open[:, days].shape)

    yield
    del registry._FEATURES["chain_open"]


def test_a_feature_of_ones_own_that_looks_across_stores_sees_them_all(
    state: CutoffState, window: Window, across: None
) -> None:
    other = changed(window.future, pl.col(s.STORE) == 18)
    few = state.features(of(other, [17]))
    assert_same(few, state.features(other), [17])
    assert few.table["own_chain_open"].max() > 0.9


def test_few_rows_are_encoded_as_the_fitted_step_does(state: CutoffState) -> None:
    table = state.features().table
    step = encoder(table.columns).fit(table.filter(pl.col(s.STORE_TYPE) != "d"))
    np.testing.assert_array_equal(encoded(step, table[::7]), step.transform(table)[::7])
