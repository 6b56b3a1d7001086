"""Write a file whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storecast.errors import ConfigError, quote

DRAFT = ".part"  # ends the name of a file that is not whole yet


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
    handle, draft = _new_draft(path)
    try:
        yield draft
        draft.chmod(mode)
        _flush(draft)
        draft.replace(path)
        _flush(path.parent)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
        os.close(handle)


def remove_abandoned_drafts(folder: Path) -> list[Path]:
    """Remove what `atomic_write` began in a folder, in a process that was killed; return what was removed.

    A draft is locked for as long as its process lives, so that the drafts of running processes stay.
    """
    removed = []
    for draft in sorted(folder.glob(f".*{DRAFT}")):
        with suppress(OSError), draft.open("rb") as file:  # it may be gone by now, or be none of ours
            if _lock(file.fileno()):
                draft.unlink()
                removed.append(draft)
    return removed


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


def _new_draft(path: Path) -> tuple[int, Path]:
    """Return an open handle of a new draft, which holds its lock, and its path."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=DRAFT)
        _lock(handle)
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)  # somebody took it for abandoned before it was locked


def _lock(handle: int) -> bool:
    """Lock a file until its handle is closed; say whether that was possible."""
    try:
        import fcntl
    except ModuleNotFoundError:  # on Windows: no draft counts as abandoned there
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another has it, or the file system knows no locks
        return False
    return True


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
