"""Whose model files are trusted: Ed25519 keys, one private key per user, and the public keys of colleagues.

signing.key      the private key, made once, mode 0600, in $XDG_CONFIG_HOME/storecast; STORECAST_SIGNING_KEY overrides
signing.pub      its public half, to hand to colleagues
trusted/*.pub    beside it: the public keys of colleagues; STORECAST_TRUSTED_KEYS names more files

A key that lies beside a model says nothing about the model, so it is never trusted.
"""

import hashlib
import logging
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from storecast.errors import ConfigError, quote

SIGNING_KEY = "STORECAST_SIGNING_KEY"  # a file that is used in place of the user's signing.key
TRUSTED_KEYS = "STORECAST_TRUSTED_KEYS"  # more public keys: .pub files, divided as in PATH
LARGEST_KEY = 16 * 1024

_log = logging.getLogger(__name__)


def key_path() -> Path:
    """Return where the private key lies, or will."""
    override = os.environ.get(SIGNING_KEY)
    if override:
        return Path(override)
    base = os.environ.get("XDG_CONFIG_HOME", "")
    # The XDG rules say that a relative path is to be ignored.
    config = Path(base) if Path(base).is_absolute() else Path("~/.config").expanduser()
    return config / "storecast" / "signing.key"


def signing_key() -> Ed25519PrivateKey:
    """Return the user's private key; the first call of all makes it."""
    path = key_path()
    if not path.exists():
        _make(path)
    return _read_private(path)


def trusted_keys(models: Path | None = None) -> dict[str, Ed25519PublicKey]:
    """Return the public keys that may vouch for a model, by their id.

    Parameters
    ----------
    models : the folder of the model in question; a key that lies in it is left out
    """
    path = key_path()
    files = sorted(path.parent.glob("trusted/*.pub"))
    files += [Path(name) for name in os.environ.get(TRUSTED_KEYS, "").split(os.pathsep) if name]
    keys: dict[str, Ed25519PublicKey] = {}
    if path.exists() and not beside(path, models):
        own = _read_private(path).public_key()
        keys[key_id(own)] = own
    for file in files:
        if beside(file, models):
            _log.warning("The key %s lies beside the model and is not trusted.", quote(file))
            continue
        key = _read_public(file)
        keys[key_id(key)] = key
    return keys


def key_id(key: Ed25519PublicKey) -> str:
    """Name a public key by 32 hex digits."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:32]


def beside(key: Path, models: Path | None) -> bool:
    """Say whether a key lies in a folder of models, or in a folder of that folder."""
    return models is not None and key.resolve().is_relative_to(models.resolve())


def _make(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _place(path, private, 0o600):
            _place(path.with_suffix(".pub"), public, 0o644)
            _log.info("Made a key to sign model files with: %s", quote(path))
    except OSError as error:
        raise ConfigError(
            f"The key to sign model files with cannot be made at {quote(path)}: {error.strerror}. "
            f"Set {SIGNING_KEY} to a file in a folder that you may write to."
        ) from error


def _place(path: Path, content: bytes, mode: int) -> bool:
    """Write a file that is not there yet, whole; say whether it was this call that wrote it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(content)
            file.flush()
            os.fsync(handle)
        # A link, unlike a rename, fails where another process was first: both then use the key of the first.
        with suppress(FileExistsError):
            os.link(draft, path)
            return True
    finally:
        draft.unlink()
    return False


def _read_private(path: Path) -> Ed25519PrivateKey:
    content, mode = _read(path)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"Others may read the private key {quote(path)} (mode {mode & 0o777:04o}). Run: chmod 600 on it, "
            "or delete it and let a new one be made, if somebody may have copied it."
        )
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "an Ed25519 private key without a password, as PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, "an Ed25519 private key without a password, as PEM")
    return key


def _read_public(path: Path) -> Ed25519PublicKey:
    content, _ = _read(path)
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "an Ed25519 public key as PEM, such as a colleague's signing.pub") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(path, "an Ed25519 public key as PEM, such as a colleague's signing.pub")
    return key


def _read(path: Path) -> tuple[bytes, int]:
    """Return the content and the mode of a key file, which may be a link to a mounted secret."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_KEY:
                raise _no_key(path, "a small file that holds a key")
            return file.read(LARGEST_KEY), status.st_mode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name of a file"
        raise ConfigError(f"The key file {quote(path)} cannot be read: {reason}. Check {TRUSTED_KEYS}.") from error


def _no_key(path: Path, expected: str) -> ConfigError:
    return ConfigError(f"{quote(path)} holds no key that can be used; expected {expected}. Remove or replace it.")
