"""Rows of a Panel's tables as the database holds them, and back.

In the database stores are text, columns have names of SQL (`sql_columns.sql_name`), own columns stand as JSON in one column, and
each row carries the version at which it was written.
"""

from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import ChainInfo
from storecast.database.sql_columns import sql_names
from storecast.errors import DatabaseError, quote

OWN = "own"
STORES, SALES, CALENDAR = sql_names("stores"), sql_names("sales"), sql_names("calendar")  # name in SQL: in a Panel

Selection = tuple[list[sa.Column[Any]], dict[str, pl.DataType]]


def stores_rows(stores: pl.DataFrame, version: int) -> pl.DataFrame:
    """Return stores as the table holds them."""
    return _rows(stores, STORES, version)


def sales_rows(sales: pl.DataFrame, version: int) -> pl.DataFrame:
    """Return sales as the table holds them."""
    return _rows(sales, SALES, version)


def calendar_rows(calendar: pl.DataFrame, known: tuple[str, ...], version: int) -> pl.DataFrame:
    """Return days as the table holds them.

    Parameters
    ----------
    calendar : as in a Panel, with the own columns
    known : names of the own columns
    version : at which the rows are written
    """
    rows = _rows(calendar, CALENDAR, version)
    if not known:
        return rows
    own = calendar.select(_no_minus_zero(pl.col(name).cast(pl.Float64).fill_nan(None)).alias(name) for name in known)
    return rows.with_columns(own.select(pl.struct(known).struct.json_encode()).to_series().alias(OWN))


def stores_selection() -> Selection:
    """Return the columns to select of the stores, and their types in a frame."""
    return [t.stores.c[name] for name in STORES], _schema(STORES)


def sales_selection() -> Selection:
    """Return the columns to select of the sales, and their types in a frame."""
    return [t.sales.c[name] for name in SALES], _schema(SALES)


def calendar_selection(chain: ChainInfo) -> Selection:
    """Return the columns to select of the calendar, and their types in a frame."""
    columns, schema = [t.calendar.c[name] for name in CALENDAR], _schema(CALENDAR)
    if chain.known:
        columns, schema = [*columns, t.calendar.c.own], schema | {OWN: pl.String()}
    return columns, schema


def as_stores(rows: pl.DataFrame, chain: ChainInfo) -> pl.DataFrame:
    """Return rows of the table as a Panel's stores."""
    return _as_panel(rows, STORES, chain)


def as_sales(rows: pl.DataFrame, chain: ChainInfo) -> pl.DataFrame:
    """Return rows of the table as a Panel's sales."""
    return _as_panel(rows, SALES, chain)


def as_calendar(rows: pl.DataFrame, chain: ChainInfo) -> pl.DataFrame:
    """Return rows of the table as a Panel's calendar."""
    days = _as_panel(rows, CALENDAR, chain)
    if not chain.known:
        return days
    own = pl.Struct(dict.fromkeys(chain.known, pl.Float64()))
    return days.with_columns(pl.col(OWN).str.json_decode(own)).unnest(OWN)


def all_stores(conn: Connection, chain: ChainInfo) -> pl.DataFrame:
    """Return the chain's stores."""
    columns, schema = stores_selection()
    return as_stores(bulk.select(conn, sa.select(*columns), schema), chain)


def check_texts(stores: pl.DataFrame) -> None:
    """Refuse what PostgreSQL cannot keep.

    Raises
    ------
    DatabaseError
        where an id or an attribute holds a zero byte
    """
    for name, dtype in stores.schema.items():
        if dtype == pl.String and stores[name].str.contains("\x00", literal=True).any():
            store = stores.filter(pl.col(name).str.contains("\x00", literal=True))[s.STORE][0]
            raise DatabaseError(
                f"{name} of store {quote(store)} holds a zero byte, which no database keeps. Remove it."
            )


def _schema(names: dict[str, str]) -> dict[str, pl.DataType]:
    """Return the types in which rows are read: as in a Panel, stores as text."""
    types = {name: s.BY_NAME[column].dtype for name, column in names.items()}
    return types | {"store": pl.String()}


def _rows(frame: pl.DataFrame, names: dict[str, str], version: int) -> pl.DataFrame:
    numbers = [name for name in names.values() if s.BY_NAME[name].dtype == pl.Float64()]
    rows = frame.select(names.values()).with_columns(_no_minus_zero(pl.col(name)).alias(name) for name in numbers)
    rows = rows.with_columns(pl.col(s.STORE).cast(pl.String)).rename({column: name for name, column in names.items()})
    return rows.with_columns(pl.lit(version).alias("version"))


def _no_minus_zero(value: pl.Expr) -> pl.Expr:
    return pl.when(value == 0).then(0.0).otherwise(value)


def _as_panel(rows: pl.DataFrame, names: dict[str, str], chain: ChainInfo) -> pl.DataFrame:
    return rows.rename(names).with_columns(pl.col(s.STORE).cast(chain.store_type))
