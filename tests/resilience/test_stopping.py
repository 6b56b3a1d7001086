"""Attack "graceful stop": a service that gets SIGTERM under load turns not ready, answers what it has begun, and exits in time.

`tests/service/test_server.py` stops a service during forecasts, on SQLite; here sales are written as
well, in the long test on both databases.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.database.panel_io import read_panel
from support.databases import ON_SQLITE
from support.load_client import Caller, Reply, busy
from support.resilience_report import Report
from support.served_home import FIRST, OPEN_DAY, STORES, chain, copy_of, fill, make_key, wait_until
from support.service_process import ServiceFactory, ServiceProcess


class Sellers:
    """Clients that each write sales of one store, and know what was acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: dict[int, int] = {}

    def steps(self) -> list[Any]:
        return [lambda caller, count, store=store: self._sell(caller, count, store) for store in (1, 2, 3)]

    def _sell(self, caller: Caller, count: int, store: int) -> Reply:
        rows = [{"Store": store, "Date": str(FIRST), "Sales": count + 1, **OPEN_DAY}]
        reply = caller.post("/v1/sales", {"rows": rows, "replace": True})
        if reply.status == 200:
            self.acknowledged[store] = count + 1
        return reply


def forecast(caller: Caller, count: int) -> Reply:
    reply = caller.post("/v1/forecasts", {"store": 1 + count % STORES, "days": 14})
    assert reply.status != 200 or len(reply.json()["forecasts"]) == 14
    return reply


def totals(caller: Caller, count: int) -> Reply:
    return caller.post("/v1/forecasts", {"store": 1, "totals": True})


@contextmanager
def stopped(running_service: ServiceProcess) -> Iterator[list[int]]:
    """Send SIGTERM, and yield the readiness status codes until the service is gone."""
    seen: list[int] = []
    began = time.monotonic()
    running_service.signal(signal.SIGTERM)
    while running_service.code() is None and time.monotonic() - began < 12:
        seen.append(running_service.status())
        time.sleep(0.02)
    assert running_service.code() == 0, running_service.output()[-2000:]
    assert time.monotonic() - began < 10
    yield seen


@ON_SQLITE
def test_when_it_is_stopped_under_load_then_no_request_is_lost(
    service_factory: ServiceFactory, home: Path, url: str, tmp_path: Path
) -> None:
    fill(url, chain())
    key, sellers = make_key(url), Sellers()
    with service_factory.running(
        copy_of(home, tmp_path / "home"), "--db", url, STORECAST_DRAIN_SECONDS="0.5"
    ) as running_service:
        port = running_service.port
        with busy([port], key, [*sellers.steps(), forecast, forecast, totals], may_close=True) as load:
            wait_until(lambda: len(sellers.acknowledged) == 3 and load.seen["200"] > 50, 30)
            with stopped(running_service) as seen:
                pass
    assert load.wrong == []
    assert set(load.seen) == {"200"}
    assert 503 in seen  # not ready, but still answering
    assert 200 not in seen[seen.index(503) :]
    check(url, sellers, load.seen["200"])


def check(url: str, sellers: Sellers, answered: int) -> None:
    database = Database.open(url)
    try:
        sales = read_panel(database)[0].sales
        stored = dict(sales.filter(sales["Date"] == FIRST).select("Store", "Sales").rows())
        assert stored == sellers.acknowledged
        with database.reading() as conn:  # the request log is complete, too
            assert conn.execute(sa.select(sa.func.count()).select_from(t.requests)).scalar() == answered
    finally:
        database.close()


@pytest.mark.long
def test_when_services_are_stopped_often_then_no_request_is_lost(
    service_factory: ServiceFactory, home: Path, url: str, tmp_path: Path, report: Report
) -> None:
    fill(url, chain())
    key, own, times, answered = make_key(url), copy_of(home, tmp_path / "home"), [], 0
    for _ in range(20):
        sellers = Sellers()
        running_service = service_factory.start(own, "--db", url).ready()
        with busy([running_service.port], key, [*sellers.steps(), forecast, forecast, totals], may_close=True) as load:
            wait_until(lambda sellers=sellers: len(sellers.acknowledged) == 3, 30)
            began = time.monotonic()
            with stopped(running_service) as seen:
                times.append(time.monotonic() - began)
        assert load.wrong == []
        assert 503 in seen
        answered += load.seen["200"]
        check(url, sellers, answered)
    report.add(
        "graceful stop",
        f"SIGTERM 20 times under load, {url.partition(':')[0]}",
        f"not ready first each time; {answered:,} requests, each answered with 200 and logged; gone in {max(times):.1f} s at most",
    )
