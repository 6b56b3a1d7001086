"""A backup holds everything, goes from one kind of database to the other, and is refused where it is not whole."""

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa

from storecast import schema as s
from storecast.database import tables as t
from storecast.database.api_keys import all_keys, create_key, find_key, revoke_key
from storecast.database.backup import backup, restore
from storecast.database.chain_info import version
from storecast.database.connect import Database, home_url
from storecast.database.forecasts import save_forecast
from storecast.database.panel_io import changes_since, read_panel, write_panel
from storecast.database.request_log import AnsweredRequest, StoredReply, idempotent, record_requests, remember
from storecast.database.status import status
from storecast.database.tables import REVISIONS
from storecast.database.writes import add_sales
from storecast.errors import DatabaseError
from storecast.stages import BACKUP, RESTORE
from support.databases import ON_SQLITE, empty
from support.panels import make_panel
from support.stored_forecasts import stored_forecast

PANEL = make_panel(stores=3, days=300, ahead=5)
MODEL = "model-2026-01-02-03-04-05.pkl"
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
REPLY = StoredReply(200, "application/json", b"\x00\xff{}")


def fill(db: Database) -> str:
    write_panel(db, PANEL, generated=True)
    day = PANEL.end + dt.timedelta(days=1)
    with db.begin() as conn:
        assert idempotent(conn, 1, "name", "d") is None
        add_sales(conn, pl.DataFrame({s.STORE: [1], s.DATE: [day], s.SALES: [0.07], s.OPEN: [1]}))
        remember(conn, 1, "name", REPLY)
    rows = PANEL.calendar.filter(pl.col(s.DATE) >= day).select(
        *s.KEYS, *(pl.lit(1.5).alias(name) for name in ("Forecast", "Lower80", "Upper80", "Lower95", "Upper95", "Q10"))
    )
    save_forecast(db, model=MODEL, cutoff=PANEL.end, version=1, rows=rows)
    record_requests(db, [AnsweredRequest(NOW, "r", 1, "GET", "/v1/stores", 200, None, 0.5, None)])
    return create_key(db, "planner", ["read"], expires=NOW)[0]


