"""Other models than the promoted one: loaded when they are asked for, over the same chain, and the last few kept."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from storecast.bundle.fitted import FittedModel
from storecast.bundle.loading import load
from storecast.bundle.predictor import Predictor
from storecast.bundle.read import is_model_name
from storecast.data.panel import Panel
from storecast.errors import ModelFileError, TrialTooSlowError, UserError
from storecast.service.live.snapshot import Snapshot
from storecast.service.pool import Pool
from storecast.service.problems import Problem, invalid

log = logging.getLogger(__name__)


class ModelCache:
    """Snapshots of models by name; used on the event loop.

    Parameters
    ----------
    folder : with the model files
    pool : where models are loaded
    size : how many are kept
    trial_cpu_s : CPU seconds that the trial forecast of a model may use

    Attributes
    ----------
    load : reads and verifies a model file, and tries it in a child process
    """

    def __init__(self, folder: Path, pool: Pool, size: int, trial_cpu_s: float) -> None:
        self.folder = folder
        self.size = size
        self.load: Callable[[Path], FittedModel] = partial(load, trial_cpu_s=trial_cpu_s)
        self._pool = pool
        self._snapshots: OrderedDict[str, Snapshot] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Snapshot]] = {}  # one trial of a file at a time

    async def get(self, name: str, panel: Panel, version: int, at_least: int) -> Snapshot:
        """Return a model by the name of its file.

        Parameters
        ----------
        panel, version : of the chain, where the model has to be loaded
        at_least : the version that a model in the cache must have

        Raises
        ------
        Problem
            there is no such model, its file is refused, or its trial was too slow
        """
        at_least = min(at_least, version)
        while True:
            cached = self._snapshots.get(name)
            if cached is not None and cached.version >= at_least:
                self._snapshots.move_to_end(name)
                return cached
            if not is_model_name(name) or not (self.folder / name).is_file():
                raise invalid("model", "there is no such model; GET /v1/models lists them")
            task = self._loading.get(name)
            if task is None:
                task = asyncio.create_task(
                    self._load(name, None if cached is None else cached.predictor.bundle, panel, version)
                )
                self._loading[name] = task
            snapshot = await asyncio.shield(task)
            if snapshot.version >= at_least:  # else it was begun before a newer version came, and is carried on to that
                return snapshot

    def fitted(self, name: str) -> FittedModel | None:
        """Return a model of the cache without its chain; None where it is not there."""
        cached = self._snapshots.get(name)
        return None if cached is None else cached.predictor.bundle

    def add(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, and drop the one that was not asked for longest where there are too many."""
        self._snapshots[snapshot.name] = snapshot
        self._snapshots.move_to_end(snapshot.name)
        while len(self._snapshots) > self.size:
            self._snapshots.popitem(last=False)

    def remove(self, name: str) -> None:
        """Drop a model, if it is there."""
        self._snapshots.pop(name, None)

    def clear(self) -> None:
        """Drop all."""
        self._snapshots.clear()

    async def _load(self, name: str, fitted: FittedModel | None, panel: Panel, version: int) -> Snapshot:
        def work() -> Snapshot:
            return Snapshot.of(Predictor.of(fitted or self.load(self.folder / name), panel), version)

        try:
            snapshot: Snapshot = await self._pool.run(work)
        except TrialTooSlowError as error:
            log.warning("%s", error)
            raise Problem(
                "too-slow",
                "The trial forecast of this model was too slow; nothing else is known against it. Try again later.",
            ) from error
        except ModelFileError as error:
            log.warning("a model that was asked for is refused: %s", error)
            raise invalid("model", "this model file is refused; the log says why") from error
        except (UserError, Problem):
            raise
        except Exception as error:  # libraries that read models raise whatever they like; the model is the one to blame
            log.exception("a model that was asked for failed when it was loaded")
            raise invalid("model", "this model failed when it was loaded; the log says why") from error
        finally:
            del self._loading[name]
        self.add(snapshot)
        return snapshot
