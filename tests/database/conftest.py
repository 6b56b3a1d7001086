"""Each test here runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from storecast.database.connect import Database
from support.new_databases import new_database


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """Yield an open database with empty tables."""
    database = new_database(url)
    yield database
    database.close()
