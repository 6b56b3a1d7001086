"""Attack "lost database": while it is away, full or read-only, the service lives and answers 503; it recovers by itself."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from storecast.database.connect import Database
from storecast.database.panel_io import read_panel
from support.databases import own_postgres
from support.load_client import Caller, Reply, busy
from support.served_home import FIRST, OPEN_DAY, STORES, chain, copy_of, fill, make_key, wait_until
from support.service_process import ServiceFactory, ServiceProcess
from support.tcp_proxy import proxy_to

DAYS = 21


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Path:
    return copy_of(home, tmp_path / "home")


def sales(number: int, days: int = DAYS) -> dict[str, Any]:
    """Return a write of every store and three weeks whose rows all have the same sales."""
    rows = [
        {"Store": store, "Date": str(FIRST + dt.timedelta(days=day)), "Sales": number, **OPEN_DAY}
        for store in range(1, STORES + 1)
        for day in range(days)
    ]
    return {"rows": rows, "replace": True}


def stands(url: str) -> int | None:
    """Return the sales that all stored rows of a write have; None if no row is stored."""
    database = Database.open(url)
    try:
        new = read_panel(database)[0].sales.filter(pl.col("Date") >= FIRST)
        if database.dialect == "sqlite":
            with database.reading() as conn:
                assert conn.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
    finally:
        database.close()
    if new.is_empty():
        return None
    assert new.height == STORES * DAYS, "half a write"
    assert new["Sales"].n_unique() == 1, "half a write"
    return int(new["Sales"][0])


def write(caller: Caller, number: int) -> Reply:
    return caller.post("/v1/sales", sales(number), idempotency_key=f"write-{number}")


def survives(
    running_service: ServiceProcess,
    key: str,
    url: str,
    go: Callable[[], None],
    back: Callable[[], None],
    first: int = 1,
) -> None:
    """Check that a service under load survives the loss of its database, and recovers when it is back.

    Parameters
    ----------
    running_service, key, url : the service, an admin's key, and its database
    go, back : take the database away, and bring it back
    first : the number of the first write; a later loss in the life of a service begins with a later one
    """
    last = first + 1_000_000
    acknowledged: list[int] = []

    def writing(client: Caller, count: int) -> Reply:
        time.sleep(0.1)  # each write causes a new forecast of all stores
        reply = client.post("/v1/sales", sales(first + count), idempotency_key=f"busy-{first + count}")
        if reply.status == 200:
            acknowledged.append(first + count)
        return reply

    def reading(client: Caller, count: int) -> Reply:
        return client.post("/v1/forecasts", {"store": 1 + count % STORES, "days": 7})

    with (
        Caller(running_service.port, key) as caller,
        busy([running_service.port], key, [writing, reading], allowed=(200, 503)) as load,
    ):
        wait_until(lambda: len(acknowledged) > 3, 20)
        go()
        wait_until(lambda: running_service.status() == 503, 20)
        wait_until(lambda: load.seen["503"] > 0, 20)
        assert running_service.status("/health/live") == 200
        before = len(acknowledged)
        assert write(caller, last).clear()
        assert running_service.status() == 503  # and stays so
        assert len(acknowledged) == before
        back()
        wait_until(lambda: running_service.status() == 200, 40)
        wait_until(lambda: len(acknowledged) > before, 20)
    assert load.wrong == []
    assert set(load.seen) == {"200", "503"}
    assert stands(url) == acknowledged[-1]
    with Caller(running_service.port, key) as caller:
        assert write(caller, last + 1).status == 200
        newest = caller.post("/v1/forecasts", {"store": 1, "days": 1}).json()["cutoff"]
    assert newest == str(FIRST + dt.timedelta(days=DAYS - 1))
    assert stands(url) == last + 1
    assert "Traceback" not in running_service.output()


def waits_for(running_service: ServiceProcess, key: str, back: Callable[[], None]) -> None:
    """Check that a service which starts without its database waits for it."""
    assert running_service.status("/health/live") == 200
    assert running_service.status() == 503
    with Caller(running_service.port, key) as caller:
        for reply in (caller.post("/v1/forecasts", {"store": 1}), write(caller, 1), caller.get("/v1/stores")):
            assert reply.clear(), reply
        back()
        running_service.ready(40)
        assert write(caller, 1).status == 200
        assert caller.post("/v1/forecasts", {"store": 1, "days": 1}).status == 200


# SQLite


@pytest.fixture
def sqlite(tmp_path: Path) -> tuple[str, str, Path]:
    """Return the URL of a database in a folder of its own, an admin's key, and the folder."""
    folder = tmp_path / "database"
    folder.mkdir()
    url = f"sqlite:///{folder / 'storecast.db'}"
    fill(url, chain())
    return url, make_key(url), folder


