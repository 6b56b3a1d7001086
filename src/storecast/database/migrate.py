"""Bring the tables of a database up to this version, or back to an older one."""

import sqlalchemy as sa

from storecast.database.connect import connect
from storecast.database.migration_steps import run_steps
from storecast.database.tables import REVISIONS
from storecast.errors import DatabaseError, quote


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
            run_steps(conn, "upgrade", REVISIONS[-1])
    finally:
        database.close()
    return REVISIONS[-1]


def downgrade(url: str, revision: str) -> None:
    """Take the tables back to an older version; ``base`` drops all of them, with what they hold.

    Raises
    ------
    DatabaseError
        where there is no such version, or it is newer than that of the tables
    """
    if revision not in (*REVISIONS, "base"):
        raise DatabaseError(
            f"There is no version {quote(revision)} of the tables. There are: base, {', '.join(REVISIONS)}."
        )
    database = connect(url, create=False)
    try:
        current = database.revision()
        if current not in REVISIONS:
            raise DatabaseError(f"{database.name} holds no tables that this storecast knows.")
        if revision != "base" and REVISIONS.index(revision) > REVISIONS.index(current):
            raise DatabaseError(f"{database.name} is of version {current}. To go up, use `storecast db upgrade`.")
        with database.begin() as conn:
            run_steps(conn, "downgrade", revision)
            if revision == "base":
                conn.execute(sa.text("DROP TABLE alembic_version"))
    finally:
        database.close()
