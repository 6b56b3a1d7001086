"""Rows that are sent as CSV, read as the files of the chain are: by the settings of the storecast.toml that it was loaded with.

Rows of totals at the end are left out, and rows of one store and day are added up where the settings say so: see `csv_repairs`.
"""

import re
from dataclasses import replace

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import SEPARATORS, TITLE_LINES, TextTable, as_utf8, read_csv_text
from storecast.data.file_layout import as_long
from storecast.data.file_tables import header_names, with_our_names, without_totals
from storecast.data.own_categories import cells_without_level, levels_of_flags, table_with_flags
from storecast.data.parse_columns import parse_column
from storecast.data.store_days import ADD_UP, REMOVE, add_up
from storecast.data.target import BESIDE_TARGET
from storecast.errors import DataError
from storecast.service.problems import Problem, invalid
from storecast.service.requests.csv_repairs import (
    CsvRows,
    cells_of_other_levels,
    dropped_totals,
    left_out,
    summed_rows,
)
from storecast.service.requests.decode import too_many
from storecast.service.requests.rows import RowType

BODY = "body"  # in place of the name of a file
MORE_SEPARATORS = 8  # in a line than a chain has columns: in titles, or texts in quotes
MAX_WIDE_COLUMNS = 10_000  # stores or days
_SENT = re.compile(r"found .*; expected|'(?:[^'\\]|\\.)*'| where (?:this|it) is [-+0-9.e]+", re.DOTALL)
_PLACE = re.compile(rf"^{BODY}, (?P<line>line [0-9]+), column (?P<column>\w+): ")


def read_csv_rows(body: bytes, rows: RowType, names: ColumnNames, max_rows: int) -> CsvRows:
    """Return the rows of a body as a table of the columns that it has, every value checked by its declaration, and the repairs.

    Parameters
    ----------
    body : CSV in any dialect that files may have
    rows : which columns there are
    names : what the columns are called, and how dates and numbers are written
    max_rows : most rows of a request

    Raises
    ------
    Problem
        at the first line that cannot be read or has no meaning; it never repeats what was sent
    """
    stem = _table_of(rows)
    names = names.of(stem)
    sums = stem == "train" and names.sum_rows
    try:
        text = as_utf8(BODY, body)
        _check_size(text, rows, names, max_rows)
        given = with_our_names(read_csv_text(BODY, text, header_names(names)), names)
        table, totals = _as_long(given, stem, names)
        table, other_levels = _with_own_columns(table, rows)
        repairs = dropped_totals(totals) + cells_of_other_levels(other_levels)
        _check_columns(table, rows, names)
        if table.frame.height > max_rows:
            raise too_many(max_rows)
        read = [name for name in table.frame.columns if name in _fields(rows)]
        cells = pl.DataFrame({name: parse_column(table, name, names) for name in read})
        frame = _checked(table, cells, rows)
        if sums:
            repairs += summed_rows(frame)
            frame = _one_a_day(table, frame, rows)
        else:
            _refuse_doubles(table, frame, stem)
    except DataError as error:
        raise refusal_of_file(str(error)) from error
    filled = [name for name in frame.columns if name in s.KEYS or frame[name].null_count() < frame.height]
    unused = left_out(table, given, _fields(rows), names.layout.wide)
    return CsvRows(frame.select(filled), tuple(repairs), unused, table.frame, cells)


def _table_of(rows: RowType) -> str:
    """Return the table whose files have such rows, since each may call its columns otherwise."""
    if s.SALES in rows.columns:
        return "train"
    return "test" if s.DATE in rows.columns else "store"


def _as_long(table: TextTable, stem: str, names: ColumnNames) -> tuple[TextTable, list[str]]:
    """Return the table with a row for each store and day, without rows of totals, and the places of these.

    One that has both keys is as it should be.
    """
    totals: list[str] = []
    if stem == "train" and (names.layout.wide or names.layout.one_store):
        table = _without_totals(table, totals)
    if not {*s.KEYS} <= {*table.frame.columns}:
        table = as_long(table, stem, names.layout)
    return _without_totals(table, totals), totals


def _without_totals(table: TextTable, lines: list[str]) -> TextTable:
    """Return the table without rows of totals, and add their places to the lines."""
    rest, _ = without_totals(table)
    lines += [table.line(row) for row in range(rest.frame.height, table.frame.height)]
    return rest


