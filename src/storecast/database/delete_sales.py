"""Remove sales that were sent by mistake."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import lock_existing_chain, next_version
from storecast.database.table_rows import as_sales, sales_selection
from storecast.database.undo import keep_overwritten
from storecast.errors import DataError


@dataclass(frozen=True)
class Removed:
    """What a removal did.

    Attributes
    ----------
    removed : rows that have gone
    version : of the chain after it; it takes the removal back
    """

    removed: int
    version: int


def delete_sales(
    conn: Connection, store: object | None = None, first: dt.date | None = None, last: dt.date | None = None
) -> Removed:
    """Remove sales; the calendar of their days stays, and `undo.undo` brings them back.

    Parameters
    ----------
    conn : from `Database.begin`
    store : whose sales go; None: those of every store
    first, last : the first and the last day; None: no bound

    Raises
    ------
    DataError
        nothing says which, or no sales of the chain would be left
    """
    chain = lock_existing_chain(conn)
    if store is None and first is None and last is None:
        raise DataError("Say which sales are to be removed: a store, a first day, a last day.")
    wanted = [t.sales.c.store == str(store)] if store is not None else []
    wanted += [t.sales.c.date >= first] if first is not None else []
    wanted += [t.sales.c.date <= last] if last is not None else []
    keys = as_sales(bulk.select(conn, sa.select(*sales_selection()[0]).where(*wanted), sales_selection()[1]), chain)
    total = conn.execute(sa.select(sa.func.count()).select_from(t.sales)).scalar_one()
    if keys.height == total:
        raise DataError("No sales of the chain would be left. Say fewer, or fill the chain again: storecast db load.")
    if keys.is_empty():
        return Removed(0, chain.version)
    version = next_version(conn, chain)
    keep_overwritten(conn, t.sales, keys.select(s.KEYS), version)
    conn.execute(sa.delete(t.sales).where(*wanted))
    conn.execute(
        sa.update(t.chain).values(replaced=version)
    )  # rows have gone: whoever follows the chain reads it whole
    return Removed(keys.height, version)
