"""Thin a database out while others use it: requests and forecasts of long ago, and forecasts that newer ones took the place of."""

import datetime as dt

import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.chain_info import read_info
from storecast.database.connect import Database
from storecast.database.request_log import audit
from storecast.database.undo import prune_overwritten

BATCH = 20_000  # requests a transaction: nobody waits long for the next


def prune(db: Database, *, forecasts: dt.timedelta, requests: dt.timedelta) -> dict[str, int]:
    """Delete what nobody looks at any more; return how many requests, superseded and old forecasts and overwritten rows that was.

    A forecast is superseded where the same model made another at the same cutoff, of a later version of the chain: replies and
    scores take that one. Chain, keys and audit stay. Each transaction is small; one that is cut off leaves the rest for the next.

    Parameters
    ----------
    forecasts : those whose cutoff is longer before the last day with sales go
    requests : those that were answered longer ago go, and rows that were overwritten longer ago
    """
    f = t.forecasts
    newer = f.alias()
    taken_over = sa.exists().where(
        newer.c.model == f.c.model, newer.c.cutoff == f.c.cutoff, newer.c.version > f.c.version
    )
    with db.reading() as conn:
        superseded = list(conn.execute(sa.select(f.c.id).where(taken_over)).scalars())
        last = conn.execute(sa.select(sa.func.max(t.sales.c.date))).scalar_one()
        past = sa.false() if last is None else f.c.cutoff < last - forecasts
        old = list(conn.execute(sa.select(f.c.id).where(past, ~taken_over)).scalars())
    for number in (*superseded, *old):
        with db.begin() as conn:
            conn.execute(sa.delete(f).where(f.c.id == number))
    moment = dt.datetime.now(dt.UTC) - requests
    with db.begin() as conn:
        overwritten = prune_overwritten(conn, moment) if read_info(conn).replaced else 0
    gone = {
        "requests": _requests(db, moment),
        "superseded": len(superseded),
        "old": len(old),
        "overwritten": overwritten,
    }
    with db.begin() as conn:
        audit(conn, "command line", "pruned", gone)
    return gone


def _requests(db: Database, before: dt.datetime) -> int:
    some = sa.select(t.requests.c.id).where(t.requests.c.at < before).order_by(t.requests.c.id).limit(BATCH)
    gone, count = 0, BATCH
    while count == BATCH:
        with db.begin() as conn:
            count = conn.execute(sa.delete(t.requests).where(t.requests.c.id.in_(some))).rowcount
        gone += count
    return gone
