"""A user with keys of their own, and a small manifest."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that holds this test's keys."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("STORECAST_SIGNING_KEY", raising=False)
    monkeypatch.delenv("STORECAST_TRUSTED_KEYS", raising=False)
    return tmp_path / "config" / "storecast"


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Return what a caller says of a model."""
    return {
        "kind": "boosting",
        "task": {"horizon": 42, "quantiles": [0.1, 0.9]},
        "scores": {"rmspe": 0.105},
        "data_fingerprint": "0123456789abcdef",
        "cutoff": "2015-06-13",
        "generated": True,
    }
