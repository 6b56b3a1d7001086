"""The log of requests: noted in memory when a request is over, and written by a thread in the background.

Each line goes to the log, to the metrics and to the database. Where the database does not answer, lines wait, the newest first to
be dropped; requests are answered all the same.
"""

import datetime as dt
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from storecast.database.connect import Database
from storecast.database.request_log import AnsweredRequest, forget_replies, record_requests
from storecast.errors import DatabaseError
from storecast.service.metrics import FinishedRequest, Metrics
from storecast.service.middleware.context import RequestContext

log = logging.getLogger("storecast.requests")

EVERY_S = 0.5
MOST_WAITING = 100_000  # lines
AT_ONCE = 5_000  # lines in one transaction
PRUNE_S = 3600.0
UNKNOWN = "none"  # the route of what has no route


class RequestLog:
    """The log of requests.

    Parameters
    ----------
    metrics : that count them
    database : gives the database, or None where it has not been reached
    """

    def __init__(self, metrics: Metrics, database: Callable[[], Database | None]) -> None:
        self._metrics = metrics
        self._database = database
        self._new: deque[FinishedRequest] = deque()
        self._unwritten: deque[FinishedRequest] = deque()
        self._pruned = time.monotonic()
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="request log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is there, and end."""
        self._ended.set()
        self._thread.join(timeout=5)

    def note(self, context: RequestContext, method: str, seconds: float) -> None:
        """Note a request that is over; costs a microsecond.

        Parameters
        ----------
        context : of the request
        method : of HTTP
        seconds : that it took
        """
        key, route = context.key, context.route
        self._new.append(
            FinishedRequest(
                time.time(),
                context.request_id,
                None if key is None else key.id,
                method if route is not None else UNKNOWN,
                UNKNOWN if route is None else route.path,
                context.status,
                context.rows,
                seconds,
                context.model,
                public=route is not None and route.scope is None,
                key_name="" if key is None else key.name,
                client=context.client,
                trace=context.trace,
            )
        )

    def flush(self) -> None:
        """Write what is there."""
        with self._writing:
            lines = [self._new.popleft() for _ in range(len(self._new))]
            self._metrics.count(lines)
            for line in lines:
                if not line.public:  # probes come every few seconds
                    _tell(line)
                    if line.key is not None:  # whoever has no key cannot fill the database
                        self._unwritten.append(line)
            while len(self._unwritten) > MOST_WAITING:
                self._unwritten.pop()
                self._metrics.lost.inc()
            database = self._database()
            while self._unwritten and database is not None:
                some = [self._unwritten[k] for k in range(min(AT_ONCE, len(self._unwritten)))]
                record_requests(database, [_answered(line) for line in some])
                for _ in some:
                    self._unwritten.popleft()
            if database is not None and time.monotonic() - self._pruned > PRUNE_S:
                forget_replies(database)
                self._pruned = time.monotonic()

    def _run(self) -> None:
        last = False
        while not last:
            last = self._ended.wait(EVERY_S)
            try:
                self.flush()
            except DatabaseError as error:
                logging.getLogger(__name__).warning("the log of requests waits: %s", error)
            except Exception:  # the edge of this thread: it must go on writing
                logging.getLogger(__name__).exception("writing the log of requests failed")


def _tell(line: FinishedRequest) -> None:
    log.info(
        "%s %s %d in %.1f ms from %s, request %s",
        line.method,
        line.route,
        line.status,
        line.seconds * 1000,
        line.client or "an unknown address",
        line.request_id,
        extra={
            "at": line.at,
            "request": line.request_id,
            "key": line.key,
            "key_name": line.key_name or None,
            "client": line.client or None,
            "method": line.method,
            "route": line.route,
            "status": line.status,
            "ms": round(line.seconds * 1000, 1),
            "rows": line.rows or None,
            "model": line.model or None,
            "trace_id": line.trace or None,
        },
    )


def _answered(line: FinishedRequest) -> AnsweredRequest:
    return AnsweredRequest(
        dt.datetime.fromtimestamp(line.at, dt.UTC),
        line.request_id,
        line.key or None,
        line.method,
        line.route,
        line.status,
        line.rows or None,
        line.seconds * 1000,
        line.model or None,
    )
