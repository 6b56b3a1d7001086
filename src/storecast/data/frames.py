"""Data frames of Polars, pandas or Arrow as the tables of a Panel, read through narwhals and checked as files are."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl

from storecast import schema as s
from storecast.data.past_openings import open_by_sales
from storecast.data.repair_days import fill_open
from storecast.dates import as_date
from storecast.errors import DataError, hint, quote

UNUSED = (s.ID, s.DAY_OF_WEEK)  # of files; nothing is learned from them
NO_SALES = "The frame sales holds no rows. Expected a row per store and day: Store, Date, Sales."


@dataclass(frozen=True, eq=False)
class Frames:
    """The three tables of a Panel, typed, checked and sorted."""

    sales: pl.DataFrame
    stores: pl.DataFrame
    calendar: pl.DataFrame


def read_frames(sales: Any, stores: Any = None, calendar: Any = None) -> Frames:
    """Check frames and return the tables of a Panel; parameters and errors as in `Panel.from_frames`.

    Parameters
    ----------
    sales, stores, calendar : as in `Panel.from_frames`
    """
    frame = to_polars(sales, "sales").drop(UNUSED, strict=False)
    days = _typed(frame, "sales", (s.STORE, s.DATE, s.SALES), (s.CUSTOMERS, *s.KNOWN))
    if days.is_empty():
        raise DataError(NO_SALES)
    own: list[str] = []
    ahead = days.clear()
    if calendar is not None:
        frame = to_polars(calendar, "calendar").drop(UNUSED, strict=False)
        own = [name for name in frame.columns if name not in s.BY_NAME]
        known = _typed(frame, "calendar", s.KEYS, s.KNOWN, own)
        end = as_date(days[s.DATE].max())
        days = _with_calendar(days, known.filter(pl.col(s.DATE) <= end))
        _refuse_unlearnable(days, own, end)
        ahead = known.filter(pl.col(s.DATE) > end)
    facts = _stores(stores, days)
    for name, rows in (("sales", days), ("calendar", ahead)):
        unknown = rows.join(facts, on=s.STORE, how="anti")
        if unknown.height:
            raise DataError(
                f"{name}: found the store {quote(unknown[s.STORE][0])}, which the frame stores does not hold. Add it there, or "
                "leave the frame stores out."
            )
    sold = days.filter(pl.col(s.SALES).is_not_null()).select(*s.KEYS, *s.SALES_SCHEMA)
    return Frames(sold, facts, _calendar(days, ahead, own))


def read_calendar_frame(calendar: Any, own: Sequence[str], store_type: pl.DataType) -> pl.DataFrame:
    """Check the rows of another calendar; a column that is not given, or a null, leaves what the chain's calendar says.

    Parameters
    ----------
    calendar : frame of Polars, pandas or Arrow: Store, Date and some of the known-ahead columns
    own : the chain's own known-ahead columns
    store_type : of the chain's ids

    Raises
    ------
    DataError
        where a column is unknown or of another type, a value is out of bounds, or a store and day stands twice
    """
    days = _typed(to_polars(calendar, "calendar").drop(UNUSED, strict=False), "calendar", s.KEYS, s.KNOWN, own)
    if days.height and days.schema[s.STORE] != store_type:
        raise DataError(
            f"calendar: Store holds {days.schema[s.STORE]} values, and the chain's ids are {store_type}. Convert the column."
        )
    return days


def _refuse_unlearnable(days: pl.DataFrame, own: Sequence[str], end: dt.date) -> None:
    """Refuse an own column without a value in the past: there is nothing to learn its effect from."""
    empty = [name for name in own if name not in days.columns or days[name].null_count() == days.height]
    if empty:
        raise DataError(
            f"calendar: the own column {quote(empty[0])} has no value up to {end}; expected its past values, too. Add rows of the "
            "past, or leave the column out."
        )


def to_polars(frame: Any, name: str) -> pl.DataFrame:
    """Return a frame as Polars, column by column, so that pandas needs no Arrow library.

    Parameters
    ----------
    frame : of Polars, pandas or Arrow
    name : of the frame, for messages

    Raises
    ------
    DataError
        where it is no data frame
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    try:
        table = nw.from_native(frame, eager_only=True)
    except TypeError as error:
        raise DataError(
            f"{name}: found a {type(frame).__name__}; expected a data frame of Polars, pandas or Arrow."
        ) from error
    columns = {}
    for column in table.iter_columns():
        plain = column.dtype.is_numeric() or column.dtype.is_temporal()
        values = column.to_list() if not plain or column.null_count() else column.to_numpy()
        columns[column.name] = pl.Series(column.name, values, strict=False)
    return pl.DataFrame(columns)


