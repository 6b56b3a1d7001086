"""Write a file whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storecast.errors import ConfigError, quote


@contextmanager
def atomic_write(path: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it takes ``path``'s place in one step, else it is removed.

    The folder is made where it is missing. The file and its folder are flushed to disk before and after the step, so
    that a reader, or a machine that loses power, finds the old file or the new one and nothing between.

    Raises
    ------
    ConfigError
        where the path is a folder, or its folder cannot be made
    """
    make_folder(path.parent)
    if path.is_dir():
        raise ConfigError(f"{quote(path)} is a folder; expected the name of a file to write. Choose another name.")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(mode)
        _flush(draft)
        draft.replace(path)
        _flush(path.parent)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def make_folder(path: Path) -> Path:
    """Make a folder for output, and say plainly why where that cannot be done.

    Raises
    ------
    ConfigError
        where there is a file of that name, or the folder cannot be made
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigError(f"{quote(path)} is a file; expected a folder to write into. Choose another name.") from error
    except OSError as error:
        raise ConfigError(
            f"The folder {quote(path)} cannot be made: {error.strerror}. Choose one that you may write to."
        ) from error
    return path


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
