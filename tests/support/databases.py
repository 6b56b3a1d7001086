"""An empty database of each kind for a test: a file of SQLite, and a real PostgreSQL.

PostgreSQL is the one that STORECAST_TEST_POSTGRES names (the URL of an empty database, which the tests fill and empty again), else
one that the package pgserver starts in a temporary folder. Where neither can be had, the tests fail: nothing is skipped.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.connect import Database

KINDS = ("sqlite", "postgresql")
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # of what is decided before a database is asked
NEEDED = (
    "These tests need a PostgreSQL. Install pgserver (make setup-dev), or name an empty database of a server of yours: "
    "STORECAST_TEST_POSTGRES=postgresql://USER:PASSWORD@HOST/NAME."
)


def add_day_before_the_first_sale(database: Database) -> None:
    """Write a row that `add_calendar` refuses today, as an older version took it."""
    with database.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO calendar (store, date, open, promo, state_holiday, school_holiday, assumed, version) "
            "VALUES ('1', '1915-06-13', 1, 0, '0', 0, false, 2)"
        )
        conn.exec_driver_sql("UPDATE chain SET version = 2")


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield the URL of a database that tests may fill."""
    named = os.environ.get("STORECAST_TEST_POSTGRES")
    if named:
        yield named
        return
    folder = Path(tempfile.mkdtemp(prefix="storecast-pg-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the package's own, about folders
            try:
                import pgserver

                server = pgserver.get_server(folder / "data", cleanup_mode="stop")
            except Exception as error:  # whatever kept it from starting
                pytest.fail(f"{NEEDED} ({type(error).__name__}: {error})")
        server.psql("ALTER SYSTEM SET fsync = off")  # nobody pulls its plug
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class OwnPostgres:
    """A PostgreSQL of one test, which can be stopped and started; what it has acknowledged is on disk.

    Parameters
    ----------
    folder : for its files
    """

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pgserver

            self._server = pgserver.get_server(folder, cleanup_mode="stop")
        self.url: str = self._server.get_uri()

    def stop(self, mode: str) -> None:
        """Stop it: immediate, as a machine that loses power, or fast, as an administrator does."""
        from pgserver._commands import pg_ctl

        pg_ctl(["-m", mode, "-w", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        """Start it again, at the same address."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """End it."""
        self._server.cleanup()


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Run a PostgreSQL for one test."""
    folder = Path(tempfile.mkdtemp(prefix="storecast-pg-"))
    server = OwnPostgres(folder / "data")
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start PostgreSQL once for all tests of a process."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """Yield the URL of an empty database of PostgreSQL."""
    empty(postgres)
    yield postgres
    empty(postgres)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of an empty database, of one kind and then of the other."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    yield request.getfixturevalue("empty_postgres")


def empty(url: str) -> None:
    """Drop every table of a PostgreSQL database."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.execute(sa.text("DROP SCHEMA public CASCADE"))
        conn.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


def integrity(database: Database, stores: int) -> None:
    """Ask a database whether it is whole, forecasts of so many stores among it."""
    with database.reading() as conn:
        if database.dialect == "sqlite":
            assert conn.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
            assert conn.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        # A forecast stands with all its rows: as many for each store and day.
        rows = sa.select(sa.func.count()).select_from(t.forecast_rows).group_by(t.forecast_rows.c.forecast)
        count = sa.select(sa.func.count()).select_from(t.forecasts)
        counts = conn.execute(rows).scalars().all()
        assert len(counts) == conn.execute(count).scalar()
        assert all(count % stores == 0 for count in counts)
        for table in (t.sales, t.calendar, t.audit):  # what an index finds and what lies in the table
            key = next(iter(table.primary_key.columns))
            by_index = conn.execute(sa.select(sa.func.count()).select_from(table).where(key.is_not(None))).scalar()
            assert by_index == conn.execute(sa.select(sa.func.count()).select_from(table)).scalar()
