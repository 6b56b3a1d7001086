"""Run the steps of `migrations/` on a connection, by Alembic."""

import contextlib
import io
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x53544F5245  # of PostgreSQL: whoever changes tables holds it


def run_steps(conn: Connection, direction: Literal["upgrade", "downgrade"], revision: str) -> None:
    """Run the steps from the version of the tables to another one, in the connection's transaction.

    Parameters
    ----------
    conn : from `Database.begin`
    direction : upgrade or downgrade
    revision : the version to reach; ``base`` drops all tables
    """
    if conn.dialect.name == "postgresql":  # several may start at once; SQLite's transaction is exclusive already
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = conn
    steps = {"upgrade": command.upgrade, "downgrade": command.downgrade}
    with contextlib.redirect_stdout(io.StringIO()):
        steps[direction](config, revision)
