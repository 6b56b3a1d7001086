"""What views work out of the plan, kept until somebody writes: on a large chain it takes a second, and most clicks are looks.

What rests on the chain and on the forecasts that were published alone is kept longer: a write to the plan leaves it as it is.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.result_cache import ResultCache
from storecast.workflows.plan_exceptions import Remember

MOST_KEPT = 24  # results of a database
MOST_OF_CHAIN = 12
Result = TypeVar("Result")
State = tuple[Any, ...]

_RESULTS: ResultCache[Any] = ResultCache(MOST_KEPT)
_OF_CHAIN: ResultCache[Any] = ResultCache(MOST_OF_CHAIN)


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


def memory_of_chain(database: Database) -> Remember:
    """Return what keeps results that no override changes, until the chain is written to or a version comes into another state.

    Parameters
    ----------
    database : with the chain and the versions
    """
    state = _read(database, sa.func.max(t.plan_states.c.id), sa.func.max(t.chain.c.version))

    def remember(name: Hashable, work: Callable[[], Result]) -> Result:
        return cast("Result", _OF_CHAIN.get(database, (state, name), work))

    return remember


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
    return _read(database, *columns)


def _read(database: Database, *columns: Any) -> State:
    with database.reading() as conn:
        return tuple(conn.execute(sa.select(*(sa.select(column).scalar_subquery() for column in columns))).one())
