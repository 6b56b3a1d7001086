"""Write new sales, days ahead and stores.

A row that is stored already with the same values is counted and changes nothing, so that the same write can be sent again. With
other values it is refused, unless it is to be replaced. A null leaves the stored value, and a stored null is a gap to fill.
Writers follow one another (see `chain_info.lock_chain`), so the rows compared here are the rows that are replaced.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.data.cleaning_rules import Repair
from storecast.data.file_columns import file_column
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import ChainInfo, lock_existing_chain, next_version
from storecast.database.table_rows import (
    all_stores,
    as_calendar,
    as_sales,
    calendar_rows,
    calendar_selection,
    check_texts,
    sales_rows,
    sales_selection,
    stores_rows,
)
from storecast.database.undo import keep_overwritten
from storecast.database.unknown_sales import (
    refuse_sales_that_stand,
    repairs_of_unknown,
    row_name,
    without_negative_sales,
    without_stockouts,
)
from storecast.errors import ConflictError, DataError, quote

STORE_COLUMNS = tuple(column for column in s.COLUMNS if column.table == "stores")
SOLD = (s.SALES, s.CUSTOMERS)
_STORED = " stored"
MAX_DAYS_AHEAD = 550  # of the calendar: a year and a half
MAX_DAYS_SKIPPED = 31  # without sales of any store, before a day counts as a mistyped one


@dataclass(frozen=True)
class Written:
    """What a write did.

    Attributes
    ----------
    inserted : rows that were new
    same : rows that were stored already with these values
    replaced : rows that were stored with other values: corrected, or a gap filled
    version : of the chain after it
    unknown : of these, rows of sales of which the calendar alone was taken: goods had run out, or returns left less than nothing
    dropped : rows of totals at the end of a CSV, which are in none of these
    summed : rows of a CSV that were added to another of their store and day first, and are in none of these
    """

    inserted: int
    same: int
    replaced: int
    version: int
    unknown: int = 0
    dropped: int = 0
    summed: int = 0


def add_sales(
    conn: Connection, frame: pl.DataFrame, *, replace: bool = False, repairs: list[Repair] | None = None
) -> Written:
    """Add sales of stores and days.

    Parameters
    ----------
    conn : from `Database.begin`
    frame : Store, Date, Sales, and what is known of Customers, Open, Promo, StateHoliday, SchoolHoliday and own columns. A day that
        the calendar does not hold yet needs all four of the calendar. Of a day on which Stockout is 1, or on which a store was open
        and returns left its sales below zero, the calendar alone is taken, as in files: nobody knows what could be sold.
    replace : put the values in the place of others that stand
    repairs : takes what was done with such days

    Raises
    ------
    DataError
        a row that cannot be
    ConflictError
        a row that stands already with other values, and is not to be replaced
    """
    chain = lock_existing_chain(conn)
    frame, out_of_stock = without_stockouts(frame)
    incoming = _check_days(conn, chain, frame, SOLD)
    _refuse(incoming, pl.col(s.SALES).is_null(), s.SALES, "no value", "a number")
    incoming, below_zero = without_negative_sales(incoming)
    # A mistyped year would move the cutoff of the whole chain. A day more: east of Greenwich it is tomorrow already.
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    _refuse(incoming, pl.col(s.DATE) > tomorrow, s.DATE, None, f"a day that has come, {tomorrow} (UTC) at the latest")
    _refuse_days_far_away(conn, incoming)
    keys = _keys(incoming)
    stored = as_sales(bulk.matching(conn, t.sales, keys, *sales_selection()), chain)
    days, new_days, changed_days = _days(conn, chain, incoming, keys)
    opened = incoming.join(
        days.select(*s.KEYS, pl.col(s.OPEN).alias("opened")), on=s.KEYS, how="left", maintain_order="left"
    )
    shut = (pl.col("opened") == 0) & (pl.col(s.SALES) > 0)
    _refuse(opened, shut, s.SALES, None, "0 on a closed day; say Open 1 where it was open")
    out_of_stock = out_of_stock.cast({s.STORE: chain.store_type})
    returned = opened.join(below_zero, on=s.KEYS, how="semi")
    unknown = pl.concat([out_of_stock, returned.filter(pl.col("opened") == 1).select(s.KEYS)]).unique()
    refuse_sales_that_stand(stored, unknown)
    if repairs is not None:
        repairs += repairs_of_unknown(out_of_stock, returned)
    rows = _merge(incoming.join(unknown, on=s.KEYS, how="anti", maintain_order="left"), stored, SOLD)
    new, other = rows.filter("new"), rows.filter("changed")
    # What was planned for a day gives way to what came; a day whose sales stand is another matter.
    mended = changed_days.join(stored, on=s.KEYS, how="semi")
    if not replace:
        _conflict(other.filter("contradicts"), SOLD)
        _conflict(mended.filter("contradicts"), [*s.KNOWN, *chain.known])
    replaced = pl.concat([other.select(s.KEYS), mended.select(s.KEYS)]).unique().height
    if all(rows.is_empty() for rows in (new_days, changed_days, new, other)):
        return Written(0, incoming.height, 0, chain.version, unknown.height)
    version = next_version(conn, chain)
    keep_overwritten(conn, t.calendar, changed_days.select(s.KEYS), version)
    keep_overwritten(conn, t.sales, other.select(s.KEYS), version)
    _write_days(conn, chain, pl.concat([new_days, changed_days]), version)
    bulk.insert(conn, t.sales, sales_rows(pl.concat([new, other]), version), replace=True)
    inserted = new.height + new_days.join(unknown, on=s.KEYS, how="semi").height
    return Written(inserted, incoming.height - inserted - replaced, replaced, version, unknown.height)


def add_calendar(conn: Connection, frame: pl.DataFrame) -> Written:
    """Write days of the calendar: those ahead, which have no sales yet.

    Parameters
    ----------
    conn : from `Database.begin`
    frame : Store, Date and some of Open, Promo, StateHoliday, SchoolHoliday and own columns; a day that the calendar does not hold
        yet needs all four. Assumed marks days that somebody worked out; without it they count as given.

    Raises
    ------
    DataError
        a row that cannot be, or whose sales stand already
    """
    chain = lock_existing_chain(conn)
    incoming = _check_days(conn, chain, frame, ())
    first, end = _span_of_sales(conn)
    if first is not None and end is not None:
        last = end + dt.timedelta(days=MAX_DAYS_AHEAD)
        outside = (pl.col(s.DATE) < first) | (pl.col(s.DATE) > last)
        _refuse(incoming, outside, s.DATE, None, f"a day from {first}, the first of the sales, to {last}")
    keys = _keys(incoming)
    sold = as_sales(bulk.matching(conn, t.sales, keys, *sales_selection()), chain)
    if sold.height:
        raise DataError(
            f"{row_name(sold.row(0, named=True))} has sales already ({sold.height} rows), and is no day ahead. "
            "To mend a past day, send its sales again, to be replaced."
        )
    _, new, changed = _days(conn, chain, incoming, keys)
    if new.is_empty() and changed.is_empty():
        return Written(0, incoming.height, 0, chain.version)
    version = next_version(conn, chain)
    keep_overwritten(conn, t.calendar, changed.select(s.KEYS), version)
    _write_days(conn, chain, pl.concat([new, changed]), version)
    return Written(new.height, incoming.height - new.height - changed.height, changed.height, version)


def add_stores(conn: Connection, frame: pl.DataFrame, *, replace: bool = False) -> Written:
    """Add stores.

    Parameters
    ----------
    frame : Store and some of the columns of `schema.STORES_SCHEMA`

    Raises
    ------
    ConflictError
        a store that stands already with other attributes, and is not to be replaced
    """
    chain = lock_existing_chain(conn)
    incoming = _cast(chain, frame, STORE_COLUMNS)
    check_texts(incoming)
    _refuse_double_keys(incoming, (s.STORE,))
    incoming = _refuse_invalid(incoming, STORE_COLUMNS)
    stored = all_stores(conn, chain)
    names = list(s.STORES_SCHEMA)
    rows = _merge(incoming, stored, names, keys=(s.STORE,))
    rows = rows.with_columns(
        pl.col(column.name).fill_null(column.default) for column in STORE_COLUMNS if column.default is not None
    )
    new, changed = rows.filter("new"), rows.filter("changed")
    if not replace:
        _conflict(changed.filter("contradicts"), names)
    if new.is_empty() and changed.is_empty():
        return Written(0, incoming.height, 0, chain.version)
    version = next_version(conn, chain)
    keep_overwritten(conn, t.stores, changed.select(s.STORE), version)
    bulk.insert(conn, t.stores, stores_rows(pl.concat([new, changed]), version), replace=True)
    return Written(new.height, incoming.height - new.height - changed.height, changed.height, version)


def _days(
    conn: Connection, chain: ChainInfo, incoming: pl.DataFrame, keys: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the calendar of the incoming days as it is to be stored; its new rows; and its rows that change."""
    stored = as_calendar(bulk.matching(conn, t.calendar, keys, *calendar_selection(chain)), chain)
    names = [*s.KNOWN, s.ASSUMED, *chain.known]
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in s.KNOWN)
    # Who gives all four gives the day; who gives one of them leaves the rest as assumed as it was.
    assumed = pl.coalesce(s.ASSUMED, pl.when(whole).then(pl.lit(value=False)))
    rows = _merge(incoming.with_columns(assumed.alias(s.ASSUMED)), stored, names)
    for name in s.KNOWN:
        _refuse(rows, pl.col(name).is_null(), name, "no value", "a value: the calendar does not hold this day yet")
    return rows.select(stored.columns), rows.filter("new"), rows.filter("changed")


