"""Take a write back: what it replaced stands again, what it added goes, and what others wrote since is never lost.

Each write has a version of the chain. A row carries the version that wrote it; the row that stood before is kept in the table
``overwritten``. So a row of a version that has nothing there was new, and goes; one that has stands again as it was.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Table

from storecast.database import tables as t
from storecast.database.chain_info import lock_existing_chain
from storecast.errors import ConflictError, DataError, Message

CHAIN_TABLES = {"stores": t.stores, "calendar": t.calendar, "sales": t.sales}  # in the order of their references
WHOLE = "chain"  # stored: the chain was filled whole, and no write up to this version can be taken back
BATCH = 500  # rows a statement

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Undone:
    """What taking a write back did.

    Attributes
    ----------
    removed : rows that the write had added
    restored : rows that stand again as they were before it
    version : of the chain after it
    """

    removed: int
    restored: int
    version: int


def keep_overwritten(conn: Connection, table: Table, keys: pl.DataFrame, version: int) -> None:
    """Keep rows as they stand, before a write takes their place or removes them.

    Parameters
    ----------
    conn : in the transaction of the write
    table : sales, calendar or stores
    keys : of the rows: Store and Date; of stores, Store
    version : of the write
    """
    now = dt.datetime.now(dt.UTC)
    names = keys.select(pl.first().cast(pl.String), pl.exclude(keys.columns[0])).rows()
    for batch in _batches(names):
        rows = conn.execute(sa.select(table).where(sa.tuple_(*table.primary_key).in_(batch))).mappings()
        overwritten_rows = [
            {"version": version, "stored": table.name, "was": row["version"], "at": now, "row": _as_text(row)}
            for row in rows
        ]
        if overwritten_rows:
            conn.execute(sa.insert(t.overwritten), overwritten_rows)


def forget_overwritten(conn: Connection, version: int) -> None:
    """Note that the chain was filled whole at a version: no write up to it can be taken back."""
    conn.execute(sa.delete(t.overwritten))
    values = {"version": version, "stored": WHOLE, "was": 0, "at": dt.datetime.now(dt.UTC), "row": "{}"}
    conn.execute(sa.insert(t.overwritten).values(values))


def prune_overwritten(conn: Connection, before: dt.datetime) -> int:
    """Delete what was overwritten before a moment; return how many rows. Writes up to then cannot be taken back any more."""
    lock_existing_chain(conn)
    o = t.overwritten
    last = conn.execute(sa.select(sa.func.max(o.c.version)).where(o.c.at < before, o.c.stored != WHOLE)).scalar()
    if last is None:
        return 0
    gone = conn.execute(sa.delete(o).where(o.c.version <= last, o.c.stored != WHOLE)).rowcount
    conn.execute(sa.update(o).where(o.c.stored == WHOLE, o.c.version < last).values(version=last))
    return gone


def undo(conn: Connection, version: int) -> Undone:
    """Take the write of a version back.

    Parameters
    ----------
    conn : from `Database.begin`
    version : of the write, as its reply named it

    Raises
    ------
    DataError
        no write of that version can be taken back: there was none, it is taken back already, or the chain was filled since
    ConflictError
        a later write rests on it; that one is to be taken back first
    """
    chain = lock_existing_chain(conn)
    filled = conn.execute(
        sa.select(sa.func.max(t.overwritten.c.version)).where(t.overwritten.c.stored == WHOLE)
    ).scalar()
    if filled is not None and version <= filled:
        raise DataError(
            "Version {version} cannot be taken back: the chain was filled whole at version {filled}, or what was overwritten up to "
            "then is pruned. Fill it again from the files: storecast db load.",
            version=version,
            filled=filled,
        )
    overwritten_rows = _overwritten_by(conn, version)
    added = {
        name: _rows_of(conn, table, version) - overwritten_rows[name].keys() for name, table in CHAIN_TABLES.items()
    }
    removed, restored = (sum(len(part[name]) for name in CHAIN_TABLES) for part in (added, overwritten_rows))
    _refuse_later_writes(conn, version, overwritten_rows, added)
    if not removed + restored:
        raise DataError(
            "Version {version} is no write that can be taken back: none had this version, or it was taken back already. The chain "
            "is at version {current}.",
            version=version,
            current=chain.version,
        )
    for name, table in reversed(CHAIN_TABLES.items()):
        _delete(conn, table, added[name])
    for name, table in CHAIN_TABLES.items():
        if name == "sales":  # some may have been removed
            _delete(conn, table, overwritten_rows[name])
            _insert(conn, table, overwritten_rows[name].values())
        else:
            _update(conn, table, overwritten_rows[name])
    conn.execute(sa.delete(t.overwritten).where(t.overwritten.c.version == version))
    after = chain.version + 1
    # Rows have gone, and others have their older version: whoever follows the chain reads it whole.
    conn.execute(sa.update(t.chain).values(version=after, replaced=after, fingerprint=None))
    return Undone(removed, restored, after)


def _refuse_later_writes(
    conn: Connection, version: int, overwritten_rows: dict[str, dict[Key, Any]], added: dict[str, set[Key]]
) -> None:
    later = sa.select(sa.func.max(t.overwritten.c.version)).where(t.overwritten.c.was == version)
    since = conn.execute(later.where(t.overwritten.c.version > version)).scalar()
    rest_on = (("calendar", t.sales), ("stores", t.calendar))
    for name, table in rest_on:
        since = since or _version_that_rests_on(conn, added[name], table, version)
    since = since or _version_that_rests_on(conn, set(overwritten_rows["sales"]), t.sales, version)
    if since is not None:
        message = Message(
            "Version {version} cannot be taken back: version {since} wrote to the same rows later, or rests on them. Take version "
            "{since} back first.",
            version=version,
            since=since,
        )
        raise ConflictError(message, public=message)


def _version_that_rests_on(conn: Connection, keys: set[Key], table: Table, version: int) -> int | None:
    """Return a later version of rows with these keys in a table, or with these stores; None where there is none."""
    for batch in _batches(list(keys)):
        columns = list(table.primary_key)[: len(batch[0])]
        statement = sa.select(sa.func.max(table.c.version)).where(sa.tuple_(*columns).in_(batch))
        later = conn.execute(statement.where(table.c.version != version)).scalar()
        if later is not None:
            return int(later)
    return None


def _overwritten_by(conn: Connection, version: int) -> dict[str, dict[Key, dict[str, Any]]]:
    """Return the rows that a write took the place of, by table and key."""
    overwritten_rows: dict[str, dict[Key, dict[str, Any]]] = {name: {} for name in CHAIN_TABLES}
    for name, text in conn.execute(
        sa.select(t.overwritten.c.stored, t.overwritten.c.row).where(t.overwritten.c.version == version)
    ):
        table, row = CHAIN_TABLES[name], json.loads(text)
        for column in table.c:
            if isinstance(column.type, sa.Date) and row[column.name] is not None:
                row[column.name] = dt.date.fromisoformat(row[column.name])
        overwritten_rows[name][tuple(row[column.name] for column in table.primary_key)] = row
    return overwritten_rows


def _batches(keys: list[Key]) -> Iterable[list[Key]]:
    return (keys[begin : begin + BATCH] for begin in range(0, len(keys), BATCH))


def _as_text(row: Any) -> str:
    return json.dumps({name: str(value) if isinstance(value, dt.date) else value for name, value in row.items()})


def _rows_of(conn: Connection, table: Table, version: int) -> set[Key]:
    return {tuple(row) for row in conn.execute(sa.select(*table.primary_key).where(table.c.version == version))}


def _delete(conn: Connection, table: Table, keys: Iterable[Key]) -> None:
    where, values = _by_key(table, keys)
    if values:
        conn.execute(sa.delete(table).where(*where), values)


def _insert(conn: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    values: Sequence[dict[str, Any]] = list(rows)
    if values:
        conn.execute(sa.insert(table), values)


def _update(conn: Connection, table: Table, rows: dict[Key, dict[str, Any]]) -> None:
    where, keys = _by_key(table, rows)
    if keys:
        others: dict[str, Any] = {
            column.name: sa.bindparam(column.name) for column in table.c if not column.primary_key
        }
        values = [{**row, **key} for row, key in zip(rows.values(), keys, strict=True)]
        conn.execute(sa.update(table).where(*where).values(others), values)


def _by_key(table: Table, keys: Iterable[Key]) -> tuple[list[sa.ColumnElement[bool]], list[dict[str, Any]]]:
    """Return what finds a row by its key, and the parameters of each key."""
    columns = list(table.primary_key)
    names = [f"key_{column.name}" for column in columns]  # a column's own name is the value that is set
    where = [column == sa.bindparam(name) for column, name in zip(columns, names, strict=True)]
    return where, [dict(zip(names, key, strict=True)) for key in keys]
