"""The files of a folder: names that stand nowhere, missing columns, titles above the header, packed files."""

import gzip
import zipfile
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data import plain_files
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.chain_files import drop_columns, edit, refused, set_cell, write_chain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=3, days=20, ahead=7)


@pytest.mark.parametrize(
    ("name", "own_name"), [("Sales", "Umsatz"), ("State", "Bundesland"), ("Sales", "sales"), ("Id", "Nummer")]
)
def test_a_name_that_stands_in_no_file_is_refused(folder: Path, name: str, own_name: str) -> None:
    (folder / "storecast.toml").write_text(f'[columns]\n{name} = "{own_name}"\n', encoding="utf-8")
    refused(folder, "storecast.toml", "[columns]", f"{name} = '{own_name}'", "in no file", "Customers")


def test_a_name_may_stand_in_one_file_alone(folder: Path) -> None:
    edit(folder, "store_states.csv", lambda lines: ["Store,Land", *lines[1:]])
    (folder / "storecast.toml").write_text('[columns]\nState = "Land"\n', encoding="utf-8")
    assert read_chain(folder).stores[s.STATE].to_list() == ["NW"] * 3


@pytest.mark.parametrize("states", [["BY", "BY", "NW"], ["Bayern", "", "x"], ["", "", ""]])
def test_states_of_store_are_read(folder: Path, states: list[str]) -> None:
    (folder / "store_states.csv").unlink()
    frame = pl.read_csv(folder / "store.csv", infer_schema=False)
    frame.with_columns(pl.Series("State", states)).write_csv(folder / "store.csv")
    assert read_chain(folder).stores[s.STATE].to_list() == [state or None for state in states]


def test_states_in_two_files_are_refused(folder: Path) -> None:
    frame = pl.read_csv(folder / "store.csv", infer_schema=False)
    frame.with_columns(pl.lit("BY").alias("State")).write_csv(folder / "store.csv")
    refused(folder, "store.csv", "store_states.csv", "State")


def test_all_missing_columns_are_named_in_one_message(folder: Path) -> None:
    drop_columns(folder, "train.csv", "Date", "Sales", "Open")
    drop_columns(folder, "store.csv", "Store", "StoreType")
    drop_columns(folder, "test.csv", "Date", "SchoolHoliday")
    drop_columns(folder, "store_states.csv", "State")
    words = ("train.csv: the columns 'Date, Sales'", "store.csv: the column 'Store'", "test.csv: the column 'Date'")
    refused(folder, *words, "store_states.csv: the column 'State'")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "titles",
    [
        ["Sales of 2014"],
        ["sep=;"],
        ["Report, all stores; 2014", "", "made by: x"],
        ["", ""],
        ['"Sales"', "a,b,c", "\ufeffx"],
    ],
)
def test_titles_above_the_header_are_left_out(folder: Path, titles: list[str], separator: str) -> None:
    good = read_chain(folder)
    for name in ("train.csv", "store.csv"):
        pl.read_csv(folder / name, infer_schema=False).write_csv(folder / name, separator=separator)
        edit(folder, name, lambda lines: [*titles, *lines])
    raw = read_chain(folder)
    assert_frame_equal(raw.sales, good.sales)
    assert_frame_equal(raw.stores, good.stores)
    edit(folder, "train.csv", lambda lines: [line.replace("2014-01-01", "2014-01-x", 1) for line in lines])
    refused(folder, "train.csv", f"line {len(titles) + 2},", "2014-01-x")


def test_lines_of_a_file_with_titles_keep_their_numbers(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: ["Sales of 2014", "", *lines[:5], lines[5][:14], *lines[6:]])
    refused(folder, "train.csv", "line 8", "fields")


