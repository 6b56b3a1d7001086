"""Read a folder of a chain's files, checked once at the door: types are given, and a value that cannot be read is refused."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.chain_checks import refuse_lone_dates, refuse_periods, refuse_totals, refuse_unmet_ids
from storecast.data.column_names import ColumnNames, read_column_names
from storecast.data.dialect import TextTable, read_table
from storecast.data.file_columns import MORE_ATTRIBUTES, STORE_FILE
from storecast.data.file_tables import (
    find_files,
    header_names,
    need_columns,
    read_tables,
    with_our_names,
    without_totals,
)
from storecast.data.parse_columns import parse_column
from storecast.data.refuse_rows import refuse
from storecast.data.store_days import ADD_UP, add_up, first_of_each, unique_rows
from storecast.errors import DataError, quote

log = logging.getLogger(__name__)

TABLES = ("train", "store", "test", "store_states")
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
    total_rows : rows of totals at the end that were dropped, by file
    summed_rows : rows that were added to another of their store and day, by file
    """

    sales: pl.DataFrame
    stores: pl.DataFrame
    ahead: pl.DataFrame | None
    known: tuple[str, ...]
    double_rows: dict[str, int]
    generated: bool
    total_rows: dict[str, int] = field(default_factory=dict)
    summed_rows: dict[str, int] = field(default_factory=dict)


def read_chain(folder: Path, *, sum_rows: bool = False) -> RawChain:
    """Read train, store and, where they are, test and store_states; CSV or Parquet.

    Parameters
    ----------
    folder : of the files
    sum_rows : add several rows of a store and day up, as `sum = true` in storecast.toml does

    Raises
    ------
    DataError
        with file, line, column, what was found and what to do
    """
    paths = find_files(folder, TABLES)
    names = read_column_names(folder)
    names = replace(names, sum_rows=names.sum_rows or sum_rows)
    tables = read_tables(paths, names)
    if {*s.KEYS, s.SALES} <= {*tables["train"].frame.columns} and not {*s.KNOWN} <= {*tables["train"].frame.columns}:
        # Who has weeks needs no advice on columns.
        refuse_periods(tables["train"].name, _typed(tables["train"], (*s.KEYS, s.SALES), names))
    need_columns([(tables[stem], needed) for stem, needed in _needed(names).items() if stem in tables])
    total_rows: dict[str, int] = {}
    double_rows: dict[str, int] = {}
    summed_rows: dict[str, int] = {}
    for stem, table in tables.items():
        tables[stem], total_rows[table.name] = without_totals(table)
    sales = _sales(tables["train"], names, double_rows, summed_rows)
    stores = _stores(tables["store"], tables.get("store_states"), names, double_rows)
    ahead = _ahead(tables["test"], names, double_rows) if "test" in tables else None
    facts = {tables["store"].name: stores}
    refuse_unmet_ids(sales, facts, ahead)
    refuse_totals(tables["train"].name, sales)
    log.info(
        "read %d rows of sales, %d stores, %d rows ahead",
        sales.height,
        stores.height,
        0 if ahead is None else ahead.height,
    )
    generated = (folder / TRUTH).exists()
    return RawChain(sales, stores, ahead, names.known, double_rows, generated, total_rows, summed_rows)


def _needed(names: ColumnNames) -> dict[str, tuple[str, ...]]:
    """Return the columns that each table must have."""
    return {
        "train": (*s.KEYS, s.SALES, *s.KNOWN, *names.known),
        "store": (s.STORE, *STORE_FILE),
        "test": (*s.KEYS, *s.KNOWN, *names.known),
        "store_states": (s.STORE, s.STATE),
    }


def read_calendar(path: Path, names: ColumnNames) -> pl.DataFrame:
    """Read days of a calendar that someone edited: Store, Date and some of what is known ahead; null where a cell is empty.

    Parameters
    ----------
    names : what the columns are called, and which of them are the chain's own
    """
    table = with_our_names(read_table(path, header_names(names)), names)
    need_columns([(table, s.KEYS)])
    known = (*s.KNOWN, *names.known)
    if not set(known) & set(table.frame.columns):
        raise DataError(
            f"{table.name} has no calendar column: expected some of {', '.join(known)} beside Store and Date. "
            "`storecast future` writes such a file."
        )
    frame = _typed(table, (*s.KEYS, *known, s.DAY_OF_WEEK), names)
    return unique_rows(table, frame, s.KEYS, {})


def _sales(
    table: TextTable, names: ColumnNames, double_rows: dict[str, int], summed_rows: dict[str, int]
) -> pl.DataFrame:
    frame = _typed(table, (*_needed(names)["train"], s.CUSTOMERS, s.DAY_OF_WEEK), names)
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
    if names.sum_rows:
        frame, dates = add_up(table, frame, summed_rows), frame[s.DATE]
    else:
        frame, dates = unique_rows(table, frame, s.KEYS, double_rows, ADD_UP), frame[s.DATE]
    refuse_periods(table.name, frame)
    refuse_lone_dates(table, dates)
    return frame


def _ahead(table: TextTable, names: ColumnNames, double_rows: dict[str, int]) -> pl.DataFrame:
    ids = [s.ID] if s.ID in table.frame.columns else []
    frame = _typed(table, (*ids, *_needed(names)["test"], s.DAY_OF_WEEK), names)
    if ids:
        refuse(table, frame, frame[s.ID].is_null(), s.ID, "an empty cell", "an id in each row, or no column Id at all")
        again = ~frame[s.ID].is_first_distinct()
        if again.any():  # exact double rows are dropped below
            refuse(table, frame, again & first_of_each(table, frame), s.ID, "an id that stands twice", "each id once")
    refuse_lone_dates(table, frame[s.DATE], late_only=True)  # the sales say which days are too early
    return unique_rows(table, frame, s.KEYS, double_rows)


def _stores(
    table: TextTable, states: TextTable | None, names: ColumnNames, double_rows: dict[str, int]
) -> pl.DataFrame:
    frame = _typed(table, (s.STORE, *STORE_FILE, *MORE_ATTRIBUTES, s.STATE), names)
    frame = unique_rows(table, frame, (s.STORE,), double_rows)
    absent = [name for name in MORE_ATTRIBUTES if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, s.BY_NAME[name].dtype).alias(name) for name in absent)
    if states is None:
        return frame if s.STATE in frame.columns else frame.with_columns(pl.lit("").alias(s.STATE))
    if s.STATE in frame.columns:
        raise DataError(
            f"{table.name} has a column State, and there is a file {states.name}, too; expected one of them. Remove the other."
        )
    names_of_states = unique_rows(states, _typed(states, (s.STORE, s.STATE), names), (s.STORE,), double_rows)
    if not names_of_states[s.STORE].is_in(frame[s.STORE].implode()).any():
        raise DataError(
            f"{states.name}: none of its stores, such as {quote(names_of_states[s.STORE][0])}, is in {table.name}, "
            f"which has stores such as {quote(frame[s.STORE][0])}. Expected the same ids in both. Change them in one of the files."
        )
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
