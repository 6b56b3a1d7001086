"""Keep comments on the plan: on a version, on a store, or on some of its days. They stay as they were written."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import tables as t
from storecast.database.chain_info import lock_existing_chain
from storecast.database.plan_versions import read_figures, read_version
from storecast.errors import DataError
from storecast.plan.versions import MAX_NOTE

_SCHEMA: dict[str, pl.DataType] = {
    "Comment": pl.Int64(),
    "Version": pl.Int64(),
    "Store": pl.String(),
    "Start": pl.Date(),
    "End": pl.Date(),
    "Text": pl.String(),
    "By": pl.String(),
    "At": pl.Datetime("us", "UTC"),
}
_COLUMNS = ("id", "plan", "store", "first", "last", "text", "by", "at")


@dataclass(frozen=True)
class Commented:
    """A comment that was written.

    Attributes
    ----------
    comment : its number
    version : of the plan
    """

    comment: int
    version: int


def add_comment(
    conn: Connection,
    text: str,
    *,
    by: str,
    version: int | None = None,
    store: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> Commented:
    """Write a comment on a version of the plan.

    Parameters
    ----------
    conn : from `Database.begin`
    text : what is said
    by : who says it
    version : the number of the version; None: the newest
    store : on which store; None: on the version as a whole
    first, last : on which days of the store; None: on all. Without the last, on the first alone

    Raises
    ------
    MissingError
        where there is no such version
    DataError
        where the text is empty or too long, or the version has no such store and days
    """
    lock_existing_chain(conn)
    wanted = read_version(conn, version)
    if not text.strip() or len(text) > MAX_NOTE or "\x00" in text:
        raise DataError(f"A comment is a text of 1 to {MAX_NOTE} characters.")
    if store is None and first is not None:
        raise DataError("A comment on days needs the store.")
    if store is not None:
        _check_store(conn, wanted.version, store)
    last = first if last is None else last
    if last is not None and (first is None or not wanted.first <= first <= last <= wanted.last):
        raise DataError(
            f"Expected days of version {wanted.version}, from {wanted.first} to {wanted.last}, the first before the last."
        )
    values = {
        "plan": wanted.version,
        "store": store,
        "first": first,
        "last": last,
        "text": text,
        "by": by,
        "at": dt.datetime.now(dt.UTC),
    }
    number = conn.execute(sa.insert(t.plan_comments).values(values).returning(t.plan_comments.c.id)).scalar_one()
    return Commented(int(number), wanted.version)


def read_comments(conn: Connection, version: int | None = None, store: str | None = None) -> pl.DataFrame:
    """Return comments, newest first: Comment (its number), Version, Store, Start, End, Text, By, At.

    Parameters
    ----------
    conn : open connection
    version : on which version; None: on all
    store : on which store; None: on all, and on versions as a whole

    Raises
    ------
    MissingError
        where there is no such version
    """
    c = t.plan_comments.c
    statement = sa.select(*(c[name] for name in _COLUMNS)).order_by(c.id.desc())
    if version is not None:
        read_version(conn, version)
        statement = statement.where(c.plan == version)
    if store is not None:
        statement = statement.where(c.store == store)
    rows = conn.execute(statement).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=_SCHEMA, orient="row")


def _check_store(conn: Connection, version: int, store: str) -> None:
    figures = read_figures(conn, version)
    assert figures is not None
    if store not in figures.stores.cast(pl.String).to_list():
        raise DataError(f"Version {version} has no such {s.STORE.lower()}; it has {len(figures.stores)}.")
