"""Overrides are kept over new versions; whoever is second is told, and every write can be taken back."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.current_plan import read_current_plan, read_overrides, read_plan, read_reasons
from storecast.database.plan_overrides import (
    PlanWritten,
    add_overrides,
    change_reasons,
    undo_plan_write,
    withdraw_override,
)
from storecast.database.plan_publishing import advance_version
from storecast.errors import ConflictError, DataError, MissingError
from storecast.plan.overrides import stale_reasons
from support.databases import ON_SQLITE
from support.plans import FIRST, filled, made_forecast, published

MONDAY = FIRST + dt.timedelta(days=-FIRST.weekday() % 7)
SUNDAY = MONDAY + dt.timedelta(days=6)


def rows(*some: tuple[Any, ...]) -> pl.DataFrame:
    """Return overrides: level, key, first, last, kind, value."""
    names = ["level", "key", "first", "last", "kind", "value"]
    frame = pl.DataFrame(some, schema=names, orient="row").with_columns(pl.col("value").cast(pl.Float64))
    return frame.with_columns(pl.lit("local event").alias("reason"), pl.lit("").alias("note"))


WEEK_OF_1 = ("store", "1", MONDAY, SUNDAY, "figure", 900)
TUESDAY_OF_1 = ("store", "1", MONDAY + dt.timedelta(days=1), MONDAY + dt.timedelta(days=1), "factor", 2)
CHAIN = ("chain", "chain", MONDAY, SUNDAY, "amount", 100)


@pytest.fixture
def plan(db: Database) -> Database:
    published(filled(db), made_forecast())
    return db


def write(db: Database, *some: tuple[Any, ...], by: str = "Ada", **more: Any) -> PlanWritten:
    with db.begin() as conn:
        return add_overrides(conn, rows(*some), by=by, **more)


def total(db: Database, store: int | None = None, version: int | None = None) -> float:
    with db.reading() as conn:
        frame = read_plan(conn, version)[1].to_frame()
    week = frame.filter(pl.col(s.DATE).is_between(MONDAY, SUNDAY))
    return round(week.filter(True if store is None else pl.col(s.STORE) == store)["Plan"].sum(), 2)


FORECAST = 6 * (101 + 102 + 103 + 104)


def test_an_override_changes_the_plan_and_not_the_forecast_and_may_be_withdrawn(plan: Database) -> None:
    assert total(plan) == FORECAST
    assert write(plan, WEEK_OF_1) == PlanWritten(1, 1, 1, 0)
    assert (total(plan, 1), total(plan)) == (900, FORECAST - 606 + 900)
    with plan.begin() as conn:
        assert read_current_plan(conn).figures.to_frame()["Forecast"].sum() == made_forecast().rows["Forecast"].sum()
        assert withdraw_override(conn, 1, by="Bo") == PlanWritten(1, 2, 0, 1)
    assert total(plan) == FORECAST
    with pytest.raises(ConflictError, match=r"withdrawn or replaced by Bo"), plan.begin() as conn:
        withdraw_override(conn, 1, by="Ada")
    with pytest.raises(MissingError, match="no override 9"), plan.begin() as conn:
        withdraw_override(conn, 9, by="Ada")


def test_overrides_are_kept_over_a_new_version_and_the_older_plan_stays_what_it_was(plan: Database) -> None:
    write(plan, WEEK_OF_1, CHAIN)
    before = total(plan)
    published(plan, made_forecast(200.0, version=2))
    assert total(plan, 1) == 900
    assert total(plan) == 900 + 6 * (202 + 203 + 204) + 100
    assert total(plan, version=1) == before
    with plan.reading() as conn:
        current = read_current_plan(conn)
    texts = stale_reasons(current.figures, current.resolution, current.overrides, current.bases)
    assert "went from 606.00 to 1,206.00, out of the band from 545.40 to 666.60" in texts[0]


def test_the_second_of_two_is_told_what_changed_and_nothing_is_lost(plan: Database) -> None:
    write(plan, WEEK_OF_1, seen=0)
    with pytest.raises(ConflictError, match=r"Ada wrote store 1, .*: figure 900.00 \(local event") as refused:
        write(plan, TUESDAY_OF_1, by="Bo", seen=0)
    assert "900" not in refused.value.public
    assert (total(plan, 1), total(plan)) == (900, FORECAST + 294)
    elsewhere = ("store", "2", MONDAY, SUNDAY, "factor", 0.5)
    assert write(plan, elsewhere, by="Bo", seen=0).revision == 2, "other store-days are no conflict"
    assert write(plan, TUESDAY_OF_1, by="Bo", seen=2).revision == 3
    assert total(plan, 1) == 900, "the week is met by its other days"
    with pytest.raises(ConflictError, match="Bo wrote store 1"):
        write(plan, CHAIN, by="Ada", seen=2)


def test_an_override_of_the_same_days_takes_the_older_ones_place_and_gives_it_back(plan: Database) -> None:
    write(plan, WEEK_OF_1)
    replaced = write(plan, (*WEEK_OF_1[:5], 800.0), by="Bo")
    assert (replaced.added, replaced.withdrawn, total(plan, 1)) == (1, 1, 800)
    with pytest.raises(ConflictError, match="revision 2 changed the same later"), plan.begin() as conn:
        undo_plan_write(conn, 1, by="Ada")
    with plan.begin() as conn:
        assert undo_plan_write(conn, 2, by="Ada") == PlanWritten(1, 3, 1, 1)
    assert total(plan, 1) == 900
    with plan.begin() as conn:
        undo_plan_write(conn, 3, by="Ada")
    assert total(plan, 1) == 800, "an undo is a write, and can be taken back"
    with plan.reading() as conn:
        assert read_overrides(conn).select("by", "value").rows() == [("Bo", 800.0)], (
            "whoever brings it back, it is Bo's"
        )
    with pytest.raises(MissingError), plan.begin() as conn:
        undo_plan_write(conn, 99, by="Ada")


@ON_SQLITE
@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("store", "9", MONDAY, SUNDAY, "figure", 1), "no such store"),
        (("region", "x", MONDAY, SUNDAY, "figure", 1), "no such level"),
        (("store", "1", SUNDAY, MONDAY, "figure", 1), "expected days of version 1"),
        (("store", "1", MONDAY, MONDAY + dt.timedelta(days=60), "figure", 1), "expected days of version 1"),
        (("store", "1", MONDAY, SUNDAY, "sum", 1), "no such kind"),
        (("store", "1", MONDAY, SUNDAY, "figure", -1), "expected a number from 0"),
        (("store", "1", MONDAY, SUNDAY, "factor", float("nan")), "expected a number from 0 to 100"),
        (("store", "1", MONDAY, SUNDAY, "amount", -1000), "takes more away than the forecast"),
        (("chain", "chain", MONDAY, SUNDAY, "figure", 100), "narrower overrides hold 900.00 of its 100.00"),
    ],
)
def test_an_override_that_has_no_meaning_is_refused_and_nothing_is_written(
    plan: Database, row: tuple[Any, ...], words: str
) -> None:
    write(plan, ("store", "2", MONDAY, SUNDAY, "figure", 900))
    with pytest.raises(DataError, match=words):
        write(plan, row)
    with plan.reading() as conn:
        assert read_overrides(conn).height == 1


def test_an_override_of_a_type_that_holds_one_store_is_of_the_same_days_as_that_stores(plan: Database) -> None:
    of_type, of_store = (("type", "b", MONDAY, SUNDAY, "figure", 1000), ("store", "2", MONDAY, SUNDAY, "figure", 900))
    write(plan, of_type)
    for row in (of_store, of_type):
        replaced = write(plan, row)
        assert (replaced.added, replaced.withdrawn, total(plan, 2)) == (1, 1, row[-1])
    with plan.begin() as conn:
        undo_plan_write(conn, replaced.revision, by="Ada")
    assert total(plan, 2) == 900
    with pytest.raises(ConflictError, match="changed the same later"), plan.begin() as conn:
        undo_plan_write(conn, 2, by="Ada")
    with pytest.raises(DataError, match="overridden twice in one write"):
        write(plan, of_type, of_store)


def test_a_type_whose_days_are_all_held_one_by_one_is_refused(plan: Database) -> None:
    days = [MONDAY + dt.timedelta(days=k) for k in range(7)]
    write(plan, *(("store", "2", day, day, "figure", 10) for day in days))
    with pytest.raises(DataError, match="every day of it is held by narrower"):
        write(plan, ("type", "b", MONDAY, SUNDAY, "factor", 2))


def test_reasons_come_from_a_list_that_one_keeps(plan: Database) -> None:
    frame = rows(WEEK_OF_1).with_columns(pl.lit("market day").alias("reason"))
    with pytest.raises(DataError, match="no such reason"), plan.begin() as conn:
        add_overrides(conn, frame, by="Ada")
    with plan.begin() as conn:
        assert "market day" in change_reasons(conn, add=["market day"], remove=["weather"])
        add_overrides(conn, frame, by="Ada")
    with plan.reading() as conn:
        assert "weather" not in read_reasons(conn)
    for add, remove in (([" "], []), ([], ["nothing"])):
        with pytest.raises(DataError), plan.begin() as conn:
            change_reasons(conn, add, remove)


def test_an_approved_version_is_not_overridden_and_its_plan_stays_what_was_approved(plan: Database) -> None:
    write(plan, WEEK_OF_1)
    with plan.begin() as conn:
        advance_version(conn, 1, "reviewed", by="Ada")
        advance_version(conn, 1, "approved", by="Bo")
    for change in (
        lambda conn: add_overrides(conn, rows(CHAIN), by="Ada"),
        lambda conn: withdraw_override(conn, 1, by="Ada"),
        lambda conn: undo_plan_write(conn, 1, by="Ada"),
    ):
        with pytest.raises(ConflictError, match="Version 1 is approved"), plan.begin() as conn:
            change(conn)
    published(plan, made_forecast(300.0, version=2))
    write(plan, (*WEEK_OF_1[:5], 100.0))
    assert (total(plan, 1, version=1), total(plan, 1)) == (900, 100)
    with pytest.raises(ConflictError, match="Version 2 of the plan is the newest; you saw version 1"):
        write(plan, CHAIN, version=1)
