"""Databases with empty tables, copied from those that the product made once: its migrations take longer than most tests."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from storecast.database.connect import Database

CHANGES = ("CREATE", "ALTER", "INSERT", "UPDATE")
_statements: list[str] = []  # by which the product made the tables of PostgreSQL


def new_database(url: str) -> Database:
    """Open a database that is empty, or not there yet, and give it tables, as `Database.open(url, create=True)` does.

    Parameters
    ----------
    url : sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME

    Returns
    -------
    Database
        the open database
    """
    address = sa.make_url(url)
    if address.drivername == "sqlite":
        file = Path(str(address.database))
        file.touch(mode=0o600)
        file.write_bytes(_sqlite_file())
    elif _statements:
        with psycopg.connect(url) as conn:
            conn.execute(";\n".join(_statements).encode())
    else:
        _record(url)
    return Database.open(url)


@cache
def _sqlite_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Database.open(f"sqlite:///{folder}/new.db", create=True).close()
        return Path(folder, "new.db").read_bytes()


def _record(url: str) -> None:
    """Let the product make the tables, and keep its statements."""

    def keep(conn: sa.Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.lstrip().startswith(CHANGES):
            with psycopg.connect(url) as own:
                rows = parameters if many else [parameters]
                _statements.extend(psycopg.ClientCursor(own).mogrify(statement, row) for row in rows)

    sa.event.listen(sa.Engine, "before_cursor_execute", keep)
    try:
        Database.open(url, create=True).close()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", keep)
