"""Attack "hostile model files": each is refused with its reason, and none of its content runs."""

import hashlib
import io
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost
from sklearn.preprocessing import FunctionTransformer
from skops import io as skops

from storecast import safe_skops
from storecast.bundle import read, safe_pickle
from storecast.bundle.keys import SIGNING_KEY
from storecast.bundle.read import LARGEST, open_model, signature, signature_path
from storecast.bundle.registry import current, list_models, promote, publish
from storecast.bundle.smoke_test import PART, trial_part, try_in_child
from storecast.errors import ModelFileError
from storecast.features import VERSION

NAME = "model-2015-07-31-12-00-00.pkl"
PARTS = {"columns.skops": b"columns", "trees.ubj": bytes(range(256)) * 300}
MANIFEST: dict[str, Any] = {
    "kind": "boosting",
    "task": {"horizon": 42},
    "scores": {"rmspe": 0.105},
    "data_fingerprint": "0123456789abcdef",
    "cutoff": "2015-06-13",
    "generated": True,
    "versions": {"python": "3.11.0", "storecast": "0.1.0", "features": VERSION},
}


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("STORECAST_SIGNING_KEY", raising=False)
    monkeypatch.delenv("STORECAST_TRUSTED_KEYS", raising=False)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return publish(tmp_path / "models", MANIFEST, PARTS)


def signed(folder: Path, data: bytes) -> Path:
    """Write bytes as a model file, signed with the current key."""
    folder.mkdir(exist_ok=True)
    path = folder / NAME
    path.write_bytes(data)
    signature_path(path).write_bytes(signature(NAME, hashlib.sha256(data).hexdigest()))
    return path


def refused(path: Path, reason: str = "") -> None:
    """Check that every way of opening a file refuses it."""
    with pytest.raises(ModelFileError, match=reason) as error:
        open_model(path)
    assert len(str(error.value)) < 1000
    listed = [model for model in list_models(path.parent) if model.path == path]
    assert not any(model.valid for model in listed)
    with pytest.raises(ModelFileError):
        promote(path.parent, path.name)
    assert not (path.parent / "current").exists()


