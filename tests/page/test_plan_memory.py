"""What views work out of the plan is kept until somebody writes, and not a moment longer."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection

from storecast.database.connect import Database, home_url
from storecast.database.plan_budget import replace_budget
from storecast.database.plan_overrides import add_overrides
from storecast.database.plan_publishing import advance_version
from storecast.database.request_log import audit
from storecast.database.writes import add_sales
from storecast.page.plan_memory import cached, memory_of_chain
from storecast.workflows import plan_exceptions
from storecast.workflows.plan_exceptions import handle, show_exceptions
from storecast.workflows.plan_summary import plan_overview
from support.plans import FIRST, filled, made_forecast, published

OVERRIDE = pl.DataFrame(
    {
        "level": ["store"],
        "key": ["1"],
        "first": [FIRST],
        "last": [FIRST + dt.timedelta(days=6)],
        "kind": ["factor"],
        "value": [1.5],
        "reason": ["local event"],
        "note": [""],
    }
)
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


def test_an_override_leaves_what_rests_on_the_chain_and_the_versions_and_gives_the_same_overview(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(db, made_forecast(103.0, version=2))
    memory = memory_of_chain(db)
    assert [plan_overview(db, today=FIRST, remember=memory).summary for _ in range(2)] == [
        plan_overview(db).summary
    ] * 2
    with db.begin() as conn:
        add_overrides(conn, OVERRIDE, by="Ada")
        handle(conn, show_exceptions(db, FIRST)["Exception"][0], state="done", by="Ada")
    fresh = plan_overview(db, today=FIRST)
    for name in ("forecast_days", "recent_sales", "special_days", "compare_in"):
        monkeypatch.setattr(plan_exceptions, name, lambda *_: pytest.fail("it was read again"))
    again = plan_overview(db, today=FIRST, remember=memory_of_chain(db))
    assert again.summary == fresh.summary
    assert again.exceptions.equals(fresh.exceptions)
    assert again.summary.overrides == 1


def test_new_sales_and_a_new_state_end_what_rests_on_the_chain(db: Database) -> None:
    calls: list[str] = []

    def work() -> int:
        calls.append("")
        return len(calls)

    assert [memory_of_chain(db)("sales", work) for _ in range(2)] == [1, 1]
    with db.begin() as conn:
        add_sales(conn, pl.DataFrame({"Store": [1], "Date": [FIRST], "Sales": [100.0], "Open": [1]}))
    assert memory_of_chain(db)("sales", work) == 2
    with db.begin() as conn:
        advance_version(conn, 1, "reviewed", by="Ada")
    assert memory_of_chain(db)("sales", work) == 3
