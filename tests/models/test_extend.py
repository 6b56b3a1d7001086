"""The how-to for a model and a feature of one's own runs as it stands in the docs."""

import datetime as dt
import re
from pathlib import Path

import pytest

from storecast import Task, backtest
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
