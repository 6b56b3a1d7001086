"""Refuse overrides that others have written over since, and those that cannot be met."""

import numpy as np
import polars as pl
from sqlalchemy import Connection

from storecast.database.current_plan import CurrentPlan, read_overrides, read_writes
from storecast.errors import ConflictError, DataError, Enumeration, Message, moment
from storecast.plan.overrides import ALL_HELD, FACTOR, NOBODY, describe
from storecast.plan.scopes import cells_of

MAX_NAMED = 3  # overrides in one message


def refuse_changes_since(conn: Connection, plan: CurrentPlan, rows: pl.DataFrame, seen: int) -> None:
    """Refuse a write to store-days that somebody changed after the writer looked, and say what they did.

    Parameters
    ----------
    conn : open connection
    plan : as it is
    rows : level, key, first and last of what is written
    seen : the revision that the writer saw

    Raises
    ------
    ConflictError
        where somebody has
    """
    changed = read_overrides(conn, since=seen)
    if changed.is_empty():
        return
    latest = np.full((len(plan.figures.stores), plan.figures.days), NOBODY, np.int64)
    days = plan.figures.first, plan.figures.days
    for number, row in enumerate(changed.iter_rows(named=True)):
        cells = cells_of(plan.groups, row["level"], row["key"], (row["first"], row["last"]), days)
        latest[np.ix_(cells.rows, np.arange(cells.begin, cells.end))] = number
    numbers: set[int] = set()
    for row in rows.iter_rows(named=True):
        cells = cells_of(plan.groups, row["level"], row["key"], (row["first"], row["last"]), days)
        numbers |= set(np.unique(latest[cells.rows, cells.begin : cells.end]).tolist())
    numbers -= {NOBODY}
    if not numbers:
        return
    writes = read_writes(conn)
    texts = []
    for row in (changed.row(number, named=True) for number in sorted(numbers)[-MAX_NAMED:]):
        who, at = writes[row["withdrawn"] or row["added"]]
        values = {"who": who, "override": describe(row), "reason": row["reason"], "at": moment(at)}
        if row["withdrawn"]:
            texts.append(Message("{who} took back {override} ({reason}, {at})", **values))
        else:
            texts.append(Message("{who} wrote {override} ({reason}, {at})", **values))
    more = len(numbers) - MAX_NAMED
    raise ConflictError(
        "The plan has changed since revision {seen} that you saw, and is at {revision}: {changes}{more}. Look at it, then write "
        "again.",
        seen=seen,
        revision=plan.revision,
        changes=Enumeration(tuple(texts), "; "),
        more=Message(" and {count} more", count=more) if more > 0 else "",
        public=f"Others have changed these stores and days since revision {seen}; the plan is at {plan.revision}.",
    )


def refuse_trouble(before: CurrentPlan, after: CurrentPlan) -> None:
    """Refuse a write after which an override cannot be met that could before, or that was not there.

    Raises
    ------
    DataError
        where there is one
    """
    known = {before.overrides["id"][number] for number in before.resolution.trouble}
    for number, why in after.resolution.trouble.items():
        if after.overrides["id"][number] not in known:
            raise DataError("{override}: {why}.", override=describe(after.overrides.row(number, named=True)), why=why)
    effective = set(np.unique(after.resolution.holder).tolist())
    new = after.overrides.with_row_index("number").filter(
        (pl.col("added") > before.revision) & (pl.col("kind") == FACTOR)
    )
    for row in new.iter_rows(named=True):
        if row["number"] not in effective:
            raise DataError("{override}: {why}.", override=describe(row), why=ALL_HELD)
