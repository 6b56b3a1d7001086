"""The how-to for a model and a feature of one's own runs as it stands in the docs."""

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from storecast import Task, backtest
from storecast.errors import ConfigError
from storecast.features import registry
from storecast.models import base
from support.panels import make_panel

DOC = Path(__file__).parents[2] / "docs" / "extend.md"


def test_the_blocks_of_the_how_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_FEATURES", dict(registry._FEATURES))
    monkeypatch.setattr(base, "_FACTORIES", dict(base._FACTORIES))
    blocks = re.findall(r"```python\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, str(DOC), "exec"), {})
    panel = make_panel(stores=4, days=430, ahead=14)
    found = backtest(panel, ["last_year", "boosting"], [panel.end - dt.timedelta(days=14)], Task(14), fast=True)
    assert set(found.scores["Model"]) == {"naive", "last_year", "boosting"}
    assert found.mean("last_year") < 0.5


def test_accident_a_model_registered_under_another_name_is_refused_before_any_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(base, "_FACTORIES", dict(base._FACTORIES))
    monkeypatch.setattr(base, "_COMPLEXITY", dict(base._COMPLEXITY))
    base.register("mine")(lambda fast: base.create("naive", fast=fast))
    with pytest.raises(ConfigError, match="registered as 'mine' calls itself 'naive'"):
        base.create("mine")


def test_a_plug_ins_model_is_trained_in_one_process_and_forecasts_in_another(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mychain.py").write_text("\n\n".join(blocks), encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "STORECAST_PLUGINS": "mychain"}

    def command(*words: str, env: dict[str, str] = environment) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "storecast.cli", *words], env=env, cwd=tmp_path, capture_output=True, text=True
        )

    for words in (
        ["demo-data", "--out", "chain", "--stores", "5", "--days", "500"],
        ["train", "--data", "chain", "--models", "last_year", "--out", "home", "--fast"],
    ):
        assert (done := command(*words)).returncode == 0, done.stderr
    (model,) = (tmp_path / "home" / "models").glob("model-*.pkl")
    words = ["forecast", "--data", "chain", "--model", str(model), "--out", "ahead.csv"]
    assert (done := command(*words)).returncode == 0, done.stderr
    without = command(*words, env={**environment, "STORECAST_PLUGINS": ""})
    assert without.returncode == 2, without.stderr
    assert "'last_year'" in without.stderr
    assert "STORECAST_PLUGINS" in without.stderr
