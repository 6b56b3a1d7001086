"""Watcher: one thread that looks at the database's version and at models/current, each second and after each write.

What it finds new it reads, verifies and works out, while the old snapshot answers; then the new one takes its place in one step, so
that no reply mixes two. A model is tried in a child process beside this thread, which goes on with newer sales. A model that is
refused changes nothing, and the log says why.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from storecast.bundle.predictor import Predictor
from storecast.errors import UserError
from storecast.service.live.models import ModelCache
from storecast.service.live.promoted import PromotedModel
from storecast.service.live.snapshot import Snapshot
from storecast.service.live.source import ChainSource

log = logging.getLogger(__name__)

STOP_S = 2.0
BEGUN = "The service has just begun."


class Watcher:
    """Looks for what is new.

    Parameters
    ----------
    source : the database
    models : their files, and those that are loaded already
    poll_seconds : between two looks
    serve : takes a new snapshot; called on the event loop
    went_back : called on the event loop where the database is an older one, restored

    Attributes
    ----------
    trouble : why nothing is served, or something old; empty: all is well
    """

    def __init__(
        self,
        source: ChainSource,
        models: ModelCache,
        *,
        poll_seconds: float,
        serve: Callable[[Snapshot], None],
        went_back: Callable[[], None],
    ) -> None:
        self.trouble = BEGUN
        self._source = source
        self._poll_seconds = poll_seconds
        self._serve = serve
        self._went_back = went_back
        self._served = ("", 0)  # the model that was put in place last, and the version of its chain
        self._wake = threading.Event()
        self._promoted = PromotedModel(models, loaded=self._wake.set)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to look; called on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; what is being worked out is waited for a moment."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_S)
        self._promoted.close()

    @property
    def promoted_trouble(self) -> bool:
        """Whether another model than the promoted one answers, since that one is missing or refused."""
        return bool(self._promoted.trouble)

    @property
    def promoted_too_slow(self) -> bool:
        """Whether the promoted model does not answer since its trial takes, or took, too long."""
        return self._promoted.too_slow

    def look(self) -> None:
        """Look at once."""
        self._wake.set()

    def retry_refused(self) -> None:
        """Look at once, also at a model that was refused."""
        self._promoted.retry_refused()
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._update()
            except UserError as error:
                self._report(str(error))
            except Exception:  # the edge of this thread: it must go on looking
                log.exception("looking for what is new failed")
                self._report("Looking for what is new failed; the log has the reason.")
            self._wake.wait(self._poll_seconds)
            self._wake.clear()

    def _update(self) -> None:
        if self._source.refresh():
            self._on_loop(self._went_back)
        panel, version = self._source.complete_chain()
        started = time.monotonic()
        snapshot = self._promoted.look(panel, version)
        fitted = self._promoted.fitted
        # Also where the last look could not put it in place.
        if snapshot is None and fitted is not None and self._served != (fitted.name, version):
            snapshot = Snapshot.of(Predictor.of(fitted, panel), version)
        if snapshot is not None:
            self._replace(snapshot, time.monotonic() - started)
        if fitted is not None:
            self._source.save()
        if fitted is not None or self._promoted.trouble:
            self._report(self._promoted.trouble)

    def _replace(self, snapshot: Snapshot, seconds: float) -> None:
        self._on_loop(lambda: self._serve(snapshot))
        log.info(
            "serving %s after %s, version %d of the chain; worked out in %.1f s",
            snapshot.name,
            snapshot.predictor.cutoff,
            snapshot.version,
            seconds,
        )
        self._served = (snapshot.name, snapshot.version)
        self._source.save_later(snapshot)

    def _on_loop(self, call: Callable[[], None]) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _report(self, trouble: str) -> None:
        if trouble != self.trouble and trouble:
            log.error("%s", trouble)
        elif trouble != self.trouble and self.trouble != BEGUN:
            log.info("all is well again")
        self.trouble = trouble
