"""storecast weekly: once for the same data and one at a time; what is late, missing or incomplete is told."""

import datetime as dt
import fcntl
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import openpyxl
import polars as pl
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from storecast import schema as s
from storecast import traces
from storecast.database.api_keys import create_key, rotate_key
from storecast.database.connect import Database, home_url
from storecast.database.plan_versions import all_versions
from storecast.database.writes import add_sales
from storecast.errors import ConfigError, DatabaseUnavailable, HistoryError
from storecast.notify import channels
from storecast.stages import FORECAST, PUBLISHING, READING, RUN_STAGES
from storecast.trace_export import OpenTelemetryTracer
from storecast.workflows.running import run
from storecast.workflows.storing import load
from storecast.workflows.weekly import WeeklySettings, weekly
from storecast.workflows.weekly_conditions import ending_keys
from support.chain_files import FIRST, write_chain
from support.commands import Cli, cli, ended_stages, leave_out_exploration
from support.notice_servers import webhook, write_certificate

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


@pytest.mark.parametrize(
    ("options", "compared"),
    [
        ({}, ("naive", "linear", "blend")),
        ({"models": ("naive", "boosting")}, ("naive", "boosting")),
        ({"fast": True}, None),
    ],
)
def test_an_unattended_job_compares_the_most_accurate_models(
    home: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], compared: tuple[str, ...] | None
) -> None:
    calls = []

    def run(*_: object, models: tuple[str, ...] | None, **__: object) -> None:
        calls.append(models)
        raise ConfigError("seen")

    monkeypatch.setattr("storecast.workflows.weekly.run", run)
    with pytest.raises(ConfigError, match="seen"):
        weekly(home, settings=WeeklySettings(**options))
    assert calls == [compared]


def test_mondays_on_which_all_is_well_late_missing_and_started_twice(cli: Cli, home: Path) -> None:
    code, out, err = cli("weekly", "--home", home, *OPTIONS)
    assert code == 0, err
    assert ended_stages(err) == (*RUN_STAGES, PUBLISHING)
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
    begun: list[str] = []
    expected: list[Mapping[str, float]] = []
    options = WeeklySettings(36_500, 36_500, force=True, language="de")
    forced = weekly(home, settings=options, progress=begun.append, expect=expected.append)
    assert [list(each) for each in expected] == [begun] == [[READING, FORECAST, PUBLISHING]]
    assert (forced["status"], forced["plan"]["version"]) == ("done", 2)
    assert openpyxl.load_workbook(home / "plan.xlsx", read_only=True).sheetnames[0] == "Kette"
    with pytest.raises(ConfigError, match="no language 'fr'"):
        weekly(home, settings=WeeklySettings(language="fr"))

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


def test_what_is_told_acknowledged_and_over(
    cli: Cli, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "PAUSES", ())
    certificate, _ = write_certificate(tmp_path, LAST + dt.timedelta(days=30))
    with webhook() as received:
        (home / "storecast.toml").write_text(
            f"""
            [notify]
            name = "north"
            certificates = ["{certificate}"]
            [notify.webhook]
            url = "http://127.0.0.1:{received.port}/hook"
            """,
            encoding="utf-8",
        )

        def new_events() -> list[tuple[str, str]]:
            """Return what was sent since, and forget it."""
            events = [(alert["key"], alert["event"]) for notice in received.notices for alert in notice["alerts"]]
            received.notices.clear()
            return events

        settings = WeeklySettings(late_after=3, **TRAINING)
        with closing(Database.open(home_url(home))) as database:
            end = dt.datetime.combine(dt.datetime.now(dt.UTC).date(), dt.time(), dt.UTC) + dt.timedelta(days=20)
            for name in ("shop", "planner"):
                create_key(database, name, ["read"], end)
            rotate_key(database, 2, None, end)
            keys = ending_keys(home_url(home), end.date() - dt.timedelta(days=20))
            assert [(key.key, ending_keys(home_url(home), end.date() - dt.timedelta(days=31))) for key in keys] == [
                ("key:1", [])
            ]
        assert weekly(home, settings=settings, today=LAST)["exit_code"] == 0
        assert new_events() == []
        summary = weekly(home, settings=settings, today=LAST + dt.timedelta(days=10))
        assert (summary["status"], summary["exit_code"]) == ("unchanged", 4)
        assert new_events() == [("late", "begun"), ("certificate:tls.crt", "begun")]
        assert (
            summary["attention"][-1] == f"The certificate tls.crt ends on {LAST + dt.timedelta(days=30)}, in 20 days."
        )

        for key in ("late", "certificate:tls.crt"):
            assert cli("alerts", "acknowledge", key, "--home", home, "--by", "Ada")[0] == 0
        summary = weekly(home, settings=settings, today=LAST + dt.timedelta(days=12))
        assert (summary["exit_code"], summary["attention"], len(summary["acknowledged"])) == (0, [], 2)
        assert new_events() == []

        with monkeypatch.context() as patch:
            patch.setattr("storecast.workflows.weekly.publish", fail_with(DatabaseUnavailable("The database is down.")))
            send_sales(home, LAST + dt.timedelta(days=1), 7)
            with pytest.raises(DatabaseUnavailable):
                weekly(home, settings=settings, today=LAST + dt.timedelta(days=12))
            assert received.notices[0]["alerts"][0]["sentence"] == "The weekly job failed: The database is down."
            assert new_events() == [("failed", "begun")], "nothing is known of the others"
            patch.setattr("storecast.workflows.weekly.publish", fail_with(ZeroDivisionError("secret")))
            with pytest.raises(ZeroDivisionError):
                weekly(home, settings=settings, today=LAST + dt.timedelta(days=12))
            assert new_events() == []
            assert "a bug, ZeroDivisionError" in cli("alerts", "list", "--home", home)[1]
        summary = weekly(home, settings=settings, today=LAST + dt.timedelta(days=8))
        assert (summary["status"], summary["exit_code"]) == ("done", 0)
        assert sorted(new_events()) == [("certificate:tls.crt", "ended"), ("failed", "ended"), ("late", "ended")]


