import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from storecast.bundle.registry import publish
from storecast.bundle.smoke_test import PART, trial_part, try_in_child
from storecast.bundle.trial_time import trial_seconds
from storecast.errors import ConfigError, ModelFileError, TrialTooSlowError

DESIGN = pl.DataFrame({"Store": [1, 2, 3], "Weight": [0.5, None, 2.0], "StateHoliday": ["0", "a", "0"]})
ANSWERS = np.array([1.0, 4.0, 9.0])

# Stands in for the models: what a kind does is in its name. A real library that is fed broken bytes is in tests/resilience.
FAKE_MODELS = """
import os, signal, sys, time, types
import numpy as np

import storecast

class Fake:
    def __init__(self, kind, parts):
        assert sorted(parts) == ["one"], parts
        self.kind = kind

    def predict(self, features):
        assert features.columns == ["Store", "Weight", "StateHoliday"], features
        if self.kind == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.kind == "hang":
            time.sleep(600)
        while self.kind == "burn":
            pass
        if self.kind == "error":
            raise ValueError("a broken model")
        if self.kind == "greedy":
            np.empty(20 * 1024**3, np.uint8)
        if self.kind == "leave":
            os._exit(5)
        factor = {"other": 1.001, "nothing": float("nan")}.get(self.kind, 1.0)
        out = features["Store"].to_numpy().astype(float) ** 2 * factor
        return out[:2] if self.kind == "fewer" else out

models = types.ModuleType("storecast.models")
models.__path__ = [os.path.join(os.path.dirname(storecast.__file__), "models")]  # its other modules are the real ones
models.restore = Fake
sys.modules["storecast.models"] = models
"""


@pytest.fixture(autouse=True)
def fake_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(FAKE_MODELS)
    own = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), own]).rstrip(os.pathsep))


def model(tmp_path: Path, manifest: dict[str, Any], kind: str, **parts: bytes) -> Path:
    trial = {PART: trial_part(DESIGN, ANSWERS)}
    return publish(tmp_path / "models", manifest | {"kind": kind}, {"one": b"1"} | trial | parts)


def test_a_model_that_gives_its_figures_again_passes(tmp_path: Path, manifest: dict[str, Any]) -> None:
    try_in_child(model(tmp_path, manifest, "right"))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("crash", r"crashed \(SIGSEGV\)"),
        ("error", "failed: 'ValueError: a broken model'"),
        ("greedy", "failed: .*Unable to allocate 20.0 GiB"),
        ("other", "other figures"),
        pytest.param("leave", "failed: 'exit 5'", marks=pytest.mark.long),
        pytest.param("nothing", "other figures", marks=pytest.mark.long),
        pytest.param("fewer", "other figures", marks=pytest.mark.long),
    ],
)
def test_a_model_that_does_anything_else_is_refused(
    tmp_path: Path, manifest: dict[str, Any], kind: str, reason: str
) -> None:
    with pytest.raises(ModelFileError, match=f"^The model file .* is refused: its trial forecast .*{reason}"):
        try_in_child(model(tmp_path, manifest, kind))


