"""The chain as it is served: the promoted model at the cutoff of the newest sales, replaced whole when either changes.

One thread looks at the database's version and at models/current, each second and after each write. What it finds new it reads,
verifies, tries in a child process and works out, while the old answers; then the new takes its place in one step, so that no reply
mixes two. A model that is refused changes nothing, and the log says why.
"""

import asyncio
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from storecast.bundle.bundle import load
from storecast.bundle.fitted import FittedModel
from storecast.bundle.predictor import Predictor
from storecast.bundle.read import is_model_name
from storecast.bundle.registry import current
from storecast.data.panel import Panel
from storecast.database.chain_info import version
from storecast.database.connect import Database
from storecast.database.forecasts import save_forecast
from storecast.database.panel_io import apply_changes, changes_since, read_panel
from storecast.errors import ModelFileError, UserError
from storecast.service.pool import Pool
from storecast.service.problems import Problem, invalid
from storecast.service.settings import Settings
from storecast.service.table import Table

log = logging.getLogger(__name__)

MOST_TABLES = 4  # of one model, by their quantiles
STOP_S = 2.0
PATIENCE_S = 3.0  # before a database that was asked and has not answered counts as gone
REFUSED_S = 30.0  # before a model that was refused is looked at again

Quantiles = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Served:
    """A model with the chain that it answers for.

    Attributes
    ----------
    ready : the model at its cutoff
    version : of the chain in the database
    table : its forecast, laid out for looking up
    head : how a reply in JSON begins
    """

    ready: Predictor
    version: int
    table: Table
    head: bytes
    _tables: "OrderedDict[Quantiles, Table]" = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, ready: Predictor, version: int) -> "Served":
        """Work everything out that a reply may need."""
        head = f'{{"model":"{ready.bundle.name}","cutoff":"{ready.cutoff}"'.encode()
        return cls(ready, version, Table(ready), head)

    @property
    def name(self) -> str:
        """The name of the model's file."""
        return self.ready.bundle.name

    def with_quantiles(self, quantiles: Quantiles) -> Table:
        """Return the table with these quantiles beside the bounds."""
        if not quantiles:
            return self.table
        found = self._tables.get(quantiles)
        if found is None:
            found = self._tables[quantiles] = Table(self.ready, quantiles)
            while len(self._tables) > MOST_TABLES:
                self._tables.popitem(last=False)
        return found


