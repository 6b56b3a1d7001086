"""The promoted model, put into service; where it cannot be used, the one before stays or takes its place.

`models/current` may be missing or damaged, its model refused, broken where no check looks, or the end of the process that loads it.
None of this keeps newer sales from being taken up, and none ends in a circle of crashes.
"""

import logging
import time
from pathlib import Path

from storecast.bundle import registry
from storecast.bundle.fitted import FittedModel
from storecast.bundle.predictor import Predictor
from storecast.data.panel import Panel
from storecast.errors import ModelFileError, UserError
from storecast.service.live.crash_marker import MAX_CRASHES, CrashMarkers
from storecast.service.live.models import ModelCache
from storecast.service.live.snapshot import Snapshot

log = logging.getLogger(__name__)

REFUSED_S = 30.0  # before a model that was refused is looked at again
MAX_SUBSTITUTES = 3  # that are tried at a start, where the promoted model cannot be used


class PromotedModel:
    """Puts the promoted model over the chain; used by the watcher's thread alone.

    Parameters
    ----------
    models : their files, and those that are loaded already

    Attributes
    ----------
    fitted : the model in service; None before the first
    trouble : why it is not the promoted one; empty: it is
    """

    def __init__(self, models: ModelCache) -> None:
        self.fitted: FittedModel | None = None
        self.trouble = ""
        self._models = models
        self._markers = CrashMarkers(models.folder)
        self._substitute_at = 0.0
        self._refused: dict[str, tuple[float, str]] = {}  # until when, and why

    def look(self, panel: Panel, version: int) -> Snapshot | None:
        """Return a snapshot where another model is to be served from now on; None where the one in service stays.

        Parameters
        ----------
        panel, version : the chain
        """
        try:
            path = registry.current(self._models.folder)
        except (ModelFileError, OSError) as error:
            self.trouble = f"No promoted model can be found: {error}"
            return None if self.fitted is not None else self._substitute(panel, version, "")
        if self.fitted is not None and self.fitted.name == path.name:
            self.trouble = ""
            return None
        snapshot = self._try(path, panel, version)
        if snapshot is not None:
            self.trouble = ""
            return snapshot
        self.trouble = f"The promoted model is refused, and another answers: {self._refused[path.name][1]}"
        return None if self.fitted is not None else self._substitute(panel, version, path.name)

    def retry_refused(self) -> None:
        """Look at models that were refused again at the next look."""
        self._refused.clear()
        self._substitute_at = 0.0

    def close(self) -> None:
        """End as it should be: what is being put into service has not crashed."""
        self._markers.end()

    def _substitute(self, panel: Panel, version: int, promoted: str) -> Snapshot | None:
        """Return the model before the promoted one over the chain, or the newest that can be used."""
        if time.monotonic() < self._substitute_at:
            return None  # all files are read for it
        self._substitute_at = time.monotonic() + REFUSED_S
        names: list[str] = []
        try:
            names.append(registry.previous(self._models.folder))
        except (ModelFileError, OSError) as error:
            log.info("there is no model before the promoted one: %s", error)
        names += [model.name for model in registry.list_models(self._models.folder) if model.valid]
        for name in [name for name in dict.fromkeys(names) if name != promoted][:MAX_SUBSTITUTES]:
            snapshot = self._try(self._models.folder / name, panel, version)
            if snapshot is not None:
                return snapshot
        return None

    def _try(self, path: Path, panel: Panel, version: int) -> Snapshot | None:
        """Return a model over the chain; None where it is refused, or was a moment ago."""
        name = path.name
        if name in self._refused and time.monotonic() < self._refused[name][0]:
            return None
        if self._markers.crashes(name) >= MAX_CRASHES:
            self._refuse(
                name, f"the service ended {MAX_CRASHES} times while it put it into service; promote it again to retry"
            )
            return None
        self._markers.begin(name)
        try:
            fitted = self._models.fitted(name) or self._models.load(path)
            snapshot = Snapshot.of(Predictor.of(fitted, panel), version)
        except UserError as error:
            self._refuse(name, str(error))
            return None
        except Exception as error:  # libraries that read models raise whatever they like; the model is the one to blame
            log.exception("the model %s failed when it was put into service", name)
            self._refuse(
                name, f"it failed when it was put into service ({type(error).__name__}); the log has the reason"
            )
            return None
        finally:
            self._markers.end()
        self.fitted = fitted
        self._refused.pop(name, None)
        return snapshot

    def _refuse(self, name: str, reason: str) -> None:
        self._refused[name] = (time.monotonic() + REFUSED_S, reason)
        log.error("the model %s is refused: %s", name, reason)