def _span_of_sales(conn: Connection) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day of the chain's sales: each store's by its key, since a look at every row takes long."""
    ends = [
        sa.select(t.sales.c.date).where(t.sales.c.store == t.stores.c.store).order_by(order).limit(1).scalar_subquery()
        for order in (t.sales.c.date.asc(), t.sales.c.date.desc())
    ]
    by_store = sa.select(ends[0].label("first"), ends[1].label("last")).select_from(t.stores).subquery()
    first, end = conn.execute(sa.select(sa.func.min(by_store.c.first), sa.func.max(by_store.c.last))).one()
    return first, end


def _refuse_days_far_away(conn: Connection, incoming: pl.DataFrame) -> None:
    """Refuse sales that a mistyped date has put before the chain's first day or far beyond its last."""
    first, end = _span_of_sales(conn)
    if first is None or end is None:
        return
    before = pl.col(s.DATE) < first
    _refuse(
        incoming, before, s.DATE, None, f"a day from {first} on, the first of the chain; older sales come from files"
    )
    days = incoming.filter(pl.col(s.DATE) > end)[s.DATE].unique().sort()
    previous = days.shift(1, fill_value=end)
    far = (days - previous).dt.total_days() > MAX_DAYS_SKIPPED
    if far.any():
        place = far.arg_max() or 0
        limit = previous[place] + dt.timedelta(days=MAX_DAYS_SKIPPED)
        expected = (
            f"a day up to {limit}: the last with sales before it is {previous[place]}; send the days between first"
        )
        _refuse(incoming, pl.col(s.DATE) >= days[place], s.DATE, None, expected)


