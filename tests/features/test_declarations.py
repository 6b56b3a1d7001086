"""Every column of the features is declared once, and what is not declared is refused at once."""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from storecast.arrays import F32
from storecast.config import FeatureConfig
from storecast.data.grid import Grid
from storecast.errors import ConfigError
from storecast.features import cutoff_state, registry
from storecast.features.cutoff_state import CutoffState
from storecast.features.declarations import BLOCKS, FEATURES, DeclarationError, declaration
from storecast.features.drivers import DRIVER_OF_PART, DRIVERS
from storecast.features.pieces import Pieces
from storecast.features.registry import feature
from storecast.models import create
from support.panels import make_panel

HORIZON = 41


@pytest.fixture(scope="module")
def state() -> CutoffState:
    grid = Grid.of(make_panel(stores=4, days=300, ahead=HORIZON))
    return CutoffState.fit(grid, grid.days - HORIZON - 1, HORIZON, FeatureConfig())


@pytest.fixture
def own_school_size() -> Iterator[None]:
    """Register a feature for a driver of its own."""

    @feature("school_size", driver="competition")
    def school_size(grid: Grid, origin: int, days: slice) -> F32:
        return np.ones((grid.open.shape[0], days.stop - days.start), np.float32)

    yield
    del registry._FEATURES["school_size"]


def with_calendar_columns(monkeypatch: pytest.MonkeyPatch, *, added: str = "", removed: str = "") -> None:
    """Let the calendar's features come with one column more, or one less."""
    original = cutoff_state.calendar_features

    def calendar_features(grid: Grid, days: slice) -> dict[str, F32]:
        columns = original(grid, days)
        if added:
            columns[added] = columns["school"]
        return {name: values for name, values in columns.items() if name != removed}

    monkeypatch.setattr(cutoff_state, "calendar_features", calendar_features)


def test_accident_3_a_column_with_the_beginning_of_another_is_refused_until_it_is_declared(
    state: CutoffState, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert declaration("school") is not None
    assert declaration("school_size") is None
    with_calendar_columns(monkeypatch, added="school_size")
    with pytest.raises(DeclarationError, match=r"^school_size: worked out as features, and not declared; declare them"):
        state.features()


def test_a_declared_column_that_is_not_worked_out_is_named(state: CutoffState, monkeypatch: pytest.MonkeyPatch) -> None:
    with_calendar_columns(monkeypatch, removed="promo_weeks")
    with pytest.raises(DeclarationError, match=r"^promo_weeks: declared as features .*, and not worked out"):
        state.features()


def test_each_column_is_declared_in_one_block_for_drivers_that_there_are() -> None:
    names = [each.name for block in BLOCKS for each in block.features]
    assert len(names) == len(set(names))
    for each in FEATURES.values():
        assert {*each.parts, each.driver} <= {*DRIVERS, None}
        assert each.driver or each.parts, f"{each.name} would explain nothing"


def test_columns_are_taken_apart_into_the_parts_that_they_are_declared_for(state: CutoffState) -> None:
    rows = state.features()
    pieces = Pieces.of(rows.table.hstack(rows.parts))
    declared = {name: set(each.parts) for name, each in FEATURES.items() if each.parts}
    assert {name: set(by_driver) for name, by_driver in pieces.several.items()} == declared


def test_a_feature_of_ones_own_explains_the_driver_that_it_names(state: CutoffState, own_school_size: None) -> None:
    table = state.features().table
    assert "own_school_size" in table.columns
    assert Pieces.of(table).single["own_school_size"] == "competition"
    assert registry.feature_modules()["school_size"] == __name__


def test_an_own_column_is_a_driver_and_a_feature_of_ones_own_without_one_explains_own_columns() -> None:
    single = Pieces.of(pl.DataFrame({"own_holiday": [1.0], "known_promo": [1.0]})).single
    assert single == {"own_holiday": "own columns", "known_promo": "own: promo"}


def test_a_feature_of_ones_own_for_a_driver_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no driver 'weather'. There are: level, weekday, "):
        feature("rain", driver="weather")


def test_every_term_of_the_linear_model_speaks_for_the_driver_of_its_part() -> None:
    panel = make_panel(stores=4, days=300, ahead=HORIZON)
    window = panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)
    model = create("linear", fast=True)
    model.fit(window.past, HORIZON)
    single = Pieces.of(model.features(window)).single
    terms = {name: driver for name, driver in single.items() if ": " in name}
    assert len(terms) == len(single) - len({"store", "recent"})
    assert terms == {name: DRIVER_OF_PART[name.partition(": ")[0]] for name in terms}
