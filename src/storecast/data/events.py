"""Events: the days that the user marks as not to be learned from, from a file `events` or a frame."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import TextTable, frame_as_text
from storecast.data.excluded_spans import MAX_SPANS, ExcludedSpan
from storecast.data.file_columns import EXCLUDE, FIRST, LAST, NAME
from storecast.data.frames import to_polars
from storecast.data.parse_columns import parse_column
from storecast.data.refuse_rows import refuse
from storecast.dates import as_date
from storecast.errors import DataError, quote

NOT_EXCLUDED = "1: an event that models should learn from is a column of your own named under known in storecast.toml"


def read_events(
    table: TextTable, names: ColumnNames, sales: pl.DataFrame, stores: pl.Series
) -> tuple[ExcludedSpan, ...]:
    """Return the days to exclude.

    Parameters
    ----------
    table : Date, or First and Last; Exclude; optional Store, empty for all stores, and Name
    names : what `storecast.toml` says of dates and ids
    sales : Store, Date: a span that is over must hold some of them, or it is a mistyped one
    stores : the ids of the chain

    Raises
    ------
    DataError
        with file, line, column, what was found and what was expected
    """
    columns = table.frame.columns
    by_day = s.DATE in columns
    both = by_day and {FIRST, LAST} & {*columns}
    missing = [name for name in (*((s.DATE,) if by_day else (FIRST, LAST)), EXCLUDE) if name not in columns]
    if missing or both:
        raise DataError(
            f"{table.name}: found the columns {quote(', '.join(columns))}; expected Date, or First and Last; Exclude; and, "
            "where they are needed, Store and Name. Rename them, or name them under [columns] in storecast.toml."
        )
    if table.frame.height > MAX_SPANS:
        raise DataError(
            f"{table.name}: found {table.frame.height} rows; expected {MAX_SPANS} at most. Give spans by First and Last."
        )
    used = (s.STORE, s.DATE, FIRST, LAST, EXCLUDE, NAME)
    frame = pl.DataFrame([parse_column(table, name, names) for name in used if name in columns])
    for name in (s.DATE, FIRST, LAST, EXCLUDE):
        if name in columns:
            refuse(table, frame, frame[name].is_null(), name, "an empty cell", "a value in each row")
    refuse(table, frame, frame[EXCLUDE] != 1, EXCLUDE, None, NOT_EXCLUDED)
    if by_day:
        frame = frame.with_columns(pl.col(s.DATE).alias(FIRST), pl.col(s.DATE).alias(LAST))
    refuse(table, frame, frame[LAST] < frame[FIRST], LAST, None, "a day on or after First")
    if s.STORE in columns:
        strange = frame[s.STORE].is_not_null() & ~frame[s.STORE].is_in(stores.implode())
        refuse(table, frame, strange, s.STORE, None, "a store of the chain, or an empty cell: all stores")
    spans = tuple(
        ExcludedSpan(row[FIRST], row[LAST], row.get(s.STORE), row.get(NAME) or "")
        for row in frame.iter_rows(named=True)
    )
    end = as_date(sales[s.DATE].max())
    for row, span in enumerate(spans):
        if span.last <= end and sales.filter(span.rows()).is_empty():
            raise DataError(
                f"{table.name}, {table.line(row)}: found {span.first} to {span.last}, in which there are no sales to "
                "exclude; expected days of the sales. Correct the dates, or remove the row."
            )
    return spans


def read_events_frame(
    events: Any, sales: pl.DataFrame, stores: pl.DataFrame, replaced: Mapping[Any, Any]
) -> tuple[ExcludedSpan, ...]:
    """Return the days to exclude that a frame holds; columns and errors as in `read_events`.

    Parameters
    ----------
    events : frame of Polars, pandas or Arrow
    sales, stores : tables of the Panel
    replaced : the store of today by the id of one that it replaces, whose events are now its own
    """
    frame = to_polars(events, "events")
    if s.STORE in frame.columns and frame.schema[s.STORE].is_float():  # whole numbers with gaps, in pandas
        frame = frame.with_columns(pl.col(s.STORE).fill_nan(None).cast(pl.Int64))
    if s.STORE in frame.columns and replaced:
        frame = frame.with_columns(pl.col(s.STORE).replace(replaced))
    names = ColumnNames(text_ids=stores.schema[s.STORE] == pl.String)
    return read_events(frame_as_text("events", frame), names, sales, stores[s.STORE])
