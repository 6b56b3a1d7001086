"""Every column speaks for a driver, and pieces add up to their column."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast.features.drivers import DRIVERS
from storecast.features.pieces import Pieces
from storecast.models import create
from support.panels import make_panel

HORIZON = 41
PLACES = ["sequence", "step"]  # of a network's rows: they say where a row belongs, and nothing else


@pytest.fixture(scope="module")
def features_of() -> dict[str, pl.DataFrame]:
    panel = make_panel(stores=5, days=400, ahead=HORIZON)
    window = panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)
    by_model = {}
    for name in ("naive", "linear", "boosting", "lstm"):
        model = create(name, fast=True)
        model.fit(window.past, HORIZON)
        by_model[name] = model.features(window)
    return by_model


@pytest.mark.parametrize("name", ["naive", "linear", "boosting", "lstm"])
def test_every_column_that_a_model_looks_at_speaks_for_a_driver(
    features_of: dict[str, pl.DataFrame], name: str
) -> None:
    pieces = Pieces.of(features_of[name])
    silent = [column for column, driver in pieces.single.items() if driver is None and column not in PLACES]
    assert [column for column in silent if not column.startswith("part_")] == []
    assert set(pieces.drivers) <= set(DRIVERS)


def test_the_columns_of_a_blend_are_taken_apart_as_those_of_its_members(features_of: dict[str, pl.DataFrame]) -> None:
    members = {name: features_of[name] for name in ("linear", "boosting")}
    features = pl.concat(
        [each.select(pl.all().name.prefix(f"{name}.")) for name, each in members.items()], how="horizontal"
    )
    of_blend, alone = Pieces.of(features), {name: Pieces.of(each) for name, each in members.items()}
    assert of_blend.single == {f"{m}.{c}": driver for m, pieces in alone.items() for c, driver in pieces.single.items()}
    assert of_blend.several.keys() == {f"{m}.{column}" for m, pieces in alone.items() for column in pieces.several}
    rows, other = np.array([3, 50, 90]), np.array([70, 70, 70])
    mixed = of_blend.mixed(["promotion", "level"], rows, other)
    for name, pieces in alone.items():
        own = mixed.select(pl.col(f"^{name}\\..*$")).rename(lambda column: column.partition(".")[2])
        assert_frame_equal(own, pieces.mixed(["promotion", "level"], rows, other))


@pytest.mark.parametrize("name", ["naive", "boosting"])
def test_pieces_add_up_to_their_column(features_of: dict[str, pl.DataFrame], name: str) -> None:
    pieces = Pieces.of(features_of[name])
    assert pieces.several
    for column, several in pieces.several.items():
        total = sum(piece.to_numpy().astype(np.float64) for piece in several.values())
        np.testing.assert_allclose(total, features_of[name][column].to_numpy(), atol=1e-5)


def test_the_ridge_is_taken_apart_by_its_parts(features_of: dict[str, pl.DataFrame]) -> None:
    level = Pieces.of(features_of["boosting"]).several["ridge"]["level"].to_numpy().reshape(5, HORIZON)
    assert np.ptp(level, axis=1).max() < 1e-4, "what is left of the fit is the same on every day of a store"


def test_rows_with_all_their_own_drivers_are_themselves(features_of: dict[str, pl.DataFrame]) -> None:
    pieces = Pieces.of(features_of["boosting"])
    rows, other = np.array([3, 50, 90]), np.array([70, 70, 70])
    assert_frame_equal(pieces.mixed(pieces.drivers, rows, other), features_of["boosting"][rows])
    taken = pieces.mixed((), rows, other)
    several = {*pieces.several, "part_weekday", "part_trend", "part_school"}
    assert_frame_equal(taken.drop(several), features_of["boosting"][other].drop(several))


def test_a_promotion_alone_changes_what_speaks_for_promotions(features_of: dict[str, pl.DataFrame]) -> None:
    features = features_of["boosting"]
    on, off = (int((features["promo"] == value).arg_true()[0]) for value in (1, 0))
    mixed = Pieces.of(features).mixed(
        [driver for driver in DRIVERS if driver != "promotion"], np.array([off]), np.array([on])
    )
    assert mixed["promo"].to_list() == [1]
    assert mixed["weekday"].to_list() == [features["weekday"][off]]
    gained = mixed["ridge"][0] - features["ridge"][off]
    assert gained == pytest.approx(features["ridge_promotion"][on] - features["ridge_promotion"][off], abs=1e-5)
