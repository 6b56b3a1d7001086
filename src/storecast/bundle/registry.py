"""A folder of models: publish, list, promote, prune.

A model is two files: ``model-….pkl`` and its signature. The signature is written first, and the model then appears
whole in one step, so that whoever is killed, and wherever, leaves a folder in which every model is whole and valid.
"""

import datetime as dt
import hashlib
import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storecast.bundle import safe_pickle
from storecast.bundle.keys import beside, key_path
from storecast.bundle.manifest import FORMAT, Manifest, is_part_name
from storecast.bundle.read import (
    LARGEST,
    SIGNATURE_SUFFIX,
    ModelFile,
    is_model_name,
    model_name,
    open_model,
    read_regular,
    signature,
    signature_path,
)
from storecast.bundle.versions import running
from storecast.errors import ModelFileError, quote
from storecast.files import atomic_write
from storecast.files import make_folder as make_folder
from storecast.part_formats import readers

__all__ = [
    "ListedModel",
    "ModelFile",
    "current",
    "list_models",
    "open_model",
    "previous",
    "promote",
    "prune",
    "publish",
    "rollback",
]

CURRENT = "current"  # the text file that names the promoted model
PREVIOUS = "previous"  # the one that was promoted before it

_SECONDS_TO_TRY = 3600
_LEFT_OVER_S = 3600.0  # a lone signature or draft of this age is left over; a younger one may be at work
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ListedModel:
    """A model as it is listed."""

    name: str
    path: Path
    size: int  # bytes
    promoted: bool
    manifest: Manifest | None  # None where the file is refused
    reason: str | None  # why it is refused

    @property
    def valid(self) -> bool:
        """Whether every check passed, but for the trial forecast."""
        return self.reason is None


def publish(
    folder: Path, manifest: Mapping[str, Any], parts: Mapping[str, bytes], *, now: dt.datetime | None = None
) -> Path:
    """Sign a model and add it to a folder, under the name of this second or the next that is free.

    Parameters
    ----------
    folder : the folder of models; it is made where it is missing
    manifest : the fields of `Manifest`, dates as ISO text; ``format``, ``created`` and ``digests`` are filled in here,
        and so are ``calibration``, ``details`` and ``versions`` (of the libraries that read the parts) where missing
    parts : the fitted model as named bytes

    Raises
    ------
    ModelFileError
        where the private key lies in the same folder
    """
    if beside(key_path(), folder) or key_path().parent.resolve() == folder.parent.resolve():
        raise ModelFileError(
            f"The private key {quote(key_path())} lies with the models, where it would be copied with them. "
            "Move it to a folder of its own."
        )
    wrong = [name for name in parts if not is_part_name(name)]
    assert not wrong, f"these cannot name a part of a model file: {wrong}"
    moment = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(microsecond=0)
    data = _encode(manifest, parts, moment)
    sha256 = hashlib.sha256(data).hexdigest()
    make_folder(folder)
    path = _claim(folder, moment, sha256)
    try:
        with atomic_write(path) as draft:
            draft.write_bytes(data)
    except BaseException:
        if not path.exists():
            signature_path(path).unlink()
        raise
    _log.info("Published %s: %s bytes.", path.name, f"{len(data):,}")
    return path


def list_models(folder: Path) -> list[ListedModel]:
    """Return the models of a folder, newest first, each checked as if it were to be loaded."""
    promoted = _promoted(folder)
    listed = [_listed(folder / name, promoted=name == promoted) for name in _names(folder)]
    return [model for model in listed if model is not None]


def promote(folder: Path, name: str) -> None:
    """Make a model of a folder the one in use; one that would be refused is refused here.

    Raises
    ------
    ModelFileError
        where the name is that of no model, or its file is refused
    """
    if not is_model_name(name):
        raise ModelFileError(f"{quote(name)} is no name of a model; expected model-YYYY-MM-DD-HH-MM-SS.pkl.")
    open_model(folder / name)
    before = _promoted(folder)
    if before not in (None, name):
        with atomic_write(folder / PREVIOUS) as draft:
            draft.write_text(f"{before}\n", encoding="ascii")
    with atomic_write(folder / CURRENT) as draft:
        draft.write_text(f"{name}\n", encoding="ascii")
    _log.info("Promoted %s.", name)


def previous(folder: Path) -> str:
    """Return the name of the model that was in use before the promoted one.

    Raises
    ------
    ModelFileError
        where there was none
    """
    name = _named(folder / PREVIOUS)
    if name is None:
        raise ModelFileError("No model was in use before the promoted one. Choose one with `storecast models promote`.")
    return name


def rollback(folder: Path) -> str:
    """Put the model back into use that was before, and return its name; a second time undoes the first."""
    name = previous(folder)
    promote(folder, name)
    return name