def _typed(
    frame: pl.DataFrame, name: str, required: Sequence[str], optional: Iterable[str], own: Sequence[str] = ()
) -> pl.DataFrame:
    """Return the columns of a frame in their types, optional ones null where they are missing, sorted by store and date."""
    missing = [column for column in required if column not in frame.columns]
    if missing:
        near = hint(missing[0], frame.columns)
        raise DataError(
            f"{name}: the column {missing[0]} is missing; found {quote(', '.join(frame.columns))}.{near} Rename it, or add it."
        )
    known = [*required, *optional, *own]
    strange = [column for column in frame.columns if column not in known]
    if strange:
        raise DataError(
            f"{name}: the column {quote(strange[0])} is not known; expected some of {', '.join(known)}."
            f"{hint(strange[0], known)} Own columns that are known ahead belong into the frame calendar. Rename it, or drop it."
        )
    declared = [s.BY_NAME.get(column) or s.own_column(column) for column in known]
    columns = [
        _column(frame[column.name], column, name)
        if column.name in frame.columns
        else pl.Series(column.name, [None] * frame.height, dtype=column.dtype)
        for column in declared
    ]
    typed = pl.DataFrame(columns)
    for column in declared:
        invalid = typed.select(column.invalid(typed.schema[column.name])).to_series()
        if column.name in required:
            invalid = invalid | typed[column.name].is_null()
        if invalid.any():
            row = int(invalid.arg_max() or 0)
            raise DataError(
                f"{name}, row {row}: {column.name} is {quote(typed[column.name][row])}; expected {column.expected}. "
                "Correct it, or drop the row."
            )
    keys = [key for key in s.KEYS if key in required]
    twice = typed.filter(typed.select(keys).is_duplicated())
    if twice.height:
        what = " on ".join(str(value) for value in twice.select(keys).row(0))
        raise DataError(
            f"{name}: found two rows of store {quote(what)}; expected one. Keep one of them, or add them up."
        )
    return typed.sort(keys)


def _column(values: pl.Series, column: s.Column, frame: str) -> pl.Series:
    """Return a column in its type, or refuse it with its first value."""
    try:
        typed = _converted(values, column)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError):
        typed = None
    if typed is None:
        first = values.drop_nulls().head(1).to_list()
        raise DataError(
            f"{frame}: the column {column.name} holds {values.dtype} values such as {quote(first[0] if first else None)}; "
            f"expected {column.expected}. Convert the column."
        )
    return typed


def _converted(values: pl.Series, column: s.Column) -> pl.Series | None:
    """Return a column in its type; None where that would lose something. Text is read as dates where dates are expected."""
    if column.kind == "date":
        if values.dtype == pl.String:
            return values.str.to_date("%Y-%m-%d")
        days = values.cast(pl.Date)
        return None if values.dtype == pl.Datetime and (values != days.cast(values.dtype)).any() else days
    if column.kind in ("category", "text", "months") or (column.kind == "id" and values.dtype == pl.String):
        return values.cast(pl.String)
    if values.dtype == pl.String:
        return None
    if column.kind == "id" and values.dtype.is_integer():
        return values.cast(pl.Int64)
    numbers = values.cast(pl.Float64).fill_nan(None)
    if column.kind == "number":
        return numbers
    return None if (numbers != numbers.round(0)).any() else numbers.cast(column.dtype)


def _with_calendar(sold: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Return the days of sales with what the calendar says of them, and closed days that have no sales."""
    joined = sold.join(past, on=s.KEYS, how="full", coalesce=True, suffix=" of calendar", maintain_order="left")
    both = [name for name in past.columns if f"{name} of calendar" in joined.columns]
    merged = joined.with_columns(pl.coalesce(name, f"{name} of calendar").alias(name) for name in both)
    closed = pl.col(s.SALES).is_null() & (pl.col(s.OPEN) != 0).fill_null(value=True)
    return merged.drop(f"{name} of calendar" for name in both).filter(~closed).sort(s.KEYS)


def _calendar(days: pl.DataFrame, ahead: pl.DataFrame, own: Sequence[str]) -> pl.DataFrame:
    """Return the calendar, past and ahead; what no column says is filled in and marked as assumed.

    In the past a store that sold was open; whether one that did not was closed, its own days decide (`past_openings`). Ahead it
    opens as it did on most such days.
    """
    opened = pl.when(pl.col(s.SALES).is_not_null()).then(open_by_sales(days)).otherwise(pl.lit(0, pl.Int8))
    past = _without_gaps(days.with_columns(pl.coalesce(s.OPEN, opened).alias("opened")), own)
    past = past.with_columns(pl.col("opened").alias(s.OPEN)).drop("opened")
    if ahead.is_empty():
        return past
    filled = fill_open(_without_gaps(ahead, own), pl.col(s.OPEN), past)
    return pl.concat([past, filled.select(past.columns)]).sort(s.KEYS)


def _without_gaps(days: pl.DataFrame, own: Sequence[str]) -> pl.DataFrame:
    """Return the columns of the calendar; no promotion and no holiday where nothing says otherwise. Open keeps its gaps."""
    return days.select(
        *s.KEYS,
        s.OPEN,
        pl.col(s.PROMO).fill_null(0),
        pl.col(s.STATE_HOLIDAY).fill_null(s.NO_HOLIDAY),
        pl.col(s.SCHOOL_HOLIDAY).fill_null(0),
        pl.any_horizontal(pl.col(name).is_null() for name in s.KNOWN).alias(s.ASSUMED),
        *own,
        pl.col("^opened$"),
    )


def _stores(stores: Any, sold: pl.DataFrame) -> pl.DataFrame:
    """Return the table of stores; without one, the stores of the sales, of which nothing else is known."""
    attributes = [column for column in s.COLUMNS if column.table == "stores"]
    if stores is None:
        facts = sold.select(s.STORE).unique().sort(s.STORE)
        facts = facts.with_columns(pl.lit(None, column.dtype).alias(column.name) for column in attributes)
    else:
        facts = _typed(to_polars(stores, "stores"), "stores", (s.STORE,), [column.name for column in attributes])
        if facts.schema[s.STORE] != sold.schema[s.STORE]:
            raise DataError(
                f"stores: Store holds {facts.schema[s.STORE]} values, and that of sales {sold.schema[s.STORE]}; expected one type. "
                "Convert one of them."
            )
    return facts.select(
        s.STORE,
        *(
            pl.col(column.name).fill_null(pl.lit(column.default, column.dtype))
            if column.default is not None
            else pl.col(column.name)
            for column in attributes
        ),
    )