class Evil:
    """An object that creates a folder when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = str(mark)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("key", ["none", "another", "ours"])
def test_a_pickle_that_runs_a_command_never_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, protocol: int
) -> None:
    mark = tmp_path / "it-ran"
    data = pickle.dumps({"manifest": MANIFEST, "parts": {"one": Evil(mark)}}, protocol)
    if key == "another":
        monkeypatch.setenv(SIGNING_KEY, str(tmp_path / "eve" / "signing.key"))
    path = signed(tmp_path / "models", data)
    monkeypatch.delenv(SIGNING_KEY, raising=False)
    if key == "none":
        signature_path(path).unlink()
    refused(path, {"none": "not signed", "another": "not trusted", "ours": "not a pickle of plain data"}[key])
    if protocol == 4:
        with pytest.raises(ModelFileError):
            try_in_child(path)
    assert not mark.exists()
    pickle.loads(data)
    assert mark.exists(), "the attack itself works"


def test_a_pickle_within_a_part_stays_bytes(tmp_path: Path) -> None:
    mark = tmp_path / "it-ran"
    path = publish(tmp_path / "models", MANIFEST, {"columns.skops": pickle.dumps(Evil(mark))})
    with pytest.raises(ModelFileError, match="scikit-learn part"):
        safe_skops.load(open_model(path).parts["columns.skops"])
    assert not mark.exists()


def test_a_scikit_learn_part_that_names_a_function_of_its_own_is_refused() -> None:
    for function in (os.system, print, np.load, subprocess.run):
        with pytest.raises(ModelFileError, match="which no model of storecast needs"):
            safe_skops.load(skops.dumps(FunctionTransformer(function)))


def test_every_thousandth_byte_changed_is_refused(good: Path) -> None:
    data = good.read_bytes()
    for position in [*range(0, len(data), 1000), len(data) - 1]:
        for bit in (1, 128):
            changed = bytearray(data)
            changed[position] ^= bit
            good.write_bytes(changed)
            with pytest.raises(ModelFileError, match="its signature does not fit"):
                open_model(good)
    good.write_bytes(data)
    assert open_model(good).parts == PARTS


def test_every_byte_of_a_signature_changed_is_refused(good: Path) -> None:
    content = signature_path(good).read_bytes()
    for position in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[position] ^= 1 << bit
            signature_path(good).write_bytes(changed)
            with pytest.raises(ModelFileError):
                open_model(good)


def test_a_file_or_signature_cut_short_is_refused(good: Path) -> None:
    for path in (good, signature_path(good)):
        content = path.read_bytes()
        for length in np.linspace(0, len(content) - 1, 50).astype(int):
            path.write_bytes(content[:length])
            with pytest.raises(ModelFileError):
                open_model(good)
        path.write_bytes(content)
    assert open_model(good).parts == PARTS


def test_an_old_good_file_under_a_newer_name_is_refused(good: Path) -> None:
    newer = good.with_name("model-2999-01-01-00-00-00.pkl")
    shutil.copy(good, newer)
    shutil.copy(signature_path(good), signature_path(newer))
    refused(newer, "changed, renamed")


def test_two_good_files_that_trade_signatures_are_refused(good: Path) -> None:
    other = publish(good.parent, MANIFEST, {"one": b"1"})
    one, two = signature_path(good).read_bytes(), signature_path(other).read_bytes()
    signature_path(good).write_bytes(two)
    signature_path(other).write_bytes(one)
    refused(good, "its signature does not fit")
    refused(other, "its signature does not fit")


def test_an_empty_a_huge_and_a_sparse_file_are_refused(good: Path) -> None:
    good.write_bytes(b"")
    refused(good, "is empty")
    os.truncate(good, 2**40)
    refused(good, r"has 1,099,511,627,776 bytes; at most 134,217,728 are read")
    os.truncate(good, LARGEST + 1)
    refused(good, "at most")
    os.truncate(good, LARGEST // 4)
    refused(good, "its signature does not fit")


def test_a_model_larger_than_a_file_may_be_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"at most 134,217,728 are allowed \(trees\.ubj: 134,217,728\)"):
        publish(tmp_path / "models", MANIFEST, {"trees.ubj": bytes(LARGEST)})


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path, good: Path) -> None:
    path = good.with_name(NAME)
    os.mkfifo(path)
    refused(path, "a FIFO")
    path.unlink()
    path.mkdir()
    refused(path, "a folder")
    path.rmdir()
    for target in (good, Path("/dev/zero"), tmp_path / "nothing"):
        path.symlink_to(target)
        refused(path, "a link")
        path.unlink()
    with pytest.raises(ModelFileError, match="a device"):
        read.read_regular(Path("/dev/zero"), LARGEST)
    signature_path(good).unlink()
    os.mkfifo(signature_path(good))
    refused(good, "a FIFO")


@pytest.mark.parametrize(
    "name",
    ["../{}", "..%2f{}", "%2e%2e/{}", "..\\{}", "{}\0", "\0{}", "{}/", "{}/../{}", "./{}", "{}\n", "~/{}", "{}.sig"],
)
def test_names_that_lead_elsewhere_are_refused(good: Path, name: str) -> None:
    name = name.replace("{}", good.name)
    with pytest.raises(ModelFileError, match="is no name of a model"):
        promote(good.parent, name)
    (good.parent / "current").write_text(f"{name}\n")
    with pytest.raises(ModelFileError, match="expected the name of a model"):
        current(good.parent)
    if "/" not in name:
        with pytest.raises(ModelFileError, match="its name is"):
            open_model(good.parent / name)


def _memo_bomb() -> bytes:
    """Return a small pickle of lists of lists of … that would be 10^30 items if written out."""
    value: list[Any] = ["bomb"]
    for _ in range(30):
        value = [value] * 10
    return pickle.dumps(value, 4)


FRAME = b"\x95"
LYING = {
    "memo bomb": _memo_bomb(),
    "doubling": b"\x80\x04" + b"]" + b"2" * 1000 + b".",
    "memo index of 2^31": b"\x80\x04Nr\xff\xff\xff\x7f.",
    "bytes of 2^62": b"\x80\x04\x8e" + (2**62).to_bytes(8, "little") + b"x.",
    "bytearray of 2^62": b"\x80\x05\x96" + (2**62).to_bytes(8, "little") + b"x.",
    "text of 2^62": b"\x80\x04\x8d" + (2**62).to_bytes(8, "little") + b"x.",
    "bytes of 2^32": b"\x80\x04B\xff\xff\xff\xffx.",
    "a number of 2^31 digits": b"\x80\x04\x8b\xff\xff\xff\x7f1.",
    "frame of 2^62": b"\x80\x04" + FRAME + (2**62).to_bytes(8, "little") + b"N.",
    "frame that cuts an opcode": b"\x80\x04" + FRAME + (3).to_bytes(8, "little") + b"J\x01\x00\x00\x00.",
    "frame in a frame": b"\x80\x04" + FRAME + (11).to_bytes(8, "little") + FRAME + (2).to_bytes(8, "little") + b"N.",
    "nested too deep": b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".",
    "too many values": b"\x80\x04(" + b"]" * 1_000_001 + b"e.",
}


@pytest.mark.parametrize("data", LYING.values(), ids=LYING.keys())
def test_bombs_and_lies_about_lengths_are_refused(tmp_path: Path, data: bytes) -> None:
    refused(signed(tmp_path / "models", data), "its content is not")


def test_a_second_pickle_behind_the_first_is_refused(tmp_path: Path, good: Path) -> None:
    data = good.read_bytes()
    for behind in (data, pickle.dumps(Evil(tmp_path / "it-ran")), b"\n", b"\0" * 100):
        refused(signed(tmp_path / "others", data + behind), "more follows behind its end")
    assert not (tmp_path / "it-ran").exists()


# Replaces the model class, so that XGBoost itself parses the broken bytes.
XGBOOST_ALONE = """
import os, sys, types

