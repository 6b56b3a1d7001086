"""A run in which a model fails ends with those that finished, says which failed and why, and exits with 1."""

import json
from pathlib import Path

import polars as pl
import pytest

from storecast.config import Task
from storecast.data.panel import Panel
from storecast.evaluate.backtest import backtest
from storecast.models.linear import Linear
from support.chain_files import write_chain
from support.commands import Cli
from support.panels import make_panel


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


def test_where_no_model_finishes_the_failure_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    break_linear(monkeypatch, ValueError("broken"))
    panel = make_panel(2, 120)
    with pytest.raises(ValueError, match="broken"):
        backtest(panel, ["linear"], task=Task(14), windows=1)
    kept = backtest(panel, ["linear"], task=Task(14), windows=1, keep_finished=True)
    assert kept.failed == {"linear": "ValueError: broken"}
    assert set(kept.medians) == set(kept.seconds) == set(kept.importance) == {"naive"}


@pytest.mark.parametrize("error", [AssertionError("ours"), KeyboardInterrupt()])
def test_a_mistake_of_ours_and_an_interrupt_are_never_a_failed_model(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    break_linear(monkeypatch, error)
    with pytest.raises(type(error)):
        backtest(make_panel(2, 120), ["linear"], task=Task(14), windows=1, keep_finished=True)
