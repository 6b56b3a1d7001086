"""Each test here runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from storecast.database.connect import Database


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """Yield an open database with empty tables."""
    database = Database.open(url, create=True)
    yield database
    database.close()