import storecast

class Trees:
    def __init__(self, kind, parts):
        import xgboost  # here, where the child does without pandas

        self.booster = xgboost.Booster()
        self.booster.load_model(bytearray(parts["trees.ubj"]))

    def predict(self, features):
        return self.booster.inplace_predict(features.to_numpy())

models = types.ModuleType("storecast.models")
models.__path__ = [os.path.join(os.path.dirname(storecast.__file__), "models")]  # its other modules are the real ones
models.restore = Trees
sys.modules["storecast.models"] = models
"""


def _feature_of_a_billion(data: bytes) -> bytes:
    """Make every split of every tree refer to a column that does not exist."""
    out, start = bytearray(data), 0
    while (place := out.find(b"split_indices[$l#L", start)) >= 0:
        start = place + len(b"split_indices[$l#L")
        count = int.from_bytes(out[start : start + 8], "big")
        out[start + 8 : start + 8 + 4 * count] = (10**9).to_bytes(4, "big") * count
    assert start
    return bytes(out)


def test_a_booster_that_is_broken_but_well_signed_takes_only_a_child_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(XGBOOST_ALONE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)
    rows = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    booster = xgboost.train({"max_depth": 4, "nthread": 1}, xgboost.DMatrix(rows, rows[:, 0] * rows[:, 1]), 10)
    trees = bytes(booster.save_raw("ubj"))
    trial = trial_part(pl.DataFrame(rows), booster.inplace_predict(rows).astype(np.float64))
    models = tmp_path / "models"
    good = publish(models, MANIFEST, {"trees.ubj": trees, PART: trial})
    try_in_child(good)
    promote(models, good.name)
    for broken in (trees[:-1], _feature_of_a_billion(trees)):
        path = publish(models, MANIFEST, {"trees.ubj": broken, PART: trial})
        open_model(path)  # the signature is valid
        with pytest.raises(ModelFileError, match="trial forecast"):
            try_in_child(path)
        assert current(models) == good


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "newer format 2, and this storecast reads format 1; update storecast"),
        (
            {"versions": {"python": "3.11.0", "storecast": "0.1.0", "features": VERSION, "numpy": "1.26.4"}},
            r"numpy 1\.26\.4, and here is .*: another major version; install numpy 1, or train",
        ),
        (
            {"versions": {"python": "3.11.0", "storecast": "0.1.0", "features": VERSION, "treelib": "3.1"}},
            "'treelib' 3.1, which is not installed here; install treelib, or train",
        ),
    ],
)
def test_what_was_made_elsewhere_is_refused_with_its_own_message(
    tmp_path: Path, good: Path, change: dict[str, Any], reason: str
) -> None:
    content = safe_pickle.loads(good.read_bytes())
    assert isinstance(content, dict)
    refused(
        signed(tmp_path / "others", safe_pickle.dumps(content | {"manifest": content["manifest"] | change})), reason
    )


def test_a_file_that_is_swapped_behind_the_check_is_not_what_is_parsed(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "it-ran"
    trusted = read.trusted_keys

    def swap(folder: Path) -> Any:
        good.write_bytes(pickle.dumps(Evil(mark)))
        return trusted(folder)

    monkeypatch.setattr(read, "trusted_keys", swap)
    model = open_model(good)
    assert model.parts == PARTS
    assert not mark.exists()
    with pytest.raises(ModelFileError):
        try_in_child(good, sha256=model.sha256)


def test_a_model_that_is_swapped_for_another_good_one_is_not_tried_in_its_place(good: Path, tmp_path: Path) -> None:
    model = open_model(good)
    other = safe_pickle.loads(good.read_bytes())
    assert isinstance(other, dict)
    other["manifest"]["generated"] = False
    data = safe_pickle.dumps(other)
    good.write_bytes(data)
    signature_path(good).write_bytes(signature(good.name, hashlib.sha256(data).hexdigest()))
    open_model(good)
    with pytest.raises(ModelFileError, match="changed since it was opened"):
        try_in_child(good, sha256=model.sha256)


# Kills itself before each (or each fifth) line that publishes, promotes or prunes, the first two times that the line runs.
# It forks, because starting Python takes long.
KILLED = """
import datetime as dt, os, shutil, signal, sys
from pathlib import Path
from storecast import files
from storecast.bundle import keys, registry

