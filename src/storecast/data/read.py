"""Read a folder of a chain's files, checked once at the door: types are given, and a value that cannot be read is refused."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames, read_column_names
from storecast.data.dialect import TextTable, find, read_table
from storecast.data.file_columns import MORE_ATTRIBUTES, STORE_FILE
from storecast.data.parse_columns import parse_column
from storecast.data.refuse_rows import refuse
from storecast.errors import DataError, quote

log = logging.getLogger(__name__)

TRUTH = "truth.json"  # lies beside the files of a generated chain


@dataclass(frozen=True, eq=False)
class RawChain:
    """A folder as it was read: typed, checked, and otherwise as it was; null where a cell was empty.

    Attributes
    ----------
    sales : a row per store and day: Store, Date, Sales, Customers, Open, Promo, StateHoliday, SchoolHoliday, own columns
    stores : a row per store, as in store.csv, and State
    ahead : test.csv: Id (text, kept as given), Store, Date and what is known ahead; None without one
    known : the chain's own known-ahead columns
    double_rows : exact double rows that were dropped, by file
    generated : whether the chain is a generated one
    """

    sales: pl.DataFrame
    stores: pl.DataFrame
    ahead: pl.DataFrame | None
    known: tuple[str, ...]
    double_rows: dict[str, int]
    generated: bool


def read_chain(folder: Path) -> RawChain:
    """Read train, store and, where they are, test and store_states; CSV or Parquet.

    Raises
    ------
    DataError
        with file, line, column, what was found and what to do
    """
    paths, names, generated = _files(folder)
    double_rows: dict[str, int] = {}

    def table(stem: str) -> TextTable | None:
        path = paths[stem]
        return None if path is None else _with_our_names(read_table(path), names)

    train, store, test, states = (table(stem) for stem in paths)
    assert train is not None
    assert store is not None
    sales = _sales(train, names, double_rows)
    stores = _stores(store, states, names, double_rows)
    ahead = None if test is None else _ahead(test, names, double_rows)
    log.info(
        "read %d rows of sales, %d stores, %d rows ahead",
        sales.height,
        stores.height,
        0 if ahead is None else ahead.height,
    )
    return RawChain(sales, stores, ahead, names.known, double_rows, generated=generated)


def read_calendar(path: Path, names: ColumnNames) -> pl.DataFrame:
    """Read days of a calendar that someone edited: Store, Date and some of what is known ahead; null where a cell is empty.

    Parameters
    ----------
    names : what the columns are called, and which of them are the chain's own
    """
    table = _with_our_names(read_table(path), names)
    _need(table, s.KEYS)
    known = (*s.KNOWN, *names.known)
    if not set(known) & set(table.frame.columns):
        raise DataError(
            f"{table.name} has no calendar column: expected some of {', '.join(known)} beside Store and Date. "
            "`storecast future` writes such a file."
        )
    frame = _typed(table, (*s.KEYS, *known, s.DAY_OF_WEEK), names)
    return _unique(table, frame, s.KEYS, {})


def _files(folder: Path) -> tuple[dict[str, Path | None], ColumnNames, bool]:
    """Return the file of each table, what `storecast.toml` says, and whether the chain is a generated one."""
    try:
        if not folder.is_dir():
            what = "is a file" if folder.exists() else "does not exist"
            raise DataError(
                f"The data folder {quote(folder)} {what}; expected a folder with train.csv and store.csv. Name another."
            )
        paths = {stem: find(folder, stem) for stem in ("train", "store", "test", "store_states")}
        names, generated = read_column_names(folder), (folder / TRUTH).exists()
    except PermissionError as error:
        raise DataError(f"The data folder {quote(folder)} cannot be read. Allow this user to read it.") from error
    for stem in ("train", "store"):
        if paths[stem] is None:
            raise DataError(f"The data folder holds no {stem}.csv (or .parquet). Put it there, or name another folder.")
    return paths, names, generated


def _with_our_names(table: TextTable, names: ColumnNames) -> TextTable:
    """Return a table under our names."""
    rename = names.rename(table.frame.columns)
    both = [name for file_name, name in rename.items() if name != file_name and name in table.frame.columns]
    if both:
        raise DataError(
            f"{table.name}: {quote(both[0])} stands in the header, and storecast.toml names another column for it. "
            "Rename one of them."
        )
    if table.frame.height == 0:
        raise DataError(
            f"{table.name} holds a header alone; expected rows below it. Add them, or remove the file where it is optional."
        )
    dates = frozenset(rename.get(name, name) for name in table.dates)
    return replace(table, frame=table.frame.rename(rename), dates=dates)


def _sales(table: TextTable, names: ColumnNames, double_rows: dict[str, int]) -> pl.DataFrame:
    needed = (*s.KEYS, s.SALES, *s.KNOWN, *names.known)
    _need(table, needed)
    frame = _typed(table, (*needed, s.CUSTOMERS, s.DAY_OF_WEEK), names)
    refuse(
        table,
        frame,
        frame[s.SALES].is_null(),
        s.SALES,
        "an empty cell",
        "a number; leave the row out where nothing is known",
    )
    if s.CUSTOMERS not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.Float64).alias(s.CUSTOMERS))
    return _unique(table, frame, s.KEYS, double_rows)


def _ahead(table: TextTable, names: ColumnNames, double_rows: dict[str, int]) -> pl.DataFrame:
    needed = (*s.KEYS, *s.KNOWN, *names.known)
    _need(table, needed)
    ids = [s.ID] if s.ID in table.frame.columns else []
    frame = _typed(table, (*ids, *needed, s.DAY_OF_WEEK), names)
    if ids:
        refuse(table, frame, frame[s.ID].is_null(), s.ID, "an empty cell", "an id in each row, or no column Id at all")
        again = ~frame[s.ID].is_first_distinct()
        if again.any():  # exact double rows are dropped below
            refuse(table, frame, again & _first(frame), s.ID, "an id that stands twice", "each id once")
    return _unique(table, frame, s.KEYS, double_rows)


def _stores(
    table: TextTable, states: TextTable | None, names: ColumnNames, double_rows: dict[str, int]
) -> pl.DataFrame:
    _need(table, (s.STORE, *STORE_FILE))
    frame = _unique(table, _typed(table, (s.STORE, *STORE_FILE, *MORE_ATTRIBUTES), names), (s.STORE,), double_rows)
    absent = [name for name in MORE_ATTRIBUTES if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, s.BY_NAME[name].dtype).alias(name) for name in absent)
    if states is None:
        return frame.with_columns(pl.lit("").alias(s.STATE))
    _need(states, (s.STORE, s.STATE))
    names_of_states = _unique(states, _typed(states, (s.STORE, s.STATE), names), (s.STORE,), double_rows)
    return frame.join(names_of_states, on=s.STORE, how="left", maintain_order="left")


def _typed(table: TextTable, wanted: Sequence[str], names: ColumnNames) -> pl.DataFrame:
    """Return the wanted columns that are there, each in its type."""
    ignored = [name for name in table.frame.columns if name not in wanted]
    if ignored:
        log.info("%s: columns that storecast does not use: %s", table.name, quote(", ".join(ignored)))
    present = [name for name in wanted if name in table.frame.columns]
    frame = pl.DataFrame([parse_column(table, name, names) for name in present])
    for key in s.KEYS:
        if key in present:
            refuse(table, frame, frame[key].is_null(), key, "an empty cell", "a value in each row")
    if s.DAY_OF_WEEK in present:
        wrong = (frame[s.DAY_OF_WEEK] != frame[s.DATE].dt.weekday()).fill_null(value=False)
        refuse(table, table.frame, wrong, s.DAY_OF_WEEK, None, "the weekday of Date, Monday 1 to Sunday 7")
        frame = frame.drop(s.DAY_OF_WEEK)
    return frame


def _need(table: TextTable, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in table.frame.columns]
    if missing:
        raise DataError(
            f"{table.name}: the column {quote(missing[0])} is missing. Found {quote(', '.join(table.frame.columns))}. "
            f'Add it, or name theirs under [columns] in storecast.toml: {missing[0]} = "…".'
        )


def _unique(table: TextTable, frame: pl.DataFrame, keys: Sequence[str], double_rows: dict[str, int]) -> pl.DataFrame:
    """Drop exact double rows and count them; refuse two different rows under one key."""
    double_rows[table.name] = 0
    if not frame.select(pl.struct(keys).is_duplicated().any()).item():
        return frame
    first_rows = _first(frame)
    rows = frame.filter(first_rows)
    double_rows[table.name] = frame.height - rows.height
    twice = rows.select(pl.struct(keys).is_duplicated()).to_series()
    if twice.any():
        key = rows.row(int(twice.arg_max() or 0), named=True)
        same = rows.select(pl.all_horizontal(pl.col(name) == key[name] for name in keys)).to_series()
        first, second = (table.line(row) for row in first_rows.arg_true().filter(same)[:2])
        what = ", ".join(f"{name} {quote(key[name])}" for name in keys)
        raise DataError(
            f"{table.name}: {first} and {second} hold two different rows for {what}. Expected one; remove the other."
        )
    return rows


def _first(frame: pl.DataFrame) -> pl.Series:
    """Mark each row that stands here for the first time."""
    return frame.select(pl.struct(pl.all()).is_first_distinct()).to_series()
