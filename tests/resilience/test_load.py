"""Attack "long load": two services and a trainer share a database for long; nothing grows, and clients see no lock error."""

import datetime as dt
import os
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storecast.database.connect import Database
from support.databases import integrity
from support.load_client import Caller, Reply, busy
from support.resilience_report import Report
from support.served_home import FIRST, OPEN_DAY, STORES, chain, copy_of, fill, make_key
from support.service_process import ServiceFactory, ServiceProcess

DAYS = 14  # days whose sales are written again and again


def sell(caller: Caller, count: int) -> Reply:
    day = str(FIRST + dt.timedelta(days=count % DAYS))
    rows = [{"Store": store, "Date": day, "Sales": 1000 + count, **OPEN_DAY} for store in range(1, STORES + 1)]
    reply = caller.post("/v1/sales", {"rows": rows, "replace": True}, idempotency_key=f"{id(caller)}-{count}")
    time.sleep(0.2)  # each write causes a new forecast of all stores
    return reply


def plan(caller: Caller, count: int) -> Reply:
    day = str(FIRST + dt.timedelta(days=DAYS + count % DAYS))
    rows = [{"Store": 1 + count % STORES, "Date": day, **OPEN_DAY, "Promo": count // DAYS % 2}]
    time.sleep(0.2)
    return caller.post("/v1/calendar", {"rows": rows})


def stored(caller: Caller, count: int) -> Reply:
    options = [{}, {"explain": True}, {"quantiles": [0.1, 0.9]}]
    return caller.post("/v1/forecasts", {"store": 1 + count % STORES, "days": 14, **options[count % 3]})


def changed(caller: Caller, count: int) -> Reply:
    rows = [{"Store": 1, "Date": str(FIRST + dt.timedelta(days=20)), "Promo": count % 2}]
    return caller.post("/v1/forecasts", {"rows": rows, "totals": count % 2 == 0})


def look(caller: Caller, count: int) -> Reply:
    paths = ("/v1/stores", "/v1/stores/1/history?limit=50", "/metrics", "/v1/models", "/v1/accuracy", "/openapi.json")
    time.sleep(0.05)
    return caller.get(paths[count % len(paths)])


STEPS = [sell, plan, stored, changed, look]


@dataclass
class Watched:
    """Memory in MB and open files of one service, measured each second."""

    running_service: ServiceProcess
    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def look(self) -> None:
        self.memory.append(self.running_service.memory())
        self.files.append(self.running_service.files())

    def part(self, number: int) -> tuple[float, int]:
        """Return the maxima of one quarter of the run."""
        some = slice(number * len(self.memory) // 4, (number + 1) * len(self.memory) // 4)
        return max(self.memory[some]), max(self.files[some])


@dataclass
class Place:
    """Two services and a trainer on one database."""

    url: str
    home: Path
    running_services: list[Watched] = field(default_factory=list)
    trained: int = 0
    failed: list[str] = field(default_factory=list)
    answered: int = 0

    def train(self, service_factory: ServiceFactory, end: threading.Event) -> None:
        while not end.is_set():
            argv = ["run", "--out", str(self.home), "--db", self.url, "--models", "naive", "--windows", "1"]
            run = service_factory.run(argv)
            while run.code() is None:
                time.sleep(0.1)
            if run.code() != 0:
                self.failed.append(run.output()[-2000:])
                return
            self.trained += 1
            end.wait(5)


def under_load(service_factory: ServiceFactory, places: list[Place], seconds: float) -> None:
    """Keep two services and a trainer busy on each database, all at the same time.

    Parameters
    ----------
    service_factory, places : where they run
    seconds : how long
    """
    end = threading.Event()
    with ExitStack() as stack:
        loads = []
        for place in places:
            fill(place.url, chain())
            running_services = [
                stack.enter_context(service_factory.running(place.home, "--db", place.url)) for _ in range(2)
            ]
            place.running_services = [Watched(running_service) for running_service in running_services]
        for place in places:
            key = make_key(place.url)
            loads.append(
                stack.enter_context(
                    busy(
                        [watched.running_service.port for watched in place.running_services],
                        key,
                        STEPS,
                    )
                )
            )
        trainers = [threading.Thread(target=place.train, args=(service_factory, end)) for place in places]
        for trainer in trainers:
            trainer.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(min(1, seconds / 40))
            for place in places:
                for watched in place.running_services:
                    watched.look()
        end.set()
        for trainer in trainers:
            trainer.join(60)
        for place, load in zip(places, loads, strict=True):
            assert load.wrong == []
            assert set(load.seen) == {"200"}
            place.answered = load.seen["200"]
    for place in places:
        assert place.failed == []
        assert all("locked" not in watched.running_service.output() for watched in place.running_services)
        database = Database.open(place.url)
        integrity(database, STORES)
        database.close()


@pytest.mark.long
def test_when_load_is_long_then_memory_and_files_are_flat(
    service_factory: ServiceFactory, home: Path, empty_postgres: str, tmp_path: Path, report: Report
) -> None:
    minutes = float(os.environ.get("STORECAST_LOAD_MINUTES", "30"))
    urls = {"sqlite": f"sqlite:///{tmp_path / 'load.db'}", "postgresql": empty_postgres}
    places = [Place(url, copy_of(home, tmp_path / name)) for name, url in urls.items()]
    under_load(service_factory, places, minutes * 60)
    for place in places:
        parts = [[watched.part(k) for watched in place.running_services] for k in range(4)]
        lines = [
            f"{before[0]:.0f} MB and {before[1]} files at most in the second quarter, {after[0]:.0f} and {after[1]} in the last"
            for before, after in zip(parts[1], parts[3], strict=True)
        ]
        report.add(
            "long load",
            f"{minutes:g} minutes of load on two services while models are trained, {place.url.partition(':')[0]}",
            f"{place.answered:,} requests, all 200; {place.trained} models trained; {'; '.join(lines)}",
        )
        for before, after in zip(parts[1], parts[3], strict=True):
            assert after[0] < 1.1 * before[0] + 20, lines
            assert after[1] < before[1] + 10, lines
