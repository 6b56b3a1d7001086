"""What views work out of the plan, kept until somebody writes: on a large chain it takes a second, and most clicks are looks."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.page.result_cache import ResultCache

MOST_KEPT = 24  # results of a database
Result = TypeVar("Result")
State = tuple[Any, ...]

_RESULTS: ResultCache[Any] = ResultCache(MOST_KEPT)


def cached(database: Database, name: Hashable, work: Callable[[], Result]) -> Result:
    """Return what a function makes of the plan, worked out anew only where something was written since.

    Parameters
    ----------
    database : with the plan
    name : of the result, with all that it depends on beside the database
    work : works it out; nobody changes what it returns
    """
    state = written_state(database)  # before the work: what is written meanwhile makes the next one work it out anew
    return cast("Result", _RESULTS.get(database, (state, name), work))


def written_state(database: Database) -> State:
    """Return what differs after every write to the chain or its plan."""
    columns = (
        sa.func.max(t.audit.c.id),
        sa.func.max(t.plan_states.c.id),
        sa.func.max(t.plan_writes.c.id),
        sa.func.max(t.plan_exceptions.c.at),
        sa.func.count(t.plan_exceptions.c.name),
        sa.func.sum(t.plan_budget.c.amount),
        sa.func.max(t.chain.c.version),
    )
    with database.reading() as conn:
        return tuple(conn.execute(sa.select(*(sa.select(column).scalar_subquery() for column in columns))).one())
