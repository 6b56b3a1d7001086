"""What views take seconds for, worked out before anybody waits for it: Dash itself, and the figures of a new snapshot."""

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from weakref import ReferenceType, ref

from storecast import schema as s
from storecast.errors import UserError
from storecast.exploration.registry import find_question, questions
from storecast.page.dash_server import dash_server
from storecast.service.live.snapshot import Snapshot
from storecast.service.problems import Problem
from storecast.service.service import Service

log = logging.getLogger(__name__)

Step = Callable[[], object]
CHAIN_LOOK_S = 0.2  # between two looks whether the chain has been read
QUIET_LOOK_S = 0.05  # between two looks whether requests are at work
QUIET_LOOKS = 10  # in a row without any, before a step is taken: the parts of a view are asked for one after the other
PATIENCE_S = 20.0  # that a step waits for them
STOP_S = 5.0  # that the end of a service waits for the step that is being taken
SETTLED_S = 5.0  # without newer data, before what is not on the first view is worked out again


class WarmUp:
    """Prepares the page in a thread of its own: one snapshot at a time, the newest that is wanted, step by step.

    The first snapshot of a service is prepared at once. Later ones are where somebody has used the page since, so that a chain
    that is written to all day costs nothing beside it. A newer snapshot ends what is done for an older one, after its step.

    Parameters
    ----------
    settled : seconds without newer data, before what is not on the first view is worked out again
    patience : seconds that a step waits for a moment without requests at work
    """

    def __init__(self, settled: float = SETTLED_S, patience: float = PATIENCE_S) -> None:
        self._settled = settled
        self._patience = patience
        self._lock = threading.Lock()
        self._news = threading.Event()  # a newer snapshot waits
        self._used = True
        self._latest: ReferenceType[Snapshot] | None = None  # that was prepared, or is being prepared
        self._waiting: tuple[Service, Snapshot] | None = None
        self._thread: threading.Thread | None = None
        self._first = True
        self._ended = False

    def begin(self, service: Service) -> None:
        """Prepare what needs no model while the first one is being tried in a process of its own: later, clicks would wait for it.

        Parameters
        ----------
        service : that has just started
        """
        self._ended = False
        threading.Thread(target=self._prepare_early, args=(service,), name="page start", daemon=True).start()

    def _prepare_early(self, service: Service) -> None:
        while not _has_chain(service):  # reading it takes the interpreter for itself
            if service.stopping or self._news.wait(CHAIN_LOOK_S):
                return
        _done(dash_server)
        _done(partial(prepare_plan, service))
        _done(questions)

    def follow(self, service: Service, snapshot: Snapshot) -> None:
        """Prepare a new snapshot, where the page is in use.

        Parameters
        ----------
        service : that serves it
        snapshot : that took the place of another
        """
        if self._used:
            self._used = False
            self._prepare(service, snapshot)

    def page_used(self, service: Service) -> None:
        """Note that somebody uses the page, and prepare what it needs, while the browser still loads scripts."""
        self._used = True
        if service.live.snapshot is not None:
            self._prepare(service, service.live.snapshot)

    def end(self) -> None:
        """Take no more steps, and wait for the one that is being taken: a thread that works while its process ends may break it."""
        self._ended = True
        self._news.set()
        thread = self._thread
        if thread is not None:
            thread.join(STOP_S)

    def _prepare(self, service: Service, snapshot: Snapshot) -> None:
        with self._lock:
            if self._latest is not None and self._latest() is snapshot:
                return
            self._latest, self._waiting = ref(snapshot), (service, snapshot)
            self._news.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="page warm-up", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                wanted, self._waiting = self._waiting, None
                if wanted is None or self._ended:
                    self._thread = None
                    return
                self._news.clear()
            first, self._first = self._first, False
            _done(partial(self._take_steps, *wanted, first=first))

    def _take_steps(self, service: Service, snapshot: Snapshot, *, first: bool) -> None:
        """Prepare one snapshot.

        Parameters
        ----------
        service, snapshot : that serves it
        first : whether it is the first of the service
        """
        if not _done(lambda: prepare_first_view(service, snapshot)) or self._news.wait(0 if first else self._settled):
            return
        for step in later_steps(service, snapshot):
            self._wait_for_quiet(service)
            if self._news.is_set() or service.stopping or service.live.snapshot is not snapshot:
                return
            _done(step)

    def _wait_for_quiet(self, service: Service) -> None:
        """Wait until no request was at work for a moment, newer data are there, or patience ends."""
        quiet = 0
        for _ in range(round(self._patience / QUIET_LOOK_S)):
            quiet = 0 if service.load.working else quiet + 1
            if quiet >= QUIET_LOOKS or self._news.wait(QUIET_LOOK_S):
                return


def _done(step: Step) -> bool:
    """Take a step, and say whether there was something to do for it; whoever opens the page is told what is wrong."""
    try:
        step()
    except (UserError, Problem) as error:
        log.info("the page is not prepared: %s", error)
        return False
    except Exception:  # the edge of the thread
        log.exception("preparing the page failed")
        return False
    return True


def _has_chain(service: Service) -> bool:
    try:
        service.live.panel()
    except Problem:
        return False
    return True


def prepare_plan(service: Service) -> None:
    """Work out what the first view shows of the plan."""
    from storecast.page.views.home import prepare_plan

    prepare_plan(service.live.database())


def prepare_first_view(service: Service, snapshot: Snapshot) -> None:
    """Import Dash, and work out what the first view shows; Dash draws it then from what is known.

    Parameters
    ----------
    service : with the database
    snapshot : that is served
    """
    dash_server()
    from storecast.page.figures import chain_figures

    chain_figures(snapshot, service.settings.home)
    prepare_plan(service)


def later_steps(service: Service, snapshot: Snapshot) -> Iterator[Step]:
    """Yield what else views take seconds for, each of at most a few: first what stands first in the header.

    Parameters
    ----------
    service : with the database
    snapshot : that is served
    """
    from storecast.page.promotion_figures import prepare_extra_promotions
    from storecast.page.store_figures import explained_days
    from storecast.page.views import accuracy
    from storecast.page.views.explore import prepare_answer

    panel = snapshot.predictor.panel
    yield partial(explained_days, snapshot, panel.stores[s.STORE][0])  # those of other stores are then quick
    yield lambda: accuracy.prepare(snapshot, service.live.database(), service.live.models_folder)
    yield lambda: prepare_answer(panel, find_question("response"))  # on which promotions rest
    yield partial(prepare_extra_promotions, snapshot)
    for question in questions().values():
        yield partial(prepare_answer, panel, question)