def current(folder: Path) -> Path:
    """Return the path of the promoted model.

    Raises
    ------
    ModelFileError
        where none is promoted
    """
    name = _promoted(folder)
    if name is None:
        raise ModelFileError(
            f"No model is promoted: {quote(folder / CURRENT)} does not name one. "
            "Choose one with `storecast models promote`."
        )
    return folder / name


def prune(folder: Path, keep: int = 10) -> list[Path]:
    """Delete all but the newest models, and what killed processes left; return what was deleted.

    The promoted model stays and the one before it, and so do files that are refused: they may be a colleague's, waiting for a key.
    """
    assert keep >= 1
    valid = [model for model in list_models(folder) if model.valid]
    deleted: list[Path] = []
    for model in valid[keep:]:
        if model.name not in (
            _promoted(folder),
            _named(folder / PREVIOUS),
        ):  # read again: it may have changed while the files were checked
            deleted += _delete(model.path, signature_path(model.path))
    deleted += [path for left in _left_over(folder) for path in _delete(left)]
    if deleted:
        _log.info("Deleted %d files of old models.", len(deleted))
    return deleted


def _encode(manifest: Mapping[str, Any], parts: Mapping[str, bytes], moment: dt.datetime) -> bytes:
    fields = {
        "versions": running(*readers(parts)),
        "calibration": None,
        "details": {},
        **manifest,
        "format": FORMAT,
        "created": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "digests": {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()},
    }
    checked = Manifest.from_plain(fields).to_plain()
    data = safe_pickle.dumps({"manifest": checked, "parts": dict(parts)})
    if len(data) > LARGEST:
        by_size = sorted(parts, key=lambda name: -len(parts[name]))
        largest = ", ".join(f"{name}: {len(parts[name]):,}" for name in by_size[:5])
        raise ModelFileError(
            f"The model would be a file of {len(data):,} bytes; at most {LARGEST:,} are allowed ({largest}). "
            "Train a smaller one: fewer trees, larger leaves, or fewer rows."
        )
    return data


def _claim(folder: Path, moment: dt.datetime, sha256: str) -> Path:
    """Take the first free name by creating its signature, which no other publisher can then create."""
    for second in range(_SECONDS_TO_TRY):
        path = folder / model_name(moment + dt.timedelta(seconds=second))
        if os.path.lexists(path):
            continue
        content = signature(path.name, sha256)
        try:
            handle = os.open(signature_path(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            continue
        except OSError as error:
            raise ModelFileError(f"No model can be written to {quote(folder)}: {error.strerror}.") from error
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        return path
    raise ModelFileError(f"{quote(folder)} has a model for every second of an hour from {moment:%H:%M:%S} on.")


def _names(folder: Path) -> list[str]:
    try:
        return sorted((path.name for path in folder.iterdir() if is_model_name(path.name)), reverse=True)
    except FileNotFoundError:
        return []


def _listed(path: Path, *, promoted: bool) -> ListedModel | None:
    """Describe a model; None where another process has deleted it meanwhile."""
    try:
        size = path.lstat().st_size
        manifest = open_model(path).manifest
    except FileNotFoundError:
        return None
    except ModelFileError as error:
        if not os.path.lexists(path):
            return None
        return ListedModel(path.name, path, size, promoted, None, str(error))
    return ListedModel(path.name, path, size, promoted, manifest, None)


def _promoted(folder: Path) -> str | None:
    """Return the name in ``current``; None where there is none."""
    return _named(folder / CURRENT)


def _named(file: Path) -> str | None:
    """Return the name of the model that a file holds; None where there is no file."""
    if not os.path.lexists(file):
        return None
    name = read_regular(file, 200).decode("ascii", errors="replace").removesuffix("\n")
    if not is_model_name(name):
        raise ModelFileError(f"{quote(file)} says {quote(name)}; expected the name of a model.")
    return name


def _delete(*paths: Path) -> list[Path]:
    """Delete the model before its signature: a lone signature is no model, and a lone model would be refused."""
    for path in paths:
        path.unlink(missing_ok=True)
    return list(paths)


def _left_over(folder: Path) -> list[Path]:
    """Return old signatures without a model, and old drafts."""
    lone = [path for path in folder.glob(f"model-*{SIGNATURE_SUFFIX}") if not os.path.lexists(path.with_suffix(""))]
    drafts = [*folder.glob(".model-*.part"), *folder.glob(f".{CURRENT}.*.part"), *folder.glob(f".{PREVIOUS}.*.part")]
    return sorted(path for path in lone + drafts if _age(path) > _LEFT_OVER_S)


def _age(path: Path) -> float:
    with suppress(FileNotFoundError):
        return time.time() - path.lstat().st_mtime
    return 0.0
