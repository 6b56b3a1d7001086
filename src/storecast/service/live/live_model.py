"""LiveModel: what endpoints ask for the snapshot that is served, and for other models over the same chain."""

from collections.abc import Callable
from pathlib import Path

from storecast.data.panel import Panel
from storecast.database.connect import Database
from storecast.service.live.freshness import Freshness
from storecast.service.live.models import ModelCache
from storecast.service.live.snapshot import Snapshot
from storecast.service.live.source import ChainSource
from storecast.service.live.watcher import Watcher
from storecast.service.pool import Pool
from storecast.service.problems import Problem
from storecast.service.settings import Settings


class LiveModel:
    """What is served now.

    Parameters
    ----------
    settings : of the service
    pool : where other models than the promoted one are loaded

    Attributes
    ----------
    snapshot : None before the first
    followers : are called with each new snapshot, on the event loop, and must not keep it
    """

    def __init__(self, settings: Settings, pool: Pool) -> None:
        self.snapshot: Snapshot | None = None
        self.source = ChainSource(settings.database_url)
        self.models = ModelCache(settings.home / "models", pool, settings.models_kept, settings.trial_seconds)
        self.watcher = Watcher(
            self.source,
            self.models,
            poll_seconds=settings.poll_seconds,
            serve=self._serve,
            went_back=self._went_back,
        )
        self.freshness = Freshness(self.watcher.look)
        self.followers: list[Callable[[Snapshot], None]] = []
        self._fresh_seconds = settings.fresh_seconds

    @property
    def ready(self) -> bool:
        """Whether a model answers, the database did when it was last asked, and it took what was last written."""
        return self.snapshot is not None and not self.source.trouble

    @property
    def models_folder(self) -> Path:
        """The folder with the model files."""
        return self.models.folder

    def database(self) -> Database:
        """Return the database; a problem where it has not been reached yet."""
        return self.source.connection()

    def panel(self) -> Panel:
        """Return the chain as it was last read; a problem where it was not yet."""
        return self.source.chain()[0]

    async def fresh(self) -> Snapshot:
        """Return the snapshot with what was written before this call; after a while, the one there is."""
        wanted = self.freshness.wanted
        if not self._has(wanted):
            await self.freshness.wait_until(lambda: self._has(wanted), self._fresh_seconds)
        if self.snapshot is None:
            raise Problem("not-ready", "No model is ready to answer yet. Try again.", headers={"retry-after": "5"})
        return self.snapshot

    async def model(self, name: str) -> Snapshot:
        """Return a model by the name of its file, over the same chain as the promoted one.

        Raises
        ------
        Problem
            there is no such model, or its file is refused
        """
        snapshot = await self.fresh()
        if name == snapshot.name:
            return snapshot
        panel, version = self.source.complete_chain()
        return await self.models.get(name, panel, version, at_least=snapshot.version)

    async def wait_for_model(self, name: str, seconds: float) -> bool:
        """Wait until a model is the one that is served; say whether it is."""
        self.watcher.retry_refused()
        await self.freshness.wait_until(lambda: self._serves(name), seconds)
        return self._serves(name)

    def _has(self, version: int) -> bool:
        return self.snapshot is not None and self.snapshot.version >= version

    def _serves(self, name: str) -> bool:
        return self.snapshot is not None and self.snapshot.name == name

    def _serve(self, snapshot: Snapshot) -> None:
        """Put a new snapshot in the place of the old; on the event loop, between two requests."""
        before, self.snapshot = self.snapshot, snapshot
        self.models.remove(snapshot.name)
        if before is not None and before.name != snapshot.name and self.models.size:
            self.models.add(before)
        self.freshness.changed()
        for follow in self.followers:
            follow(snapshot)

    def _went_back(self) -> None:
        self.models.clear()
        self.freshness.wanted = 0  # nothing newer will come