def test_a_model_that_hangs_is_ended_and_called_too_slow_and_not_refused(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    path = model(tmp_path, manifest, "hang")
    with pytest.raises(TrialTooSlowError, match=r"too slow: it was stopped after 1\.5 s") as caught:
        try_in_child(path, wall_s=1.5)
    assert "refused" not in str(caught.value)


def test_a_model_that_uses_up_its_cpu_time_is_too_slow_and_the_setting_says_how_much_it_has(
    tmp_path: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model(tmp_path, manifest, "burn")
    with pytest.raises(TrialTooSlowError, match=r"stopped after 2 s of CPU time.* STORECAST_TRIAL_SECONDS higher"):
        try_in_child(path, cpu_s=1.5)
    monkeypatch.setenv("STORECAST_TRIAL_SECONDS", "1")
    with pytest.raises(TrialTooSlowError, match="stopped after 1 s of CPU time"):
        try_in_child(path)


def test_time_in_which_the_model_does_not_compute_is_not_counted(
    tmp_path: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[tuple[str, float]] = []

    class Child(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **options: Any) -> None:
            limits.append(("cpu", float(command[-2])))
            super().__init__(command, **options)

        def communicate(self, data: bytes | None = None, timeout: float | None = None) -> tuple[bytes, bytes]:
            assert timeout is not None
            limits.append(("wall", timeout))
            return super().communicate(data, timeout)

    monkeypatch.setattr(subprocess, "Popen", Child)
    try_in_child(model(tmp_path, manifest, "right"), cpu_s=30)
    assert limits == [("cpu", 30), ("wall", 300)]


@pytest.mark.parametrize("text", ["", "soon", "nan", "0", "0.5", "3601", "inf"])
def test_a_time_for_the_trial_that_has_no_meaning_is_refused(text: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^STORECAST_TRIAL_SECONDS: found .*; expected a number of CPU seconds, 1 to 3600"
    ):
        trial_seconds({"STORECAST_TRIAL_SECONDS": text})
    assert trial_seconds({}) == 60
    assert trial_seconds({"STORECAST_TRIAL_SECONDS": "90"}) == 90


def test_a_child_that_hangs_ends_even_without_its_parent(tmp_path: Path, manifest: dict[str, Any]) -> None:
    path = model(tmp_path, manifest, "hang")
    command = [sys.executable, "-P", "-m", "storecast.bundle.smoke_test", str(path), "", "60", "2"]
    assert subprocess.run(command, timeout=60).returncode == -14  # SIGALRM


def test_a_file_that_is_refused_is_refused_with_the_same_reason(tmp_path: Path, manifest: dict[str, Any]) -> None:
    path = model(tmp_path, manifest, "right")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ModelFileError, match="its signature does not fit"):
        try_in_child(path)
    with pytest.raises(ModelFileError, match="no name of a file"):
        try_in_child(Path("model\0.pkl"))


def test_a_file_that_changed_since_it_was_opened_is_refused(tmp_path: Path, manifest: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError, match="changed since it was opened"):
        try_in_child(model(tmp_path, manifest, "right"), sha256="0" * 64)


def test_a_file_without_rows_to_try_is_refused(tmp_path: Path, manifest: dict[str, Any]) -> None:
    path = publish(tmp_path / "models", manifest, {"one": b"1"})
    with pytest.raises(ModelFileError, match=r"holds no trial\.parquet"):
        try_in_child(path)


def test_rows_that_are_broken_are_refused(tmp_path: Path, manifest: dict[str, Any]) -> None:
    for broken in (b"PAR1", trial_part(DESIGN, ANSWERS)[:-20]):
        with pytest.raises(ModelFileError, match="trial forecast failed"):
            try_in_child(model(tmp_path, manifest, "right", **{PART: broken}))


def test_a_module_in_the_working_directory_does_not_stand_in_for_ours(
    tmp_path: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model(tmp_path, manifest, "right")
    (tmp_path / "storecast.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    try_in_child(path)


def test_the_child_may_take_neither_all_memory_nor_leave_a_core(tmp_path: Path, manifest: dict[str, Any]) -> None:
    limits = "import resource, json; from storecast.bundle import smoke_test; smoke_test.compare = lambda model: None; "
    limits += f"smoke_test._main({str(model(tmp_path, manifest, 'right'))!r}, '', '77', '60'); "
    limits += (
        "kinds = (resource.RLIMIT_CORE, resource.RLIMIT_DATA, resource.RLIMIT_CPU); "
        "print(json.dumps([resource.getrlimit(kind)[0] for kind in kinds]))"
    )
    output = subprocess.run(
        [sys.executable, "-c", limits], capture_output=True, check=True, env=dict(os.environ)
    ).stdout
    core, memory, cpu = json.loads(output)
    assert core == 0
    assert cpu == 77
    assert 0 < memory <= 16 * 1024**3


@pytest.mark.parametrize("plugins", ["", "fractions"])
def test_the_child_imports_pandas_for_plug_ins_alone(tmp_path: Path, manifest: dict[str, Any], plugins: str) -> None:
    """Scikit-learn and XGBoost would import it wherever it is installed, a tenth of the CPU time of a small model's trial."""
    path = model(tmp_path, manifest, "right")
    program = (
        f"import sys; from storecast.bundle import smoke_test; assert smoke_test._main({str(path)!r}, '', '60', '60') == 0; "
        "print(any(type(finder).__name__ == '_NoPandas' for finder in sys.meta_path), 'pandas' in sys.modules)"
    )
    variables = {**os.environ, "STORECAST_PLUGINS": plugins}
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=variables, text=True)
    assert printed.stdout.split() == [str(not plugins), "False"]
