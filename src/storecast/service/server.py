"""uvicorn around the application: started with the settings, stopped so that no request in flight is lost.

On SIGTERM the service first says that it is not ready, and goes on accepting for a moment, until whoever sends requests has heard;
then it closes the door, lets the requests in flight end, writes its log and is gone.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from storecast.database.api_keys import all_keys, create_first_key
from storecast.database.connect import FILE, Database
from storecast.errors import ConfigError, DatabaseError, quote
from storecast.files import atomic_write
from storecast.service.app import Follower, create_app
from storecast.service.introduction import ADMIN_KEY, introduction
from storecast.service.protocol import protocol_of
from storecast.service.route import Route
from storecast.service.settings import Settings
from storecast.traces import tracing

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from storecast.service.service import Service

log = logging.getLogger(__name__)

SPARE_S = 1.0  # for the log of requests, and for traces, after the last request has ended
SWITCH_S = 0.0005  # that a thread at work may keep a small request waiting; Python's own 5 ms add up (docs/serving.md)


def serve(
    settings: Settings,
    page: Sequence[Route] = (),
    follower: Follower | None = None,
) -> None:
    """Serve until a signal to stop.

    Parameters
    ----------
    settings, page, follower : as for `create_app`

    Raises
    ------
    ConfigError
        where the home is none, or the address is taken
    """
    if not settings.home.is_dir():
        raise ConfigError(
            f"There is no folder {quote(settings.home)}; expected the home that `storecast run --out HOME` wrote. "
            "Name it with --home, or begin with an empty database: storecast db upgrade --home HOME."
        )
    if not settings.db and not any((settings.home / name).exists() for name in (FILE, "models")):
        raise ConfigError(
            f"The folder {quote(settings.home)} holds no {FILE} and no models; expected the home that "
            "`storecast run --out HOME` wrote. Name another with --home, or a database with --db, or begin with an empty "
            "one: storecast db upgrade --home HOME."
        )
    first_key(settings)
    sys.setswitchinterval(SWITCH_S)
    with tracing(flush_seconds=SPARE_S):
        app = create_app(settings, page, follower)
        views = (route.path for route in page if route.view)
        view = min(views, key=len, default="")  # the first one has the shortest path
        server = Server(config_of(app, settings), app.state.service, view)
        with _logs_of_uvicorn():
            server.run()
    if not server.started:
        raise ConfigError(
            f"The service cannot listen on {quote(settings.host)}, port {settings.listen_port}: the log says why. Choose another."
        )


def config_of(app: "Starlette", settings: Settings) -> uvicorn.Config:
    """Return how uvicorn serves an application with these settings."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.listen_port,
        loop="uvloop",
        http=protocol_of(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=2048,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, int(settings.stop_seconds - settings.drain_seconds)),
    )


def first_key(settings: Settings) -> None:
    """Make the first key of a database in a file, an admin's, and say where it lies; never what it is.

    On PostgreSQL, which others share, keys are made by command alone.
    """
    if settings.no_keys:
        return
    path = settings.home / ADMIN_KEY

    def keep(token: str) -> None:
        with atomic_write(path, mode=0o600) as draft:
            draft.write_text(f"{token}\n", encoding="ascii")

    try:
        database = Database.open(settings.database_url)
        try:
            if database.dialect != "sqlite" or all_keys(database):
                return
            key = create_first_key(database, "first start", ["admin"], keep)
        finally:
            database.close()
    except DatabaseError as error:
        log.warning("%s The service begins all the same, and waits for it.", error)
        return
    if key is not None:
        print(path.absolute(), flush=True)


class Server(uvicorn.Server):
    """uvicorn that says what it serves, is not ready before it closes, and gone in time.

    Parameters
    ----------
    config : how it serves
    service : what it serves
    view : the path of the page; an empty text: none is served
    """

    def __init__(self, config: uvicorn.Config, service: "Service", view: str = "") -> None:
        super().__init__(config)
        self.service = service
        self.view = view

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; then say what is served, and on which port."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            settings = replace(self.service.settings, listen_port=port)
            for line in await asyncio.to_thread(introduction, settings, self.view):
                log.info("%s", line)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop gently at the first signal and at once at the second; the process then ends with 0."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signals call it
        """Begin to stop."""
        settings = self.service.settings
        if self.service.stopping:
            self.should_exit = self.force_exit = True
            return
        self.service.stopping = True
        log.info("stopping: not ready from now on, gone in %g s at the latest", settings.stop_seconds + SPARE_S)
        for seconds, act in ((settings.drain_seconds, self._close), (settings.stop_seconds + SPARE_S, self._gone)):
            timer = threading.Timer(seconds, act)
            timer.daemon = True
            timer.start()

    def _close(self) -> None:
        self.should_exit = True

    def _gone(self) -> None:
        log.error("something is still at work; the process ends without it")
        logging.shutdown()
        os._exit(1)


@contextmanager
def _logs_of_uvicorn() -> Iterator[None]:
    """Let uvicorn's own log lines come with ours."""
    storecast_log, uvicorn_log = logging.getLogger("storecast"), logging.getLogger("uvicorn")
    before = uvicorn_log.handlers, uvicorn_log.level, uvicorn_log.propagate
    general = logging.getLogger("uvicorn.error")
    general.addFilter(_under_its_name)
    uvicorn_log.handlers, uvicorn_log.propagate = storecast_log.handlers, False
    uvicorn_log.setLevel(logging.INFO)
    try:
        yield
    finally:
        uvicorn_log.handlers, uvicorn_log.propagate = before[0], before[2]
        uvicorn_log.setLevel(before[1])
        general.removeFilter(_under_its_name)


def _under_its_name(record: logging.LogRecord) -> bool:
    """Let a line of uvicorn come under its name: its logger of general lines is called uvicorn.error, also where all is well."""
    record.name = "uvicorn"
    return True
