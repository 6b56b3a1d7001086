"""Data frames of Polars, pandas or Arrow as the tables of a Panel, read through narwhals and checked as files are."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl

from storecast import schema as s
from storecast.data.file_columns import REPLACES, STOCKOUT, file_column
from storecast.data.frame_rules import checked_days, known_sales, with_closed_days, with_replaced_stores
from storecast.data.own_categories import column_of_flag, flags_of
from storecast.data.own_frames import OwnColumns, facts_of_frames, text_levels, with_flags
from storecast.data.past_openings import open_by_sales
from storecast.data.repair_days import fill_open
from storecast.data.target import Target
from storecast.dates import as_date
from storecast.errors import DataError, hint, quote

UNUSED = (s.ID, s.DAY_OF_WEEK)  # of files; nothing is learned from them
NO_SALES = "The frame sales holds no rows. Expected a row per store and day: Store, Date, Sales."


@dataclass(frozen=True, eq=False)
class Frames:
    """The three tables of a Panel, typed, checked and sorted; and the store of today by the id of one that it replaces."""

    sales: pl.DataFrame
    stores: pl.DataFrame
    calendar: pl.DataFrame
    replaced: Mapping[Any, Any]


def read_frames(
    sales: Any,
    stores: Any = None,
    calendar: Any = None,
    columns: OwnColumns | None = None,
    target: Target | None = None,
    *,
    sum_rows: bool = False,
) -> Frames:
    """Check frames and return the tables of a Panel; parameters and errors as in `Panel.from_frames`.

    Parameters
    ----------
    sales, stores, calendar : as in `Panel.from_frames`
    columns : the own columns of the frames, and other names in them; None: those of the calendar that are not ours
    target : which column of the sales is forecast; None: Sales
    sum_rows : add several rows of a store and day up

    Raises
    ------
    DataError
        as in `Panel.from_frames`
    """
    target = target or Target()
    columns = columns or OwnColumns()
    sold, of_days, of_stores = (
        None if frame is None else columns.renamed(to_polars(frame, name)).drop(UNUSED, strict=False)
        for frame, name in ((sales, "sales"), (calendar, "calendar"), (stores, "stores"))
    )
    assert sold is not None
    sold = _with_target(sold, target)
    columns.need({"sales": sold, "calendar": of_days, "stores": of_stores})
    of_facts, facts = facts_of_frames(sold, of_stores, columns.facts)
    sold, of_stores = (
        None if frame is None else frame.drop(columns.facts, strict=False) for frame in (sold, of_stores)
    )
    assert sold is not None
    known = [name for name in (() if of_days is None else of_days.columns) if name not in (*s.BY_NAME, *columns.known)]
    known = [*columns.known, *known]
    own = known
    if s.DATE in sold.columns and sold.height:
        past = [sold] if of_days is None or s.DATE not in of_days.columns else [sold, _up_to_end(of_days, sold)]
        levels = {name: texts for frame in reversed(past) for name, texts in text_levels(frame, known, "days").items()}
        own = list(flags_of(known, levels))
        sold = with_flags(sold, levels)
        of_days = None if of_days is None else with_flags(of_days, levels)
    in_sales = [name for name in (*own, *columns.past) if name in sold.columns and name not in s.BY_NAME]
    in_sales = [name for name in in_sales if column_of_flag(name) in (*columns.known, *columns.past)]
    optional = (s.CUSTOMERS, STOCKOUT.name, *s.KNOWN)
    days = _typed(sold, "sales", (*s.KEYS, s.SALES), optional, in_sales, unique=not sum_rows)
    if days.is_empty():
        raise DataError(NO_SALES)
    days = checked_days(days, columns.past, sum_rows=sum_rows)
    ahead = days.clear()
    if of_days is not None:
        given = _typed(of_days, "calendar", s.KEYS, s.KNOWN, [name for name in own if name in of_days.columns])
        end = as_date(days[s.DATE].max())
        days = _with_calendar(days, given.filter(pl.col(s.DATE) <= end))
        _refuse_unlearnable(days, own, end)
        ahead = given.filter(pl.col(s.DATE) > end)
    past_only = {name: f"{s.PAST_ONLY}{name}" for name in columns.past}
    days = days.rename(past_only)
    own = [*own, *past_only.values()]
    ahead = ahead.with_columns(pl.lit(None, pl.Float64).alias(name) for name in own if name not in ahead.columns)
    if facts:
        of_facts = _typed(of_facts, "stores", (s.STORE,), (), facts)
        days, ahead = (rows.join(of_facts, on=s.STORE, how="left", maintain_order="left") for rows in (days, ahead))
        own = [*own, *facts]
    days, facts_of_stores, replaced = with_replaced_stores(days, _stores(of_stores, days))
    for name, rows in (("sales", days), ("calendar", ahead)):
        unknown = rows.join(facts_of_stores, on=s.STORE, how="anti")
        if unknown.height:
            raise DataError(
                f"{name}: found the store {quote(unknown[s.STORE][0])}, which the frame stores does not hold. Add it there, or "
                "leave the frame stores out."
            )
    learned = known_sales(days).filter((pl.col(STOCKOUT.name) != 1).fill_null(value=True))
    target.check(learned[s.SALES])
    return Frames(learned.select(*s.KEYS, *s.SALES_SCHEMA), facts_of_stores, _calendar(days, ahead, own), replaced)


def _up_to_end(calendar: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Return the days of a calendar that lie no later than the last of the sales."""
    dates, sold = (
        _column(frame[s.DATE], s.BY_NAME[s.DATE], name) for frame, name in ((calendar, "calendar"), (sales, "sales"))
    )
    return calendar.filter(dates <= as_date(sold.max()))