@pytest.mark.long
def test_a_job_that_is_killed_is_started_again_and_does_its_work(home: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from storecast.workflows.weekly import WeeklySettings, weekly

def progress(what, *_):
    if what == "publishing and pruning":
        os.kill(os.getpid(), signal.SIGKILL)

weekly(Path(sys.argv[1]), settings=WeeklySettings(late_after=36500, models=("naive",), fast=True), progress=progress)
"""
    killed = subprocess.run([sys.executable, "-c", script, str(home)], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert "process" in (home / "weekly.lock").read_text(encoding="utf-8"), "its lock ended with it, its text did not"
    assert not (home / "weekly.json").exists()
    assert versions(home) == 0
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with traces.using(OpenTelemetryTracer(provider)), traces.root("storecast weekly"):
        summary = weekly(home, settings=WeeklySettings(late_after=36_500, models=("naive",), fast=True))
    assert (summary["status"], summary["exit_code"], summary["model"]["trained"]) == ("done", 0, False)
    assert versions(home) == 1
    spans = exporter.get_finished_spans()
    steps = [span.name for span in spans if span.parent and span.parent.span_id == spans[-1].context.span_id]
    assert [name for name in steps if "database" not in name] == ["forecast", "publish", "prune"]
    assert {"features", "model", "write to the database"} <= {span.name for span in spans}
    assert [path.name for path in home.rglob("*.part")] == [], "the log that the killed job began is gone"


def fail_with(error: Exception) -> Callable[..., NoReturn]:
    """Return what fails whenever it is called."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


def test_a_new_model_has_the_horizon_of_the_one_in_use_and_advice_names_the_command_that_takes_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    horizons: list[int | None] = []

    def too_short(*_: object, horizon: int | None, **__: object) -> NoReturn:
        horizons.append(horizon)
        raise HistoryError("Give --horizon 20 or less.")

    run(None, home=home, db=home_url(home), models=["naive"], windows=1, horizon=14)
    monkeypatch.setattr("storecast.workflows.weekly.run", too_short)
    with pytest.raises(HistoryError, match=r"Give --horizon 20 or less\. These are options of `storecast run`"):
        weekly(home, settings=WeeklySettings(0, 36_500, **TRAINING))
    assert horizons == [14]


def test_without_a_home_or_sales_it_is_bad_input(cli: Cli, tmp_path: Path) -> None:
    code, _, err = cli("weekly", "--home", tmp_path / "none")
    assert (code, "the folder does not exist" in err) == (2, True)
    with pytest.raises(ConfigError, match="There is no folder"):
        weekly(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    Database.open(home_url(tmp_path), create=True).close()
    code, _, err = cli("weekly", "--home", tmp_path)
    assert (code, "holds no sales yet" in err) == (2, True), err
