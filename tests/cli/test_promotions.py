"""Promotions and rollbacks by command are in the audit of the database, like those by API."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from storecast.bundle.registry import current
from storecast.database.connect import Database, home_url
from support.commands import Cli
from support.served_home import copy_of, home

__all__ = ["home"]


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Path:
    return copy_of(home, tmp_path / "home")


def audited(url: str) -> list[tuple[str, str, dict[str, str]]]:
    with closing(Database.open(url)) as db, db.reading() as conn:
        rows = conn.exec_driver_sql("SELECT actor, action, detail FROM audit WHERE action LIKE 'model%' ORDER BY id")
        return [(actor, action, json.loads(detail)) for actor, action, detail in rows]


def models(home: Path) -> tuple[str, str]:
    """Return the model in use and the other."""
    used = current(home / "models").name
    return used, next(path.name for path in (home / "models").glob("*.pkl") if path.name != used)


def test_a_promotion_and_its_rollback_are_audited(cli: Cli, own: Path) -> None:
    used, other = models(own)
    assert cli("models", "promote", other, "--home", own)[0] == 0
    assert cli("models", "rollback", "--home", own)[0] == 0
    assert audited(home_url(own)) == [
        ("command line", "model promoted", {"model": other, "before": used}),
        ("command line", "model rolled back", {"model": used, "before": other}),
    ]


def test_the_audit_is_in_the_database_that_is_named(cli: Cli, own: Path, tmp_path: Path) -> None:
    _, other = models(own)
    elsewhere = f"sqlite:///{tmp_path / 'other.db'}"
    Database.open(elsewhere, create=True).close()
    assert cli("models", "promote", other, "--home", own, "--db", elsewhere)[0] == 0
    assert audited(home_url(own)) == []
    assert [action for _, action, _ in audited(elsewhere)] == ["model promoted"]


def test_a_refused_promotion_leaves_no_entry(cli: Cli, own: Path) -> None:
    used, other = models(own)
    (own / "models" / f"{other}.sig").unlink()
    assert cli("models", "promote", other, "--home", own)[0] == 2
    assert (audited(home_url(own)), current(own / "models").name) == ([], used)


def test_nothing_is_promoted_where_the_audit_cannot_be_written(cli: Cli, own: Path) -> None:
    used, other = models(own)
    (own / "storecast.db").write_bytes(b"")
    code, _, err = cli("models", "promote", other, "--home", own)
    assert (code, "Traceback" in err, current(own / "models").name) == (2, False, used)


def test_a_home_without_a_database_is_promoted_in_all_the_same(cli: Cli, own: Path) -> None:
    _, other = models(own)
    (own / "storecast.db").unlink()
    assert cli("models", "promote", other, "--home", own)[0] == 0
    assert current(own / "models").name == other
    assert not (own / "storecast.db").exists()
