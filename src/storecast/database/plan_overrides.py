"""Write overrides, withdraw them, and take such writes back.

Each write has a revision, and whoever writes says which revision they saw. Where somebody else has changed the same store-days
since, the write is refused with what they did, and nothing is lost. An override is never deleted: one that is withdrawn or replaced
says by which write, and is written again when that one is taken back.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import lock_existing_chain
from storecast.database.current_plan import (
    CurrentPlan,
    read_current_plan,
    read_overrides,
    read_reasons,
    read_writes,
)
from storecast.database.plan_override_conflicts import refuse_changes_since, refuse_trouble
from storecast.database.plan_publishing import check_note
from storecast.errors import ConflictError, DataError, Message, MissingError, hint, moment
from storecast.plan.overrides import FACTOR, FIGURE, KINDS, MAX_VALUE, SCOPE, describe
from storecast.plan.versions import APPROVED, LOCKED

MAX_FACTOR = 100.0
COLUMNS = ("level", "key", "first", "last", "kind", "value", "reason", "note")


@dataclass(frozen=True)
class PlanWritten:
    """What a write to the plan did.

    Attributes
    ----------
    version : of the plan that it was written on
    revision : of the plan after it; it takes the write back
    added : overrides that stand now
    withdrawn : overrides that stand no more: replaced, or taken back
    """

    version: int
    revision: int
    added: int
    withdrawn: int


def add_overrides(
    conn: Connection, rows: pl.DataFrame, *, by: str, version: int | None = None, seen: int | None = None
) -> PlanWritten:
    """Put overrides in the place of the newest version's forecast; one of the same stores and days takes the older one's place.

    Parameters
    ----------
    conn : from `Database.begin`
    rows : level, key, first, last, kind, value, reason and note
    by : who writes
    version : of the plan that they saw; None: any
    seen : the revision of the plan that they saw; None: any

    Raises
    ------
    DataError
        where one has no meaning, or cannot be met
    ConflictError
        where a newer version was published, the version is approved, or others changed the same store-days since
    """
    return change_overrides(conn, rows, None, by=by, version=version, seen=seen)


def change_overrides(
    conn: Connection,
    rows: pl.DataFrame,
    withdrawn: pl.DataFrame | None,
    *,
    by: str,
    version: int | None = None,
    seen: int | None = None,
) -> PlanWritten:
    """Add overrides as `add_overrides` does, and withdraw others, in one write.

    Parameters
    ----------
    conn, rows, by, version, seen : as for `add_overrides`
    withdrawn : id, level, key, first and last of overrides to withdraw, of other stores or days than the rows; None: no others

    Raises
    ------
    DataError
        where one has no meaning, or cannot be met
    ConflictError
        where a newer version was published, the version is approved, or others changed the same store-days since
    """
    lock_existing_chain(conn)
    before = read_current_plan(conn)
    _check_writable(before, version)
    if withdrawn is None or rows.height:
        _check_rows(conn, before, rows)
    if seen is not None:
        scopes = rows.select(SCOPE) if withdrawn is None else pl.concat([rows.select(SCOPE), withdrawn.select(SCOPE)])
        refuse_changes_since(conn, before, scopes, seen)
    replaced = _of_the_same_days(before, before.overrides, rows)
    if withdrawn is not None:
        replaced = pl.concat([replaced, before.overrides.join(withdrawn, on="id", how="semi")])
    revision = _note_write(conn, by, "overridden" if rows.height else "withdrawn")
    _withdraw(conn, replaced["id"].to_list(), revision)
    new = rows.select(pl.lit(before.version.version).alias("plan"), *COLUMNS, pl.lit(by).alias("by"))
    _insert(conn, new, revision)
    refuse_trouble(before, read_current_plan(conn))
    return PlanWritten(before.version.version, revision, rows.height, replaced.height)


def withdraw_override(conn: Connection, number: int, *, by: str) -> PlanWritten:
    """Withdraw an override: the forecast stands again, or what a broader override makes of it.

    Parameters
    ----------
    conn : from `Database.begin`
    number : of the override
    by : who withdraws it

    Raises
    ------
    MissingError
        where there is none of this number
    ConflictError
        where it is withdrawn already, or the version is approved
    """
    lock_existing_chain(conn)
    o = t.plan_overrides.c
    row = conn.execute(sa.select(o.withdrawn).where(o.id == number)).one_or_none()
    if row is None:
        raise MissingError("The plan has no override {number}.", number=number)
    plan = read_current_plan(conn)
    _check_writable(plan, None)
    if row.withdrawn is not None:
        who, at = read_writes(conn)[row.withdrawn]
        what = f"Override {number} was withdrawn or replaced"
        values = {"number": number, "who": who, "at": moment(at), "revision": row.withdrawn}
        message = Message(
            "Override {number} was withdrawn or replaced by {who} at {at} (revision {revision}).", **values
        )
        raise ConflictError(message, public=f"{what} already.")
    revision = _note_write(conn, by, "withdrawn")
    _withdraw(conn, [number], revision)
    return PlanWritten(plan.version.version, revision, 0, 1)


def undo_plan_write(conn: Connection, revision: int, *, by: str) -> PlanWritten:
    """Take a write to the plan back: what it added goes, what it replaced or withdrew stands again. That is a write, too.

    Parameters
    ----------
    conn : from `Database.begin`
    revision : of the write
    by : who takes it back

    Raises
    ------
    MissingError
        where there is no such write, or nothing of it is left
    ConflictError
        where a later write rests on it, or the version is approved
    """
    lock_existing_chain(conn)
    changed = read_overrides(conn, since=revision - 1)
    added, gone = changed.filter(pl.col("added") == revision), changed.filter(pl.col("withdrawn") == revision)
    if added.is_empty() and gone.is_empty():
        raise MissingError("Revision {revision} of the plan is no write that can be taken back.", revision=revision)
    plan = read_current_plan(conn)
    _check_writable(plan, None)
    later = added["withdrawn"].drop_nulls().to_list()
    standing = _of_the_same_days(plan, plan.overrides, gone)
    later += standing.filter(pl.col("added") != revision)["added"].to_list()
    if later:
        message = Message(
            "Revision {revision} cannot be taken back: revision {later} changed the same later. Take that one back first.",
            revision=revision,
            later=max(later),
        )
        raise ConflictError(message, public=message)
    after = _note_write(conn, by, "undone")
    _withdraw(conn, added["id"].to_list(), after)
    _insert(conn, gone.select("plan", *COLUMNS, "by"), after)
    return PlanWritten(plan.version.version, after, gone.height, added.height)


def change_reasons(conn: Connection, add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[str]:
    """Add to the reasons that an override may have, or remove some; return them. Overrides keep the reason that they were given.

    Parameters
    ----------
    conn : from `Database.begin`
    add, remove : names

    Raises
    ------
    DataError
        where one is no name, or no reason would be left
    """
    lock_existing_chain(conn)
    reasons = set(read_reasons(conn))
    for name in add:
        if not name.strip() or len(name) > s.MAX_TEXT_LENGTH or not name.isprintable():
            raise DataError("A reason is a text of 1 to {most} printable characters.", most=s.MAX_TEXT_LENGTH)
    for name in remove:
        if name not in reasons:
            raise DataError(_no_reason(name, reasons))
    wanted = (reasons | set(add)) - set(remove)
    if not wanted:
        raise DataError("No reason would be left. Keep one, or add one.")
    conn.execute(sa.delete(t.plan_reasons))
    conn.execute(sa.insert(t.plan_reasons), [{"name": name} for name in sorted(wanted)])
    return sorted(wanted)


def _check_writable(plan: CurrentPlan, version: int | None) -> None:
    newest = plan.version
    if version is not None and version != newest.version:
        message = Message(
            "Version {newest} of the plan is the newest; you saw version {version}. Look at the newest one first.",
            newest=newest.version,
            version=version,
        )
        raise ConflictError(message, public=message)
    if newest.state in (APPROVED, LOCKED):
        values = {"version": newest.version, "state": Message(newest.state)}
        if newest.state == LOCKED:
            message = Message(
                "Version {version} is {state}: nothing of it is overridden any more. Publish another one.", **values
            )
        else:
            message = Message(
                "Version {version} is {state}: nothing of it is overridden any more. Bring it back to a draft, or publish another "
                "one.",
                **values,
            )
        raise ConflictError(message, public=message)


def _check_rows(conn: Connection, plan: CurrentPlan, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        raise DataError("There is no override to write.")
    reasons = read_reasons(conn)
    for name in rows["reason"].unique().to_list():
        if name not in reasons:
            raise DataError(_no_reason(name, reasons))
    for note in rows["note"].unique().to_list():
        check_note(note)
    for level, key in rows.select("level", "key").unique().iter_rows():
        plan.groups.check(level, key)
    figures = plan.figures
    for row in (
        rows.filter(
            (pl.col("first") > pl.col("last")) | (pl.col("first") < figures.first) | (pl.col("last") > figures.last)
        )
        .head(1)
        .iter_rows(named=True)
    ):
        raise DataError(
            "{override}: expected days of version {version}, from {first} to {last}.",
            override=describe(row),
            version=plan.version.version,
            first=figures.first,
            last=figures.last,
        )
    for row in rows.iter_rows(named=True):
        value, kind = row["value"], row["kind"]
        if kind not in KINDS:
            raise DataError(f"There is no such kind.{hint(kind, KINDS)} There are: {', '.join(KINDS)}.")
        low = 0.0 if kind in (FIGURE, FACTOR) else -MAX_VALUE
        high = MAX_FACTOR if kind == FACTOR else MAX_VALUE
        if not (math.isfinite(value) and low <= value <= high):
            raise DataError(
                "{override}: expected a number from {low} to {high}.",
                override=describe(row),
                low=f"{low:g}",
                high=f"{high:g}",
            )
    twice = rows.filter(_store_days(plan, rows).is_duplicated())
    if twice.height:
        raise DataError(
            "{override}: these stores and days are overridden twice in one write.",
            override=describe(twice.row(0, named=True)),
        )


def _of_the_same_days(plan: CurrentPlan, overrides: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the overrides that lie on exactly the stores and days of some rows, whatever level they name them by.

    Parameters
    ----------
    plan : whose groups say which stores those are
    overrides, rows : level, key, first and last
    """
    return overrides.filter(_store_days(plan, overrides).is_in(_store_days(plan, rows).implode()))


