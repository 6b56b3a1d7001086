"""Each test here runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from databases import postgres, url
from storecast.database.connect import Database

__all__ = ["db", "postgres", "url"]


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """Yield an open database with empty tables."""
    database = Database.open(url, create=True)
    yield database
    database.close()
