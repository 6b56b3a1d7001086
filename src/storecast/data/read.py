"""Read a folder of a chain's files, checked once at the door: types are given, and a value that cannot be read is refused."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.breakdown import Breakdown
from storecast.data.chain_checks import refuse_lone_dates, refuse_periods, refuse_unmet_ids
from storecast.data.column_names import ColumnNames, read_column_names
from storecast.data.day_column import ISO_DAY
from storecast.data.dialect import TextTable
from storecast.data.events import read_events
from storecast.data.excluded_spans import ExcludedSpan
from storecast.data.file_columns import FACTS, REPLACES, STOCKOUT, file_column
from storecast.data.file_layout import EVENTS
from storecast.data.file_tables import (
    find_files,
    need_columns,
    read_file,
    read_tables,
    with_our_names,
)
from storecast.data.own_categories import levels_of_flags, table_with_flags, with_flags
from storecast.data.own_facts import own_facts
from storecast.data.parse_columns import parse_column
from storecast.data.refuse_rows import refuse
from storecast.data.running_totals import refuse_running_totals
from storecast.data.store_days import ADD_UP, add_up, first_of_each, unique_rows
from storecast.data.store_facts import facts_of_sales
from storecast.data.store_groups import read_breakdown
from storecast.data.target import BESIDE_TARGET
from storecast.data.totals_among_stores import refuse_totals
from storecast.errors import DataError, quote

log = logging.getLogger(__name__)

TRUTH = "truth.json"  # lies beside the files of a generated chain


@dataclass(frozen=True, eq=False)
class RawChain:
    """A folder as it was read: typed, checked, and otherwise as it was; null where a cell was empty.

    Attributes
    ----------
    sales : a row per store and day: Store, Date, Sales, Customers, Open, Promo, StateHoliday, SchoolHoliday, own columns, and
        Stockout where the file has it
    stores : a row per store, as in store.csv, and State
    ahead : test.csv: Id (text, kept as given), Store, Date and what is known ahead; None without one
    known : the chain's own known-ahead columns
    double_rows : exact double rows that were dropped, by file
    generated : whether the chain is a generated one
    total_rows : rows of totals at the end that were dropped, by file
    summed_rows : rows that were added to another of their store and day, by file
    other_levels : cells of own text columns that hold no level of the past, by column
    absent : the columns that a table does without, by table: train, store, test; they are null
    excluded : days that models should not learn from
    names : what storecast.toml says of the files
    breakdown : by what totals are made
    """

    sales: pl.DataFrame
    stores: pl.DataFrame
    ahead: pl.DataFrame | None
    known: tuple[str, ...]
    double_rows: dict[str, int]
    generated: bool
    total_rows: dict[str, int] = field(default_factory=dict)
    summed_rows: dict[str, int] = field(default_factory=dict)
    absent: dict[str, frozenset[str]] = field(default_factory=dict)
    excluded: tuple[ExcludedSpan, ...] = ()
    names: ColumnNames = field(default_factory=ColumnNames)
    other_levels: Mapping[str, int] = field(default_factory=dict)
    breakdown: Breakdown = Breakdown()  # noqa: RUF009 - it is frozen


def read_chain(
    data: Path, *, sum_rows: bool = False, settings: ColumnNames | None = None, target: str | None = None
) -> RawChain:
    """Read train and, where they are, store, test, store_states and events; CSV, Parquet or workbooks.

    Parameters
    ----------
    data : the folder of the files, or the one file that holds the sales
    sum_rows : add several rows of a store and day up, as `sum = true` in storecast.toml does
    settings : in place of those of storecast.toml
    target : the figure to forecast in place of the one that storecast.toml names; None: that one

    Raises
    ------
    DataError
        with file, line, column, what was found and what to do
    """
    names = read_column_names(data, target) if settings is None else settings
    paths = find_files(data, names.layout)
    names = replace(names, sum_rows=names.sum_rows or sum_rows)
    total_rows: dict[str, int] = {}
    tables = read_tables(paths, names, total_rows)
    need_columns([(tables[stem], needed) for stem, needed in _needed(names).items() if stem in tables])
    breakdown = read_breakdown(tables, names)
    tables, known, other_levels = with_flags(tables, names.known)
    names = replace(names, known=known)
    known = (*known, *(f"{s.PAST_ONLY}{name}" for name in names.past))
    double_rows: dict[str, int] = {}
    summed_rows: dict[str, int] = {}
    sales = _sales(tables["train"], names, double_rows, summed_rows)
    ahead = _ahead(tables["test"], names, double_rows) if "test" in tables else None
    if names.facts:
        sales, ahead, facts_of_stores = _with_own_facts(tables, names, sales, ahead)
        known = (*known, *facts_of_stores)
    facts = _facts(tables, names, double_rows)
    facts = _with_states(facts, tables, names, double_rows)
    refuse_unmet_ids(sales, {tables["store"].name: facts} if "store" in tables else {}, ahead)
    refuse_totals(tables["train"].name, sales)
    refuse_running_totals(tables["train"].name, sales)
    log.info(
        "read %d rows of sales, %d stores, %d rows ahead",
        sales.height,
        facts.height,
        0 if ahead is None else ahead.height,
    )
    generated = (data / TRUTH).exists()
    absent = {
        "train": frozenset(s.KNOWN) - {*tables["train"].frame.columns},
        "store": frozenset(FACTS) - {*facts.columns},
        "test": frozenset() if ahead is None else frozenset((*s.KNOWN, *names.known)) - {*tables["test"].frame.columns},
    }
    stores = _with_all(facts, FACTS)
    chain_stores = pl.concat([stores[s.STORE], sales[s.STORE]]).unique()
    excluded = read_events(tables[EVENTS], names, sales, chain_stores) if EVENTS in tables else ()
    return RawChain(
        sales=sales,
        stores=stores,
        ahead=ahead,
        known=known,
        double_rows=double_rows,
        generated=generated,
        total_rows=total_rows,
        summed_rows=summed_rows,
        absent=absent,
        excluded=excluded,
        names=replace(names, unused=_unused(tables, known)),
        other_levels=other_levels,
        breakdown=breakdown,
    )


def _needed(names: ColumnNames) -> dict[str, tuple[str, ...]]:
    """Return the columns that each table must have."""
    return {
        "train": (*s.KEYS, s.SALES, *names.known, *names.past),
        "store": (s.STORE,),
        "test": s.KEYS,
        "store_states": (s.STORE, s.STATE),
    }


def _unused(tables: Mapping[str, TextTable], own: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of the files with days that are not read as properties of a day."""
    used = {*s.KEYS, s.SALES, s.CUSTOMERS, *s.KNOWN, s.DAY_OF_WEEK, s.ID, STOCKOUT.name}
    used |= {name.removeprefix(s.PAST_ONLY) for name in own}
    columns = {name for stem in ("train", "test") if stem in tables for name in tables[stem].frame.columns}
    return tuple(sorted(columns - used))


