"""Keep the budget: amounts by store and period, replaced whole."""

from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import lock_existing_chain
from storecast.database.current_plan import read_groups, read_revision
from storecast.errors import DataError
from storecast.plan.budget import check_budget
from storecast.plan.scopes import STORE

_SCHEMA: dict[str, pl.DataType] = {"store": pl.String(), "first": pl.Date(), "last": pl.Date(), "amount": pl.Float64()}


@dataclass(frozen=True)
class BudgetWritten:
    """What a budget did.

    Attributes
    ----------
    rows : amounts that stand now
    replaced : amounts that stood before
    version : the revision of the plan, which a budget leaves as it is
    """

    rows: int
    replaced: int
    version: int


def replace_budget(conn: Connection, budget: pl.DataFrame) -> BudgetWritten:
    """Put a budget in the place of the one before.

    Parameters
    ----------
    conn : from `Database.begin`
    budget : store (text), first, last, amount; no rows: there is none any more

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
    replaced = conn.execute(sa.delete(t.plan_budget)).rowcount
    bulk.insert(conn, t.plan_budget, budget.select(list(_SCHEMA)))
    return BudgetWritten(budget.height, replaced, read_revision(conn))


def read_budget(conn: Connection) -> pl.DataFrame:
    """Return the budget: store (text), first, last, amount."""
    b = t.plan_budget.c
    return bulk.select(conn, sa.select(*(b[name] for name in _SCHEMA)).order_by(b.store, b.first), _SCHEMA)
