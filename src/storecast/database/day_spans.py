"""Read the days of a span: few rows of a chain that may have years of them."""

import datetime as dt

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import existing_chain
from storecast.database.table_rows import as_calendar, as_sales, calendar_selection, sales_selection

# Rows lie by store: so said, a span of days is a seek in each store, and no scan of all its years.
_STORES = sa.select(t.stores.c.store)


def sales_between(conn: Connection, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Return the sales of some days, as in a Panel, in no order.

    Parameters
    ----------
    conn : open connection
    first, last : the first and the last day
    """
    columns, schema = sales_selection()
    wanted = t.sales.c.store.in_(_STORES), t.sales.c.date.between(first, last)
    return as_sales(bulk.select(conn, sa.select(*columns).where(*wanted), schema), existing_chain(conn))


def calendar_between(conn: Connection, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Return the calendar of some days as it was given, as in a Panel, in no order.

    Parameters
    ----------
    conn : open connection
    first, last : the first and the last day
    """
    chain = existing_chain(conn)
    columns, schema = calendar_selection(chain)
    wanted = t.calendar.c.store.in_(_STORES), t.calendar.c.date.between(first, last)
    return as_calendar(bulk.select(conn, sa.select(*columns).where(*wanted), schema), chain)
