"""The lock of a job among all machines that share a PostgreSQL; it ends with the connection, and so with the process."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from storecast.database.connect import Database, driver_errors
from storecast.errors import BusyError

WEEKLY = 0x5354574B  # of PostgreSQL: whoever does the weekly job holds it


@contextmanager
def only_job(database: Database) -> Iterator[None]:
    """Be the only weekly job on a database; SQLite is of one machine, where the lock of the home does it.

    Parameters
    ----------
    database : that the job is about; it stays open meanwhile

    Raises
    ------
    BusyError
        where another machine is at it
    DatabaseUnavailable
        where the database does not answer
    """
    if database.dialect != "postgresql":
        yield
        return
    with driver_errors(database.name):
        # Of no transaction, which would keep the database from clearing away what others delete.
        conn = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with driver_errors(database.name):
            alone = conn.execute(sa.select(sa.func.pg_try_advisory_lock(WEEKLY))).scalar_one()
        if not alone:
            raise BusyError(
                f"The weekly job is at work on {database.name} already, from another home or machine. Wait for it, or end it."
            )
        yield
    finally:
        conn.invalidate()  # in the pool it would go on to hold the lock
        conn.close()
