"""Each forecast that was published is kept, with who brought it into which state."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.database.backup import backup, restore
from storecast.database.connect import Database
from storecast.database.forecasts import newest_forecast, save_forecast
from storecast.database.plan_publishing import advance_version
from storecast.database.plan_versions import all_versions, read_figures, read_version
from storecast.errors import ConflictError, DataError, MissingError
from storecast.plan.totals import TotalInterval
from storecast.workflows.planning import compare_versions, show_version
from support.plans import FIRST, MODEL, drivers_of, filled, made_forecast, published


def test_a_version_keeps_its_figures_while_the_forecast_is_superseded(db: Database) -> None:
    filled(db)
    for version, value in ((1, 100.0), (2, 200.0)):
        forecast = made_forecast(value, version=version)
        save_forecast(db, model=MODEL, cutoff=forecast.cutoff, version=version, rows=forecast.rows)
        newest = newest_forecast(db)
        assert newest is not None
        assert (newest.version, newest.rows.equals(forecast.rows)) == (version, True)
        assert published(db, newest).version == version
    with db.reading() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM forecasts").scalar() == 1
        figures = read_figures(conn, 1)
        size = conn.exec_driver_sql("SELECT sum(length(cells)) FROM plan_figures").scalar()
    assert figures is not None
    assert_frame_equal(figures.to_frame(), made_forecast(100.0).rows.drop("Lower95", "Upper95"))
    assert size < 2000
    assert newest_forecast(db, "other") is None


def test_a_forecast_is_published_once_and_may_get_its_drivers_later(db: Database) -> None:
    filled(db)
    forecast = made_forecast()
    first = published(db, forecast)
    again = published(db, forecast, drivers_of(forecast, 5.0))
    assert (first.version, first.new, first.explained) == (1, True, False)
    assert (again.version, again.new, again.explained) == (1, False, True)
    with db.reading() as conn:
        assert [(each.version, each.explained, len(each.history)) for each in all_versions(conn)] == [(1, True, 1)]


def test_drivers_that_are_not_the_forecasts_are_refused_and_nothing_is_written(db: Database) -> None:
    filled(db)
    forecast = made_forecast()
    for drivers in (drivers_of(made_forecast(101.0)), drivers_of(forecast).filter(pl.col(s.STORE) > 1)):
        with pytest.raises(DataError, match="made of"):
            published(db, forecast, drivers)
    with db.reading() as conn:
        assert all_versions(conn) == []


def test_a_version_goes_from_draft_to_locked_with_who_and_when(db: Database) -> None:
    filled(db)
    published(db, made_forecast())
    for state, by in (("reviewed", "Ada"), ("approved", "Bo"), ("locked", "Bo")):
        with db.begin() as conn:
            advance_version(conn, 1, state, by=by, note="ok")
    with db.reading() as conn:
        version = read_version(conn)
    assert version.state == "locked"
    assert [(each.state, each.by, each.note) for each in version.history] == [
        ("draft", "Ada", ""), ("reviewed", "Ada", "ok"), ("approved", "Bo", "ok"), ("locked", "Bo", "ok"),
    ]  # fmt: skip
    assert all(each.at.tzinfo is dt.UTC for each in version.history)
    with pytest.raises(ConflictError, match="locked, and stays so"), db.begin() as conn:
        advance_version(conn, 1, "draft", by="Ada")


def test_who_saw_an_older_state_is_told_who_changed_it(db: Database) -> None:
    filled(db)
    published(db, made_forecast())
    with db.begin() as conn:
        advance_version(conn, 1, "reviewed", by="Ada", seen="draft")
    with (
        pytest.raises(ConflictError, match=r"Version 1 is reviewed by now \(Ada, .*; you saw it as draft"),
        db.begin() as conn,
    ):
        advance_version(conn, 1, "reviewed", by="Bo", seen="draft")


def test_versions_that_are_not_there_are_missing(db: Database) -> None:
    filled(db)
    with pytest.raises(MissingError, match="No forecast has been published yet"):
        show_version(db)
    published(db, made_forecast())
    with pytest.raises(MissingError, match="no version 7; the newest is 1"):
        show_version(db, 7)
    with pytest.raises(MissingError, match="first of the plan"):
        compare_versions(db)


def test_the_newest_two_are_compared_with_what_moved_them(db: Database) -> None:
    filled(db)
    first, second = made_forecast(100.0), made_forecast(110.0, version=2, late=7)
    published(db, first, drivers_of(first, 5.0))
    published(db, second, drivers_of(second, 25.0))
    compared = compare_versions(db)
    whole = compared.changes.row(0, named=True)
    assert (whole["Start"], whole["End"]) == (FIRST + dt.timedelta(days=7), FIRST + dt.timedelta(days=13))
    assert whole["Change"] == 240.0  # four stores, six open days
    assert whole["Drivers"] == {"Promotion": 480.0, "Usual": -240.0}
    assert show_version(db).weeks["Forecast"].sum() == pytest.approx(second.rows["Forecast"].sum())


def test_versions_survive_a_backup_and_go_on_from_their_number(db: Database, url: str, tmp_path: Path) -> None:
    filled(db)
    forecast = made_forecast()
    published(db, forecast, drivers_of(forecast))
    before = show_version(db)
    assert backup(db, tmp_path / "b.zip")["plan_figures"] == 5
    restore(url, tmp_path / "b.zip", replace=True)
    after = show_version(db)
    assert (after.version, after.days.equals(before.days)) == (before.version, True)
    assert published(db, made_forecast(2.0, version=2)).version == 2


def test_intervals_of_totals_are_kept_stay_and_are_added_by_publishing_again(db: Database) -> None:
    filled(db)
    forecast = made_forecast()
    whole = TotalInterval("chain", "chain", float(forecast.rows[s.FORECAST].sum()), 5000.0, 6000.0)
    published(db, forecast)
    assert show_version(db).totals == []
    assert not published(db, replace(forecast, totals=(whole,))).new
    assert not published(db, forecast).new
    (total,) = show_version(db).totals
    assert (total.lower, total.upper, total.overridden) == (5000.0, 6000.0, False)
    save_forecast(db, model=MODEL, cutoff=forecast.cutoff, version=2, rows=forecast.rows, totals=(whole,))
    newest = newest_forecast(db)
    assert newest is not None
    assert newest.totals == (whole,)
