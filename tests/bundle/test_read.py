import dataclasses
import hashlib
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from storecast.bundle import read, safe_pickle
from storecast.bundle.read import is_model_name, open_model, signature, signature_path
from storecast.bundle.registry import publish
from storecast.errors import ModelFileError

PARTS = {"one": b"first part", "two": b"second part"}
NAME = "model-2015-07-31-12-00-00.pkl"


def signed(folder: Path, data: bytes, name: str = NAME) -> Path:
    """Write any bytes as a model file that our own key has signed."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    signature_path(path).write_bytes(signature(name, hashlib.sha256(data).hexdigest()))
    return path


def content(tmp_path: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what a good file holds."""
    value = safe_pickle.loads(publish(tmp_path / "good", manifest, PARTS).read_bytes())
    assert isinstance(value, dict)
    return value


def refusal(path: Path) -> str:
    with pytest.raises(
        ModelFileError, match=r"^The model file .* is refused: .*\. Nothing in it has run\.$"
    ) as refused:
        open_model(path)
    return str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "model-2015-07-31-12-00-00.pkl\n",
        "model-2015-07-31-12-00-00.PKL",
        "Model-2015-07-31-12-00-00.pkl",
        "model-2015-02-30-12-00-00.pkl",
        "model-2015-07-31-24-00-00.pkl",
        "model-15-07-31-12-00-00.pkl",
        "model-٢٠١٥-07-31-12-00-00.pkl",
        "../model-2015-07-31-12-00-00.pkl",
        "models/model-2015-07-31-12-00-00.pkl",
        "%2e%2e%2fmodel-2015-07-31-12-00-00.pkl",
        "..\\model-2015-07-31-12-00-00.pkl",
        "model-2015-07-31-12-00-00.pkl\0",
        ".model-2015-07-31-12-00-00.pkl",
        "model-2015-07-31-12-00-00.pkl.sig",
        "current",
        "",
    ],
)
def test_only_the_exact_form_is_the_name_of_a_model(name: str) -> None:
    assert not is_model_name(name)


def test_the_checks_come_in_their_order(tmp_path: Path, manifest: dict[str, Any], config: Path) -> None:
    """A file with every fault; each is mended in turn, and the next check is the one that speaks."""
    good = content(tmp_path, manifest)
    bad_manifest = good["manifest"] | {
        "kind": 5,
        "digests": {"one": "0" * 64},
        "versions": {"python": "2.7", "storecast": "0"},
    }
    path = tmp_path / "models" / "model.pkl"
    path.parent.mkdir()
    path.write_bytes(b"")
    assert "its name is" in refusal(path)
    path = path.rename(path.with_name(NAME))
    assert "is empty" in refusal(path)
    path.write_bytes(b"\x80\x04cos\nsystem\n.")
    assert "not signed" in refusal(path)
    path = signed(path.parent, path.read_bytes())
    assert "opcode 0x63" in refusal(path)
    path = signed(path.parent, safe_pickle.dumps({"parts": {}}))
    assert "not a manifest and parts" in refusal(path)
    path = signed(path.parent, safe_pickle.dumps({"manifest": bad_manifest, "parts": {}}))
    assert "kind" in refusal(path)
    bad_manifest["kind"] = "boosting"
    path = signed(path.parent, safe_pickle.dumps({"manifest": bad_manifest, "parts": {}}))
    assert "its parts are not those" in refusal(path)
    path = signed(path.parent, safe_pickle.dumps({"manifest": bad_manifest, "parts": {"one": b"first part"}}))
    assert "another digest" in refusal(path)
    bad_manifest["digests"]["one"] = hashlib.sha256(b"first part").hexdigest()
    path = signed(path.parent, safe_pickle.dumps({"manifest": bad_manifest, "parts": {"one": b"first part"}}))
    assert "python 2.7" in refusal(path)
    bad_manifest["versions"] = good["manifest"]["versions"]
    path = signed(path.parent, safe_pickle.dumps({"manifest": bad_manifest, "parts": {"one": b"first part"}}))
    assert open_model(path).parts == {"one": b"first part"}


def test_parts_are_bytes(tmp_path: Path, manifest: dict[str, Any]) -> None:
    good = content(tmp_path, manifest)
    for parts in ({"one": "text", "two": b"second part"}, ["one", "two"], None):
        path = signed(tmp_path / "models", safe_pickle.dumps(good | {"parts": parts}))
        assert "part" in refusal(path)


