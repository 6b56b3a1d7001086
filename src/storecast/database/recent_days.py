"""Read the newest days of a chain, and nothing of its years before."""

import datetime as dt

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import existing_chain

# Rows lie by store: so said, a span of days is a seek in each store, and no scan of all its years.
_OF_ANY_STORE = sa.select(t.stores.c.store)


def recent_sales(conn: Connection, days: int) -> pl.DataFrame:
    """Return Store, Date and Sales of the last days with sales of the chain.

    Parameters
    ----------
    conn : open connection
    days : how many
    """
    c = t.sales.c
    of_store = sa.select(sa.func.max(c.date)).where(c.store == t.stores.c.store).correlate(t.stores).scalar_subquery()
    newest = sa.select(of_store.label("newest")).select_from(t.stores).subquery()
    last = conn.execute(sa.select(sa.func.max(newest.c.newest))).scalar_one()
    if last is None:
        return pl.DataFrame(schema={s.STORE: pl.Int64, s.DATE: pl.Date, s.SALES: pl.Float64})
    since = last - dt.timedelta(days=days - 1)
    statement = sa.select(c.store, c.date, c.sales).where(c.store.in_(_OF_ANY_STORE), c.date >= since)
    rows = bulk.select(conn, statement, {s.STORE: pl.String(), s.DATE: pl.Date(), s.SALES: pl.Float64()})
    return rows.with_columns(pl.col(s.STORE).cast(existing_chain(conn).store_type))


def special_days(conn: Connection, first: dt.date, last: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return Store and Date of the closed days of some days, and of the holidays.

    Parameters
    ----------
    conn : open connection
    first, last : the first and the last day
    """
    c = t.calendar.c
    within = c.store.in_(_OF_ANY_STORE) & c.date.between(first, last)
    store = existing_chain(conn).store_type
    closed, holidays = (
        bulk.select(conn, sa.select(c.store, c.date).where(within, kind), {s.STORE: pl.String(), s.DATE: pl.Date()})
        for kind in (c.open == 0, c.state_holiday != s.NO_HOLIDAY)
    )
    return closed.with_columns(pl.col(s.STORE).cast(store)), holidays.with_columns(pl.col(s.STORE).cast(store))
