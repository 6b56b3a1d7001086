"""Open a model file: every check in order, each refusal with its own reason.

1. name and size   the name is a model's; a regular file of at most 128 MiB, read once, and only then looked at
2. signature       over format, file name and SHA-256, by a trusted key
3. plain data      see `safe_pickle`
4. manifest        see `manifest`
5. digests         each part is the one that the manifest names
6. versions        see `versions`

The last check, a trial forecast, runs the libraries that read the parts, and is in `trial`. What is parsed is what was
checked: the bytes are read once, and nothing looks at the file again.
"""

import datetime as dt
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature

from storecast.bundle import safe_pickle
from storecast.bundle.keys import SIGNING_KEY, key_id, key_path, signing_key, trusted_keys
from storecast.bundle.manifest import FORMAT, Manifest, check_format
from storecast.bundle.versions import check_versions
from storecast.errors import ModelFileError, quote

LARGEST = 128 * 1024 * 1024  # bytes of a model file
SIGNATURE_SUFFIX = ".sig"

_STAMP = "model-%Y-%m-%d-%H-%M-%S.pkl"
_NAME = re.compile(r"model-[0-9]{4}(-[0-9]{2}){5}\.pkl", re.ASCII)
_LARGEST_SIGNATURE = 1024
_SIGNATURE = re.compile(rb"storecast-signature ([0-9]{1,9})\nkey ([0-9a-f]{32})\nsignature ([0-9a-f]{128})\n")


@dataclass(frozen=True)
class ModelFile:
    """A model file that passed every check, as it was read."""

    path: Path
    name: str
    manifest: Manifest
    parts: Mapping[str, bytes]
    sha256: str  # of the whole file: names exactly these bytes, whatever happens to the file


def open_model(path: Path) -> ModelFile:
    """Read a model file once and check what was read; what is not right is a ModelFileError with its reason.

    Raises
    ------
    ModelFileError
        where the file, its signature or its content is not right, with the reason
    """
    try:
        return _open(path)
    except ModelFileError as error:
        raise ModelFileError(f"The model file {quote(path)} is refused: {error}. Nothing in it has run.") from error


def is_model_name(name: str) -> bool:
    """Say whether a text is exactly the name of a model file, which is never a path.

    Examples
    --------
    >>> is_model_name("model-2015-07-31-12-00-00.pkl"), is_model_name("../model-2015-07-31-12-00-00.pkl")
    (True, False)
    """
    if _NAME.fullmatch(name) is None:
        return False
    try:
        return model_name(dt.datetime.strptime(name, _STAMP)) == name
    except ValueError:
        return False


def model_name(moment: dt.datetime) -> str:
    """Name the model file of a moment in UTC."""
    return moment.strftime(_STAMP)


def signature_path(path: Path) -> Path:
    """Return where the signature of a model file lies."""
    return path.with_name(path.name + SIGNATURE_SUFFIX)


def signature(name: str, sha256: str) -> bytes:
    """Sign a model file of this name and digest with the user's key; return the content of its signature file."""
    key = signing_key()
    signed = key.sign(_message(name, sha256)).hex()
    return f"storecast-signature {FORMAT}\nkey {key_id(key.public_key())}\nsignature {signed}\n".encode()


def read_regular(path: Path, largest: int) -> bytes:
    """Read a regular file of at most so many bytes; a link, a FIFO, a folder or a device is refused unread.

    Raises
    ------
    ModelFileError
        where it is none, is empty or too large, or cannot be read
    """
    try:
        kind = path.lstat().st_mode
        if not stat.S_ISREG(kind):
            raise ModelFileError(f"{quote(path.name)} is {_what(kind)}; expected a regular file")
        # O_NOFOLLOW and O_NONBLOCK: what lies there may have changed since, and a FIFO would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ModelFileError(f"{quote(path.name)} is {_what(status.st_mode)}; expected a regular file")
            if status.st_size == 0:
                raise ModelFileError(f"{quote(path.name)} is empty")
            if status.st_size > largest:
                raise ModelFileError(f"{quote(path.name)} has {status.st_size:,} bytes; at most {largest:,} are read")
            content = file.read(status.st_size + 1)
    except FileNotFoundError as error:
        raise ModelFileError(f"there is no file {quote(path.name)}") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name of a file"
        raise ModelFileError(f"{quote(path.name)} cannot be read: {reason}") from error
    if len(content) != status.st_size:
        raise ModelFileError(f"{quote(path.name)} changed while it was read; try again")
    return content


def _open(path: Path) -> ModelFile:
    if not is_model_name(path.name):
        raise ModelFileError(f"its name is {quote(path.name)}; expected model-YYYY-MM-DD-HH-MM-SS.pkl")
    data = read_regular(path, LARGEST)
    sha256 = hashlib.sha256(data).hexdigest()
    _check_signature(path, sha256)
    content = safe_pickle.loads(data)
    if type(content) is not dict or set(content) != {"manifest", "parts"}:
        raise ModelFileError("its content is not a manifest and parts")
    manifest = Manifest.from_plain(content["manifest"])
    parts = _check_parts(content["parts"], manifest.digests)
    check_versions(manifest.versions)
    return ModelFile(path, path.name, manifest, parts, sha256)


def _check_signature(path: Path, sha256: str) -> None:
    signed = signature_path(path)
    if not os.path.lexists(signed):
        raise ModelFileError(f"it is not signed: there is no {quote(signed.name)} beside it; copy both files")
    content = read_regular(signed, _LARGEST_SIGNATURE)
    match = _SIGNATURE.fullmatch(content)
    if match is None:
        raise ModelFileError(f"{quote(signed.name)} is not a signature of storecast")
    check_format(int(match[1]))
    key = trusted_keys(path.parent).get(match[2].decode())
    if key is None:
        raise ModelFileError(
            f"it is signed by the key {match[2].decode()}, which is not trusted here; put the .pub file of whoever "
            f"made the model into {quote(key_path().parent / 'trusted')}, or name your own key in {SIGNING_KEY}"
        )
    try:
        key.verify(bytes.fromhex(match[3].decode()), _message(path.name, sha256))
    except InvalidSignature as error:
        raise ModelFileError(
            "its signature does not fit: the file was changed, renamed, or is not the one that was signed"
        ) from error


def _check_parts(parts: object, digests: Mapping[str, str]) -> dict[str, bytes]:
    if type(parts) is not dict or set(parts) != set(digests):
        raise ModelFileError("its parts are not those that its manifest names")
    for name, part in parts.items():
        if type(part) is not bytes or hashlib.sha256(part).hexdigest() != digests[name]:
            raise ModelFileError(f"its part {quote(name)} is not the one that its manifest names: another digest")
    return parts


def _message(name: str, sha256: str) -> bytes:
    """Return what a signature covers: format, name and digest, so that both files can be copied and none renamed."""
    return f"storecast-model\n{FORMAT}\n{name}\n{sha256}\n".encode()


def _what(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