def _with_target(frame: pl.DataFrame, target: Target) -> pl.DataFrame:
    """Return the frame of sales with the figure that is forecast as Sales, in place of a column of that name."""
    if target.is_sales:
        return frame
    if target.name not in frame.columns:
        raise DataError(
            f"sales: the column {quote(target.name)}, which is the target, is missing; found {quote(', '.join(frame.columns))}."
            f"{hint(target.name, frame.columns)} Rename it, or add it."
        )
    return frame.drop(s.SALES, strict=False).rename({target.name: s.SALES})


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
        if column.dtype == nw.Datetime and column.dtype.time_zone is not None:
            column = column.dt.replace_time_zone(None)  # the day is that of its own zone
        plain = column.dtype.is_numeric() or column.dtype.is_temporal()
        values = column.to_list() if not plain or column.null_count() else column.to_numpy()
        columns[column.name] = pl.Series(column.name, values, strict=False)
    return pl.DataFrame(columns)


def _typed(
    frame: pl.DataFrame,
    name: str,
    required: Sequence[str],
    optional: Iterable[str],
    own: Sequence[str] = (),
    *,
    unique: bool = True,
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
            f"{hint(strange[0], known)} Own columns that are known ahead belong into the frame calendar, or are named by known; "
            "others by past, or by facts. Rename it, or drop it."
        )
    of_files = (s.SALES, STOCKOUT.name, REPLACES)
    declared = [file_column(name) if name in of_files else s.BY_NAME.get(name) or s.own_column(name) for name in known]
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
    if unique and twice.height:
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
        times = values.dt.replace_time_zone(None) if values.dtype == pl.Datetime else values
        days = times.cast(pl.Date)
        return None if times.dtype == pl.Datetime and (times != days.cast(times.dtype)).any() else days
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
    gaps = _without_gaps(days.with_columns(pl.coalesce(s.OPEN, opened).alias("opened")), own)
    filled = gaps.with_columns(pl.col("opened").alias(s.OPEN), days[s.SALES]).drop("opened")
    past = with_closed_days(filled).drop(s.SALES)
    if ahead.is_empty():
        return past
    opened_ahead = fill_open(_without_gaps(ahead, own), pl.col(s.OPEN), past)
    return pl.concat([past, opened_ahead.select(past.columns)]).sort(s.KEYS)


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


def _stores(stores: pl.DataFrame | None, sold: pl.DataFrame) -> pl.DataFrame:
    """Return the table of stores; without one, the stores of the sales, of which nothing else is known."""
    attributes = [column for column in s.COLUMNS if column.table == "stores"]
    if stores is None:
        facts = sold.select(s.STORE).unique().sort(s.STORE)
        facts = facts.with_columns(pl.lit(None, column.dtype).alias(column.name) for column in attributes)
    else:
        replaces = [REPLACES] if REPLACES in stores.columns else []
        facts = _typed(stores, "stores", (s.STORE,), [*(column.name for column in attributes), *replaces])
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
        pl.col(f"^{REPLACES}$"),
    )
