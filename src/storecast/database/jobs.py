"""Keep jobs: their state and progress while a service works on them, and their replies for 24 hours.

They are in the database so that every process of a service can say how a job stands, or ask the one that works on it to end it.
A process says every second which jobs it is at work on. A job of which nobody has said so for two minutes is lost: its process has
ended.
"""

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from storecast.database import tables as t

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
UNFINISHED = (WAITING, RUNNING)
KEPT = dt.timedelta(hours=24)
MOST_KEPT = 200
LOST_AFTER = dt.timedelta(minutes=2)
LOST = "The service that worked on it has ended. Start the job again."


@dataclass(frozen=True)
class Job:
    """A job as it stands.

    Attributes
    ----------
    job : its number
    kind : what it works out
    key : the number of the key that asked for it
    state : waiting, running, done, failed or cancelled
    progress : 0 to 1
    created, finished : when
    detail : why it failed
    status, media_type : of the reply, as HTTP has them
    """

    job: int
    kind: str
    key: int
    state: str
    progress: float
    created: dt.datetime
    finished: dt.datetime | None
    detail: str
    status: int | None
    media_type: str | None


def create_job(conn: Connection, kind: str, key: int, digest: str, process: str) -> Job:
    """Note a job that is going to be worked on, and forget those of long ago.

    Parameters
    ----------
    conn : from `Database.begin`
    kind : what it works out
    key : the number of the key that asks for it
    digest : of what is asked for
    process : that works on it
    """
    c, now = t.jobs.c, dt.datetime.now(dt.UTC)
    values = {
        "kind": kind,
        "key": key,
        "digest": digest,
        "process": process,
        "state": WAITING,
        "progress": 0.0,
        "cancel": False,
        "created": now,
        "seen": now,
        "detail": "",
    }
    row = conn.execute(sa.insert(t.jobs).values(values).returning(t.jobs)).one()
    conn.execute(sa.delete(t.jobs).where((c.created < now - KEPT) | (c.id <= row.id - MOST_KEPT)))
    return _job(row)


def read_job(conn: Connection, job: int) -> Job | None:
    """Return a job; None where there is none."""
    row = conn.execute(sa.select(t.jobs).where(t.jobs.c.id == job)).one_or_none()
    return None if row is None else _job(row)


def find_job(conn: Connection, key: int, digest: str) -> Job | None:
    """Return the newest job of a key that is or was to work on the same; None where there is none.

    Parameters
    ----------
    conn : open connection
    key : the number of the key
    digest : of what is asked for
    """
    c = t.jobs.c
    same = (c.key == key) & (c.digest == digest)
    row = conn.execute(sa.select(t.jobs).where(same).order_by(c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _job(row)


def read_reply(conn: Connection, job: int) -> bytes:
    """Return what a job replied that has ended."""
    reply = conn.execute(sa.select(t.jobs.c.reply).where(t.jobs.c.id == job)).scalar_one()
    return zlib.decompress(reply)


def note_progress(conn: Connection, shares: Mapping[int, float | None]) -> set[int]:
    """Say which jobs are at work, and how far; return those that somebody wants to end.

    Parameters
    ----------
    conn : from `Database.begin`
    shares : by their numbers; None: it waits
    """
    c, now = t.jobs.c, dt.datetime.now(dt.UTC)
    for number, share in shares.items():
        values = {"seen": now, "state": WAITING if share is None else RUNNING, "progress": share or 0.0}
        conn.execute(sa.update(t.jobs).where(c.id == number, c.finished.is_(None)).values(values))
    unwanted = sa.select(c.id).where(c.id.in_(list(shares)), c.cancel)
    return set(conn.execute(unwanted).scalars())


def finish_job(
    conn: Connection,
    job: int,
    state: str,
    *,
    detail: str = "",
    status: int | None = None,
    media_type: str | None = None,
    reply: bytes = b"",
) -> None:
    """Note how a job has ended.

    Parameters
    ----------
    conn : from `Database.begin`
    job : its number
    state : done, failed or cancelled
    detail : why it failed
    status, media_type, reply : as HTTP has them
    """
    values: dict[str, Any] = {"state": state, "finished": dt.datetime.now(dt.UTC), "detail": detail}
    values |= {"status": status, "media_type": media_type, "reply": zlib.compress(reply)}
    if state == DONE:
        values["progress"] = 1.0
    conn.execute(sa.update(t.jobs).where(t.jobs.c.id == job).values(values))


def ask_to_cancel(conn: Connection, job: int) -> None:
    """Ask the process that works on a job to end it."""
    conn.execute(sa.update(t.jobs).where(t.jobs.c.id == job, t.jobs.c.finished.is_(None)).values(cancel=True))


def _job(row: Row[Any]) -> Job:
    lost = row.state in UNFINISHED and row.seen < dt.datetime.now(dt.UTC) - LOST_AFTER
    return Job(
        row.id,
        row.kind,
        row.key,
        FAILED if lost else row.state,
        row.progress,
        row.created,
        row.finished,
        LOST if lost else row.detail,
        row.status,
        row.media_type,
    )