def _store_days(plan: CurrentPlan, rows: pl.DataFrame) -> pl.Series:
    """Return a text for the stores and days of each row: a store type that holds one store is that store."""
    texts = []
    for level, key, first, last in rows.select(SCOPE).iter_rows():
        stores = plan.groups.members(level, key).tolist()
        texts.append(f"{stores or (level, key)} {first} {last}")
    return pl.Series(texts, dtype=pl.String)


def _no_reason(name: str, reasons: Iterable[str]) -> Message:
    names = ", ".join(sorted(reasons))
    return Message("There is no such reason.{hint} There are: {names}.", hint=hint(name, reasons), names=names)


def _note_write(conn: Connection, by: str, action: str) -> int:
    values = {"at": dt.datetime.now(dt.UTC), "by": by, "action": action}
    return int(conn.execute(sa.insert(t.plan_writes).values(values).returning(t.plan_writes.c.id)).scalar_one())


def _insert(conn: Connection, rows: pl.DataFrame, revision: int) -> None:
    bulk.insert(conn, t.plan_overrides, rows.with_columns(pl.lit(revision).alias("added")))


def _withdraw(conn: Connection, ids: list[int], revision: int) -> None:
    """Note which write withdrew some overrides."""
    if ids:
        statement = sa.update(t.plan_overrides).where(t.plan_overrides.c.id == sa.bindparam("number"))
        conn.execute(statement.values(withdrawn=revision), [{"number": number} for number in ids])
