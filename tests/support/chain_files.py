"""A small valid chain as files, to be spoilt by tests."""

import datetime as dt
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast.data.read import RawChain, read_chain
from storecast.errors import DataError

FIRST = dt.date(2014, 1, 1)
Lines = list[str]


def write_chain(folder: Path, *, stores: int = 4, days: int = 120, ahead: int = 14) -> Path:
    """Write train.csv, test.csv, store.csv and store_states.csv of a few stores; every run writes the same."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _chain_texts(stores, days, ahead).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@cache
def _chain_texts(stores: int, days: int, ahead: int) -> dict[str, str]:
    rng = np.random.default_rng(5)
    train = ["Store,DayOfWeek,Date,Sales,Customers,Open,Promo,StateHoliday,SchoolHoliday"]
    test = ["Id,Store,DayOfWeek,Date,Open,Promo,StateHoliday,SchoolHoliday"]
    for k in range(days + ahead):
        day = FIRST + dt.timedelta(days=k)
        weekday = day.isoweekday()
        promo = int((k // 7) % 2 == 0 and weekday < 6)
        is_open = int(weekday < 7)
        for store in range(1, stores + 1):
            known = f"{is_open},{promo},0,0"
            if k < days:
                sales = int(is_open * (4000 + 500 * store + 1200 * promo + rng.integers(-300, 300)))
                train.append(f"{store},{weekday},{day},{sales},{sales // 9},{known}")
            else:
                test.append(f"{len(test)},{store},{weekday},{day},{known}")
    columns = "Store,StoreType,Assortment,CompetitionDistance,CompetitionOpenSinceMonth,CompetitionOpenSinceYear"
    store = [f"{columns},Promo2,Promo2SinceWeek,Promo2SinceYear,PromoInterval"]
    for k in range(1, stores + 1):
        promo2 = '1,13,2010,"Jan,Apr,Jul,Oct"' if k % 2 else "0,,,"
        store.append(f"{k},{'abcd'[k % 4]},a,{k * 500},9,2008,{promo2}")
    states = ["Store,State", *(f"{k},NW" for k in range(1, stores + 1))]
    files = {"train": train, "test": test, "store": store, "store_states": states}
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def edit(folder: Path, name: str, change: Callable[[Lines], Lines]) -> None:
    """Change the lines of a file; line 1 is the header."""
    path = folder / name
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def set_cell(folder: Path, name: str, line: int, column: str, value: str) -> None:
    """Write a value into a cell, by the number of its line in the file."""

    def change(lines: Lines) -> Lines:
        place = lines[0].split(",").index(column)
        cells = lines[line - 1].split(",")
        cells[place] = value
        return [*lines[: line - 1], ",".join(cells), *lines[line:]]

    edit(folder, name, change)


def set_column(folder: Path, name: str, column: str, value: str) -> None:
    """Write a value into every cell of a column."""
    frame = pl.read_csv(folder / name, infer_schema=False)
    frame.with_columns(pl.lit(value or None, pl.String).alias(column)).write_csv(folder / name)


def drop_columns(folder: Path, name: str, *columns: str) -> None:
    """Write a file again without some of its columns."""
    pl.read_csv(folder / name, infer_schema=False).drop(columns).write_csv(folder / name)


def add_column(folder: Path, column: str, value: str) -> None:
    """Add a column to train.csv and test.csv."""
    for name in ("train.csv", "test.csv"):
        edit(folder, name, lambda lines: [f"{lines[0]},{column}", *(f"{line},{value}" for line in lines[1:])])


def rows_of(folder: Path, store: int, until: dt.date | None = None) -> list[int]:
    """Return the lines of train.csv that hold a store, up to a day."""
    lines = (folder / "train.csv").read_text(encoding="utf-8").splitlines()
    cells = [line.split(",") for line in lines]
    return [
        number
        for number, row in enumerate(cells, start=1)
        if row[0] == str(store) and (until is None or dt.date.fromisoformat(row[2]) <= until)
    ]


def assert_same_chain(one: RawChain, other: RawChain) -> None:
    """Check that two folders hold the same sales, stores and days ahead."""
    assert_frame_equal(one.sales, other.sales)
    assert_frame_equal(one.stores, other.stores)
    assert one.ahead is not None
    assert other.ahead is not None
    assert_frame_equal(one.ahead, other.ahead)


def refused(folder: Path, *words: str) -> None:
    """Check that a folder is refused, in a message with these words."""
    with pytest.raises(DataError) as caught:
        read_chain(folder)
    for word in words:
        assert word in str(caught.value)