def _with_own_columns(table: TextTable, rows: RowType) -> tuple[TextTable, dict[str, int]]:
    """Return the table with own columns as a Panel has them, and how many cells of each text column hold no level of the past.

    Texts are flags, and columns of the past alone have other names.

    An empty cell of a text leaves its flags empty, as any other empty cell.
    """
    past_only = {name.removeprefix(s.PAST_ONLY): name for name in rows.columns if name.startswith(s.PAST_ONLY)}
    frame = table.frame.rename({name: past_only[name] for name in table.frame.columns if name in past_only})
    levels = levels_of_flags(rows.columns)
    return table_with_flags(replace(table, frame=frame), levels, None), cells_without_level([frame], levels)


def _check_size(text: bytes, rows: RowType, names: ColumnNames, max_rows: int) -> None:
    """Refuse too many rows or columns before any is made: each column costs kilobytes."""
    if text.count(b"\n") > max_rows + TITLE_LINES:
        raise too_many(max_rows)
    top = text.split(b"\n", TITLE_LINES)[:TITLE_LINES]
    most = max(line.count(separator.encode()) for line in top for separator in SEPARATORS)
    columns = len(rows.columns) + len(names.unused) + (min(max_rows, MAX_WIDE_COLUMNS) if names.layout.wide else 0)
    if most > columns + MORE_SEPARATORS:
        raise _other_columns(rows)


def _check_columns(table: TextTable, rows: RowType, names: ColumnNames) -> None:
    if not {*table.frame.columns} <= {*_fields(rows), *names.unused, BESIDE_TARGET}:
        raise _other_columns(rows)
    missing = [name for name in rows.required if name not in table.frame.columns]
    if missing:
        file_name = names.file_names.get(missing[0], missing[0])
        raise invalid("header", f"lacks {file_name}; expected {', '.join(rows.columns)}")


def _fields(rows: RowType) -> set[str]:
    """Return the names of the columns that are read."""
    return {*rows.struct.__struct_encode_fields__, s.DAY_OF_WEEK}


def _refuse_doubles(table: TextTable, frame: pl.DataFrame, stem: str) -> None:
    """Refuse two rows of a store, or of a store and day, equal ones too: no reply could count those that were dropped."""
    keys = [name for name in s.KEYS if name in frame.columns]
    again = ~frame.select(pl.struct(keys).is_first_distinct()).to_series()
    if again.any():
        remedy = (ADD_UP if stem == "train" else REMOVE).removesuffix(".")
        raise invalid(
            f"{table.line(int(again.arg_max() or 0))}",
            f"an earlier line has the same {' and '.join(keys)}. {remedy}",
        )


def _one_a_day(table: TextTable, frame: pl.DataFrame, rows: RowType) -> pl.DataFrame:
    """Return the rows of each store and day added up."""
    absent = [name for name in (s.CUSTOMERS, *s.KNOWN) if name not in frame.columns]
    whole = frame.with_columns(pl.lit(None, rows.columns[name].dtype).alias(name) for name in absent)
    days = add_up(table, whole, {})
    column = rows.columns[s.SALES]
    if days.select(column.invalid(days.schema[s.SALES])).to_series().any():
        raise invalid(
            f"{BODY}, column {s.SALES}", f"expected the rows of a store and day to add up to {column.expected}"
        )
    return days.select(frame.columns)


def _other_columns(rows: RowType) -> Problem:
    return invalid("header", f"has an unknown column, or one twice; expected {', '.join(rows.columns)}")


def _checked(table: TextTable, frame: pl.DataFrame, rows: RowType) -> pl.DataFrame:
    rows.check(frame, lambda row, name: f"{table.line(row)}, column {name}")
    if s.DAY_OF_WEEK in frame.columns and s.DATE in frame.columns:
        wrong = (frame[s.DAY_OF_WEEK] != frame[s.DATE].dt.weekday()).fill_null(value=False)
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            raise invalid(
                f"{table.line(row)}, column {s.DAY_OF_WEEK}", "expected the weekday of Date, Monday 1 to Sunday 7"
            )
    return frame.select(
        name for name in rows.struct.__struct_encode_fields__ if name in frame.columns and name != s.DAY_OF_WEEK
    )


def refusal_of_file(message: str) -> Problem:
    """Return what a refusal of the reader is over HTTP: the same words without what was sent."""
    words = _SENT.sub(
        lambda sent: "expected" if sent[0].startswith("found") else "" if "where" in sent[0] else "a value", message
    )
    place = _PLACE.match(message)
    places = [(f"{place['line']}, column {place['column']}", _PLACE.sub("", words))] if place else [(BODY, words)]
    return Problem("not-valid", words, places)
