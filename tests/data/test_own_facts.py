"""Facts of stores of one's own: columns of store.csv that trees look at, numbers or texts."""

from pathlib import Path

import polars as pl
import pytest

from storecast import fit
from storecast import schema as s
from storecast.data.column_names import read_column_names
from storecast.data.grid import Grid
from storecast.data.read import read_chain
from storecast.errors import DataError
from storecast.features.own_columns import OwnScales
from storecast.workflows import prepare
from support.panels import make_panel

CITY, VILLAGE = "Format = city", "Format = village"
SETTINGS = 'facts = ["Area", "Format"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the files of three stores, two in the city."""
    panel = make_panel(stores=3, days=300, ahead=14)
    calendar = panel.calendar.drop(s.ASSUMED)
    panel.sales.join(calendar, on=s.KEYS).write_csv(tmp_path / "train.csv")
    calendar.filter(pl.col(s.DATE) > panel.end).write_csv(tmp_path / "test.csv")
    store(tmp_path, "1,120.5,city\n2,80,city\n3,,village\n")
    (tmp_path / "storecast.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def store(folder: Path, rows: str, header: str = "Store,Area,Format") -> None:
    (folder / "store.csv").write_text(f"{header}\n{rows}", encoding="utf-8")


def test_numbers_and_texts_are_own_columns_that_never_change(folder: Path) -> None:
    raw = read_chain(folder)
    assert raw.known == ("Area", CITY, VILLAGE)
    assert raw.ahead is not None
    for days in (raw.sales, raw.ahead):
        facts = days.select(s.STORE, *raw.known).unique().sort(s.STORE).rows()
        assert facts == [(1, 120.5, 1, 0), (2, 80, 1, 0), (3, None, 0, 1)]


def test_trees_look_at_them_and_the_ridge_has_no_term_for_them(folder: Path) -> None:
    prepared = prepare(folder, horizon=None)
    assert "own_columns_ahead" not in [repair.rule for repair in prepared.cleaned.repairs]
    bundle = fit(prepared.panel, "boosting", horizon=14, fast=True)
    features = bundle.model.features(prepared.panel.window(prepared.panel.end, 14))
    assert {"known_Area", f"known_{CITY}"} <= set(features.columns)
    grid = Grid.of(prepared.panel)
    assert OwnScales.fit(grid, grid.column(prepared.panel.end)).names == ()


def test_they_hold_on_days_ahead_that_nobody_gave(folder: Path) -> None:
    (folder / "test.csv").unlink()
    prepared = prepare(folder, horizon=5)
    ahead = prepared.panel.calendar.filter(pl.col(s.DATE) > prepared.panel.end)
    facts = ahead.select(s.STORE, "Area", CITY, VILLAGE).unique().sort(s.STORE).rows()
    assert facts == [(1, 120.5, 1, 0), (2, 80, 1, 0), (3, None, 0, 1)]
    assert "own_columns_ahead" not in [repair.rule for repair in prepared.cleaned.repairs]


def test_a_fact_that_no_file_has_is_refused(folder: Path) -> None:
    store(folder, "1,a\n2,b\n3,c\n", "Store,Format")
    with pytest.raises(DataError, match=r"store.csv: the column 'Area' is missing"):
        read_chain(folder)
    (folder / "store.csv").unlink()
    with pytest.raises(DataError, match=r"train.csv: the column 'Area' is missing"):
        read_chain(folder)


def test_facts_may_stand_among_the_sales_and_must_not_change(folder: Path) -> None:
    by_store_file = read_chain(folder).sales
    facts = {"Area": {1: "120.5", 2: "80"}, "Format": {1: "city", 2: "city", 3: "village"}}
    days = pl.read_csv(folder / "train.csv", infer_schema=False)
    ids = pl.col(s.STORE).cast(pl.Int64)
    days = days.with_columns(ids.replace_strict(of, default="").alias(name) for name, of in facts.items())
    days.write_csv(folder / "train.csv")
    (folder / "store.csv").unlink()
    assert read_chain(folder).sales.equals(by_store_file)
    days.with_columns(pl.Series("Format", ["village", *days["Format"][1:]])).write_csv(folder / "train.csv")
    with pytest.raises(DataError, match=r"train.csv, line 3, column Format: found 'city'; expected one value a store"):
        read_chain(folder)


def test_a_text_of_each_store_is_refused(folder: Path) -> None:
    store(folder, "".join(f"{k},1,street {k}\n" for k in range(1, 23)))
    with pytest.raises(DataError, match=r"store.csv, column 'Format': found 22 different texts"):
        read_chain(folder)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ('facts = "Area"', "facts: expected a list"), ('facts = ["Open"]', "'Open' is a name"),
        ('facts = ["a", "a"]', "'a' stands twice"), ('known = ["a"]\nfacts = ["a"]', "stands under two of known, past and facts"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(tmp_path: Path, settings: str, match: str) -> None:
    (tmp_path / "storecast.toml").write_text(settings, encoding="utf-8")
    with pytest.raises(DataError, match=match):
        read_column_names(tmp_path)
