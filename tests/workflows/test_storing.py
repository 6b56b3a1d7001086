"""A folder that is loaded into a database takes along what was said of it."""

import datetime as dt
from contextlib import closing
from pathlib import Path

import polars as pl

from storecast.data.column_names import ColumnNames
from storecast.data.excluded_spans import ExcludedSpan
from storecast.database.chain_settings import read_written
from storecast.database.connect import Database
from storecast.database.panel_io import read_panel
from storecast.service.requests.csv_rows import read_csv_rows
from storecast.service.requests.rows import sale_rows
from storecast.workflows.preparation import prepare
from storecast.workflows.storing import load
from support.chain_files import drop_columns, edit, write_chain


def test_excluded_days_and_the_way_files_are_written_go_into_the_database(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=60, ahead=7)
    edit(folder, "train.csv", lambda lines: [lines[0].replace("Sales", "Umsatz"), *lines[1:]])
    (folder / "storecast.toml").write_text('decimal = ","\n[columns]\nSales = "Umsatz"\n', encoding="utf-8")
    (folder / "events.csv").write_text("Date,Exclude,Name\n2014-01-08,1,strike\n", encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'chain.db'}"
    load(folder, url)
    day = dt.date(2014, 1, 8)
    with closing(Database.open(url)) as db:
        assert read_panel(db)[0].excluded == (ExcludedSpan(day, day, None, "strike"),)
        with db.reading() as conn:
            assert read_written(conn, (), text_ids=False) == ColumnNames({"Sales": "Umsatz"}, decimal=",")


def test_csv_that_is_sent_later_is_read_as_the_tills_and_the_target_of_the_files_were(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=60, ahead=7)
    edit(
        folder,
        "train.csv",
        lambda lines: [
            f"{lines[0]},Till,Orders",
            *(f"{line},{till},{k}" for k, line in enumerate(lines[1:]) for till in ("A", "B")),
        ],
    )
    (folder / "storecast.toml").write_text('sum = true\ntarget = "Orders"\n', encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'chain.db'}"
    load(folder, url)
    with closing(Database.open(url)) as db:
        with db.reading() as conn:
            names = read_written(conn, (), text_ids=False)
        chain = read_panel(db)[0]
    sales = read_csv_rows(
        b"Store,Date,Till,Sales,Orders\n1,2014-06-12,A,70,3\n1,2014-06-12,B,80,4\n", sale_rows(int), names, 9
    ).frame
    assert sales.row(0) == (1, dt.date(2014, 6, 12), 7.0)
    assert chain.sales["Sales"].max() == 179 * 2


def test_what_a_test_file_without_some_columns_gives_goes_into_the_database(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=60, ahead=7)
    drop_columns(folder, "test.csv", "Open", "StateHoliday")
    edit(folder, "test.csv", lambda lines: [f"{lines[0]},Price", *(f"{line},8" for line in lines[1:])])
    edit(folder, "train.csv", lambda lines: [f"{lines[0]},Price", *(f"{line},10" for line in lines[1:])])
    (folder / "storecast.toml").write_text('known = ["Price"]\n', encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'chain.db'}"
    load(folder, url)
    with closing(Database.open(url)) as db:
        chain = read_panel(db)[0]
    ahead = prepare(folder, horizon=None).panel.calendar.filter(pl.col("Date") > chain.end)
    assert chain.calendar.filter(pl.col("Date") > chain.end).equals(ahead)
    assert ahead.height == 3 * 7
    assert ahead["Price"].unique().to_list() == [8.0]
