"""The versions of the tables, up and down, by Alembic."""

import contextlib
import io
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from storecast.database.connect import connect
from storecast.database.tables import REVISIONS
from storecast.errors import DatabaseError, quote

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x53544F5245  # of PostgreSQL: whoever changes tables holds it


def upgrade(url: str) -> str:
    """Bring the tables up to this code, from nothing or from an older version; return the version.

    Raises
    ------
    DatabaseError
        where the database holds other tables, or those of a newer storecast
    """
    database = connect(url, create=True)
    try:
        revision = database.revision()
        if revision is not None and revision not in REVISIONS:
            raise DatabaseError(
                f"{database.name} is of a newer version ({quote(revision)}) than this storecast knows. Install the newer one."
            )
        with database.begin() as conn:
            _run(conn, "upgrade", REVISIONS[-1])
    finally:
        database.close()
    return REVISIONS[-1]


def downgrade(url: str, revision: str) -> None:
    """Take the tables back to an older version; ``base`` drops all of them, with what they hold."""
    if revision not in (*REVISIONS, "base"):
        raise DatabaseError(
            f"There is no version {quote(revision)} of the tables. There are: base, {', '.join(REVISIONS)}."
        )
    database = connect(url, create=False)
    try:
        there = database.revision()
        if there not in REVISIONS:
            raise DatabaseError(f"{database.name} holds no tables that this storecast knows.")
        if revision != "base" and REVISIONS.index(revision) > REVISIONS.index(there):
            raise DatabaseError(f"{database.name} is of version {there}. To go up, use `storecast db upgrade`.")
        with database.begin() as conn:
            _run(conn, "downgrade", revision)
            if revision == "base":
                conn.execute(sa.text("DROP TABLE alembic_version"))
    finally:
        database.close()


def _run(conn: Connection, step: str, revision: str) -> None:
    if conn.dialect.name == "postgresql":  # several may start at once; SQLite's transaction is exclusive already
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = conn
    with contextlib.redirect_stdout(io.StringIO()):
        getattr(command, step)(config, revision)
