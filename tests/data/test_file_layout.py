"""A stranger's files: other names, several files a table, one file alone, wide tables, one store without a column."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.read import RawChain, read_chain
from storecast.workflows.preparation import prepare
from support.chain_files import edit, refused, set_cell, write_chain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=3, days=20, ahead=7)


def settings(folder: Path, *lines: str) -> None:
    (folder / "storecast.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sales(raw: RawChain) -> pl.DataFrame:
    return raw.sales.select(*s.KEYS, s.SALES).sort(s.KEYS)


def by_years(folder: Path) -> None:
    """Cut train.csv into two files with titles and totals of their own, and an older one without Customers."""
    lines = (folder / "train.csv").read_text(encoding="utf-8").splitlines()
    header, rows = lines[0], lines[1:]
    newer = ["Export of 2014", header, *rows[30:], "Total,,,8130,,,,,"]
    (folder / "new.csv").write_text("\n".join(newer) + "\n", encoding="utf-8")
    older = pl.read_csv(folder / "train.csv", infer_schema=False).head(30).drop("Customers")
    older.write_csv(folder / "old.csv", separator=";")
    (folder / "train.csv").unlink()


def test_files_are_named_and_several_are_one_table(folder: Path) -> None:
    good = read_chain(folder)
    by_years(folder)
    (folder / "store.csv").rename(folder / "branches.csv")
    settings(folder, "[files]", 'train = ["old.csv", "new.csv"]', 'store = "branches.csv"')
    raw = read_chain(folder)
    assert_frame_equal(raw.sales.drop(s.CUSTOMERS), good.sales.drop(s.CUSTOMERS), check_column_order=False)
    assert raw.sales[s.CUSTOMERS].null_count() == 30
    assert raw.stores.equals(good.stores)
    assert raw.total_rows["new.csv"] == 1


@pytest.mark.parametrize(("name", "line"), [("old.csv", 7), ("new.csv", 9)])
def test_a_bad_value_is_named_by_the_line_of_its_own_file(folder: Path, name: str, line: int) -> None:
    by_years(folder)
    settings(folder, "[files]", 'train = ["old.csv", "new.csv"]')
    mark = ";" if name == "old.csv" else ","
    edit(
        folder, name, lambda lines: [*lines[: line - 1], lines[line - 1].replace("2014-01-", "2014-13-"), *lines[line:]]
    )
    assert mark in (folder / name).read_text(encoding="utf-8")
    refused(folder, "old.csv and 1 more", f"line {line} of {name}, column Date", "2014-13-")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('sales = "x.csv"', ("no table 'sales'", "train, store")), ('train = "x.csv"', ("train", "no file 'x.csv'")),
        ('train = "../x.csv"', ("without a folder",)), ("train = 3", ("name of a file",)), ("train = []", ("name of a file",)),
        ('train = ["a.csv", "a.csv"]', ("twice",)), ('train = ["train.csv", "store_states.csv"]', ("line", "Date")),
    ],
)  # fmt: skip
def test_files_that_cannot_be_meant_are_refused(folder: Path, line: str, words: tuple[str, ...]) -> None:
    settings(folder, "[files]", line)
    refused(folder, *words)


def test_files_that_share_no_column_are_refused(folder: Path) -> None:
    (folder / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    settings(folder, "[files]", 'train = ["train.csv", "other.csv"]')
    refused(folder, "share no column", "[files]")


def test_a_folder_without_train_says_what_it_holds(folder: Path) -> None:
    (folder / "train.csv").rename(folder / "umsatz.csv")
    refused(folder, "no train.csv", "umsatz.csv", "[files]", "storecast init")


def test_a_single_file_is_enough(folder: Path) -> None:
    good = read_chain(folder)
    raw = read_chain(folder / "train.csv")
    assert raw.sales.equals(good.sales)
    assert raw.ahead is None
    assert raw.stores[s.STORE].to_list() == [1, 2, 3]
    edit(folder, "train.csv", lambda lines: [lines[0].replace("Sales", "Umsatz"), *lines[1:]])
    settings(folder, "[columns]", 'Sales = "Umsatz"')
    assert sales(read_chain(folder / "train.csv")).equals(sales(good))


def wide(folder: Path, on: str, index: str, empty: bool = False) -> pl.DataFrame:
    """Write train.csv with a column for each store or day, and return its rows as they were."""
    frame = pl.read_csv(folder / "train.csv", infer_schema=False).select(*s.KEYS, s.SALES)
    if empty:
        frame = frame.filter(pl.int_range(pl.len()) != 7)
    frame.pivot(on, index=index, values=s.SALES).write_csv(folder / "train.csv")
    for name in ("store.csv", "store_states.csv", "test.csv"):
        (folder / name).unlink()
    return frame


@pytest.mark.parametrize(("kind", "on", "index"), [("stores", s.STORE, s.DATE), ("dates", s.DATE, s.STORE)])
def test_wide_tables_are_read(folder: Path, kind: str, on: str, index: str) -> None:
    good = sales(read_chain(folder))
    rows = wide(folder, on, index, empty=True)
    settings(folder, f'wide = "{kind}"')
    raw = sales(read_chain(folder))
    assert raw.height == rows.height == good.height - 1
    assert raw.join(good, on=[*s.KEYS, s.SALES], how="anti").is_empty()
    pl.read_csv(folder / "train.csv").write_parquet(folder / "train.parquet")
    (folder / "train.csv").unlink()
    assert sales(read_chain(folder)).equals(raw)


def test_a_bad_value_of_a_wide_table_is_named_by_its_line(folder: Path) -> None:
    wide(folder, s.STORE, s.DATE)
    settings(folder, 'wide = "stores"')
    set_cell(folder, "train.csv", 6, "2", "many")
    refused(folder, "train.csv, line 6, column Sales: found 'many'")


@pytest.mark.parametrize("kind", ["stores", "dates", "months"])
def test_a_layout_that_the_file_does_not_have_is_refused(folder: Path, kind: str) -> None:
    settings(folder, f'wide = "{kind}"')
    refused(folder, "wide", '"stores"' if kind == "months" else f'wide = "{kind}"')


@pytest.mark.parametrize(("name", "stored"), [("Main Street", "Main Street"), ("7", 7)])
def test_one_store_needs_no_column(tmp_path: Path, name: str, stored: object) -> None:
    folder = write_chain(tmp_path / "one", stores=1)
    good = read_chain(folder)
    pl.read_csv(folder / "train.csv", infer_schema=False).select("Date", "Sales").write_csv(folder / "train.csv")
    pl.read_csv(folder / "test.csv", infer_schema=False).select("Date", "Promo").write_csv(folder / "test.csv")
    for file in ("store.csv", "store_states.csv"):
        (folder / file).unlink()
    refused(folder, "the column 'Store' is missing", "one_store")
    settings(folder, f'one_store = "{name}"')
    prepared = prepare(folder, horizon=None)
    assert prepared.panel.stores[s.STORE].to_list() == [stored]
    assert prepared.panel.sales[s.SALES].to_list() == good.sales[s.SALES].to_list()
    assert prepared.requested_rows is not None
    assert prepared.requested_rows.height == 14


def test_one_store_beside_a_column_store_is_refused(folder: Path) -> None:
    settings(folder, 'one_store = "Main Street"')
    refused(folder, "column Store", "one_store", "Remove one_store")


@pytest.mark.parametrize("value", ["3", '""', '" "', "[]"])
def test_one_store_is_a_name(folder: Path, value: str) -> None:
    settings(folder, f"one_store = {value}")
    refused(folder, "one_store", "expected the name of the store")
