"""The how-to for a model and a feature of one's own runs as it stands in the docs."""

import datetime as dt
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from storecast import Task, backtest
from storecast.bundle.read import open_model
from storecast.data.generate import ChainSpec, write_demo
from storecast.errors import ConfigError
from storecast.features import registry
from storecast.features.store import FeatureStore
from storecast.models import base
from support.commands import Cli, cli
from support.panels import make_panel
from support.served_home import served_process

__all__ = ["cli"]

DOC = Path(__file__).parents[2] / "docs" / "extend.md"


def plugin_source() -> str:
    """Return the blocks of the how-to, as one module."""
    return "\n\n".join(re.findall(r"```python\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL))


@pytest.mark.docs
def test_the_blocks_of_the_how_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_FEATURES", dict(registry._FEATURES))
    monkeypatch.setattr(base, "_REGISTERED", dict(base._REGISTERED))
    exec(compile(plugin_source(), str(DOC), "exec"), {"__name__": "mychain"})
    assert set(base.search_space(base.create("xgboost_forest"))) == {"max_depth", "n_estimators"}
    panel = make_panel(stores=4, days=430, ahead=14)
    own = ["last_year", "xgboost_forest", "lightgbm"]
    result = backtest(panel, [*own, "boosting"], [panel.end - dt.timedelta(days=14)], Task(14), fast=True)
    assert set(result.scores["Model"]) == {"naive", "boosting", *own}
    assert all(result.mean(model) < 0.5 for model in own)


def test_a_feature_of_another_shape_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_FEATURES", dict(registry._FEATURES))
    registry.feature("flat")(lambda grid, origin, days: np.zeros(3))
    panel = make_panel(stores=4, days=300, ahead=14)
    with pytest.raises(ConfigError, match=r"The feature 'flat' of .* returns the shape \(3,\); expected \(4, 14\)"):
        FeatureStore.of(window := panel.window(panel.end, 14)).ahead(window)


def test_accident_a_model_registered_under_another_name_is_refused_before_any_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(base, "_REGISTERED", dict(base._REGISTERED))
    base.register("mine")(lambda fast: base.create("naive", fast=fast))
    with pytest.raises(ConfigError, match="registered as 'mine' calls itself 'naive'"):
        base.create("mine")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the plug-in and a chain that names it in storecast.toml."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "mychain.py").write_text(plugin_source(), encoding="utf-8")
    write_demo(folder / "data", ChainSpec(stores=5, days=400, horizon=14))
    (folder / "data" / "storecast.toml").write_text('plugins = ["mychain"]\n', encoding="utf-8")
    return folder


def environment_of(folder: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, **more}


# Several commands in one process, each of which would import the same libraries. The report goes without its exploration, which
# is half of the CPU time of a small run.
COMMANDS = """
import sys
from storecast.cli import main
from storecast.workflows import running

running.missing_libraries = lambda chosen: ["these"]
for line in sys.argv[1].splitlines():
    sys.argv = ["storecast", *line.split()]
    try:
        main()
    except SystemExit as ended:
        print("exit", ended.code or 0)
"""


def codes_of(folder: Path, *commands: str) -> tuple[list[int], str]:
    """Run commands in a process of their own, and return the exit code of each, and what was written to stderr."""
    call = [sys.executable, "-c", COMMANDS, "\n".join(commands)]
    ran = subprocess.run(call, env=environment_of(folder), cwd=folder, capture_output=True, text=True, check=False)
    return [int(code) for code in re.findall(r"^exit (\d+)$", ran.stdout, re.MULTILINE)], ran.stderr


@pytest.mark.long
def test_a_plug_in_survives_the_process(chain: Path, cli: Cli) -> None:
    """Trained in one process, refused in another without its plug-in, and served by a third that has it."""
    where = "--data data --out home --fast"
    codes, errors = codes_of(chain, f"run --models xgboost_forest --windows 1 {where}")
    assert codes == [0], errors
    promoted = (chain / "home" / "models" / "current").read_text(encoding="utf-8").strip()
    assert open_model(chain / "home" / "models" / promoted).manifest.kind == "xgboost_forest"
    (chain / "data" / "storecast.toml").unlink()
    model = chain / "home" / "models" / promoted
    code, _, errors = cli("forecast", "--data", chain / "data", "--model", model, "--out", chain / "ahead.csv")
    assert code == 2, errors
    assert "needs the feature 'best_week' of the plug-in 'mychain', which is not loaded here" in errors
    own = environment_of(chain, STORECAST_PLUGINS="mychain")
    with served_process(chain / "home", **own) as (_, port):
        key = (chain / "home" / "admin.key").read_text(encoding="utf-8").strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/forecasts",
            data=json.dumps({"store": 1, "days": 3}).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            body = json.load(reply)
    assert body["model"] == promoted
    assert len(body["forecasts"]) == 3


def test_an_installed_package_is_a_plug_in_by_its_entry_point(chain: Path) -> None:
    metadata = chain / "mychain-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mychain\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[storecast.plugins]\nmychain = mychain\n", encoding="utf-8")
    code = "from storecast.plugins import import_plugins; print(import_plugins())"
    call = [sys.executable, "-c", code]
    ran = subprocess.run(call, env=environment_of(chain), capture_output=True, text=True, check=True)
    assert "mychain" in ran.stdout
