"""The latest writes to the chain, as the audit has them."""

import datetime as dt
import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.database import tables as t

OF_CHAIN = ("sales", "calendar", "stores", "sales removed", "write undone")  # actions of the audit


@dataclass(frozen=True)
class ChainWrite:
    """A write to the chain.

    Attributes
    ----------
    at, by, action : when, by whom and what, as in the audit; a key is named
    version : of the chain after it
    rows : that were added, replaced, removed or brought back
    undone : whether it took another write back, or was itself taken back
    """

    at: dt.datetime
    by: str
    action: str
    version: int
    rows: int
    undone: bool

    @property
    def can_be_undone(self) -> bool:
        """Whether it changed something that stands yet."""
        return self.rows > 0 and not self.undone


def latest_writes(conn: Connection, count: int) -> list[ChainWrite]:
    """Return the latest writes to the chain, the newest first.

    Parameters
    ----------
    conn : open connection
    count : most writes
    """
    statement = sa.select(t.audit).where(t.audit.c.action.in_(OF_CHAIN)).order_by(t.audit.c.id.desc()).limit(count)
    keys = {f"key:{row.id}": row.name for row in conn.execute(sa.select(t.keys.c.id, t.keys.c.name))}
    taken_back: set[int] = set()
    writes = []
    for row in conn.execute(statement):
        detail = json.loads(row.detail)
        if "undone" in detail:
            taken_back.add(detail["undone"])
        rows = sum(detail.get(name, 0) for name in ("inserted", "replaced", "removed", "restored"))
        undone = "undone" in detail or detail["version"] in taken_back
        writes.append(ChainWrite(row.at, keys.get(row.actor, row.actor), row.action, detail["version"], rows, undone))
    return writes
