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

KINDS = ("sqlite", "postgresql")
NEEDED = (
    "These tests need a PostgreSQL. Install pgserver (make setup-dev), or name an empty database of a server of yours: "
    "STORECAST_TEST_POSTGRES=postgresql://USER:PASSWORD@HOST/NAME."
)


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start PostgreSQL once for all tests of a process."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of an empty database, of one kind and then of the other."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    found: str = request.getfixturevalue("postgres")
    empty(found)
    yield found
    empty(found)


def empty(url: str) -> None:
    """Drop every table of a PostgreSQL database."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.execute(sa.text("DROP SCHEMA public CASCADE"))
        conn.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
