"""Crashes while a model is put into service, counted in files: a process that dies leaves nothing else behind.

A marker names this machine (in a cluster: this pod, which keeps its name when it starts again) and the model. It is written before
the model's libraries see it and removed when the model answers, so one that is found at a start was left by a process that died.
"""

import logging
import socket
from pathlib import Path

from storecast.bundle.registry import CURRENT

log = logging.getLogger(__name__)

MAX_CRASHES = 2  # one may be a machine that lost power; a second is the model


class CrashMarkers:
    """The markers of this machine in a folder of models.

    Parameters
    ----------
    folder : with the model files
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun: dict[str, Path] = {}  # by model

    def crashes(self, name: str) -> int:
        """Return how often a process died while it put a model into service; promoting it again starts anew."""
        marker = self._path(name)
        try:
            if (self._folder / CURRENT).stat().st_mtime_ns > marker.stat().st_mtime_ns:
                return 0
            text = marker.read_text(encoding="ascii", errors="replace")
        except OSError:  # there is none, or no promoted model to compare it with
            return 0
        return int(text) if text.isdigit() and len(text) < 4 else 0

    def begin(self, name: str) -> None:
        """Mark that a model is being put into service."""
        marker = self._path(name)
        try:
            marker.write_text(str(self.crashes(name) + 1), encoding="ascii")
        except OSError as error:
            log.warning("no crash of the model %s could be noted: %s", name, error.strerror)
            return
        self._begun[name] = marker

    def end(self, name: str) -> None:
        """Remove the mark of a model: it answers, or was refused."""
        marker = self._begun.pop(name, None)
        if marker is not None:
            marker.unlink(missing_ok=True)

    def end_all(self) -> None:
        """Remove all marks: the service ends as it should."""
        for name in list(self._begun):
            self.end(name)

    def _path(self, name: str) -> Path:
        return self._folder / f".putting-{socket.gethostname()}-{name}"
