"""storecast weekly: once for the same data and one at a time; what is late, missing or incomplete is told."""

import datetime as dt
import fcntl
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database, home_url
from storecast.database.plan_versions import all_versions
from storecast.database.writes import add_sales
from storecast.workflows.storing import load
from storecast.workflows.weekly import WeeklySettings, weekly
from support.chain_files import FIRST, write_chain
from support.commands import Cli, cli, leave_out_exploration

__all__ = ["cli"]
DAYS = 150
LAST = FIRST + dt.timedelta(days=DAYS - 1)
OPTIONS = ("--late-after", 36_500, "--models", "linear", "--fast")
TRAINING = {"models": ("linear",), "fast": True}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    leave_out_exploration(monkeypatch)
    folder = tmp_path / "home"
    folder.mkdir()
    load(write_chain(tmp_path / "data", days=DAYS), home_url(folder))
    return folder


def send_sales(home: Path, first: dt.date, days: int, stores: tuple[int, ...] = (1, 2, 3, 4)) -> None:
    """Add the sales of some days, in one write."""
    dates = [first + dt.timedelta(days=day) for day in range(days)]
    rows = pl.DataFrame({s.STORE: stores}).join(pl.DataFrame({s.DATE: dates}), how="cross")
    is_open = (pl.col(s.DATE).dt.weekday() < 7).cast(pl.Int64)
    with closing(Database.open(home_url(home))) as database, database.begin() as conn:
        add_sales(conn, rows.with_columns((is_open * 5000.0).alias(s.SALES)))


def versions(home: Path) -> int:
    with closing(Database.open(home_url(home))) as database, database.reading() as conn:
        return len(all_versions(conn))


def test_mondays_on_which_all_is_well_late_missing_and_started_twice(cli: Cli, home: Path) -> None:
    code, out, err = cli("weekly", "--home", home, *OPTIONS)
    assert code == 0, err
    assert f"Forecast after {LAST} with a new model, model-" in out
    assert "Version 1 is a draft, published by weekly" in out
    for name in ("forecast.csv", "plan.xlsx", "report.html", "weekly.json"):
        assert (home / name).exists()

    code, out, err = cli("weekly", "--home", home, *OPTIONS)
    assert (code, "Nothing is new since the job of" in out) == (0, True), err
    assert versions(home) == 1
    report = (home / "report.html").stat().st_mtime_ns

    send_sales(home, LAST + dt.timedelta(days=1), 7, stores=(1, 2, 3))
    send_sales(home, LAST + dt.timedelta(days=8), 1, stores=(1,))
    settings = WeeklySettings(late_after=3, **TRAINING)
    summary = weekly(home, settings=settings, today=LAST + dt.timedelta(days=12))
    week = LAST + dt.timedelta(days=7)
    assert (summary["status"], summary["exit_code"], summary["model"]["trained"]) == ("done", 4, False)
    assert summary["attention"] == [
        f"The sales are late: the last complete day is {week}, expected was {week + dt.timedelta(days=2)} at least (2 days more).",
        f"No sales of the week up to {week} have come from 1 of 4 stores: 4.",
        f"Days that are not complete yet were left out: {week + dt.timedelta(days=1)} (1 of 4 stores).",
    ]
    assert summary == json.loads((home / "weekly.json").read_text(encoding="utf-8"))
    assert summary["plan"]["version"] == versions(home) == 2
    assert (home / "report.html").stat().st_mtime_ns == report, "the report is that of the model's training"
    assert pl.read_csv(home / "forecast.csv", try_parse_dates=True)[s.DATE].min() == week + dt.timedelta(days=1)

    code, out, _ = cli("weekly", "--home", home, *OPTIONS)
    assert (code, versions(home)) == (4, 2), "a second start still says what is missing"
    assert "LOOK AT: No sales of the week" in out
    forced = weekly(home, settings=WeeklySettings(36_500, 36_500, force=True))
    assert (forced["status"], forced["plan"]["version"]) == ("done", 2)

    send_sales(home, week + dt.timedelta(days=1), 7, stores=(2, 3, 4))
    summary = weekly(home, settings=WeeklySettings(14, 36_500, **TRAINING))
    assert summary["model"]["trained"], "the model knows nothing of the last 14 days"
    assert summary["deleted"].keys() == {"requests", "superseded", "old", "overwritten", "model_files"}


def test_a_second_start_at_the_same_time_is_told_and_a_killed_one_leaves_nothing_locked(cli: Cli, home: Path) -> None:
    lock = home / "weekly.lock"
    lock.write_text("process 4711 since 2014-05-26 03:00:00 UTC\n", encoding="utf-8")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, out, err = cli("weekly", "--home", home, *OPTIONS)
        assert (code, out) == (3, "")
        assert "at work on" in err
        assert "process 4711 since 2014-05-26" in err
    (home / "weekly.json").write_text("{", encoding="utf-8")
    code, _, err = cli("weekly", "--home", home, *OPTIONS)
    assert (code, "weekly.json is no JSON" in err) == (2, True), "the lock was free, its text alone stops nobody"


def test_without_a_home_or_sales_it_is_bad_input(cli: Cli, tmp_path: Path) -> None:
    code, _, err = cli("weekly", "--home", tmp_path / "none")
    assert (code, "There is no folder" in err) == (2, True)
    assert not (tmp_path / "none").exists()
    Database.open(home_url(tmp_path), create=True).close()
    code, _, err = cli("weekly", "--home", tmp_path)
    assert (code, "holds no sales yet" in err) == (2, True), err
