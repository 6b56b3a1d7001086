"""A database that is not there, not ours or of another version is refused with what to do, and no password is told."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from storecast import schema as s
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import version
from storecast.database.connect import Database, home_url
from storecast.database.panel_io import read_panel, write_panel
from storecast.database.table_rows import calendar_rows, stores_rows
from storecast.database.tables import REVISIONS
from storecast.errors import DatabaseError, DatabaseUnavailable, UserError
from support.panels import make_panel


def test_an_empty_database_says_how_to_make_it(url: str) -> None:
    with pytest.raises(DatabaseError, match="storecast db upgrade"):
        Database.open(url)


def test_a_database_is_created_on_request_and_opens_again(url: str) -> None:
    Database.open(url, create=True).close()
    database = Database.open(url)
    assert version(database) == 0
    assert url.startswith(database.dialect)
    database.close()


def test_a_database_of_others_is_left_alone(url: str) -> None:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as conn:
        conn.execute(sa.text("CREATE TABLE theirs (id INTEGER)"))
    engine.dispose()
    for create in (False, True):
        with pytest.raises(DatabaseError, match="other tables \\('theirs'\\) and none of storecast"):
            Database.open(url, create=create)


@pytest.mark.parametrize(("revision", "message"), [("0999", "newer version .* Install the newer"), ("0000", "newer")])
def test_tables_of_another_version_are_refused(db: Database, url: str, revision: str, message: str) -> None:
    with db.begin() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": revision})
    with pytest.raises(DatabaseError, match=message):
        Database.open(url)


def test_tables_of_an_older_version_name_the_command(db: Database, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storecast.database.connect.REVISIONS", (*REVISIONS, "0998"))
    with pytest.raises(DatabaseError, match=rf"older version .{REVISIONS[-1]}.*storecast db upgrade"):
        Database.open(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://user:hunter2@host/db", "begins with 'mysql'"),
        ("no url: hunter2", "cannot be read"),
        ("sqlite://", "three strokes"),
        ("sqlite:///file?mode=hunter2", "three strokes"),
        ("sqlite:////nowhere/at/all/x.db", "does not exist"),
        ("postgresql://user:hunter2@127.0.0.1:1/name", "The database 'name' on '127.0.0.1' does not answer"),
        ("postgresql://user@127.0.0.1:1/name?password=hunter2", "does not answer"),
        ("postgresql://user:hunter2@127.0.0.1:1/name?nonsense=hunter2", "cannot be read"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_plain_message(url: str, message: str) -> None:
    with pytest.raises(DatabaseError, match=message) as caught:
        Database.open(url)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in str(error)
        error = error.__cause__


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database, but long enough to be read as one" * 40)
    with pytest.raises(DatabaseError, match="not a database"):
        Database.open(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(DatabaseError, match="is a folder"):
        Database.open(f"sqlite:///{tmp_path}")


def test_a_home_may_have_any_name(tmp_path: Path) -> None:
    home = tmp_path / "a home? 100% #1 ü"
    database = Database.open(home_url(home), create=True)
    database.close()
    assert [path.name for path in home.iterdir()] == ["storecast.db"], "nothing lies beside it once it is closed"


def test_the_pragmas_of_sqlite_hold_on_every_connection(tmp_path: Path) -> None:
    database = Database.open(home_url(tmp_path), create=True)
    for connection in (database.begin, database.reading):
        with connection() as conn:
            values = [
                conn.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert values == ["wal", 2, 1]
    database.close()


def test_a_block_that_fails_leaves_nothing(db: Database) -> None:
    def fail() -> None:
        with db.begin() as conn:
            conn.execute(sa.text("UPDATE chain SET version = 7"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert version(db) == 0


def test_a_file_that_was_removed_is_missed(tmp_path: Path) -> None:
    database = Database.open(home_url(tmp_path), create=True)
    assert version(database) == 0
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(DatabaseUnavailable, match="removed"):
        version(database)
    database.close()


def test_waiting_too_long_for_another_writer_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storecast.database.connect.WAIT_S", 0.1)
    database = Database.open(home_url(tmp_path), create=True)
    other = sqlite3.connect(tmp_path / "storecast.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="locked"):
        write_panel(database, make_panel(stores=1))
    other.close()
    write_panel(database, make_panel(stores=1))
    database.close()


def full(conn: sa.Connection) -> None:
    conn.exec_driver_sql("PRAGMA max_page_count = 60")


def read_only(conn: sa.Connection) -> None:
    conn.exec_driver_sql("PRAGMA query_only = ON" if conn.dialect.name == "sqlite" else "SET TRANSACTION READ ONLY")


@pytest.mark.parametrize(
    ("url", "spoil", "message"),
    [("sqlite", full, "disk is full"), ("sqlite", read_only, "readonly"), ("postgresql", read_only, "read-only")],
    indirect=["url"],
)
def test_a_disk_that_takes_nothing_more_leaves_no_half_of_a_write(
    db: Database, spoil: Callable[[sa.Connection], None], message: str
) -> None:
    write_panel(db, make_panel(stores=1, days=40))
    panel = make_panel(stores=8)

    def write() -> None:
        with db.begin() as conn:
            spoil(conn)
            conn.execute(sa.update(t.chain).values(version=7))
            bulk.insert(conn, t.stores, stores_rows(panel.stores.with_columns(pl.col(s.STORE) + 50), 7))
            bulk.insert(conn, t.calendar, calendar_rows(panel.calendar.with_columns(pl.col(s.STORE) + 50), (), 7))

    with pytest.raises(DatabaseUnavailable, match=message):
        write()
    stored, at = read_panel(db)
    assert (stored.stores.height, at) == (1, 1)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_went_away_is_an_error_and_the_next_connection_works(db: Database) -> None:
    engine = sa.create_engine(db.engine.url)

    def cut() -> None:
        with db.reading() as conn, engine.begin() as admin:
            pid = conn.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            admin.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            conn.execute(sa.text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable, match="does not answer"):
        cut()
    engine.dispose()
    assert version(db) == 0


def test_every_refusal_is_the_users_to_mend() -> None:
    assert issubclass(DatabaseUnavailable, UserError)
