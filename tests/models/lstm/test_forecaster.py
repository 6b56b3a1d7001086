"""The network from outside: ONNX Runtime says what PyTorch said, and needs no PyTorch to say it."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from storecast.config import LstmSettings
from storecast.data.panel import Window
from storecast.errors import ConfigError, HistoryError
from storecast.models.lstm import Lstm, forecaster, training
from storecast.models.lstm.network import Network
from storecast.models.lstm.sequences import Sequences
from support.panels import make_panel

HORIZON = 41
HIDE = """
import sys
from importlib.machinery import PathFinder
class Without(PathFinder):
    def find_spec(name, path=None, target=None):
        return None if name.split(".")[0] in ("torch", "onnx") else PathFinder.find_spec(name, path, target)
sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]
"""
SMALL = LstmSettings(hidden=8, epochs=2, batch=32, origins=5, learning_rate=0.01)


@pytest.fixture(scope="module")
def window() -> Window:
    panel = make_panel(stores=6, days=420, ahead=HORIZON)
    return panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)


def test_onnx_runtime_gives_the_figures_of_pytorch(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[Network] = []

    def train(*inputs: object) -> Network:
        network = usual(*inputs)  # type: ignore[arg-type]
        fitted.append(network)
        return network

    usual = training.train
    monkeypatch.setattr(training, "train", train)
    model = Lstm(SMALL)
    model.fit(window.past, HORIZON)
    seen: list[Sequences] = []
    make = forecaster.sequences
    monkeypatch.setattr(forecaster, "sequences", lambda *parts: seen.append(make(*parts)) or seen[-1])  # type: ignore[func-returns-value]
    features = model.features(window)
    answers = model.predict(features) - features["ridge"].to_numpy() - features["offset"].to_numpy()
    with torch.no_grad():
        medians = fitted[0](*(torch.tensor(getattr(seen[0], name)) for name in forecaster.INPUTS))[..., 0]
    expected = medians.numpy()[features["sequence"].to_numpy(), features["step"].to_numpy()]
    np.testing.assert_allclose(answers, expected, atol=1e-4)
    assert np.abs(expected).max() > 1e-3


def test_without_pytorch_a_saved_network_forecasts(window: Window, tmp_path: Path) -> None:
    model = Lstm(SMALL)
    model.fit(window.past, HORIZON)
    features = model.features(window)
    for name, data in model.state().items():
        (tmp_path / name).write_bytes(data)
    features.write_parquet(tmp_path / "features.parquet")
    np.save(tmp_path / "expected.npy", model.predict(features))
    program = f"""
{HIDE}
from pathlib import Path
import numpy as np, polars as pl
import storecast.cli
from storecast.models import restore
folder = Path({str(tmp_path)!r})
names = ("columns.skops", "names.json", "network.onnx")
model = restore("lstm", {{name: (folder / name).read_bytes() for name in names}})
predicted = model.predict(pl.read_parquet(folder / "features.parquet"))
np.testing.assert_array_equal(predicted, np.load(folder / "expected.npy"))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_pytorch_a_fit_names_the_extra(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecaster, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"PyTorch and ONNX, which are not installed.*storecast\[lstm\]"):
        Lstm(SMALL).fit(window.past, HORIZON)
    monkeypatch.setattr(forecaster, "find_spec", lambda module: None if module == "onnx" else module)
    with pytest.raises(ConfigError, match="trained with ONNX, which is not installed"):
        Lstm(SMALL).fit(window.past, HORIZON)


def test_a_short_past_is_refused_with_the_reason() -> None:
    panel = make_panel(stores=2, days=100, ahead=10)
    with pytest.raises(HistoryError, match=r"lstm needs two origins.*100 days"):
        Lstm(SMALL).fit(panel.until(panel.end), 10)
