"""Model files that are loaded beside the watcher's loop: a trial that hangs keeps no newer sales waiting."""

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from pathlib import Path

from storecast.bundle.fitted import FittedModel


class ModelLoading:
    """Loads model files, each in a thread of its own; asked by the watcher's thread alone.

    Parameters
    ----------
    load : reads and verifies a model file, and tries it in a child process
    loaded : called in the thread that loaded a file, or failed to
    """

    def __init__(self, load: Callable[[Path], FittedModel], loaded: Callable[[], None]) -> None:
        self._load = load
        self._loaded = loaded
        self._files: dict[str, tuple[Future[FittedModel], float]] = {}  # by name, with the time of their start

    def __len__(self) -> int:
        """How many files are being loaded, or were and have not been handed over yet."""
        return len(self._files)

    def __contains__(self, name: str) -> bool:
        """Whether a file is being loaded, or was and has not been handed over yet."""
        return name in self._files

    def seconds(self, name: str) -> float:
        """Return how long a file has been loading."""
        return time.monotonic() - self._files[name][1]

    def start(self, path: Path) -> None:
        """Begin to load a file."""
        future: Future[FittedModel] = Future()
        self._files[path.name] = future, time.monotonic()
        # A daemon, and no executor: the end of the process waits for no trial. The child ends by its own alarm.
        threading.Thread(target=self._work, args=(path, future), name=f"load {path.name}", daemon=True).start()

    def result(self, name: str) -> FittedModel | None:
        """Hand a loaded model over, or raise what loading it raised; None while that goes on."""
        future, _ = self._files[name]
        if not future.done():
            return None
        del self._files[name]
        return future.result()

    def drop_others(self, names: Collection[str]) -> list[str]:
        """Drop all files but these, and return their names; what is being loaded goes on to its end, and nobody takes it."""
        dropped = [name for name in self._files if name not in names]
        for name in dropped:
            del self._files[name]
        return dropped

    def _work(self, path: Path, future: "Future[FittedModel]") -> None:
        try:
            future.set_result(self._load(path))
        except BaseException as error:  # handed over to whoever asks for the result
            future.set_exception(error)
        self._loaded()