class Chain:
    """What is served now, and what keeps it new.

    Parameters
    ----------
    settings : of the service
    pool : where other models than the promoted one are loaded
    """

    def __init__(self, settings: Settings, pool: Pool) -> None:
        self.settings = settings
        self.models = settings.home / "models"
        self.load: Callable[[Path], FittedModel] = load
        self.database: Database | None = None
        self.served: Served | None = None
        self.previous = ""  # the model that was served before
        self.trouble = "The service has just begun."  # why it is not ready, or serves what is old; empty: all is well
        self.wanted = 0  # version of the chain that a write has brought
        self._pool = pool
        self._kept: OrderedDict[str, Served] = OrderedDict()
        self._loading: dict[tuple[str, int], asyncio.Task[Served]] = {}
        self._held: tuple[Panel, int] | None = None  # the chain as it was last read, and its version
        self._swapped = ("", 0)  # the model that was put in place last, and the version of the chain
        self._bundle: FittedModel | None = None
        self._refused: tuple[str, float] = ("", 0.0)
        self._unkept: Served | None = None  # its forecast is to be written into the database yet
        self._asked: float | None = None  # when the database was asked what has not been answered yet
        self._down = False
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="chain", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()

    def start(self) -> None:
        """Begin to look; called on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; what is being worked out is waited for a moment."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_S)

    @property
    def ready(self) -> bool:
        """Whether a model answers, the database did when it was last asked, and it took what was last written."""
        return self.served is not None and not self.database_trouble

    @property
    def database_trouble(self) -> str:
        """What is wrong with the database; empty: nothing."""
        asked = self._asked
        if self.database is None or self._down or (asked is not None and time.monotonic() - asked > PATIENCE_S):
            return "The database does not answer."
        return "" if self.database.writes else "The database cannot be written to."

    def db(self) -> Database:
        """Return the database; a problem where it has not been reached yet."""
        if self.database is None:
            raise Problem("not-ready", "The database does not answer. Try again.", headers={"retry-after": "2"})
        return self.database

    def panel(self) -> Panel:
        """Return the chain as it was last read; a problem where it was not yet."""
        return self._there()[0]

    def _there(self) -> tuple[Panel, int]:
        if self._held is None:
            raise Problem("not-ready", "The chain has not been read yet. Try again.", headers={"retry-after": "5"})
        return self._held

    def written(self, version: int) -> None:
        """Say that a write has brought a version: what is asked from now on waits for it."""
        self.wanted = max(self.wanted, version)
        self._wake.set()

    def look(self) -> None:
        """Look at once."""
        self._wake.set()

    async def fresh(self) -> Served:
        """Return what is served, with what was written before this call, or, after a while, with what there is."""
        wanted = self.wanted
        if self.served is None or self.served.version < wanted:
            await self._until(
                lambda: self.served is not None and self.served.version >= wanted, self.settings.fresh_seconds
            )
        if self.served is None:
            raise Problem("not-ready", "No model is ready to answer yet. Try again.", headers={"retry-after": "5"})
        return self.served

    async def of(self, name: str) -> Served:
        """Return a model by the name of its file, over the same chain as the promoted one.

        Raises
        ------
        Problem
            where there is no such model, or it is refused
        """
        served = await self.fresh()
        if name == served.name:
            return served
        kept = self._kept.get(name)
        if kept is not None and kept.version >= served.version:
            self._kept.move_to_end(name)
            return kept
        if not is_model_name(name) or not (self.models / name).is_file():
            raise invalid("model", "there is no such model; GET /v1/models lists them")
        panel, version = self._there()
        task = self._loading.get((name, version))
        if task is None:
            bundle = None if kept is None else kept.ready.bundle
            task = asyncio.create_task(self._load(name, bundle, panel, version))
            self._loading[name, version] = task
        return await asyncio.shield(task)

    async def promoted(self, name: str, within: float) -> bool:
        """Wait until a model is the one that is served; say whether it is."""
        self._refused = ("", 0.0)
        self.look()
        await self._until(lambda: self.served is not None and self.served.name == name, within)
        return self.served is not None and self.served.name == name

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._wake.set()
                    await self._changed.wait()
        except TimeoutError:
            return

    async def _load(self, name: str, bundle: FittedModel | None, panel: Panel, version: int) -> Served:
        def work() -> Served:
            return Served.of(Predictor.of(bundle or self.load(self.models / name), panel), version)

        try:
            found = await self._pool.run(work)
        except ModelFileError as error:
            log.warning("a model that was asked for is refused: %s", error)
            raise invalid("model", "this model file is refused; the log says why") from error
        finally:
            del self._loading[name, version]
        self._keep(found)
        return found

    def _keep(self, served: Served) -> None:
        self._kept[served.name] = served
        self._kept.move_to_end(served.name)
        while len(self._kept) > self.settings.models_kept:
            self._kept.popitem(last=False)

    def _watch(self) -> None:
        while not self._ended.is_set():
            try:
                self._look()
            except UserError as error:
                self._tell(str(error))
            except Exception:  # the edge of this thread: it must go on looking
                log.exception("looking for what is new failed")
                self._tell("Looking for what is new failed; the log has the reason.")
            self._wake.wait(self.settings.poll_seconds)
            self._wake.clear()

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble and trouble:
            log.error("%s", trouble)
        elif trouble != self.trouble:
            log.info("all is well again")
        self.trouble = trouble

    def _look(self) -> None:
        newest = self._version_now()
        assert self.database is not None
        path = current(self.models)
        panel, version = self._read(self.database, newest)
        refused = self._model(path)
        if self._bundle is None:
            self._tell(refused)
            return
        if self._swapped != (self._bundle.name, version):  # also where the last look could not
            self._swap(self._bundle, panel, version)
            self._swapped = (self._bundle.name, version)
        self._keep_forecast(self.database)
        self._tell(refused)

    def _version_now(self) -> int:
        """Ask the database for its version, and know whether it answers."""
        self._asked = time.monotonic()
        try:
            if self.database is None:
                self.database = Database.open(self.settings.database_url)
            found = version(self.database)
        except BaseException:
            self._down = True
            raise
        finally:
            self._asked = None
        self._down = False
        return found

    def _read(self, database: Database, newest: int) -> tuple[Panel, int]:
        """Read what is new of the chain; return it, and its version."""
        if self._held is None:
            self._held = read_panel(database)
        elif newest != self._held[1]:
            panel, before = self._held
            changes = changes_since(database, before)
            self._held = apply_changes(panel, changes), changes.version
            if changes.version < before:  # the database is an older one, brought back: nothing newer will come
                log.warning("the chain went back from version %d to %d", before, changes.version)
                self.wanted = 0
                self._on_loop(self._kept.clear)
        return self._held

    def _model(self, path: Path) -> str:
        """Load the promoted model where it is another; return why it is refused, where it is."""
        name = path.name
        if self._bundle is not None and self._bundle.name == name:
            return ""
        if self._refused[0] == name and time.monotonic() < self._refused[1]:
            return self.trouble
        kept = self._kept.get(name)
        try:
            self._bundle = self.load(path) if kept is None else kept.ready.bundle
        except ModelFileError as error:
            self._refused = (name, time.monotonic() + REFUSED_S)
            return f"The promoted model is refused, and what was served before goes on: {error}"
        return ""

    def _swap(self, bundle: FittedModel, panel: Panel, version: int) -> None:
        began = time.monotonic()
        served = Served.of(Predictor.of(bundle, panel), version)
        self._on_loop(lambda: self._serve(served))
        log.info(
            "serving %s after %s, version %d of the chain; worked out in %.1f s",
            served.name,
            served.ready.cutoff,
            served.version,
            time.monotonic() - began,
        )
        self._unkept = served

    def _on_loop(self, act: Callable[[], None]) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)

    def _keep_forecast(self, database: Database) -> None:
        """Write the newest forecast into the database; where that fails, it is tried again at each look."""
        made = self._unkept
        if made is not None:
            rows = made.table.frame
            save_forecast(database, model=made.name, cutoff=made.ready.cutoff, version=made.version, rows=rows)
            self._unkept = None

    def _serve(self, served: Served) -> None:
        """Put something new in the place of the old; on the event loop, between two requests."""
        before, self.served = self.served, served
        self._kept.pop(served.name, None)
        if before is not None and before.name != served.name:
            self.previous = before.name
            if self.settings.models_kept:
                self._keep(before)
        self._changed.set()
        self._changed = asyncio.Event()