def test_titles_are_found_by_the_names_of_storecast_toml(folder: Path) -> None:
    edit(
        folder,
        "train.csv",
        lambda lines: ["Export", lines[0].replace("Date", "Tag").replace("Sales", "Umsatz"), *lines[1:]],
    )
    edit(folder, "test.csv", lambda lines: [lines[0].replace("Date", "Tag"), *lines[1:]])
    (folder / "storecast.toml").write_text('[columns]\nDate = "Tag"\nSales = "Umsatz"\n', encoding="utf-8")
    assert read_chain(folder).sales.height == 60


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("titles", [["Umsatzliste"], ["Export", ""], ["a", "b", "c"]])
def test_titles_above_names_that_are_not_known_are_refused_with_the_line_of_the_header(
    folder: Path, titles: list[str], separator: str
) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    frame.rename({name: f"x{name}" for name in frame.columns}).write_csv(folder / "train.csv", separator=separator)
    edit(folder, "train.csv", lambda lines: [*titles, *lines])
    refused(folder, "train.csv, line 1", titles[0], f"line {len(titles) + 1}", "[columns]")


def test_two_headers_below_a_title_are_refused_with_their_lines(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: ["Sales", lines[0], *lines])
    refused(folder, "train.csv", "line 1", "line 2 and line 3")


def packed(folder: Path, suffix: str) -> None:
    path = folder / "train.csv"
    data = path.read_bytes()
    path.unlink()
    target = folder / f"train{suffix}"
    if suffix.endswith("gz"):
        target.write_bytes(gzip.compress(data))
    else:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("sales of 2014.csv", data)
            archive.writestr("__MACOSX/._sales", b"x")


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.zip", ".zip"])
def test_packed_files_are_read(folder: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = read_chain(folder)
    packed(folder, suffix)
    assert_frame_equal(read_chain(folder).sales, good.sales)
    set_cell(folder, "store.csv", 2, "Promo2", "7")
    refused(folder, "store.csv", "line 2")
    monkeypatch.setattr(plain_files, "MAX_UNPACKED", 100)
    refused(folder, f"train{suffix}", "unpacks to more than")


def test_packed_files_that_are_broken_are_refused(folder: Path) -> None:
    data = gzip.compress((folder / "train.csv").read_bytes())
    for broken in (data[:-20], data[:30] + b"xxxx" + data[34:], b"PK\x03\x04 and no more"):
        (folder / "train.csv").write_bytes(broken)
        refused(folder, "train.csv", "cannot be unpacked")


def test_a_zip_of_several_files_and_a_workbook_are_refused(folder: Path) -> None:
    packed(folder, ".zip")
    with zipfile.ZipFile(folder / "train.zip", "a") as archive:
        archive.writestr("more.csv", "x")
    refused(folder, "train.zip", "2 files", "one CSV")
    (folder / "train.zip").unlink()
    for name in ("train.csv", "train.xlsx"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("xl/workbook.xml", "x")
        refused(folder, name, "workbook", "CSV")
        (folder / name).unlink()


def test_two_files_of_a_table_are_refused(folder: Path) -> None:
    (folder / "train.csv.gz").write_bytes(gzip.compress(b"x"))
    refused(folder, "train.csv", "train.csv.gz", "Remove the other")


def test_every_table_may_call_its_columns_otherwise(folder: Path) -> None:
    good = read_chain(folder)
    renames = {
        "train": {"Store": "Filiale", "Date": "Tag", "Sales": "Umsatz", "Promo": "Aktion"},
        "test": {"Store": "Haus", "Date": "Datum", "Promo": "Werbung"},
        "store": {"Store": "Nr", "StoreType": "Typ"},
        "store_states": {"Store": "Filiale", "State": "Land"},
    }
    for name, columns in renames.items():
        pl.read_csv(folder / f"{name}.csv", infer_schema=False).rename(columns).write_csv(folder / f"{name}.csv")
    parts = [
        f"[columns.{name}]\n" + "".join(f'{column} = "{own_name}"\n' for column, own_name in columns.items())
        for name, columns in renames.items()
    ]
    (folder / "storecast.toml").write_text("".join(parts), encoding="utf-8")
    raw = read_chain(folder)
    assert raw.sales.equals(good.sales)
    assert raw.stores.equals(good.stores)
    assert raw.ahead is not None
    assert good.ahead is not None
    assert raw.ahead.equals(good.ahead)
    (folder / "storecast.toml").write_text("".join(parts).replace('"Haus"', '"Hous"'), encoding="utf-8")
    with pytest.raises(DataError, match=r"\[columns\.test\]: Store = 'Hous' .*Did you mean Haus"):
        read_chain(folder)
