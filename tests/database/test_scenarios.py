"""Scenarios are kept by name, deleted, restored, and become versions of the plan."""

import datetime as dt

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.plan_versions import read_figures, read_version
from storecast.database.scenarios import (
    ScenarioWritten,
    all_scenarios,
    delete_scenario,
    publish_scenario,
    read_scenario,
    read_scenarios,
    restore_scenario,
    save_scenario,
)
from storecast.errors import ConflictError, DataError, MissingError
from storecast.plan.scenarios import CalendarChange, ScenarioResult
from support.plans import FIRST, MODEL, filled, made_forecast, published

DAYS = 14
CHANGE = CalendarChange("chain", "chain", FIRST, FIRST + dt.timedelta(days=1), s.PROMO, 1)


def result(value: float = 150.0) -> ScenarioResult:
    """Return a scenario in which every open day sells a value instead of 100."""
    forecast = made_forecast(value, days=DAYS)
    total, stored = (each.rows[s.FORECAST].sum() for each in (forecast, made_forecast(days=DAYS)))
    last = FIRST + dt.timedelta(days=DAYS - 1)
    row = {
        "Key": "chain",
        "Start": FIRST,
        "End": last,
        "Stored": stored,
        "Scenario": total,
        "Difference": total - stored,
    }
    bounds = {"Lower80": 1.0, "Upper80": 2.0}
    differences = pl.DataFrame([{"Level": level, **row, **bounds} for level in ("chain-week", "chain-horizon")])
    return ScenarioResult(MODEL, forecast.cutoff, 1, (CHANGE,), differences, forecast.rows, ("Never seen.",))


def saved(db: Database, name: str, value: float = 150.0) -> ScenarioWritten:
    """Save a scenario."""
    with db.begin() as conn:
        return save_scenario(conn, result(value), name, by="Ada", note="why")


def test_a_scenario_is_found_by_name_and_number_with_what_it_changes(db: Database) -> None:
    filled(db)
    assert saved(db, " Easter ") == ScenarioWritten(1, "Easter", 1)
    saved(db, "Summer", 120.0)
    with db.reading() as conn:
        assert [each.name for each in all_scenarios(conn)] == ["Summer", "Easter"]
        scenario = read_scenario(conn, "Easter")
        assert scenario == read_scenario(conn, 1) == read_scenario(conn, "1")
        assert len(read_scenarios(conn, [1, "Summer"])) == 2
        with pytest.raises(DataError, match="Expected 2 to 10"):
            read_scenarios(conn, [1, "Easter"])
        with pytest.raises(MissingError, match="no such scenario"):
            read_scenario(conn, "Winter")
    assert (scenario.changes, scenario.notices, scenario.note, scenario.by) == (
        (CHANGE,),
        ("Never seen.",),
        "why",
        "Ada",
    )
    assert (scenario.stores, scenario.weeks) == (4, (scenario.whole,))
    assert scenario.whole.difference == scenario.whole.scenario - scenario.whole.stored > 0


def test_a_name_that_stands_is_refused(db: Database) -> None:
    filled(db)
    saved(db, "Easter")
    with pytest.raises(ConflictError, match=r"scenario 'Easter' \(Ada, "):
        saved(db, "Easter")


def test_what_is_deleted_can_be_restored_unless_its_name_was_taken(db: Database) -> None:
    filled(db)
    saved(db, "Easter")
    with db.begin() as conn:
        delete_scenario(conn, "Easter")
    with db.reading() as conn:
        assert all_scenarios(conn) == []
    with db.begin() as conn:
        assert restore_scenario(conn, 1).name == "Easter"
    with pytest.raises(MissingError, match="No scenario 1 was deleted"), db.begin() as conn:
        restore_scenario(conn, 1)
    with db.begin() as conn:
        delete_scenario(conn, 1)
    saved(db, "Easter")
    with pytest.raises(ConflictError, match="Another scenario is called 'Easter'"), db.begin() as conn:
        restore_scenario(conn, 1)


def test_a_scenario_becomes_a_version_of_the_plan_once(db: Database) -> None:
    filled(db)
    published(db, made_forecast(days=DAYS))
    saved(db, "Easter")
    with db.begin() as conn:
        done = publish_scenario(conn, "Easter", by="Bo")
        again = publish_scenario(conn, 1, by="Bo")
    assert (done.version, done.state, done.new) == (2, "draft", True)
    assert (again.version, again.new) == (2, False)
    with db.reading() as conn:
        version, figures = read_version(conn), read_figures(conn, 2)
    assert figures is not None
    assert figures.to_frame()[s.FORECAST].sum() == pytest.approx(result().forecast[s.FORECAST].sum())
    assert (version.model, version.history[0].note) == (f"{MODEL}, scenario 1", "Scenario Easter")


def test_a_scenario_of_older_sales_than_the_plan_is_no_version(db: Database) -> None:
    filled(db)
    saved(db, "Easter")
    published(db, made_forecast(late=7))
    with pytest.raises(ConflictError, match="Work it out again"), db.begin() as conn:
        publish_scenario(conn, "Easter", by="Bo")