@pytest.fixture
def other(db: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the URL of an empty database of the other kind."""
    if db.dialect == "postgresql":
        yield home_url(tmp_path / "other")
        return
    second_url: str = request.getfixturevalue("postgres")
    empty(second_url)
    yield second_url
    empty(second_url)


def test_everything_is_restored_and_goes_on(db: Database, url: str, other: str, tmp_path: Path) -> None:
    token = fill(db)
    steps: list[tuple[str, int, int]] = []
    rows = backup(db, tmp_path / "b.zip", lambda *step: steps.append(step))
    assert steps[-1] == (BACKUP, sum(rows.values()), sum(rows.values()))
    assert (rows["sales"], rows["keys"], rows["idempotency"]) == (901, 1, 1)
    for target in (other, url):  # into a new file, and over what was backed up
        restore(target, tmp_path / "b.zip", replace=target == url, progress=lambda *step: steps.append(step))
        assert steps[-1] == (RESTORE, sum(rows.values()), sum(rows.values()))
        restored = Database.open(target)
        assert read_panel(restored)[0].fingerprint == read_panel(db)[0].fingerprint
        old, new = stored_forecast(db, MODEL, PANEL.end), stored_forecast(restored, MODEL, PANEL.end)
        assert old is not None
        assert new is not None
        assert new.equals(old)
        assert find_key(restored, token) == all_keys(db)[0]
        assert status(restored)["generated"] is True
        with restored.begin() as conn:
            assert idempotent(conn, 1, "name", "d") == REPLY
            assert conn.execute(sa.select(t.requests.c.at)).scalar_one() == NOW
        assert create_key(restored, "next", ["read"])[1].id == 2, "numbers go on where they were"
        other_sale = pl.DataFrame({s.STORE: [1], s.DATE: [PANEL.end + dt.timedelta(days=1)], s.SALES: [0.08]})
        with restored.begin() as conn:
            assert add_sales(conn, other_sale, replace=True).replaced == 1, "and so do those of replaced rows"
        restored.close()


def test_who_has_seen_an_older_version_reads_the_restored_chain_anew(db: Database, url: str, tmp_path: Path) -> None:
    fill(db)
    backup(db, tmp_path / "b.zip")
    write_panel(db, make_panel(stores=5))
    seen = version(db)
    restore(url, tmp_path / "b.zip", replace=True)
    assert version(db) > seen
    changes = changes_since(db, seen)
    assert changes.replaced
    assert changes.stores.height == 3


def test_a_revoked_key_stays_revoked(db: Database, url: str, tmp_path: Path) -> None:
    token = fill(db)
    backup(db, tmp_path / "b.zip")
    revoke_key(db, all_keys(db)[0].id)
    restore(url, tmp_path / "b.zip", replace=True)
    key = find_key(db, token)
    assert key is not None
    assert key.revoked is not None


def test_what_is_there_is_not_restored_over(db: Database, url: str, tmp_path: Path) -> None:
    fill(db)
    backup(db, tmp_path / "b.zip")
    with pytest.raises(DatabaseError, match="--replace"):
        restore(url, tmp_path / "b.zip")
    assert version(db) == 2


def test_an_empty_database_is_backed_up_too(db: Database, other: str, tmp_path: Path) -> None:
    backup(db, tmp_path / "b.zip")
    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600
    restore(other, tmp_path / "b.zip")
    restored = Database.open(other)
    with pytest.raises(DatabaseError, match="no chain"):
        read_panel(restored)
    restored.close()


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 255
    file.write_bytes(data)


def _drop_part(file: Path) -> None:
    _again(file, lambda name, data: None if name.startswith("sales/") else data)


def _other_columns(file: Path) -> None:
    _again(file, lambda name, data: b"PAR1" if name.startswith("sales/") else data)


def _newer(file: Path) -> None:
    _again(
        file,
        lambda name, data: data.replace(f'"{REVISIONS[-1]}"'.encode(), b'"0999"') if name == "manifest.json" else data,
    )


def _nothing_known(file: Path) -> None:
    _again(file, lambda name, data: b"[]" if name == "manifest.json" else data)


def _again(file: Path, change) -> None:  # type: ignore[no-untyped-def]
    with zipfile.ZipFile(file) as archive:
        parts = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            if data is not None:
                archive.writestr(name, data)


@ON_SQLITE
@pytest.mark.parametrize("spoil", [_cut, _flip, _drop_part, _other_columns, _newer, _nothing_known, Path.unlink])
def test_a_broken_backup_is_refused_and_nothing_is_touched(db: Database, url: str, tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    token = fill(db)
    file = tmp_path / "b.zip"
    backup(db, file)
    spoil(file)
    with pytest.raises(DatabaseError, match="backup"):
        restore(url, file, replace=True)
    assert version(db) == 2
    assert find_key(db, token) is not None


def _bloated_manifest(file: Path) -> None:
    _again(file, lambda name, data: data + b" " * 2_000_000 if name == "manifest.json" else data)


def _bloated_part(file: Path) -> None:
    """Pack a part of many zeros: a few bytes that unpack to many."""
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("requests/000001.parquet", bytes(3_000_000))


def _bloated_rows(file: Path) -> None:
    """Put more rows into a part than the manifest says: equal ones cost next to nothing in Parquet."""

    def change(name: str, data: bytes) -> bytes:
        if not name.startswith("sales/"):
            return data
        frame, out = pl.read_parquet(io.BytesIO(data)), io.BytesIO()
        pl.concat([frame.head(1)] * 250_000).write_parquet(out)
        return out.getvalue()

    _again(file, change)


def _same_rows_twice(file: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        if not name.startswith("sales/"):
            return data
        frame, out = pl.read_parquet(io.BytesIO(data)), io.BytesIO()
        pl.concat([frame.head(-1), frame.head(1)]).write_parquet(out)
        return out.getvalue()

    _again(file, change)


@ON_SQLITE
@pytest.mark.parametrize("spoil", [_bloated_manifest, _bloated_part, _bloated_rows, _same_rows_twice])
def test_a_bloated_backup_is_refused_and_nothing_is_touched(db: Database, url: str, tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    test_a_broken_backup_is_refused_and_nothing_is_touched(db, url, tmp_path, spoil)


def _long_name(repeated: int):  # type: ignore[no-untyped-def]
    """Put one long text into a part: a page of it, which is a few bytes in the archive, and so many rows of it."""

    def spoil(file: Path) -> None:
        def change(name: str, data: bytes) -> bytes:
            if not name.startswith("audit/"):
                return data
            frame, out = pl.read_parquet(io.BytesIO(data)), io.BytesIO()
            row = frame.head(1).with_columns(pl.lit("a" * 300_000).alias("action"))
            pl.concat([row] * repeated).write_parquet(out)
            return out.getvalue()

        _again(file, change)

    return spoil


@ON_SQLITE
@pytest.mark.parametrize(("repeated", "words"), [(1, "has pages that unpack to 3"), (20, "texts of .* take more than")])
def test_a_backup_whose_pages_unpack_to_too_much_is_refused_before_they_are(  # type: ignore[no-untyped-def]
    db: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeated: int, words: str
) -> None:
    fill(db)
    file = tmp_path / "b.zip"
    backup(db, file)
    _long_name(repeated)(file)
    assert file.stat().st_size < 200_000
    monkeypatch.setattr("storecast.database.backup.MAX_TEXTS", 1_000_000)
    monkeypatch.setattr("storecast.database.backup.MAX_ROW_GROUP", 200_000 if repeated == 1 else 1_000_000)
    with pytest.raises(DatabaseError, match=words):
        restore(url, file, replace=True)
    assert version(db) == 2


@ON_SQLITE
def test_a_backup_that_is_damaged_or_cut_anywhere_is_one_message(db: Database, url: str, tmp_path: Path) -> None:
    fill(db)
    file, damaged = tmp_path / "b.zip", tmp_path / "damaged.zip"
    backup(db, file)
    data, random = file.read_bytes(), np.random.default_rng(0)
    restored = 0
    for place in random.integers(0, len(data), 25):
        for content in (data[:place], data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]):
            damaged.write_bytes(content)
            with suppress(DatabaseError):  # and nothing else
                restore(url, damaged, replace=True)
                restored += 1  # a byte that says nothing, such as the time of an entry
    assert restored < 6
    restore(url, file, replace=True)


@ON_SQLITE
def test_rows_of_a_backup_are_read_some_at_a_time(
    db: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db)
    backup(db, tmp_path / "b.zip")
    before = read_panel(db)[0].fingerprint
    monkeypatch.setattr("storecast.database.backup.AT_ONCE", 100)
    restore(url, tmp_path / "b.zip", replace=True)
    assert read_panel(db)[0].fingerprint == before
