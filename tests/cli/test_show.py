"""What is printed is text, and steers no terminal."""

import datetime as dt

import pytest

from storecast.cli import show
from storecast.config import Task
from storecast.evaluate.backtest import backtest
from storecast.evaluate.selection import select
from storecast.evaluate.summary import summary
from support.panels import make_panel


def test_control_characters_of_a_name_are_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    show.table("Store \x1b[2J", ["name\x07"], [["\x1b]0;owned\x07", 1], ["München\u00a0Süd, 東京", 2]])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\\x1b]0;owned\\x07" in out
    assert "München\u00a0Süd, 東京" in out


def test_a_driver_that_says_nothing_is_called_indistinguishable_from_none(capsys: pytest.CaptureFixture[str]) -> None:
    panel = make_panel(4, 200, ahead=14)
    result = backtest(panel, ["linear"], [panel.end - dt.timedelta(days=14)], Task(14))
    show.scores(summary(result, panel, select(result), version="0", generated=False))
    lines = {line.split(" ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "indistinguishable" not in lines["level"]
    assert "indistinguishable from none" in lines["holidays"]  # none lies in the window
