"""Keep how exceptions of the plan are handled: who looks after them, which are done, and until when others are snoozed."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import lock_existing_chain
from storecast.database.current_plan import read_revision
from storecast.database.plan_publishing import check_note
from storecast.errors import DataError, MissingError, hint
from storecast.plan.exceptions import HANDLING, SNOOZED

_SCHEMA: dict[str, pl.DataType] = {
    "Exception": pl.String(),
    "State": pl.String(),
    "Owner": pl.String(),
    "Until": pl.Date(),
    "Note": pl.String(),
    "By": pl.String(),
    "Handled": pl.Float64(),
}


@dataclass(frozen=True)
class Handled:
    """How an exception is handled.

    Attributes
    ----------
    exception : its name
    state : open, done or snoozed
    owner : who looks after it
    version : the revision of the plan, which stays as it is
    """

    exception: str
    state: str
    owner: str
    version: int


def handle_exception(
    conn: Connection,
    exceptions: pl.DataFrame,
    name: str,
    *,
    state: str,
    by: str,
    owner: str = "",
    until: dt.date | None = None,
    note: str = "",
) -> Handled:
    """Say how an exception is handled, in place of what was said before.

    Parameters
    ----------
    conn : from `Database.begin`
    exceptions : those that there are, as `plan.exceptions.ranked` returns them
    name : of the exception
    state : open, done or snoozed
    by : who says so
    owner : who looks after it
    until : the day on which one that is snoozed is open again
    note : a remark

    Raises
    ------
    MissingError
        where there is no such exception
    DataError
        where the state is none, or only a snoozed one has a day
    """
    lock_existing_chain(conn)
    check_note(note)
    if state not in HANDLING:
        names = ", ".join(HANDLING)
        raise DataError("There is no such state.{hint} There are: {names}.", hint=hint(state, HANDLING), names=names)
    if (state == SNOOZED) != (until is not None):
        raise DataError("An exception that is snoozed needs the day on which it is open again; no other has one.")
    if len(owner) > s.MAX_TEXT_LENGTH or not (owner.isprintable() or not owner):
        raise DataError("An owner is a text of at most {most} printable characters.", most=s.MAX_TEXT_LENGTH)
    stake = exceptions.filter(pl.col("Exception") == name)["Stake"]
    if stake.is_empty():
        raise MissingError("There is no such exception. List them: storecast plan exceptions, GET /v1/plan/exceptions.")
    values = {
        "name": name,
        "state": state,
        "owner": owner,
        "until": until,
        "note": note,
        "by": by,
        "stake": float(stake[0]),
        "at": dt.datetime.now(dt.UTC),
    }
    conn.execute(sa.delete(t.plan_exceptions).where(t.plan_exceptions.c.name == name))
    conn.execute(sa.insert(t.plan_exceptions).values(values))
    return Handled(name, state, owner, read_revision(conn))


def read_handling(conn: Connection) -> pl.DataFrame:
    """Return how exceptions are handled, as `plan.exceptions.with_handling` takes it."""
    e = t.plan_exceptions.c
    rows = bulk.select(conn, sa.select(e.name, e.state, e.owner, e.until, e.note, e.by, e.stake), _SCHEMA)
    return rows.with_columns(pl.col("Owner", "Note").fill_null(""))
