"""Another figure than sales: by name from files, frames and a database, with its unit, in whole numbers."""

import datetime as dt
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import storecast
from storecast import Panel
from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.column_names import parse_settings
from storecast.data.read import read_chain
from storecast.data.target import Target
from storecast.database.connect import Database
from storecast.database.panel_io import read_panel, write_panel
from storecast.errors import ConfigError, DataError
from storecast.workflows.preparation import DatabaseSource, check, prepare
from support.chain_files import set_cell, write_chain

DAYS = pl.DataFrame({"Store": [1, 1], "Date": [dt.date(2015, 6, 12), dt.date(2015, 6, 13)], "Pieces": [3, 4]})


def chain(folder: Path, settings: str) -> Panel:
    (write_chain(folder) / "storecast.toml").write_text(settings)
    return clean(read_chain(folder)).panel


def test_when_customers_are_the_target_then_they_stand_in_place_of_sales(tmp_path: Path) -> None:
    panel = chain(tmp_path, 'target = "Customers"\nunit = "visits"\nwhole_numbers = true\n')
    usual = chain(tmp_path, "").sales.filter(pl.col(s.CUSTOMERS).is_not_null())
    assert panel.target == Target("Customers", "visits", whole_numbers=True)
    assert panel.sales[s.CUSTOMERS].null_count() == panel.sales.height
    assert_frame_equal(panel.sales.select(*s.KEYS, s.SALES), usual.select(*s.KEYS, pl.col(s.CUSTOMERS).alias(s.SALES)))


def test_when_the_files_have_other_names_then_the_target_is_found_by_ours_and_by_theirs(tmp_path: Path) -> None:
    write_chain(tmp_path)
    train = pl.read_csv(tmp_path / "train.csv", infer_schema=False)
    train.rename({"Sales": "Umsatz", "Customers": "Kunden"}).write_csv(tmp_path / "train.csv")
    usual = train.with_columns(pl.col("Store").cast(pl.Int64)).sort("Store", "Date")["Customers"].cast(pl.Float64)
    columns = '[columns]\nSales = "Umsatz"\nCustomers = "Kunden"\n'
    for target in ("Customers", "Kunden"):
        (tmp_path / "storecast.toml").write_text(f'target = "{target}"\n{columns if target == "Customers" else ""}')
        panel = clean(read_chain(tmp_path)).panel
        assert panel.sales[s.SALES].to_list() == usual.to_list()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('target = "Open"', "no figure that could be forecast"),
        ('target = "Receipts"', "target = 'Receipts' names a column that stands in no file"),
        ('target = "Receipts"\npast = ["Receipts"]', "is an own column, too"),
        ("target = 3", "expected the name of a column"),
        ("unit = 3", "at most 20 characters"),
        ('whole_numbers = "yes"', "expected true or false"),
    ],
)
def test_when_a_setting_makes_no_sense_then_the_message_names_it(tmp_path: Path, settings: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        chain(tmp_path, settings)


def test_when_whole_numbers_are_promised_then_a_fraction_is_refused(tmp_path: Path) -> None:
    (write_chain(tmp_path) / "storecast.toml").write_text("whole_numbers = true")
    set_cell(tmp_path, "train.csv", 2, "Sales", "4711.5")
    with pytest.raises(DataError, match=r"Sales holds 4711\.5; expected whole numbers"):
        clean(read_chain(tmp_path))


def test_when_frames_name_a_target_then_it_travels_with_the_panel_and_changes_the_fingerprint(tmp_path: Path) -> None:
    panel = Panel.from_frames(DAYS, target="Pieces", unit="pieces", whole_numbers=True)
    assert panel.until(panel.first).target == panel.target == Target("Pieces", "pieces", whole_numbers=True)
    assert panel.sales[s.SALES].to_list() == [3, 4]
    other = Panel.from_frames(DAYS.rename({"Pieces": "Sales"}))
    assert panel.fingerprint != other.fingerprint
    with pytest.raises(DataError, match="the column 'Pieces', which is the target, is missing"):
        Panel.from_frames(DAYS.rename({"Pieces": "Sales"}), target="Pieces")
    with closing(Database.open(f"sqlite:///{tmp_path / 'chain.db'}", create=True)) as db:
        write_panel(db, panel)
        assert read_panel(db)[0].target == panel.target


def test_when_whole_numbers_are_forecast_then_bounds_are_whole_and_days_still_add_up(tmp_path: Path) -> None:
    settings = 'target = "Customers"\nunit = "visits"\nwhole_numbers = true\n'
    panel = chain(tmp_path / "data", settings)
    model = storecast.fit(panel, "naive", horizon=14)
    rows = model.predict(quantiles=(0.1, 0.5))
    bounds = rows.select(pl.exclude(*s.KEYS, s.FORECAST))
    assert bounds.equals(bounds.select(pl.all().round()))
    assert not rows[s.FORECAST].equals(rows[s.FORECAST].round())
    loaded = storecast.load(tmp_path / model.save(tmp_path).name)
    assert loaded.target == panel.target
    assert_frame_equal(loaded.predict(panel, quantiles=(0.1, 0.5)), rows)
    with pytest.raises(ConfigError, match="forecasts Customers in whole numbers; the data hold sales"):
        loaded.predict(chain(tmp_path / "sales", ""))


def test_another_target_than_that_of_the_settings_can_be_asked_for_without_their_unit(tmp_path: Path) -> None:
    usual = chain(tmp_path, 'unit = "EUR"\n')
    by_settings = chain(tmp_path, 'target = "Customers"\n')
    (tmp_path / "storecast.toml").write_text('unit = "EUR"\nwhole_numbers = true\n')
    chosen = check(tmp_path, target="Customers").panel
    assert chosen.target == Target("Customers")
    assert_frame_equal(chosen.sales, by_settings.sales)
    (tmp_path / "storecast.toml").write_text('target = "Customers"\n')
    assert_frame_equal(check(tmp_path, target="Sales").panel.sales, usual.sales)


def test_another_target_is_refused_where_there_is_one_figure_alone(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="A wide table holds one figure, and --target names a column"):
        parse_settings(b'wide = "stores"\n', "Customers")
    with pytest.raises(ConfigError, match="A database holds one figure; --target means files"):
        prepare(DatabaseSource(f"sqlite:///{tmp_path}/chain.db"), horizon=None, target="Customers")
