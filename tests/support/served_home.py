"""A small home with a trained model and its database, and a service over it that tests can ask.

Most tests ask the application itself, in a thread of this process; those that need sockets or signals start `storecast serve`.
"""

import asyncio
import datetime as dt
import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.bundle.loading import load
from storecast.bundle.registry import promote
from storecast.client import Client as ServiceClient
from storecast.config import Task
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.data.panel import Panel
from storecast.database.api_keys import create_key
from storecast.database.connect import Database, home_url
from storecast.database.panel_io import write_panel
from storecast.models import create
from storecast.service.app import create_app
from storecast.service.route import Route
from storecast.service.settings import Settings
from storecast.uncertainty.calibration import calibrate
from storecast.uncertainty.joint_errors import fit_joint_errors, past_errors
from storecast.uncertainty.point import point_forecasts
from support.new_databases import new_database
from support.panels import FIRST as START
from support.panels import make_panel

HORIZON = 42
STORES = 6
DAYS = 420
FIRST = START + dt.timedelta(days=DAYS)  # the first day without sales
PASSED = {"accept", "content-type", "authorization", "idempotency-key", "if-none-match", "prefer"}
OPEN_DAY = {"Open": 1, "Promo": 0, "StateHoliday": "0", "SchoolHoliday": 0}


def chain() -> Panel:
    """Return the chain of the home: its calendar is given for all but the last week of the horizon; it has groups of its own."""
    own = Breakdown((StoreGroup("Region", {1: "north", 2: "=south"}),), ("month",))
    return replace(make_panel(stores=STORES, days=DAYS, ahead=HORIZON - 7), breakdown=own)


def train(kind: str, panel: Panel, home: Path) -> str:
    """Train a model, add it to the home and return its name."""
    window = panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)
    model = create(kind)
    model.fit(window.past, HORIZON)
    past = point_forecasts(model, window).join(window.actual(), on=s.KEYS)
    whole = panel.target.whole_numbers
    calibration = calibrate([past.with_columns(pl.lit(window.cutoff).alias(s.CUTOFF))], cold=3.0, whole_numbers=whole)
    model.fit(panel.until(panel.end), HORIZON)
    joint_errors = fit_joint_errors(past_errors(panel, HORIZON, fast=True), panel.stores, HORIZON)
    bundle = Bundle(model, calibration, Task(HORIZON), joint_errors, panel=panel, scores={"rmspe": 0.1}, generated=True)
    return bundle.save(home / "models").name


def make_home(home: Path) -> Path:
    """Write a home with two models, the newer one in use, and the database."""
    panel = chain()
    train("naive", panel, home)
    promote(home / "models", train("linear", panel, home))
    fill(home_url(home), panel)
    return home


def fill(url: str, panel: Panel) -> None:
    """Write a chain into a database."""
    database = new_database(url)
    write_panel(database, panel, generated=True)
    database.close()


def make_key(url: str, *scopes: str, expires: dt.datetime | None = None) -> str:
    """Make a key and return its token."""
    database = Database.open(url)
    try:
        return create_key(database, "test", scopes or ["admin"], expires)[0]
    finally:
        database.close()