def _write_days(conn: Connection, chain: ChainInfo, days: pl.DataFrame, version: int) -> None:
    bulk.insert(conn, t.calendar, calendar_rows(days, chain.known, version), replace=True)


def _merge(
    incoming: pl.DataFrame, stored: pl.DataFrame, names: Sequence[str], keys: Sequence[str] = s.KEYS
) -> pl.DataFrame:
    """Return rows as they are to be stored, beside what is stored, as ``… stored``.

    ``new``: nothing is stored. ``changed``: something else is stored. ``contradicts``: another value is, and no mere gap or guess.
    """
    marked = stored.select(*keys, *names, pl.lit(value=True).alias("is_stored"))
    joined = incoming.select(*keys, *names).join(marked, on=keys, how="left", suffix=_STORED, maintain_order="left")
    rows = joined.with_columns(pl.coalesce(name, name + _STORED).alias(name) for name in names)
    other = {name: pl.col(name).ne_missing(pl.col(name + _STORED)) for name in names}
    values = [name for name in names if name != s.ASSUMED]
    contradicts = pl.any_horizontal(other[name] & pl.col(name + _STORED).is_not_null() for name in values)
    stands = pl.col("is_stored").is_not_null()
    changed = stands & pl.any_horizontal(other.values())
    return rows.with_columns((~stands).alias("new"), changed.alias("changed"), contradicts.alias("contradicts"))


