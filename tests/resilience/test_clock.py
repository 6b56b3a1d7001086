"""Attack "odd dates": 29 February, the turn of the year, summer time and a clock that goes backwards do no harm."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from storecast import schema as s
from storecast.bundle import registry
from storecast.data.panel import Panel
from storecast.database import request_log
from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.database.panel_io import read_panel
from support.panels import make_panel
from support.served_home import (
    OPEN_DAY,
    STORES,
    Client,
    copy_of,
    fill,
    home_url,
    make_key,
    running,
    settings_of,
    train,
    wait_until,
)


def moved(days: int) -> Panel:
    """Return the test chain, shifted by some days."""
    panel = make_panel(stores=STORES, days=420, ahead=42)

    def later(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.col(s.DATE) + pl.duration(days=days))

    return replace(panel, sales=later(panel.sales), calendar=later(panel.calendar))


def ending(day: dt.date) -> Panel:
    """Return the test chain, shifted so that its sales end on a day."""
    return moved((day - make_panel(stores=1, days=420, ahead=0).end).days)


def served(home: Path, to: Path, panel: Panel) -> Any:
    """Run a service over another chain."""
    own = copy_of(home, to)
    for file in own.glob("storecast.db*"):
        file.unlink()
    fill(home_url(own), panel)
    return running(settings_of(own), make_key(home_url(own)))


def dates(client: Client, **request: Any) -> list[str]:
    reply = client.forecasts({"store": 1, **request})
    assert reply.status_code == 200, reply.text
    rows = reply.json()["forecasts"]
    assert all(row["Forecast"] >= 0 for row in rows)
    return [row["Date"] for row in rows]


def days(first: dt.date, count: int) -> list[str]:
    return [str(first + dt.timedelta(days=k)) for k in range(count)]


def sell(client: Client, day: dt.date, **more: Any) -> Any:
    rows = [{"Store": store, "Date": str(day), "Sales": 1000, **OPEN_DAY} for store in range(1, STORES + 1)]
    return client.post("/v1/sales", {"rows": rows}, **more)


def test_when_there_is_a_leap_day_then_it_is_a_day_as_others(home: Path, tmp_path: Path) -> None:
    end = dt.date(2016, 2, 27)
    with served(home, tmp_path / "home", ending(end)) as client:
        assert dates(client) == days(dt.date(2016, 2, 28), 42)
        for day in (dt.date(2016, 2, 28), dt.date(2016, 2, 29)):
            assert sell(client, day).status_code == 200
            assert client.forecasts({"store": 1, "days": 1}).json()["cutoff"] == str(day)
        assert dates(client) == days(dt.date(2016, 3, 1), 42)
        history = client.get("/v1/stores/1/history?first=2016-02-28&last=2016-02-29").json()["history"]
        assert [row["Date"] for row in history] == ["2016-02-28", "2016-02-29"]
        for none in ("2016-02-30", "2017-02-29"):
            assert client.forecasts({"rows": [{"Store": 1, "Date": none}]}).status_code == 422
            rows = [{"Store": 1, "Date": none, "Sales": 1, **OPEN_DAY}]
            assert client.post("/v1/sales", {"rows": rows}).status_code == 422


def test_when_a_leap_day_lies_a_year_back_then_the_days_after_it_are_forecast(home: Path, tmp_path: Path) -> None:
    with served(home, tmp_path / "home", ending(dt.date(2017, 2, 20))) as client:
        assert dates(client) == days(dt.date(2017, 2, 21), 42)


def test_when_the_forecast_crosses_new_year_then_no_day_is_missing(home: Path, tmp_path: Path) -> None:
    end = dt.date(2015, 12, 10)  # a year of 53 weeks
    panel = ending(end)
    closed = pl.col(s.DATE) == dt.date(2016, 1, 1)
    panel = replace(
        panel,
        calendar=panel.calendar.with_columns(
            pl.when(closed).then(pl.lit(0, pl.Int8)).otherwise(pl.col(s.OPEN)).alias(s.OPEN),
            pl.when(closed).then(pl.lit("a")).otherwise(pl.col(s.STATE_HOLIDAY)).alias(s.STATE_HOLIDAY),
        ),
    )
    with served(home, tmp_path / "home", panel) as client:
        reply = client.forecasts({"store": 1, "totals": True, "days": 42}).json()
        rows = reply["forecasts"]
        assert [row["Date"] for row in rows] == days(end + dt.timedelta(days=1), 42)
        assert next(row["Forecast"] for row in rows if row["Date"] == "2016-01-01") == 0
        week = next(one for one in reply["totals"] if one["Level"] == "store-week" and one["Start"] == "2015-12-28")
        assert week["End"] == "2016-01-03"  # week 53, of both years
        of_week = [row["Forecast"] for row in rows if week["Start"] <= row["Date"] <= week["End"]]
        assert week["Forecast"] == pytest.approx(sum(of_week), abs=0.01)
        for day in (dt.date(2015, 12, 31), dt.date(2016, 1, 1)):
            row = {"Store": 1, "Date": str(day), "DayOfWeek": day.isoweekday()}
            assert client.forecasts({"rows": [row]}).status_code == 200


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Yield what sets the time zone of this process."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def test_when_clocks_change_then_days_and_forecasts_are_the_same(
    in_zone: Callable[[str], None], home: Path, tmp_path: Path
) -> None:
    """The requests span both changes: March in the forecast, October in the history."""
    answers = []
    for zone in ("UTC", "Europe/Berlin", "America/Sao_Paulo"):
        in_zone(zone)
        own = copy_of(home, tmp_path / zone.replace("/", "-"))
        with running(settings_of(own), make_key(home_url(own))) as client:
            ahead = client.forecasts({"store": 2, "start": "2014-03-28", "days": 7})
            back = client.get("/v1/stores/2/history?first=2013-10-25&last=2013-10-29")
            assert (ahead.status_code, back.status_code) == (200, 200)
            answers.append((ahead.content, back.content))
            assert [row["Date"] for row in back.json()["history"]] == days(dt.date(2013, 10, 25), 5)
    assert answers[0] == answers[1] == answers[2]


def test_when_the_clock_is_set_back_then_nothing_is_done_twice_and_nothing_stops(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = copy_of(home, tmp_path / "home")
    now = [dt.datetime.now(dt.UTC)]
    monkeypatch.setattr(request_log, "_now", lambda: now[0])
    monkeypatch.setattr("storecast.service.request_log.time.time", lambda: now[0].timestamp())
    with running(settings_of(own), make_key(home_url(own))) as client:
        first = sell(client, dt.date(2014, 2, 25), idempotency_key="a")
        for back in (dt.timedelta(hours=1), dt.timedelta(days=400)):
            now[0] -= back
            again = sell(client, dt.date(2014, 2, 25), idempotency_key="a")
            assert (again.status_code, again.content) == (200, first.content)
            new = sell(client, dt.date(2014, 2, 25), idempotency_key=f"b{back.days}")
            assert new.json()["same"] == STORES
            assert client.forecasts({"store": 1, "days": 1}).status_code == 200
        wait_until(lambda: requests(own) >= 5, 10)
        # A model trained now has an older name than the one in use, and must still replace it.
        models = own / "models"
        named = registry.current(models).name
        panel, _ = read_panel(client.service.live.database())
        publish = partial(registry.publish, now=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        monkeypatch.setattr("storecast.bundle.bundle.publish", publish)
        older = train("naive", panel, own)
        assert older < named
        registry.promote(models, older)
        wait_until(lambda: client.forecasts({"store": 1, "days": 1}).json()["model"] == older, 20)
        registry.prune(models, 1)
        assert registry.current(models).is_file()
        assert registry.rollback(models) == named


def requests(own: Path) -> int:
    database = Database.open(home_url(own))
    try:
        with database.reading() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(t.requests)).scalar_one())
    finally:
        database.close()
