"""A run in which a model fails ends with those that finished, says which failed and why, and exits with 1."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from storecast.bundle.registry import current
from storecast.config import Task
from storecast.data.panel import Panel
from storecast.evaluate.backtest import backtest
from storecast.models.linear import Linear
from storecast.workflows import running
from support.chain_files import write_chain
from support.commands import Cli
from support.panels import make_panel

pytestmark = pytest.mark.usefixtures("no_exploration")


def break_linear(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fit(self: Linear, past: Panel, horizon: int) -> None:
        raise error

    monkeypatch.setattr(Linear, "fit", fit)


def test_a_run_keeps_the_models_that_finished_and_names_the_one_that_failed(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_linear(monkeypatch, RuntimeError("no memory\x1b[2J left"))
    home, chain = tmp_path / "home", write_chain(tmp_path / "chain", stores=3, ahead=14)
    code, _, err = cli("run", "--data", chain, "--out", home, "--models", "naive,linear", "--windows", 1)
    assert code == 1
    assert "Not all models finished; naive was selected of those that did. linear: RuntimeError: no memory" in err
    assert "Traceback" not in err
    assert "\x1b" not in err
    scores = json.loads((home / "scores.json").read_text(encoding="utf-8"))
    assert set(scores["failed"]) == {"linear"}
    assert {line["model"] for line in scores["scores"]} == {"naive"}
    assert pl.read_csv(home / "forecast.csv").height
    assert "linear failed, and is left out: RuntimeError" in (home / "run.log").read_text(encoding="utf-8")


def test_a_model_that_fails_on_all_data_gives_way_to_the_next_best(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, chain, fit = tmp_path / "home", write_chain(tmp_path / "chain", stores=3, ahead=14), Linear.fit
    ends: list[dt.date] = []

    def fail_at_the_end(self: Linear, past: Panel, horizon: int) -> None:
        ends.append(past.end)
        if (
            past.end == max(ends) and len(ends) > 2
        ):  # the two windows end before: one is scored, one gives its intervals
            raise MemoryError("Unable to allocate")
        fit(self, past, horizon)

    monkeypatch.setattr(Linear, "fit", fail_at_the_end)
    monkeypatch.setattr(
        "storecast.evaluate.selection.paired_gain", lambda *_: (1.0, 0.0, 14)
    )  # linear is the better one
    code, _, err = cli("run", "--data", chain, "--out", home, "--models", "naive,linear", "--windows", 1)
    assert (code, "Traceback" in err) == (1, False)
    assert "naive was selected of those that did. linear: on all data: MemoryError: Unable to allocate" in err
    scores = json.loads((home / "scores.json").read_text(encoding="utf-8"))
    assert scores["selected"]["reason"] == "naive is the only model that finished."
    assert set(scores["failed"]) == {"linear"}
    assert {line["model"] for line in scores["scores"]} == {"naive", "linear"}, "its scores are as good as any"
    assert pl.read_csv(home / "forecast.csv").height == 3 * 14
    assert (home / "report.html").is_file()
    assert current(home / "models").is_file()


def test_where_every_model_fails_on_all_data_the_failure_is_raised(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(panel: Panel, name: str, *_: object, **__: object) -> None:
        raise ValueError(f"{name} is broken")

    monkeypatch.setattr(running, "fit_on_all", fail)
    chain = write_chain(tmp_path / "chain", stores=3, ahead=14)
    with pytest.raises(ValueError, match="linear is broken"):  # the last that was tried
        cli("run", "--data", chain, "--out", tmp_path / "home", "--models", "naive,linear", "--windows", 1)
    assert not (tmp_path / "home" / "forecast.csv").exists()


def test_where_no_model_finishes_the_failure_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    break_linear(monkeypatch, ValueError("broken"))
    panel = make_panel(2, 120)
    with pytest.raises(ValueError, match="broken"):
        backtest(panel, ["linear"], task=Task(14), windows=1)
    result = backtest(panel, ["linear"], task=Task(14), windows=1, keep_finished=True)
    assert result.failed == {"linear": "ValueError: broken"}
    assert set(result.medians) == set(result.seconds) == set(result.importance) == {"naive"}


@pytest.mark.parametrize("error", [AssertionError("ours"), KeyboardInterrupt()])
def test_a_mistake_of_ours_and_an_interrupt_are_never_a_failed_model(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    break_linear(monkeypatch, error)
    with pytest.raises(type(error)):
        backtest(make_panel(2, 120), ["linear"], task=Task(14), windows=1, keep_finished=True)
