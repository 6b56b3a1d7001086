"""What is being done: a line for each stage, and the time left."""

import io
import logging

import pytest
import typer
from rich.console import Console
from rich.progress import Progress

from storecast.cli import progress
from storecast.cli.app import app
from storecast.cli.progress import Stages, in_time, working
from support.commands import all_commands

NAMES = ("reading", "backtest", "report")
LONG = [
    *((name,) for name in ("run", "weekly", "backtest", "train", "tune", "explore", "forecast", "explain", "scenario")),
    *(("partition",), ("run-parts",), ("db", "load"), ("scenarios", "save")),
]
log = logging.getLogger("storecast.test")


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def stages(out: io.StringIO) -> Stages:
    return Stages(NAMES, Progress(console=Console(file=out, width=80), disable=True), quiet=False)


def test_each_stage_has_one_line_with_its_time(clock: Clock) -> None:
    out = io.StringIO()
    report = stages(out)
    for step in ("reading", "backtest", "linear, window from 2015-04-27", "boosting, window from 2015-04-27", "report"):
        report(step)
        clock.now += 10
    report.end()
    assert out.getvalue() == "1 of 3  reading: 10 s\n2 of 3  backtest: 30 s\n3 of 3  report: 10 s\n"


def test_the_time_left_follows_what_the_stages_took(clock: Clock) -> None:
    report = stages(io.StringIO())
    report("reading")
    report.expect({"reading": 10, "backtest": 100, "report": 50})
    clock.now = 20
    report("backtest")
    assert report._left() == "about 5 min left"  # twice as slow as expected
    clock.now = 400
    assert report._left() == "nearly done"


def test_rows_that_are_done_give_the_share_and_the_time_left(clock: Clock) -> None:
    out = io.StringIO()
    report = stages(out)
    report.rows("reading", 0, 1000)
    clock.now = 20
    report.rows("reading", 250, 1000)
    assert report._bar.tasks[0].fields["left"] == "25% of the rows, about 60 s left"
    report.rows("backtest", 1000, 1000)
    assert report._bar.tasks[0].fields["left"] == "100% of the rows"
    assert out.getvalue() == "1 of 3  reading: 20 s\n"


def test_stages_that_are_known_only_at_work_are_counted_from_then_on(clock: Clock) -> None:
    out = io.StringIO()
    report = Stages((), Progress(console=Console(file=out, width=80), disable=True), quiet=False)
    report("starting")
    report.expect({"forecast": 10, "publish": 20})
    for step in ("forecast", "publish"):
        report(step)
        clock.now += 10
    report.end()
    assert out.getvalue() == "1 of 2  forecast: 10 s\n2 of 2  publish: 10 s\n"


@pytest.mark.parametrize("command", LONG)
def test_every_long_command_shows_the_whole_log_on_request(command: tuple[str, ...]) -> None:
    flags = {flag for param in dict(all_commands(typer.main.get_command(app)))[command].params for flag in param.opts}
    assert {"--verbose", "-v"} <= flags


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (200, "3 min"), (7300, "2.0 h")])
def test_times_are_as_exact_as_one_can_believe(seconds: float, words: str) -> None:
    assert in_time(seconds) == words


@pytest.mark.parametrize(
    ("log_format", "verbose", "err"),
    [
        ("text", False, "Note: the past is short.\n1 of 1  reading: 1 s\n"),
        ("text", True, "INFO storecast.test: read 3 rows\n"),
        ("json", False, '"message": "read 3 rows"}\n'),
    ],
)
@pytest.mark.usefixtures("cli")  # which gives other tests the log back
def test_a_person_sees_warnings_as_sentences_and_the_whole_log_on_request(
    log_format: str, verbose: bool, err: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with working(log_format, "reading", verbose=verbose, stages=["reading"]):
        log.info("read 3 rows")
        log.warning("the past is short")
    assert err in capsys.readouterr().err