def _check_days(conn: Connection, chain: ChainInfo, frame: pl.DataFrame, more: tuple[str, ...]) -> pl.DataFrame:
    """Return the rows in their types, with every column that may be sent, and refuse what cannot be."""
    columns = [file_column(name) for name in (s.DATE, *more, *s.KNOWN, s.ASSUMED)]
    columns += [s.own_column(name) for name in chain.known]
    incoming = _cast(chain, frame, columns)
    _refuse_double_keys(incoming, s.KEYS)
    _refuse(incoming, pl.col(s.DATE).is_null(), s.DATE, "no value", s.BY_NAME[s.DATE].expected)
    incoming = _refuse_invalid(incoming, columns)
    strange = incoming.join(all_stores(conn, chain), on=s.STORE, how="anti")
    _refuse(strange, pl.lit(value=True), s.STORE, None, "a store of the chain; add it first")
    return incoming


def _cast(chain: ChainInfo, frame: pl.DataFrame, columns: Sequence[s.Column]) -> pl.DataFrame:
    """Return Store and every column, null where it was not given; whole numbers as Int64, whatever their size."""
    types = {s.STORE: chain.store_type} | {column.name: column.dtype for column in columns}
    typed: list[pl.Expr] = []
    for name, dtype in types.items():
        wide = pl.Int64() if dtype.is_integer() else dtype
        if name not in frame.columns:
            if name in (*s.KEYS, s.SALES):
                raise DataError(f"The column {name} is missing. Found {quote(', '.join(frame.columns))}.")
            typed.append(pl.lit(None, wide).alias(name))
            continue
        given = frame.schema[name]
        fits = given.is_integer() if dtype.is_integer() else given.is_numeric() and dtype.is_float()
        if not (given in (dtype, pl.Null) or fits):
            raise DataError(f"The column {name} holds {given} values; expected {dtype}.")
        typed.append(pl.col(name).cast(wide))
    return frame.select(typed)


def _refuse_invalid(incoming: pl.DataFrame, columns: Sequence[s.Column]) -> pl.DataFrame:
    """Return the rows in the types of a Panel, and refuse the first value that its column does not allow."""
    for column in columns:
        if column.dtype != pl.Boolean():
            _refuse(incoming, column.invalid(), column.name, None, column.expected)
    return incoming.cast({column.name: column.dtype for column in columns})


def _keys(incoming: pl.DataFrame) -> pl.DataFrame:
    return incoming.select(pl.col(s.STORE).cast(pl.String).alias("store"), pl.col(s.DATE).alias("date"))


def _refuse_double_keys(incoming: pl.DataFrame, keys: Sequence[str]) -> None:
    twice = incoming.filter(pl.struct(keys).is_duplicated())
    if twice.height:
        raise DataError(f"{row_name(twice.row(0, named=True))} stands twice; expected one row. Remove the other.")


def _refuse(rows: pl.DataFrame, wrong: pl.Expr, column: str, what: str | None, expected: str) -> None:
    bad = rows.filter(wrong)
    if bad.height:
        row = bad.row(0, named=True)
        more = f" ({bad.height} rows in all)" if bad.height > 1 else ""
        what = quote(row[column]) if what is None else what
        raise DataError(f"{row_name(row)}, {column}: found {what}; expected {expected}{more}.")


def _conflict(rows: pl.DataFrame, names: Sequence[str]) -> None:
    if rows.is_empty():
        return
    row = rows.row(0, named=True)
    name = next(name for name in names if row[name] != row[name + _STORED] is not None)
    remedy = "Ask for it to be replaced where that is meant."
    raise ConflictError(
        f"{row_name(row)} stands already with {name} {quote(row[name + _STORED])}; found {quote(row[name])} "
        f"({rows.height} rows in all). {remedy}",
        public=f"{row_name(row)} stands already with other values ({name}). {remedy}",
        column=name,
    )