def test_a_signature_by_a_key_that_is_not_trusted_names_the_key_and_the_remedy(
    tmp_path: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch, config: Path
) -> None:
    monkeypatch.setenv("STORECAST_SIGNING_KEY", str(tmp_path / "anna" / "signing.key"))
    path = publish(tmp_path / "models", manifest, PARTS)
    monkeypatch.delenv("STORECAST_SIGNING_KEY")
    assert "not trusted here" in (message := refusal(path))
    assert str(config / "trusted") in message
    (config / "trusted").mkdir(parents=True)
    (tmp_path / "anna" / "signing.pub").rename(config / "trusted" / "anna.pub")
    assert open_model(path).parts == PARTS


def test_a_key_beside_the_model_does_not_vouch_for_it(
    tmp_path: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORECAST_SIGNING_KEY", str(tmp_path / "anna" / "signing.key"))
    path = publish(tmp_path / "models", manifest, PARTS)
    (tmp_path / "anna" / "signing.pub").rename(path.parent / "signing.pub")
    monkeypatch.delenv("STORECAST_SIGNING_KEY")
    monkeypatch.setenv("STORECAST_TRUSTED_KEYS", str(path.parent / "signing.pub"))
    assert "not trusted here" in refusal(path)


@pytest.mark.parametrize(
    "change", [lambda old: b"", lambda old: old + b"\n", lambda old: b"x" * 2000, lambda old: old[:-2], bytes.upper]
)
def test_a_signature_of_another_form_is_refused(tmp_path: Path, manifest: dict[str, Any], change: Any) -> None:
    path = publish(tmp_path / "models", manifest, PARTS)
    signature_path(path).write_bytes(change(signature_path(path).read_bytes()))
    assert ".sig" in refusal(path)


def test_a_signature_of_a_newer_format_says_so(tmp_path: Path, manifest: dict[str, Any]) -> None:
    path = publish(tmp_path / "models", manifest, PARTS)
    newer = signature_path(path).read_bytes().replace(b"signature 1\n", b"signature 2\n")
    signature_path(path).write_bytes(newer)
    assert "newer format 2" in refusal(path)


def test_only_a_regular_file_is_read(tmp_path: Path, manifest: dict[str, Any]) -> None:
    good = publish(tmp_path / "models", manifest, PARTS)
    path = tmp_path / NAME
    for make, what in (
        (lambda: path.symlink_to(good), "a link"),
        (lambda: path.mkdir(), "a folder"),
        (lambda: os.mkfifo(path), "a FIFO"),
    ):
        make()
        assert what in refusal(path)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    with pytest.raises(ModelFileError, match="a device"):
        read.read_regular(Path("/dev/zero"), 100)
    assert "there is no file" in refusal(path)
    assert "cannot be read" in refusal(good / NAME)
    assert "no name of a file" in refusal(Path(f"a\0b/{NAME}"))


def test_a_socket_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as here:
        here.bind(NAME)
        assert "a socket" in refusal(Path(NAME))


def test_a_signature_that_is_a_link_is_refused(tmp_path: Path, manifest: dict[str, Any]) -> None:
    path = publish(tmp_path / "models", manifest, PARTS)
    signature_path(path).rename(tmp_path / "elsewhere")
    signature_path(path).symlink_to(tmp_path / "elsewhere")
    assert "a link" in refusal(path)


def test_a_file_that_turns_into_a_link_behind_the_first_look_is_not_followed(
    tmp_path: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = publish(tmp_path / "models", manifest, PARTS)
    status = path.lstat()
    path.rename(tmp_path / NAME)
    path.symlink_to(tmp_path / NAME)
    monkeypatch.setattr(Path, "lstat", lambda _: status)
    assert "cannot be read" in refusal(path)


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = publish(tmp_path / "models", manifest, PARTS)
    fstat = os.fstat

    def before_it_grew(handle: int) -> os.stat_result:
        fields = list(fstat(handle))
        fields[6] -= 1
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", before_it_grew)
    assert "changed while it was read" in refusal(path)


def test_a_model_file_cannot_be_changed_after_the_checks(tmp_path: Path, manifest: dict[str, Any]) -> None:
    model = open_model(publish(tmp_path / "models", manifest, PARTS))
    assert model.sha256 == hashlib.sha256(model.path.read_bytes()).hexdigest()
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.parts = {}  # type: ignore[misc]
