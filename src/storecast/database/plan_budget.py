"""Keep the budget: amounts by store and period, replaced whole; the last replacements can be taken back."""

import datetime as dt
import json
import zlib
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import lock_existing_chain
from storecast.database.current_plan import read_groups, read_revision
from storecast.errors import ConflictError, DataError, MissingError
from storecast.plan.budget import check_budget
from storecast.plan.scopes import STORE

COMMAND_LINE = "command line"
LOADS_KEPT = 20
_SCHEMA: dict[str, pl.DataType] = {"store": pl.String(), "first": pl.Date(), "last": pl.Date(), "amount": pl.Float64()}


@dataclass(frozen=True)
class BudgetWritten:
    """What a budget did.

    Attributes
    ----------
    rows : amounts that stand now
    replaced : amounts that stood before
    version : the revision of the plan, which a budget leaves as it is
    load : the number by which `undo_budget` takes it back
    """

    rows: int
    replaced: int
    version: int
    load: int


@dataclass(frozen=True)
class BudgetLoad:
    """A budget that was put in the place of the one before.

    Attributes
    ----------
    load : its number
    at, by : when, and by whom
    rows : amounts that it has
    """

    load: int
    at: dt.datetime
    by: str
    rows: int


def replace_budget(conn: Connection, budget: pl.DataFrame, *, by: str = COMMAND_LINE) -> BudgetWritten:
    """Put a budget in the place of the one before.

    Parameters
    ----------
    conn : from `Database.begin`
    budget : store (text), first, last, amount; no rows: there is none any more
    by : who replaces it

    Raises
    ------
    DataError
        where a store is none of the chain, or has two amounts for one day
    """
    lock_existing_chain(conn)
    known = read_groups(conn).groups[STORE]
    strange = budget["store"].unique()
    strange = strange.filter(~strange.is_in(known.implode()))
    if len(strange):
        raise DataError(f"The budget names {len(strange)} stores that the chain, which holds {len(known)}, does not.")
    check_budget(budget)
    before = read_budget(conn)
    _fill(conn, budget)
    rows = before.select(pl.col(pl.Date).dt.to_string(), pl.exclude(pl.Date)).select(list(_SCHEMA)).rows()
    values = {
        "at": dt.datetime.now(dt.UTC),
        "by": by,
        "rows": budget.height,
        "undone": False,
        "before": zlib.compress(json.dumps(rows).encode()),
    }
    c = t.budget_loads.c
    load = int(conn.execute(sa.insert(t.budget_loads).values(values).returning(c.id)).scalar_one())
    conn.execute(sa.delete(t.budget_loads).where(c.id <= load - LOADS_KEPT))
    return BudgetWritten(budget.height, before.height, read_revision(conn), load)


def last_load(conn: Connection) -> BudgetLoad | None:
    """Return the last replacement of the budget that stands and can be taken back; None where there is none."""
    c = t.budget_loads.c
    newest = sa.select(c.id, c.at, c.by, c.rows).where(~c.undone).order_by(c.id.desc()).limit(1)
    row = conn.execute(newest).one_or_none()
    return None if row is None else BudgetLoad(*row)


def undo_budget(conn: Connection, load: int | None = None) -> BudgetWritten:
    """Take the last replacement of the budget back: the amounts before it stand again.

    Parameters
    ----------
    conn : from `Database.begin`
    load : its number, as seen; None: the last, whichever that is

    Raises
    ------
    MissingError
        where no replacement stands that can be taken back
    ConflictError
        where it is not the last one
    """
    lock_existing_chain(conn)
    last = last_load(conn)
    if last is None:
        raise MissingError(f"There is no budget to take back: the last {LOADS_KEPT} are kept.")
    if load not in (None, last.load):
        message = (
            f"The budget {load} is not the last: {last.by} put budget {last.load} in place on {last.at:%Y-%m-%d %H:%M} UTC. Take "
            "that back first."
        )
        raise ConflictError(message, public=message)
    c = t.budget_loads.c
    packed = conn.execute(sa.select(c.before).where(c.id == last.load)).scalar_one()
    rows = [
        (store, dt.date.fromisoformat(begin), dt.date.fromisoformat(end), amount)
        for store, begin, end, amount in json.loads(zlib.decompress(packed))
    ]
    before = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    replaced = _fill(conn, before)
    conn.execute(sa.update(t.budget_loads).where(c.id == last.load).values(undone=True))
    return BudgetWritten(before.height, replaced, read_revision(conn), last.load)


def _fill(conn: Connection, budget: pl.DataFrame) -> int:
    """Put amounts in the place of those that stand; return how many stood."""
    replaced = conn.execute(sa.delete(t.plan_budget)).rowcount
    bulk.insert(conn, t.plan_budget, budget.select(list(_SCHEMA)))
    return replaced


def read_budget(conn: Connection) -> pl.DataFrame:
    """Return the budget: store (text), first, last, amount."""
    b = t.plan_budget.c
    return bulk.select(conn, sa.select(*(b[name] for name in _SCHEMA)).order_by(b.store, b.first), _SCHEMA)
