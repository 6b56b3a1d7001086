"""Attack "sudden kill": `kill -9` under load loses and doubles no acknowledged write, and leaves no other half done.

A writer sends a write that the killed service did not acknowledge to the next one, under the same Idempotency-Key. It knows
which values may be stored: those acknowledged last, or those of the write still unacknowledged.
"""

import datetime as dt
import json
import os
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.database.panel_io import read_panel
from support.databases import integrity
from support.load_client import GONE, Caller
from support.resilience_report import Report
from support.served_home import FIRST, OPEN_DAY, STORES, chain, copy_of, fill, make_key
from support.service_process import ServiceFactory, ServiceProcess

BITS = 20  # days whose promotions encode a number in binary
Cell = tuple[int, dt.date]


class Writer:
    """A client that keeps writing, across restarts, and knows which values may be stored.

    Attributes
    ----------
    stands : the number acknowledged last, by store and day
    waiting : the unacknowledged write: its number, path, body and cells
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.stands: dict[Cell, int] = {}
        self.waiting: tuple[int, str, dict[str, Any], list[Cell]] | None = None
        self.acknowledged = 0
        self.again = 0
        self.wrong: list[Any] = []
        self._tries = 0

    def write(self, caller: Caller, running_service: int) -> None:
        """Send one write: the unacknowledged one again, or else a new one."""
        if self.waiting is None:
            number = self.acknowledged + 1
            self.waiting = (number, *self.next(number, running_service))
        number, path, body, cells = self.waiting
        self._tries += 1
        reply = caller.post(
            path, body, idempotency_key=f"{self.name}-{number}", x_request_id=f"{self.name}.{number}.{self._tries}"
        )
        if reply.status == 503 and reply.clear():  # the service has just started
            time.sleep(0.01)
            return
        if reply.status != 200:
            self.wrong.append((reply.status, reply.body[:300]))
            return
        self.stands.update(dict.fromkeys(cells, number))
        self.acknowledged, self.waiting = number, None

    def next(self, number: int, running_service: int) -> tuple[str, dict[str, Any], list[Cell]]:
        raise NotImplementedError

    def may_stand(self, cell: Cell) -> set[int | None]:
        values = {self.stands.get(cell)}
        if self.waiting is not None and cell in self.waiting[3]:
            values.add(self.waiting[0])
        return values


class Seller(Writer):
    """Writes sales of two stores at once: a new day for each start of the service, and earlier days again."""

    def __init__(self, stores: tuple[int, int]) -> None:
        super().__init__(f"sales{stores[0]}")
        self.stores = stores

    def next(self, number: int, running_service: int) -> tuple[str, dict[str, Any], list[Cell]]:
        newest = FIRST + dt.timedelta(days=running_service)
        day = newest if (self.stores[0], newest) not in self.stands else newest - dt.timedelta(days=number % 20)
        day = max(day, FIRST)
        rows = [{"Store": store, "Date": str(day), "Sales": number, **OPEN_DAY} for store in self.stores]
        return "/v1/sales", {"rows": rows, "replace": True}, [(store, day) for store in self.stores]


class Planner(Writer):
    """Writes a number in binary into the future promotions of the last store, and its complement into school holidays."""

    def __init__(self) -> None:
        super().__init__("plan")

    def next(self, number: int, running_service: int) -> tuple[str, dict[str, Any], list[Cell]]:
        bits = [number >> k & 1 for k in range(BITS)]
        rows = [
            {"Store": STORES, "Date": str(day), **OPEN_DAY, "Promo": bit, "SchoolHoliday": 1 - bit}
            for day, bit in zip(planned(), bits, strict=True)
        ]
        return "/v1/calendar", {"rows": rows}, [(STORES, planned()[0])]


def planned() -> list[dt.date]:
    return [FIRST + dt.timedelta(days=10 + k) for k in range(BITS)]


class Campaign:
    """Many starts of a service on one database."""

    def __init__(self, service_factory: ServiceFactory, home: Path, url: str) -> None:
        self.service_factory, self.home, self.url = service_factory, home, url
        fill(url, chain())
        self.key = make_key(url)
        self.writers: list[Writer] = [Seller((1, 2)), Seller((3, 4)), Planner()]
        self.answered = 0  # forecasts
        self.again = 0  # unacknowledged writes, sent again to the next service
        self.ready = 0  # services that were ready when they were killed
        self.random = random.Random(19)

    def live(self, number: int, start: ServiceProcess) -> None:
        """Put one service under load and kill it."""
        port, end = start.port, threading.Event()

        def write(writer: Writer) -> None:
            self.again += writer.waiting is not None
            with Caller(port, self.key) as caller, suppress(*GONE):
                while not end.is_set():
                    writer.write(caller, number)

        def read() -> None:
            with Caller(port, self.key) as caller, suppress(*GONE):
                while not end.is_set():
                    reply = caller.post("/v1/forecasts", {"store": 1, "days": 7})
                    assert reply.status == 200 or reply.clear()
                    self.answered += reply.status == 200

        threads = [threading.Thread(target=write, args=(writer,)) for writer in self.writers]
        threads += [threading.Thread(target=read)]
        before = sum(writer.acknowledged for writer in self.writers)
        for thread in threads:
            thread.start()
        until = time.monotonic() + 30
        while sum(writer.acknowledged for writer in self.writers) == before and time.monotonic() < until:
            time.sleep(0.005)
        if number % 2:  # every other service is killed while it starts
            start.ready()
            self.ready += 1
        time.sleep(self.random.uniform(0, 0.5))
        start.kill()
        end.set()
        for thread in threads:
            thread.join(70)
        assert sum(writer.acknowledged for writer in self.writers) > before, start.output()[-3000:]

    def check(self, *, whole: bool) -> None:
        """Compare the stored rows with those that may be stored."""
        assert [writer.wrong for writer in self.writers] == [[]] * len(self.writers)
        database = Database.open(self.url)
        try:
            panel, _ = read_panel(database)
            assert not panel.sales.select("Store", "Date").is_duplicated().any()
            new = panel.sales.filter(pl.col("Date") >= FIRST)
            stored: dict[Cell, int] = {
                (store, day): int(sold) for store, day, sold in new.select("Store", "Date", "Sales").rows()
            }
            for writer in self.writers[:2]:
                assert isinstance(writer, Seller)
                days = {day for _, day in writer.stands} | ({writer.waiting[3][0][1]} if writer.waiting else set())
                for day in days:
                    both = [stored.pop((store, day), None) for store in writer.stores]
                    assert both[0] == both[1], "half a write"
                    assert both[0] in writer.may_stand((writer.stores[0], day)), (writer.name, day, both)
            assert stored == {}
            self._check_plan(panel.calendar)
            if whole:
                self._check_audit(database)
                integrity(database, STORES)
        finally:
            database.close()

    def _check_plan(self, calendar: pl.DataFrame) -> None:
        days = calendar.filter(pl.col("Store") == STORES, pl.col("Date").is_in(planned())).sort("Date")
        written = sum(bit << k for k, bit in enumerate(days["Promo"].to_list()))
        opposite = sum((1 - bit) << k for k, bit in enumerate(days["SchoolHoliday"].to_list()))
        allowed = self.writers[2].may_stand((STORES, planned()[0]))
        if None not in allowed:
            assert written == opposite, "half a write"
            assert written in allowed

    def _check_audit(self, database: Database) -> None:
        """Check that each write was done once, however often it was sent."""
        with database.reading() as conn:
            details = conn.execute(
                sa.select(t.audit.c.detail).where(t.audit.c.action.in_(("sales", "calendar")))
            ).scalars()
            done = Counter(json.loads(detail)["request"].rpartition(".")[0] for detail in details)
        for writer in self.writers:
            for number in range(1, writer.acknowledged + 1):
                assert done.pop(f"{writer.name}.{number}", 0) == 1, (writer.name, number)
            if writer.waiting is not None:
                assert done.pop(f"{writer.name}.{writer.waiting[0]}", 0) <= 1
        assert not done


def kill_often(service_factory: ServiceFactory, home: Path, url: str, kills: int) -> Campaign:
    """Start and kill services one after another, and check the stored rows after each."""
    campaign = Campaign(service_factory, home, url)
    for number in range(kills):
        campaign.live(number, service_factory.start(home, "--db", url))
        campaign.check(whole=number % 10 == 9 or number == kills - 1)
    # The last service accepts the writes that are still unacknowledged.
    with (
        service_factory.running(home, "--db", url) as running_service,
        Caller(running_service.port, campaign.key) as caller,
    ):
        for writer in campaign.writers:
            while writer.waiting is not None:
                writer.write(caller, kills)
        assert caller.post("/v1/forecasts", {"store": 1, "days": 1}).status == 200
    campaign.check(whole=True)
    return campaign


def test_when_a_service_is_killed_then_what_it_acknowledged_stands_once(
    service_factory: ServiceFactory, home: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"  # the long test below has PostgreSQL, too
    campaign = kill_often(service_factory, copy_of(home, tmp_path / "home"), url, 4)
    assert campaign.answered > 0
    assert all(writer.acknowledged for writer in campaign.writers)


@pytest.mark.long
def test_when_services_are_killed_200_times_then_what_they_acknowledged_stands_once(
    service_factory: ServiceFactory, home: Path, url: str, tmp_path: Path, report: Report
) -> None:
    kills = int(os.environ.get("STORECAST_KILLS", "200"))
    campaign = kill_often(service_factory, copy_of(home, tmp_path / "home"), url, kills)
    writes = sum(writer.acknowledged for writer in campaign.writers)
    report.add(
        "sudden kill",
        f"kill -9 {kills} times under load, {url.partition(':')[0]}",
        f"{writes:,} writes acknowledged: none lost, none doubled, none half written; "
        f"{campaign.again} were sent again to the next service; {campaign.ready} services were ready when they were killed, "
        "the others were starting; integrity checks pass",
    )
