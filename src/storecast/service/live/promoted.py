"""The promoted model, put into service; where it cannot be used, the one before stays or takes its place.

`models/current` may be missing or damaged, its model refused, broken where no check looks, or the end of the process that loads it;
its trial may hang. None of this keeps newer sales from being taken up, and none ends in a circle of crashes.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storecast.bundle import registry
from storecast.bundle.fitted import FittedModel
from storecast.bundle.predictor import Predictor
from storecast.data.panel import Panel
from storecast.errors import ModelFileError, TrialTooSlowError, UserError
from storecast.service.live.crash_marker import MAX_CRASHES, CrashMarkers
from storecast.service.live.loading import ModelLoading
from storecast.service.live.models import ModelCache
from storecast.service.live.snapshot import Snapshot

log = logging.getLogger(__name__)

REFUSED_S = 30.0  # before a model that was refused is looked at again
SLOW_S = 5.0  # before a model whose trial was too slow is tried again; twice as long after each time, up to REFUSED_S
LOADING_S = 60.0  # that a model may take to load before that is said, and at a start before another one is tried
MAX_SUBSTITUTES = 3  # that are tried at a start, where the promoted model cannot be used


@dataclass(frozen=True)
class Refusal:
    """Why a model is not served.

    Attributes
    ----------
    until : when it is looked at again, on the monotonic clock
    reason : a sentence
    slow_trials : how often in a row its trial was too slow, and no more is known against it; 0: it is refused
    """

    until: float
    reason: str
    slow_trials: int = 0


class PromotedModel:
    """Puts the promoted model over the chain; used by the watcher's thread alone.

    Parameters
    ----------
    models : their files, and those that are loaded already
    loaded : called, in another thread, when a model has been loaded: it is time for the next look

    Attributes
    ----------
    fitted : the model in service; None before the first
    trouble : why it is not the promoted one; empty: it is
    too_slow : whether that is no more than a trial that takes, or took, too long
    """

    def __init__(self, models: ModelCache, loaded: Callable[[], None]) -> None:
        self.fitted: FittedModel | None = None
        self.trouble = ""
        self.too_slow = False
        self._models = models
        self._markers = CrashMarkers(models.folder)
        self._loading = ModelLoading(lambda path: models.load(path), loaded)
        self._substitutes: list[str] = []
        self._substitute_at = 0.0
        self._refused: dict[str, Refusal] = {}  # by name

    def look(self, panel: Panel, version: int) -> Snapshot | None:
        """Return a snapshot where another model is to be served from now on; None where the one in service stays.

        A model is loaded beside this call. Until that has ended, each look returns None at once.

        Parameters
        ----------
        panel, version : the chain
        """
        try:
            path = registry.current(self._models.folder)
        except (ModelFileError, OSError) as error:
            self._report(f"No promoted model can be found: {error}")
            return None if self.fitted is not None else self._substitute(panel, version, "")
        if self.fitted is not None and self.fitted.name == path.name:
            self._load_only()
            self._report("")
            return None
        self._load_only(path.name, *(self._substitutes if self.fitted is None else ()))
        snapshot = self._try(path, panel, version)
        if snapshot is not None:
            self._report("")
            return snapshot
        if path.name not in self._loading:
            self._report_refusal(path.name)
        elif self._loading.seconds(path.name) > LOADING_S:
            self._report(f"The trial of the promoted model has taken more than {LOADING_S:g} s so far.", too_slow=True)
        else:
            return None
        return None if self.fitted is not None else self._substitute(panel, version, path.name)

    def retry_refused(self) -> None:
        """Look at models that were refused again at the next look."""
        self._refused.clear()
        self._substitute_at = 0.0

    def close(self) -> None:
        """End as it should be: what is being put into service has not crashed."""
        self._markers.end_all()

    def _substitute(self, panel: Panel, version: int, promoted: str) -> Snapshot | None:
        """Return the model before the promoted one over the chain, or the newest that can be used."""
        if time.monotonic() >= self._substitute_at:  # all files are read for it
            self._substitute_at = time.monotonic() + REFUSED_S
            self._substitutes = self._usable_models(promoted)
        while self._substitutes:
            name = self._substitutes[0]
            snapshot = self._try(self._models.folder / name, panel, version)
            if snapshot is not None or (name in self._loading and self._loading.seconds(name) <= LOADING_S):
                return snapshot
            self._substitutes.pop(0)
        return None

    def _usable_models(self, promoted: str) -> list[str]:
        """Return the names of models that may take the promoted one's place, the best first."""
        names: list[str] = []
        try:
            names.append(registry.previous(self._models.folder))
        except (ModelFileError, OSError) as error:
            log.info("there is no model before the promoted one: %s", error)
        names += [model.name for model in registry.list_models(self._models.folder) if model.valid]
        return [name for name in dict.fromkeys(names) if name != promoted][:MAX_SUBSTITUTES]

    def _try(self, path: Path, panel: Panel, version: int) -> Snapshot | None:
        """Return a model over the chain; None where it is being loaded, is refused, or was a moment ago."""
        name = path.name
        if name in self._refused and time.monotonic() < self._refused[name].until:
            return None
        fitted = self._models.fitted(name)
        if name not in self._loading:
            if self._markers.crashes(name) >= MAX_CRASHES:
                self._refuse(
                    name,
                    f"the service ended {MAX_CRASHES} times while it put it into service; promote it again to retry",
                )
                return None
            self._markers.begin(name)
            if fitted is None:
                self._loading.start(path)
        try:
            fitted = fitted or self._loading.result(name)
            if fitted is None:
                return None
            snapshot = Snapshot.of(Predictor.of(fitted, panel), version)
        except TrialTooSlowError as error:
            self._postpone(name, str(error))
            return None
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
            if name not in self._loading:
                self._markers.end(name)
        self.fitted = fitted
        self._refused.pop(name, None)
        return snapshot

    def _refuse(self, name: str, reason: str) -> None:
        self._refused[name] = Refusal(time.monotonic() + REFUSED_S, reason)
        log.error("the model %s is refused: %s", name, reason)

    def _postpone(self, name: str, reason: str) -> None:
        """Note that a trial was too slow, and when the next one is due."""
        before = self._refused.get(name)
        slow_trials = 1 + (before.slow_trials if before else 0)
        wait = min(SLOW_S * 2 ** (slow_trials - 1), REFUSED_S)
        self._refused[name] = Refusal(time.monotonic() + wait, reason, slow_trials)
        log.warning("the model %s is tried again in %g s: %s", name, wait, reason)

    def _load_only(self, *names: str) -> None:
        for name in self._loading.drop_others(names):
            self._markers.end(name)

    def _report_refusal(self, name: str) -> None:
        refusal = self._refused.get(name)
        if refusal is None:  # it is to be looked at again
            return
        if refusal.slow_trials:
            self._report(f"The promoted model is tried again soon: {refusal.reason}", too_slow=True)
        else:
            self._report(f"The promoted model is refused, and another answers: {refusal.reason}")

    def _report(self, trouble: str, *, too_slow: bool = False) -> None:
        self.trouble, self.too_slow = trouble, too_slow