def read_calendar(path: Path, names: ColumnNames) -> pl.DataFrame:
    """Read days of a calendar that someone edited: Store, Date and some of what is known ahead; null where a cell is empty.

    Parameters
    ----------
    names : what the columns are called, and which of them are the chain's own; flags of text columns among them

    Raises
    ------
    DataError
        where it holds nothing of a calendar, or a cell cannot be read
    """
    in_file = names.of("test")
    table = read_file(path, in_file)
    if s.ASSUMED in table.frame.columns:  # `storecast future` wrote it, under our names
        in_file = replace(in_file, file_names={})
    table = table_with_flags(with_our_names(table, in_file), levels_of_flags(names.known), None)
    need_columns([(table, s.KEYS)])
    names = _as_written(table, names)
    known = (*s.KNOWN, *names.known)
    if not set(known) & set(table.frame.columns):
        raise DataError(
            f"{table.name} has no calendar column: expected some of {', '.join(known)} beside Store and Date. "
            "`storecast future` writes such a file."
        )
    frame = _typed(table, (*s.KEYS, *known, s.DAY_OF_WEEK), names)
    return unique_rows(table, frame, s.KEYS, {})


def _as_written(table: TextTable, names: ColumnNames) -> ColumnNames:
    """Return how a calendar is written: as the files are, but with ISO dates and decimal points if `storecast future` wrote it."""
    dates = table.frame[s.DATE].cast(pl.String).str.strip_chars().drop_nulls()
    if s.ASSUMED in table.frame.columns and dates.str.contains(ISO_DAY).all():
        return replace(names, date_format=None, timezone=None, decimal=".")
    return names


def _sales(
    table: TextTable, names: ColumnNames, double_rows: dict[str, int], summed_rows: dict[str, int]
) -> pl.DataFrame:
    frame = _typed(
        table,
        (*_needed(names)["train"], *s.KNOWN, s.CUSTOMERS, STOCKOUT.name, s.DAY_OF_WEEK),
        names,
        (*FACTS, *names.groups, *names.facts),
    )
    refuse(
        table,
        frame,
        frame[s.SALES].is_null(),
        s.SALES,
        "an empty cell",
        "a number; leave the row out where nothing is known",
    )
    frame = _with_all(frame, (s.CUSTOMERS, *s.KNOWN)).rename({name: f"{s.PAST_ONLY}{name}" for name in names.past})
    refuse_periods(table.name, frame.select(s.KEYS).unique())
    if names.sum_rows:
        frame, dates = add_up(table, frame, summed_rows), frame[s.DATE]
    else:
        frame, dates = unique_rows(table, frame, s.KEYS, double_rows, ADD_UP), frame[s.DATE]
    refuse_lone_dates(table, dates)
    return frame


