"""What was asked, what was written, and what was answered to a write.

Requests are recorded in bulk by a writer in the background, and the last second of them may be lost. Audit and remembered replies
belong to the write that they tell of: they stand with it or not at all.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.errors import ConflictError

REMEMBERED = dt.timedelta(hours=24)


@dataclass(frozen=True)
class AnsweredRequest:
    """A request that was answered."""

    at: dt.datetime  # with its time zone
    request: str  # its id, as in the log
    key: int | None  # None without a key
    method: str
    route: str  # as documented, such as /v1/stores/{store}; never what a client wrote
    status: int
    rows: int | None  # of the reply
    milliseconds: float
    model: str | None


@dataclass(frozen=True)
class StoredReply:
    """What was answered to a write."""

    status: int
    media_type: str
    body: bytes


def record_requests(db: Database, rows: Sequence[AnsweredRequest]) -> None:
    """Record requests."""
    if rows:
        with db.begin() as conn:
            conn.execute(sa.insert(t.requests), [vars(row) for row in rows])


def audit(conn: Connection, actor: str, action: str, detail: Mapping[str, Any]) -> None:
    """Note who writes what, in the transaction of the write.

    Parameters
    ----------
    conn : open connection
    actor : who did it
    action : what was done
    detail : with what
    """
    values = {"at": _now(), "actor": actor, "action": action, "detail": json.dumps(detail)}
    conn.execute(sa.insert(t.audit).values(values))


def audit_lines(db: Database, since: dt.datetime | None = None) -> Iterator[dict[str, Any]]:
    """Yield who wrote what and when, the oldest first, as plain data; whatever else is written meanwhile is not among it.

    Parameters
    ----------
    db : the database
    since : the first moment, with its time zone; None: all
    """
    query = sa.select(t.audit).order_by(t.audit.c.id)
    with db.reading() as conn:
        for row in conn.execute(query if since is None else query.where(t.audit.c.at >= since)).yield_per(1000):
            yield {
                "id": row.id,
                "at": row.at.isoformat(timespec="milliseconds"),
                "actor": row.actor,
                "action": row.action,
                "detail": json.loads(row.detail),
            }


def idempotent(conn: Connection, key_id: int, idempotency_key: str, digest: str) -> StoredReply | None:
    """Return what was answered to this write; None where it is to be done now, and `remember` to be called after.

    Of writes that come at once, one goes on; the others wait here until it has ended, and are told what it answered.

    Parameters
    ----------
    key_id : of the key that asks; 0 without keys
    digest : of the request's route and body

    Raises
    ------
    ConflictError
        where another request came under the same name
    """
    same = (t.idempotency.c.key == key_id) & (t.idempotency.c.name == idempotency_key)
    conn.execute(sa.delete(t.idempotency).where(same, t.idempotency.c.at < _now() - REMEMBERED))
    values = {"key": key_id, "name": idempotency_key, "digest": digest, "at": _now()}
    insert = bulk.insert_into(conn, t.idempotency).values(values).on_conflict_do_nothing()
    if conn.execute(insert.returning(t.idempotency.c.key)).one_or_none() is not None:
        return None
    row = conn.execute(sa.select(t.idempotency).where(same)).one()
    if row.digest != digest:
        message = (
            "This Idempotency-Key was used for another request in the last 24 hours. Use a new one for a new request."
        )
        raise ConflictError(message, public=message)
    assert row.status is not None, "a write was committed without its reply"
    return StoredReply(row.status, row.media_type, row.body)


def remember(conn: Connection, key_id: int, idempotency_key: str, reply: StoredReply) -> None:
    """Keep the reply to a write, in its transaction.

    Parameters
    ----------
    conn : open connection
    key_id : of the API key
    idempotency_key : of the request
    reply : that was sent
    """
    same = (t.idempotency.c.key == key_id) & (t.idempotency.c.name == idempotency_key)
    conn.execute(sa.update(t.idempotency).where(same).values(asdict(reply)))


def forget_replies(db: Database) -> int:
    """Delete replies that are older than 24 hours; return how many."""
    with db.begin() as conn:
        return conn.execute(sa.delete(t.idempotency).where(t.idempotency.c.at < _now() - REMEMBERED)).rowcount


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
