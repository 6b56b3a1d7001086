"""Open a database, check that it is storecast's and of this version, and run transactions on it.

Writers of SQLite take its lock when they begin, not when they first write: then nobody is refused in the middle of a transaction,
and the second writer waits. Errors of the driver become `DatabaseUnavailable` here. No message holds the password of a URL.
"""

import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy import exc as errors

from storecast import traces
from storecast.database.tables import REVISIONS
from storecast.errors import DatabaseError, DatabaseUnavailable, quote

FILE = "storecast.db"  # in a home
WAIT_S = 60  # for another writer
CONNECT_S = 10
# A connection whose other end is gone without a word, as with a cut cable, is given up after half a minute.
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
VERSION_TABLE = "alembic_version"
BEGIN = "storecast_begin"

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
DRIVERS |= {name: name for name in DRIVERS.values()}


class Database:
    """A database of storecast.

    Attributes
    ----------
    engine : of SQLAlchemy
    name : what it is called in messages; holds no password
    writes : whether the last write that was tried reached it
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        self.writes = True
        self._file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._inode = None if self._file is None else _inode(self._file)

    @classmethod
    def open(cls, url: str, *, create: bool = False) -> "Database":
        """Open a database.

        Parameters
        ----------
        url : sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME
        create : make the tables where there are none yet, and the file of SQLite

        Raises
        ------
        DatabaseUnavailable
            where it cannot be reached
        DatabaseError
            where it is not storecast's, or its tables are of another version than the code
        """
        database = connect(url, create=create)
        try:
            revision = database.revision()
            if revision is None and create:
                from storecast.database.migration_steps import run_steps  # here, since Alembic is slow to import

                with database.begin() as conn:
                    run_steps(conn, "upgrade", REVISIONS[-1])
                revision = database.revision()
            _check_revision(database.name, revision)
        except BaseException:
            database.close()
            raise
        return database

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a connection to write on; what was written stands when the block ends, or nothing of it does."""
        try:
            with (
                traces.span("write to the database", **{"db.system.name": self.dialect}),
                self._connected(BEGIN, "BEGIN IMMEDIATE") as conn,
                conn.begin(),
            ):
                yield conn
        except DatabaseUnavailable:
            self.writes = False
            raise
        self.writes = True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database, whatever others write meanwhile."""
        options: dict[str, Any] = {}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            traces.span("read from the database", **{"db.system.name": self.dialect}),
            self._connected(**options) as conn,
            conn.begin(),
        ):
            yield conn

    def revision(self) -> str | None:
        """Return the version of the tables; None where the database is empty.

        Raises
        ------
        DatabaseError
            where the database holds tables of another program; or its URL or the user's rights keep it from being read
        """
        try:
            with self.reading() as conn:
                tables = sa.inspect(conn).get_table_names()
                if VERSION_TABLE in tables:
                    return str(conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one())
        except errors.ProgrammingError as error:
            raise DatabaseError(
                f"{self.name} cannot be read: {_first_line(error.orig)}. Mend its URL, or the rights of its user."
            ) from error
        if tables:
            raise DatabaseError(
                f"{self.name} holds other tables ({quote(tables[0])}) and none of storecast. Name a database of its own."
            )
        return None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _connected(self, begin: str = BEGIN, how: str = "BEGIN", **options: Any) -> Iterator[Connection]:
        if self._file is not None and _inode(self._file) != self._inode:
            # A connection to a file that was removed goes on as if nothing were, and what it writes is lost.
            raise DatabaseUnavailable(f"{self.name} was removed or replaced while it was in use. Start again.")
        with driver_errors(self.name), self.engine.connect() as conn:
            yield conn.execution_options(**{begin: how}, **options)


def home_url(home: Path) -> str:
    """Return the URL of a home's own database."""
    return URL.create("sqlite", database=str(home.absolute() / FILE)).render_as_string()