def _ahead(table: TextTable, names: ColumnNames, double_rows: dict[str, int]) -> pl.DataFrame:
    ids = [s.ID] if s.ID in table.frame.columns else []
    known = (*s.KNOWN, *names.known)
    frame = _with_all(_typed(table, (*ids, *s.KEYS, *known, s.DAY_OF_WEEK), names), known)
    if ids:
        refuse(table, frame, frame[s.ID].is_null(), s.ID, "an empty cell", "an id in each row, or no column Id at all")
        again = ~frame[s.ID].is_first_distinct()
        if again.any():  # exact double rows are dropped below
            refuse(table, frame, again & first_of_each(table, frame), s.ID, "an id that stands twice", "each id once")
    refuse_lone_dates(table, frame[s.DATE], late_only=True)  # the sales say which days are too early
    return _with_all(unique_rows(table, frame, s.KEYS, double_rows), [f"{s.PAST_ONLY}{name}" for name in names.past])


def _with_own_facts(
    tables: Mapping[str, TextTable], names: ColumnNames, sales: pl.DataFrame, ahead: pl.DataFrame | None
) -> tuple[pl.DataFrame, pl.DataFrame | None, list[str]]:
    """Return the days, past and ahead, with the own facts of their stores, and the names of these columns."""
    facts = own_facts(tables, names)
    sales, *days = (
        frame.join(facts, on=s.STORE, how="left", maintain_order="left")
        for frame in (sales, ahead)
        if frame is not None
    )
    return sales, days[0] if days else None, facts.drop(s.STORE).columns


def _facts(tables: Mapping[str, TextTable], names: ColumnNames, double_rows: dict[str, int]) -> pl.DataFrame:
    """Return what is known of each store: of store.csv where there is one, else of the sales themselves."""
    beside_sales = [name for name in (*FACTS, s.STATE) if name in tables["train"].frame.columns]
    if "store" not in tables:
        return facts_of_sales(tables["train"], names)
    table = tables["store"]
    both = [name for name in beside_sales if name in table.frame.columns]
    if both:
        raise DataError(
            f"{tables['train'].name} has a column {both[0]}, and {table.name} has one, too; expected one of them. Remove the other."
        )
    facts = unique_rows(
        table,
        _typed(table, (s.STORE, *FACTS, s.STATE, REPLACES), names, (*names.facts, *names.groups)),
        (s.STORE,),
        double_rows,
    )
    if not beside_sales:
        return facts
    sold = facts_of_sales(tables["train"], names)
    return facts.join(sold, on=s.STORE, how="full", coalesce=True, maintain_order="left_right")


def _with_states(
    facts: pl.DataFrame, tables: Mapping[str, TextTable], names: ColumnNames, double_rows: dict[str, int]
) -> pl.DataFrame:
    """Return the stores with the region of each, whose file is optional."""
    states = tables.get("store_states")
    if states is None:
        return facts if s.STATE in facts.columns else facts.with_columns(pl.lit("").alias(s.STATE))
    if s.STATE in facts.columns:
        raise DataError(
            f"{_name_of_facts(tables)} has a column State, and there is a file {states.name}, too; expected one of them. "
            "Remove the other."
        )
    names_of_states = unique_rows(
        states, _typed(states, (s.STORE, s.STATE), names, names.groups), (s.STORE,), double_rows
    )
    if not names_of_states[s.STORE].is_in(facts[s.STORE].implode()).any():
        raise DataError(
            f"{states.name}: none of its stores, such as {quote(names_of_states[s.STORE][0])}, is in {_name_of_facts(tables)}, "
            f"which has stores such as {quote(facts[s.STORE][0])}. Expected the same ids in both. Change them in one of the files."
        )
    return facts.join(names_of_states, on=s.STORE, how="left", maintain_order="left")


def _name_of_facts(tables: Mapping[str, TextTable]) -> str:
    return tables["store" if "store" in tables else "train"].name


def _with_all(frame: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    """Return a table with all of some columns; those that it lacks are null."""
    absent = [file_column(name) for name in wanted if name not in frame.columns]
    return frame.with_columns(pl.lit(None, column.dtype).alias(column.name) for column in absent)


def _typed(
    table: TextTable, wanted: Sequence[str], names: ColumnNames, read_elsewhere: Sequence[str] = ()
) -> pl.DataFrame:
    """Return the wanted columns that are there, each in its type; those that are read elsewhere are not said to be unused."""
    ignored = [name for name in table.frame.columns if name not in (*wanted, *read_elsewhere, BESIDE_TARGET)]
    if ignored:
        log.info("%s: columns that storecast does not use: %s", table.name, quote(", ".join(ignored)))
    present = [name for name in wanted if name in table.frame.columns]
    frame = pl.DataFrame([parse_column(table, name, names) for name in present])
    for key in s.KEYS:
        if key in present:
            refuse(
                table, frame, frame[key].is_null(), key, "an empty cell", "a value in each row, and no rows of totals"
            )
    if s.DAY_OF_WEEK in present:
        wrong = (frame[s.DAY_OF_WEEK] != frame[s.DATE].dt.weekday()).fill_null(value=False)
        refuse(table, table.frame, wrong, s.DAY_OF_WEEK, None, "the weekday of Date, Monday 1 to Sunday 7")
        frame = frame.drop(s.DAY_OF_WEEK)
    return frame
