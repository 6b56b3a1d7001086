"""The first key of a home: one, whoever starts at once, and in a file of its owner's."""

import stat
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storecast.database.api_keys import all_keys, create_first_key, find_key
from storecast.database.connect import Database, home_url
from storecast.service import server
from storecast.service.settings import Settings

STARTS = 6


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Database.open(home_url(tmp_path), create=True).close()
    return tmp_path


def test_six_first_starts_at_once_make_one_admin_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    barrier, failures = threading.Barrier(STARTS), []

    def no_keys_yet(database: Database) -> list[Any]:
        keys = all_keys(database)
        barrier.wait(20)  # every start has looked before any of them makes a key
        return keys

    def start() -> None:
        try:
            server.first_key(Settings(home=home))
        except Exception as error:
            failures.append(error)

    monkeypatch.setattr(server, "all_keys", no_keys_yet)
    threads = [threading.Thread(target=start) for _ in range(STARTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    token = (home / server.ADMIN_KEY).read_text(encoding="ascii").strip()
    with closing(Database.open(home_url(home))) as db:
        assert [key.scopes for key in all_keys(db)] == [{"admin"}]
        assert find_key(db, token) is not None, "the file holds the key that stands"


def test_a_first_key_that_cannot_be_kept_does_not_stand(home: Path) -> None:
    def fail(_token: str) -> None:
        raise OSError("the disk is full")

    with closing(Database.open(home_url(home))) as db:
        with pytest.raises(OSError, match="full"):
            create_first_key(db, "first start", ["admin"], fail)
        assert all_keys(db) == []
        keys: list[str] = []
        assert create_first_key(db, "first start", ["admin"], keys.append) is not None
        assert create_first_key(db, "first start", ["admin"], keys.append) is None
        assert find_key(db, keys[0]) is not None
    assert len(keys) == 1


def test_the_database_and_the_files_beside_it_are_their_owners_alone(home: Path) -> None:
    with closing(Database.open(home_url(home))) as db, db.begin() as conn:
        conn.exec_driver_sql("DELETE FROM requests")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert modes == dict.fromkeys(["storecast.db", "storecast.db-shm", "storecast.db-wal"], 0o600)
