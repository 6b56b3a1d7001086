"""What holds for the chain as a whole: its version, the type of its store ids, its own columns. One row, which writers lock."""

import json
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.errors import DatabaseError

TEXT, NUMBER = "text", "number"  # what store ids are


@dataclass(frozen=True)
class ChainInfo:
    """What holds for a chain as a whole.

    Attributes
    ----------
    version : counted up by every write
    replaced : the version at which the chain was last replaced whole; 0 where there is none yet
    generated : whether the chain is a generated one
    store_ids : TEXT or NUMBER
    known : the chain's own known-ahead columns
    fingerprint : of the Panel that was written whole; None once rows were changed
    """

    version: int
    replaced: int
    generated: bool
    store_ids: str
    known: tuple[str, ...]
    fingerprint: str | None

    @property
    def store_type(self) -> pl.DataType:
        """The type of Store in frames."""
        return pl.String() if self.store_ids == TEXT else pl.Int64()


def version(db: Database) -> int:
    """Return the version of the chain; 0 where there is none. A server asks for it every second."""
    with db.reading() as conn:
        return int(conn.execute(sa.select(t.chain.c.version)).scalar_one())


def read_info(conn: Connection) -> ChainInfo:
    """Return what holds for the chain; ``replaced`` is 0 where there is none yet."""
    return _info(conn, sa.select(t.chain))


def existing_chain(conn: Connection) -> ChainInfo:
    """Return what holds for the chain.

    Raises
    ------
    DatabaseError
        where the database holds none yet
    """
    return _existing(read_info(conn))


def lock_chain(conn: Connection) -> ChainInfo:
    """Wait for other writers, and keep them waiting until this transaction ends; return what holds for the chain."""
    return _info(conn, sa.select(t.chain).with_for_update())


def lock_existing_chain(conn: Connection) -> ChainInfo:
    """Lock the chain as `lock_chain` does.

    Raises
    ------
    DatabaseError
        where the database holds no chain yet
    """
    return _existing(lock_chain(conn))


def next_version(conn: Connection, chain: ChainInfo) -> int:
    """Count the version of the chain up, for a write, and return it."""
    version = chain.version + 1
    conn.execute(sa.update(t.chain).values(version=version, fingerprint=None))
    return version


def _info(conn: Connection, statement: sa.Executable) -> ChainInfo:
    row = conn.execute(statement).mappings().one()
    return ChainInfo(
        version=row["version"],
        replaced=row["replaced"],
        generated=bool(row["generated"]),
        store_ids=row["store_ids"],
        known=tuple(json.loads(row["known"])),
        fingerprint=row["fingerprint"],
    )


def _existing(info: ChainInfo) -> ChainInfo:
    if not info.replaced:
        raise DatabaseError(
            "The database holds no chain yet. Fill it with `storecast db load --data DIR`, or by `storecast run --data DIR`."
        )
    return info
