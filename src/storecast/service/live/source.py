"""The database as the watcher reads it: its version, the chain, whether it answers, and the forecasts that are kept in it."""

import logging
import time

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.complete_days import up_to_complete_day
from storecast.data.panel import Panel
from storecast.database.chain_info import version
from storecast.database.chain_settings import read_written
from storecast.database.connect import Database
from storecast.database.forecasts import save_forecast
from storecast.database.panel_io import apply_changes, changes_since, read_panel
from storecast.errors import DatabaseError
from storecast.service.live.snapshot import Snapshot
from storecast.service.problems import Problem

log = logging.getLogger(__name__)

PATIENCE_S = 3.0  # before a database that was asked and has not answered counts as gone


class ChainSource:
    """Reads the chain; of one thread, but for `trouble`, `connection`, `chain` and `names`.

    Parameters
    ----------
    url : of the database

    Attributes
    ----------
    database : None until it has been reached
    """

    def __init__(self, url: str) -> None:
        self.database: Database | None = None
        self._url = url
        self._chain: tuple[Panel, int] | None = None
        self._complete: tuple[Panel, Panel] | None = None  # the whole chain, and it up to its last complete day
        self._asked_at: float | None = None  # when the database was asked what it has not answered yet
        self._down = False
        self._empty = False  # the database answered, and holds no chain
        self._names: ColumnNames | None = None  # as they were last read
        self._unsaved: Snapshot | None = None  # its forecast is still to be saved

    @property
    def trouble(self) -> str:
        """What is wrong with the database; empty: nothing."""
        asked_at = self._asked_at
        waits = asked_at is not None and time.monotonic() - asked_at > PATIENCE_S
        if self.database is None or self._down or waits:
            return "The database does not answer."
        return "" if self.database.writes else "The database cannot be written to."

    def connection(self) -> Database:
        """Return the database; a problem where it has not been reached yet."""
        if self.database is None:
            raise Problem("not-ready", "The database does not answer. Try again.", headers={"retry-after": "2"})
        return self.database

    def chain(self) -> tuple[Panel, int]:
        """Return the chain as it was last read, and its version; a problem where it was not yet."""
        if self._chain is not None:
            return self._chain
        if self._empty:
            raise Problem(
                "not-ready",
                "The database holds no chain yet. Fill it with `storecast db load --data DIR`, or on the page: Data.",
            )
        raise Problem("not-ready", "The chain has not been read yet. Try again.", headers={"retry-after": "5"})

    def names(self) -> ColumnNames:
        """Return how the chain's files are written; as last read where the database does not answer."""
        panel, _ = self.chain()
        try:
            with self.connection().reading() as conn:
                self._names = read_written(conn, panel.known, text_ids=panel.stores.schema[s.STORE] == pl.String)
        except DatabaseError:
            if self._names is None:
                raise
        return self._names

    def complete_chain(self) -> tuple[Panel, int]:
        """Return the chain up to its last complete day, and its version: what is forecast from."""
        whole, version = self.chain()
        if self._complete is None or self._complete[0] is not whole:
            self._complete = whole, up_to_complete_day(whole)
        return self._complete[1], version

    def refresh(self) -> bool:
        """Read what is new of the chain; say whether the chain went back, to an older database that was restored."""
        newest = self._version()
        database = self.connection()
        if self._chain is None:
            self._chain = read_panel(database)
            return False
        panel, before = self._chain
        if newest == before:
            return False
        changes = changes_since(database, before)
        self._chain = apply_changes(panel, changes), changes.version
        if changes.version < before:
            log.warning("the chain went back from version %d to %d", before, changes.version)
        return changes.version < before

    def save_later(self, snapshot: Snapshot) -> None:
        """Note a snapshot whose forecast is to be saved at the next `save`."""
        self._unsaved = snapshot

    def save(self) -> None:
        """Write the newest forecast into the database; where that fails, it is tried again at each look."""
        snapshot = self._unsaved
        if snapshot is not None:
            save_forecast(
                self.connection(),
                model=snapshot.name,
                cutoff=snapshot.predictor.cutoff,
                version=snapshot.version,
                rows=snapshot.table.frame,
            )
            self._unsaved = None

    def close(self) -> None:
        """Close the database."""
        if self.database is not None:
            self.database.close()

    def _version(self) -> int:
        """Ask the database for its version, and know whether it answers."""
        self._asked_at = time.monotonic()
        try:
            if self.database is None:
                self.database = Database.open(self._url)
            newest = version(self.database)
        except BaseException:
            self._down = True
            raise
        finally:
            self._asked_at = None
        self._down, self._empty = False, newest == 0
        return newest