class Client:
    """Asks a service, from any thread."""

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop, key: str | None) -> None:
        self.app = app
        self.loop = loop
        self.key = key
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000", timeout=60
        )

    def ask(
        self, method: str, path: str, content: bytes | str | None = None, *, key: str | None = "", **headers: str
    ) -> httpx.Response:
        """Send a request; underscores in names of headers are dashes. An empty key: the client's own; None: none."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        token = self.key if key == "" else key
        if token:
            sent.setdefault("authorization", f"Bearer {token}")
        if content is not None:
            sent.setdefault("content-type", "application/json")
        request = self._client.request(method, path, content=content, headers=sent)
        return asyncio.run_coroutine_threadsafe(request, self.loop).result(60)

    def forget_cookies(self) -> None:
        """Send no cookie but those that a request names."""
        self._client.cookies.clear()

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Get."""
        return self.ask("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """Post plain data as JSON, or bytes and text as they are."""
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.ask("POST", path, content, **more)

    def forecasts(self, body: Any, **more: Any) -> httpx.Response:
        """Ask for forecasts."""
        return self.post("/v1/forecasts", body, **more)

    @property
    def service(self) -> Any:
        """The service itself."""
        return self.app.state.service


@contextmanager
def running(
    settings: Settings,
    key: str | None = None,
    *,
    trial: bool = False,
    page: tuple[Route, ...] = (),
    ready: bool = True,
) -> Iterator[Client]:
    """Run the application in a thread, ready to be asked. Models are loaded without their trial in a child process.

    The trial takes seconds; `test_chain` and what starts `storecast serve` have it. Without ``ready``, nothing need be served.
    """
    app = create_app(settings, page)
    loop = asyncio.new_event_loop()
    begun, end = threading.Event(), asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
            begun.set()
            await end.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(live()), daemon=True)
    client = Client(app, loop, key)
    if not trial:
        app.state.service.live.models.load = load_untried
    try:
        thread.start()
        assert begun.wait(10)
        wait_until(lambda: not ready or app.state.service.live.snapshot is not None, 60)
        yield client
    finally:
        asyncio.run_coroutine_threadsafe(client._client.aclose(), loop).result(10)
        loop.call_soon_threadsafe(end.set)
        thread.join(20)
        loop.close()


@contextmanager
def client_through(client: Client) -> Iterator[ServiceClient]:
    """Yield a client of the product whose requests the application itself answers, through its own middleware."""

    def pass_on(request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name in PASSED}
        path = request.url.raw_path.decode()
        answer = client.ask(request.method, path, request.content or None, key=None, **headers)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    with ServiceClient("http://127.0.0.1:8000", client.key, transport=httpx.MockTransport(pass_on)) as caller:
        yield caller


def load_untried(path: Path) -> Bundle:
    """Load a model file without its trial."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storecast.bundle.loading.try_in_child", lambda path, **_: path)
        return load(path)


def wait_until(condition: Any, seconds: float) -> None:
    """Wait until something holds; fail where it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to hold in time"
        time.sleep(0.02)


def copy_of(home: Path, to: Path) -> Path:
    """Copy a home, to be written to."""
    shutil.copytree(home, to)
    return to


def settings_of(home: Path, **changes: Any) -> Settings:
    """Return settings for tests: no rate, quick looks."""
    return replace(Settings(home=home, rate=0, unknown_keys=0, poll_seconds=0.2), **changes)


@contextmanager
def served_process(
    home: Path, *options: str, ready: bool = True, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start `storecast serve` on a free port; yield the process and the port. Without ``ready``, nothing need be served."""
    command = [sys.executable, "-P", "-m", "storecast.cli", "serve", "--home", str(home), "--port", "0", *options]
    variables = {**os.environ, "STORECAST_LOG_FORMAT": "json", "OMP_NUM_THREADS": "1", **environment}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables)
    assert process.stderr is not None
    lines: list[str] = []
    process.lines = lines  # type: ignore[attr-defined]
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stderr.readline, "")), daemon=True)  # type: ignore[union-attr]
    reader.start()
    try:
        wait_until(lambda: process.poll() is not None or any("running on http" in line for line in lines), 60)
        assert process.poll() is None, "".join(lines)
        line = next(line for line in lines if "running on http" in line)
        port = int(json.loads(line)["message"].rpartition(":")[2].split()[0])
        wait_until(lambda: not ready or status(port) == 200, 60)
        yield process, port
    finally:
        process.kill()
        process.wait(10)
        reader.join(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def status(port: int, path: str = "/health/ready") -> int:
    """Ask for the status of a path; 0 where nobody answers. httpx would load certificates each time."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", path)
        return link.getresponse().status
    except OSError:
        return 0
    finally:
        link.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one home for all tests of a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        patch.delenv("STORECAST_SIGNING_KEY", raising=False)
        return make_home(tmp_path_factory.mktemp("served") / "home")


@pytest.fixture(scope="session")
def client(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Run one service for all tests that only read; its key is an admin's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        patch.delenv("STORECAST_TRUSTED_KEYS", raising=False)
        own = copy_of(home, tmp_path_factory.mktemp("reading") / "home")
        with running(settings_of(own), make_key(home_url(own))) as served:
            yield served
