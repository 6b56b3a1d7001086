"""What views work out of the plan is kept until somebody writes, and not a moment longer."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection

from storecast.database.connect import Database, home_url
from storecast.database.plan_budget import replace_budget
from storecast.database.plan_publishing import advance_version
from storecast.database.request_log import audit
from storecast.page.plan_memory import cached
from support.plans import FIRST, filled, made_forecast, published

BUDGET = pl.DataFrame({"store": ["1"], "first": [FIRST], "last": [FIRST], "amount": [10.0]})
WRITES: dict[str, Callable[[Connection], object]] = {
    "state": lambda conn: advance_version(conn, 1, "reviewed", by="Ada"),
    "budget": lambda conn: replace_budget(conn, BUDGET),
    "audit": lambda conn: audit(conn, "Ada", "anything", {}),
}


@pytest.fixture
def db(tmp_path: Path) -> Database:
    database = filled(Database.open(home_url(tmp_path), create=True))
    published(database, made_forecast())
    return database


@pytest.mark.parametrize("write", WRITES)
def test_a_result_is_kept_until_something_is_written(db: Database, write: str) -> None:
    calls: list[str] = []

    def work() -> int:
        calls.append(write)
        return len(calls)

    assert [cached(db, "figures", work), cached(db, "figures", work)] == [1, 1]
    assert cached(db, "others", work) == 2
    with db.begin() as conn:
        WRITES[write](conn)
    assert cached(db, "figures", work) == 3
