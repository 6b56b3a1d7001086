"""What was planned stands beside what came: by the newest version that has the day, as it was reviewed and approved."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.plan_history import forecast_days, planned_days
from storecast.database.plan_overrides import add_overrides
from storecast.database.plan_publishing import advance_version
from storecast.database.writes import add_sales
from storecast.workflows.planning import plan_value
from support.plans import FIRST, filled, made_forecast, published

MONDAY = FIRST + dt.timedelta(days=-FIRST.weekday() % 7)
TUESDAY, WEDNESDAY = MONDAY + dt.timedelta(days=1), MONDAY + dt.timedelta(days=2)


def override(day: dt.date, value: float) -> pl.DataFrame:
    row = {"level": "store", "key": "1", "first": day, "last": day, "kind": "figure", "value": value}
    return pl.DataFrame([{**row, "reason": "weather", "note": ""}])


def test_each_day_is_scored_by_the_newest_version_that_has_it(db: Database) -> None:
    published(filled(db), made_forecast())
    with db.begin() as conn:
        add_overrides(conn, override(MONDAY, 150.0), by="Ada")
        advance_version(conn, 1, "reviewed", by="Ada")
        add_overrides(conn, override(MONDAY, 120.0), by="Bo")
        advance_version(conn, 1, "approved", by="Bo")
    late = (WEDNESDAY - FIRST).days
    published(db, made_forecast(200.0, version=2, late=late))
    assert planned_days_of(db) == []
    days = [FIRST + dt.timedelta(days=k) for k in range(late + 1)]
    sold = pl.DataFrame({s.STORE: [1] * len(days), s.DATE: days, s.SALES: [110.0] * len(days)})
    with db.begin() as conn:
        add_sales(conn, sold.with_columns(pl.lit(1, pl.Int8()).alias(s.OPEN)))
    rows = {row[0]: row[1:] for row in planned_days_of(db)}
    assert rows[MONDAY][1:] == (101.0, 150.0, 120.0, 1, 110.0)
    assert rows[TUESDAY][1:] == (101.0, 101.0, 101.0, None, 110.0)
    assert rows[WEDNESDAY][1:] == (201.0, 201.0, None, None, 110.0), "the newer version is not approved"
    assert rows[MONDAY][0] > 0, "the same weekday before"
    added = plan_value(db)
    assert added.overrides.select("Override", "By", "Direction", "Added").rows() == [(1, "Ada", "up", -31.0)]
    assert "0 made the forecast better and 1 worse" in added.sentence
    assert plan_value(db, since=TUESDAY).overrides.is_empty()


def planned_days_of(db: Database) -> list[tuple[object, ...]]:
    with db.reading() as conn:
        for since in (FIRST - dt.timedelta(days=30), TUESDAY):  # without the plan, the same rows
            columns = (*s.KEYS, "Model", "Lower80", "Upper80", s.SALES)
            assert forecast_days(conn, since).equals(planned_days(conn, since).select(columns))
        return planned_days(conn).drop(s.STORE, "Lower80", "Upper80").rows()


def test_without_any_version_there_is_nothing_to_say(db: Database) -> None:
    assert plan_value(filled(db)).sentence == "No day of an override has come yet."


@pytest.mark.parametrize("state", ["reviewed", "draft"])
def test_a_version_that_goes_back_to_a_draft_forgets_what_was_reviewed(db: Database, state: str) -> None:
    published(filled(db), made_forecast())
    with db.begin() as conn:
        advance_version(conn, 1, "reviewed", by="Ada")
        if state == "draft":
            advance_version(conn, 1, "draft", by="Ada")
        add_overrides(conn, override(MONDAY, 150.0), by="Ada")
        add_sales(conn, pl.DataFrame({s.STORE: [1], s.DATE: [MONDAY], s.SALES: [110.0], s.OPEN: [1]}))
        assert planned_days(conn)["Planner"].to_list() == [101.0 if state == "reviewed" else 150.0]


def test_a_draft_of_a_scenario_is_no_plan_until_it_is_reviewed(db: Database) -> None:
    published(filled(db), made_forecast())
    of_scenario = replace(made_forecast(200.0, version=2), model="model, scenario 7", scenario=7)
    assert published(db, of_scenario).version == 2
    with db.begin() as conn:
        add_sales(conn, pl.DataFrame({s.STORE: [1], s.DATE: [MONDAY], s.SALES: [110.0], s.OPEN: [1]}))
        assert planned_days(conn)["Model"].to_list() == [101.0]
        advance_version(conn, 2, "reviewed", by="Ada")
        assert planned_days(conn)["Model"].to_list() == [201.0]