root = Path(sys.argv[1])
manifest, parts = eval(sys.argv[2]), {"one": bytes(1000)}
watched = {module.__file__ for module in (files, keys, registry)}
start = dt.datetime(2015, 7, 31, tzinfo=dt.timezone.utc)

def steps(models, now):
    path = registry.publish(models, manifest, parts, now=now)
    registry.promote(models, path.name)
    registry.prune(models, keep=2)

def trace(limit):
    lines, visits = 0, {}
    def line(frame, event, _):
        nonlocal lines
        place = frame.f_code.co_filename, frame.f_lineno
        visits[place] = visits.get(place, 0) + 1
        if event == "line" and visits[place] <= 2:
            lines += 1
            if lines == limit:
                os.kill(os.getpid(), signal.SIGKILL)
        return line
    return lambda frame, event, _: line if frame.f_code.co_filename in watched else None

template = root / "template"
for hour in range(3):
    registry.publish(template, manifest, parts, now=start + dt.timedelta(hours=hour))
registry.promote(template, sorted(path.name for path in template.glob("model-*.pkl"))[0])

limit, killed, stride = 1, 0, int(sys.argv[3])
while True:
    limit += stride
    models = root / str(limit) / "models"
    shutil.copytree(template, models)
    if limit % 2:  # every other run must also create the signing key
        os.environ["STORECAST_SIGNING_KEY"] = str(root / str(limit) / "config" / "signing.key")
        os.environ["STORECAST_TRUSTED_KEYS"] = str(root / "config" / "storecast" / "signing.pub")
    else:
        os.environ.pop("STORECAST_SIGNING_KEY", None)
    child = os.fork()
    if child == 0:
        sys.settrace(trace(limit))
        steps(models, start + dt.timedelta(days=1))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    listed = registry.list_models(models)
    assert all(model.valid for model in listed), (limit, listed)
    assert registry.current(models) in [model.path for model in listed], limit
    steps(models, start + dt.timedelta(days=1))  # the next process continues as usual
    listed = registry.list_models(models)
    assert all(model.valid for model in listed) and listed[0].promoted and len(listed) in (2, 3), (limit, listed)
    shutil.rmtree(models.parent)
    if os.WIFSIGNALED(status):
        killed += 1
    else:
        assert os.waitstatus_to_exitcode(status) == 0
        if limit % 2:  # the longer run, which created a key
            break
print(killed)
"""


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.long)])
def test_whoever_is_killed_while_publishing_leaves_only_whole_and_valid_models(tmp_path: Path, stride: int) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), repr(MANIFEST), str(stride)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 150 / stride


def test_when_standard_pickle_reads_a_good_file_then_it_holds_nothing_but_plain_data(good: Path) -> None:
    value = pickle.Unpickler(io.BytesIO(good.read_bytes())).load()
    assert set(value) == {"manifest", "parts"}
    assert value["parts"] == PARTS