def test_when_the_disk_is_full_then_writes_are_refused_whole(
    service_factory: ServiceFactory, own: Path, sqlite: tuple[str, str, Path]
) -> None:
    url, key, _ = sqlite
    with service_factory.running(own, "--db", url) as running_service:
        survives(running_service, key, url, lambda: running_service.limit_files(0), running_service.limit_files)


@pytest.mark.long
def test_when_the_disk_is_full_in_the_midst_of_a_write_then_nothing_of_it_stands(
    service_factory: ServiceFactory, own: Path, sqlite: tuple[str, str, Path]
) -> None:
    url, key, folder = sqlite
    with service_factory.running(own, "--db", url) as running_service, Caller(running_service.port, key) as caller:
        assert write(caller, 1).status == 200
        for more in (4096, 20_000, 40_000):
            running_service.limit_files((folder / "storecast.db-wal").stat().st_size + more)
            number, reply = 2, write(caller, 1000 + more)
            while reply.status == 200:  # free space in the write-ahead log is used up first
                number += 1
                reply = write(caller, number + more)
            assert reply.clear()
            running_service.limit_files()
            assert stands(url) is not None
            running_service.ready(20)
        assert write(caller, 7).status == 200
        assert stands(url) == 7


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    files = [folder, *folder.iterdir()]
    modes = [path.stat().st_mode for path in files]
    try:
        for path, mode in zip(files, modes, strict=True):
            path.chmod(mode & 0o555)
        yield
    finally:
        for path, mode in zip(files, modes, strict=True):
            path.chmod(mode)


@pytest.mark.long
@pytest.mark.parametrize("folder_too", [False, True], ids=["file", "folder"])
def test_when_the_disk_is_read_only_at_the_start_then_it_waits_for_another(
    service_factory: ServiceFactory, own: Path, sqlite: tuple[str, str, Path], folder_too: bool
) -> None:
    url, key, folder = sqlite
    with read_only(folder):
        if not folder_too:
            folder.chmod(0o755)
        running_service = service_factory.start(own, "--db", url, no_rights=True)
        try:
            wait_until(lambda: folder_too or running_service.output().count("readonly") > 0, 30)
            assert running_service.status("/health/live") == 200
            assert running_service.status() == 503
            with Caller(running_service.port, key) as caller:
                assert write(caller, 1).clear()
            assert running_service.status() == 503
        finally:
            running_service.kill()
    assert stands(url) is None
    with (
        service_factory.running(own, "--db", url, no_rights=True) as running_service,
        Caller(running_service.port, key) as caller,
    ):
        assert write(caller, 1).status == 200
    assert stands(url) == 1


def test_when_no_first_key_can_be_made_then_it_begins_all_the_same(
    service_factory: ServiceFactory, own: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "database"
    folder.mkdir()
    url = f"sqlite:///{folder / 'storecast.db'}"
    fill(url, chain())
    with read_only(folder):
        running_service = service_factory.start(own, "--db", url, no_rights=True)
        try:
            assert running_service.status("/health/live") == 200
            assert "begins all the same" in running_service.output()
        finally:
            running_service.kill()
    assert not (own / "admin.key").exists()


def test_when_the_file_is_away_at_the_start_then_it_waits_for_it(
    service_factory: ServiceFactory, own: Path, sqlite: tuple[str, str, Path]
) -> None:
    url, key, folder = sqlite
    file, away = folder / "storecast.db", folder / "away.db"
    file.rename(away)
    running_service = service_factory.start(own, "--db", url)
    try:
        waits_for(running_service, key, lambda: away.rename(file))
    finally:
        running_service.kill()
    assert stands(url) == 1


def test_when_the_file_is_moved_away_in_mid_flight_then_nothing_is_acknowledged_that_is_lost(
    service_factory: ServiceFactory, own: Path, sqlite: tuple[str, str, Path]
) -> None:
    url, key, folder = sqlite
    away = folder.with_name("away")
    with service_factory.running(own, "--db", url) as running_service:
        survives(running_service, key, url, lambda: folder.rename(away), lambda: away.rename(folder))


# PostgreSQL


@pytest.fixture
def postgresql(empty_postgres: str) -> tuple[str, str]:
    """Return the URL of a filled database, and an admin's key."""
    fill(empty_postgres, chain())
    return empty_postgres, make_key(empty_postgres)


def run(url: str, *statements: str) -> None:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)
    engine.dispose()


