"""What the first view takes seconds for, worked out before anybody waits for it: Dash itself, and the figures of a new snapshot."""

import logging
import threading
from weakref import ReferenceType, ref

from storecast.errors import UserError
from storecast.page.dash_server import dash_server
from storecast.service.live.snapshot import Snapshot
from storecast.service.problems import Problem
from storecast.service.service import Service

log = logging.getLogger(__name__)


class WarmUp:
    """Prepares the page in a thread of its own: one snapshot at a time, the newest that is wanted.

    The first snapshot of a service is prepared at once. Later ones are where somebody has opened the page since, so that a chain
    that is written to all day costs nothing beside it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened = True
        self._latest: ReferenceType[Snapshot] | None = None  # that was prepared, or is being prepared
        self._waiting: tuple[Service, Snapshot] | None = None
        self._thread: threading.Thread | None = None

    def follow(self, service: Service, snapshot: Snapshot) -> None:
        """Prepare a new snapshot, where the page is in use.

        Parameters
        ----------
        service : that serves it
        snapshot : that took the place of another
        """
        if self._opened:
            self._opened = False
            self._prepare(service, snapshot)

    def page_opened(self, service: Service) -> None:
        """Note that somebody opens the page, and prepare what it needs while the browser still loads scripts."""
        self._opened = True
        if service.live.snapshot is not None:
            self._prepare(service, service.live.snapshot)

    def _prepare(self, service: Service, snapshot: Snapshot) -> None:
        with self._lock:
            if self._latest is not None and self._latest() is snapshot:
                return
            self._latest, self._waiting = ref(snapshot), (service, snapshot)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="page warm-up", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                wanted, self._waiting = self._waiting, None
                if wanted is None:
                    self._thread = None
                    return
            try:
                prepare_page(*wanted)
            except (UserError, Problem) as error:  # whoever opens the page is told the same
                log.info("the page is not prepared: %s", error)
            except Exception:  # the edge of this thread
                log.exception("preparing the page failed")


def prepare_page(service: Service, snapshot: Snapshot) -> None:
    """Import Dash, and work out what the first view shows; Dash draws it then from what is known.

    Parameters
    ----------
    service : with the database
    snapshot : that is served
    """
    dash_server()
    from storecast.page.views.home import prepare

    prepare(snapshot, service.live.database())