def connect(url: str, *, create: bool) -> Database:
    """Return a database that may hold anything yet, or nothing."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        name = f"The database {quote(parsed.database)}"
        return Database(_sqlite(parsed, name, create=create), name)
    service = parsed.query.get("service")  # named in a file that PGSERVICEFILE names
    where = f"of the service {quote(service)}" if service else f"on {quote(parsed.host or parsed.query.get('host'))}"
    named = parsed.database or parsed.username
    return Database(_postgresql(parsed), f"The database {quote(named)} {where}" if named else f"The database {where}")


@contextmanager
def driver_errors(name: str = "The database") -> Iterator[None]:
    """Say plainly what kept a database from answering; mistakes of ours stay what they are.

    Raises
    ------
    DatabaseUnavailable
        where it does not answer now
    """
    try:
        yield
    except errors.TimeoutError as error:
        raise DatabaseUnavailable(f"{name} has no free connection. Try again.") from error
    except (errors.IntegrityError, errors.ProgrammingError, errors.DataError, errors.NotSupportedError):
        raise
    except errors.DBAPIError as error:
        raise _unavailable(name, error.orig) from error
    except _driver_kinds() as error:
        raise _unavailable(name, error) from error


def _unavailable(name: str, error: BaseException | None) -> DatabaseUnavailable:
    # A driver's message names host, user and reason, and no password.
    return DatabaseUnavailable(f"{name} does not answer: {_first_line(error)}.")


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return quote(lines[0] if lines else type(error).__name__)


def _driver_kinds() -> tuple[type[Exception], ...]:
    """Return what drivers raise where no SQLAlchemy stands between; psycopg is optional."""
    psycopg = sys.modules.get("psycopg")
    others = () if psycopg is None else (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
    return (sqlite3.OperationalError, *others)


def _parse(url: str) -> URL:
    expected = "expected sqlite:///FILE or postgresql://USER@HOST/NAME"
    try:
        parsed = sa.make_url(url)
    except errors.ArgumentError as error:
        raise DatabaseError(f"The URL of the database cannot be read; {expected}.") from error.with_traceback(None)
    if parsed.drivername not in DRIVERS:
        raise DatabaseError(f"The URL of the database begins with {quote(parsed.drivername)}; {expected}.")
    if parsed.drivername == "sqlite" and (parsed.database in (None, "", ":memory:") or parsed.query or parsed.host):
        raise DatabaseError("The URL of the database names no file; expected sqlite:///FILE, with three strokes.")
    return parsed.set(drivername=DRIVERS[parsed.drivername])


def _check_revision(name: str, revision: str | None) -> None:
    if revision == REVISIONS[-1]:
        return
    if revision is None:
        raise DatabaseError(
            f"{name} is empty. Make its tables with `storecast db upgrade`, or fill it with `storecast run`."
        )
    if revision in REVISIONS:
        raise DatabaseError(f"{name} is of an older version ({revision}). Bring it up with `storecast db upgrade`.")
    raise DatabaseError(
        f"{name} is of a newer version ({quote(revision)}) than this storecast knows ({REVISIONS[-1]}). Install the newer one."
    )


def _sqlite(url: URL, name: str, *, create: bool) -> Engine:
    path = Path(url.database or "")
    if path.is_dir():
        raise DatabaseError(f"{name} is a folder; expected a file.")
    if not path.is_file():
        if not create:
            raise DatabaseError(f"{name} does not exist. Make it with `storecast db upgrade`, or by `storecast run`.")
        _make(path, name)
    engine = sa.create_engine(url, connect_args={"timeout": WAIT_S}, pool_size=8, max_overflow=24, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _set(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the module's own transactions begin too late
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-65536")  # KiB
        connection.execute("PRAGMA journal_size_limit=67108864")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(conn.get_execution_options().get(BEGIN, "BEGIN"))

    return engine


def _make(path: Path, name: str) -> None:
    """Make an empty file in WAL mode, where readers and a writer do not wait for one another.

    The mode can be changed by one alone, and the others would be told that the file is locked. So it is changed in a file beside,
    which takes its place where no other was faster.
    """
    from storecast.files import make_folder

    make_folder(path.parent)
    with driver_errors(name), tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as beside:
        draft = Path(beside) / path.name
        connection = sqlite3.connect(draft)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()
        draft.chmod(0o600)  # it holds a chain's sales; SQLite gives its files beside it, -wal and -shm, the same mode
        with suppress(FileExistsError):
            path.hardlink_to(draft)


def _postgresql(url: URL) -> Engine:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise DatabaseError("PostgreSQL needs the driver psycopg: install storecast[postgres].") from error
    return sa.create_engine(
        url,
        connect_args={"connect_timeout": CONNECT_S, "application_name": "storecast", **KEEPALIVE},
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        hide_parameters=True,  # a log shows no hashes of keys
    )


def _inode(path: str) -> int | None:
    with suppress(FileNotFoundError):
        return os.stat(path).st_ino  # noqa: PTH116 - on every transaction; Path costs ten times as much
    return None