END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.mark.long
def test_when_the_wire_is_cut_in_mid_flight_then_it_waits(
    service_factory: ServiceFactory, own: Path, postgresql: tuple[str, str]
) -> None:
    url, key = postgresql
    with proxy_to(url) as proxy, service_factory.running(own, "--db", proxy.url) as running_service:
        survives(running_service, key, url, proxy.cut, proxy.mend)


@pytest.mark.long
def test_when_the_database_does_not_answer_then_requests_do_not_hang(
    service_factory: ServiceFactory, own: Path, postgresql: tuple[str, str]
) -> None:
    url, key = postgresql
    with (
        proxy_to(url) as proxy,
        service_factory.running(own, "--db", proxy.url, STORECAST_TIME_LIMIT="3") as running_service,
        Caller(running_service.port, key) as caller,
    ):
        assert write(caller, 1).status == 200
        proxy.hold()
        reply = write(caller, 2)
        assert reply.status in (503, 504)
        wait_until(lambda: running_service.status() == 503, 10)
        assert running_service.status("/health/live") == 200
        assert write(caller, 2).clear()
        proxy.mend()
        running_service.ready(20)
        assert write(caller, 2).status == 200
        assert stands(url) == 2


def test_when_the_database_is_away_at_the_start_then_it_waits_for_it(
    service_factory: ServiceFactory, own: Path, postgresql: tuple[str, str]
) -> None:
    url, key = postgresql
    with proxy_to(url) as proxy:
        proxy.cut()
        running_service = service_factory.start(own, "--db", proxy.url)
        try:
            waits_for(running_service, key, proxy.mend)
        finally:
            running_service.kill()
    assert stands(url) == 1


def test_when_its_connections_are_ended_then_each_request_is_answered(
    service_factory: ServiceFactory, own: Path, postgresql: tuple[str, str]
) -> None:
    url, key = postgresql
    acknowledged: list[int] = []

    def writing(client: Caller, count: int) -> Reply:
        reply = write(client, count)
        if reply.status == 200:
            acknowledged.append(count)
        return reply

    def reading(client: Caller, count: int) -> Reply:
        return client.get(f"/v1/stores/{1 + count % STORES}")

    with service_factory.running(own, "--db", url) as running_service:
        with busy([running_service.port], key, [writing, reading], allowed=(200, 503)) as load:
            for _ in range(5):
                before = len(acknowledged)
                wait_until(lambda before=before: len(acknowledged) > before + 1, 20)
                run(url, END_ALL)
        assert load.wrong == []
        assert stands(url) == acknowledged[-1]
        assert "Traceback" not in running_service.output()


@pytest.mark.long
def test_when_postgresql_is_stopped_and_started_under_load_then_nothing_acknowledged_is_lost(
    service_factory: ServiceFactory, own: Path
) -> None:
    with own_postgres() as server:
        fill(server.url, chain())
        key = make_key(server.url)
        with service_factory.running(own, "--db", server.url) as running_service:
            for count, mode in enumerate(("immediate", "fast")):
                stop = partial(server.stop, mode)
                survives(running_service, key, server.url, stop, server.start, first=1 + 10_000 * count)


REFUSE = """
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = '{code}'; END $$
"""
TABLES = ("sales", "requests", "forecast_rows")
SAID = {
    "disk_full": "could not extend file: No space left on device",
    "read_only_sql_transaction": "cannot execute INSERT in a read-only transaction",
    "io_error": "could not write to file: Input/output error",
}


@pytest.mark.long
def test_when_the_disk_of_the_database_is_full_or_read_only_then_writes_are_refused_whole(
    service_factory: ServiceFactory, own: Path, postgresql: tuple[str, str]
) -> None:
    """A trigger raises the server's own errors late in a write, because filling a real disk would need root."""
    url, key = postgresql
    refuse = [f"CREATE TRIGGER refuse AFTER INSERT OR UPDATE ON {table} EXECUTE FUNCTION refuse()" for table in TABLES]
    accept = [f"DROP TRIGGER refuse ON {table}" for table in TABLES]
    with service_factory.running(own, "--db", url) as running_service:
        for count, (code, message) in enumerate(SAID.items()):
            run(url, REFUSE.format(message=message, code=code))
            go, back = partial(run, url, *refuse), partial(run, url, *accept)
            survives(running_service, key, url, go, back, first=1 + 10_000 * count)
