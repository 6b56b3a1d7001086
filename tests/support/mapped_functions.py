"""Functions that tests map over workers, which import them from here."""

import logging
import os
import signal
import time
from pathlib import Path

from storecast.errors import HistoryError

log = logging.getLogger("storecast.mapped")


def times(shared: int, item: int) -> int:
    return shared * item


def slow_times(shared: int, item: int) -> int:
    time.sleep(0.5)
    return shared * item


def process_id(shared: object, item: int) -> int:
    time.sleep(0.05)  # so that no worker takes them all
    return os.getpid()


def environment(shared: None, item: str) -> str | None:
    return os.environ.get(item)


def count_loads(shared: "CountsLoads", item: int) -> int:
    time.sleep(0.05)
    return len(list(shared.folder.iterdir()))


def log_and_fail(shared: str, item: int) -> int:
    log.info("working on %d", item)
    if item == 1:
        raise HistoryError(shared)
    return item


class TwoArgumentsError(Exception):
    """Pickles, and cannot be read again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def fail_strangely(shared: None, item: int) -> None:
    raise TwoArgumentsError("this", "that")


def unpicklable(shared: None, item: int) -> object:
    return lambda: item


def killed_at_first(shared: Path, item: int) -> int:
    """Kill the worker at item 1 the first time."""
    if item == 1 and not shared.exists():
        shared.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def killed_always(shared: None, item: int) -> int:
    if item == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def wait_for(shared: Path, item: int) -> int:
    """Say which process works, then wait for long."""
    (shared / f"{item}.pid").write_text(str(os.getpid()))
    time.sleep(60)
    return item


class CountsLoads:
    """Leaves a file in a folder each time it is read from its pickle."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return _loaded, (self.folder,)


def _loaded(folder: Path) -> CountsLoads:
    (folder / f"{os.getpid()}-{time.monotonic_ns()}").touch()
    return CountsLoads(folder)
