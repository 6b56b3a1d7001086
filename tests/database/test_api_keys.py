"""Keys: shown once, known again by their hash, and gone when they are revoked or have run out."""

import datetime as dt

import pytest
import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.api_keys import all_keys, create_key, find_key, revoke_key
from storecast.database.connect import Database
from storecast.errors import ConfigError, DatabaseError


def test_a_key_is_looked_up_by_its_token_and_stored_as_a_hash_alone(db: Database) -> None:
    token, key = create_key(db, "planner", ["read", "forecast"])
    assert token.startswith("sc_")
    assert len(token) == 3 + 43
    assert find_key(db, token) == key
    assert find_key(db, token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert find_key(db, "") is None
    assert find_key(db, "\ud800") is None
    with db.reading() as conn:
        stored_text = repr(conn.execute(sa.select(t.keys)).all()) + repr(conn.execute(sa.select(t.audit)).all())
    assert token not in stored_text
    assert token[3:] not in stored_text


def test_scopes_reach_as_far_as_they_say(db: Database) -> None:
    reader, admin = create_key(db, "a", ["read"])[1], create_key(db, "b", ["admin"])[1]
    assert [reader.may(scope) for scope in ("read", "forecast", "write", "admin")] == [True, False, False, False]
    assert all(admin.may(scope) for scope in ("read", "forecast", "write", "admin"))


def test_a_key_holds_until_it_runs_out_or_is_revoked(db: Database) -> None:
    now = dt.datetime.now(dt.UTC)
    later = now + dt.timedelta(hours=1)
    token, key = create_key(db, "a", ["read"], expires=later)
    assert key.expires == later
    assert key.holds(now)
    assert not key.holds(later)
    first = revoke_key(db, key.id)
    assert not first.holds(now)
    assert revoke_key(db, key.id) == first
    assert find_key(db, token) == first
    assert all_keys(db) == [first]


def test_making_and_revoking_are_audited(db: Database) -> None:
    _, key = create_key(db, "a", ["read"], actor="key:7")
    revoke_key(db, key.id)
    revoke_key(db, key.id)
    with db.reading() as conn:
        entries = conn.execute(sa.select(t.audit.c.actor, t.audit.c.action).order_by(t.audit.c.id)).all()
    assert [tuple(row) for row in entries] == [("key:7", "key created"), ("command line", "key revoked")]


@pytest.mark.parametrize(("name", "scopes"), [("a", []), ("a", ["reed"]), ("", ["read"]), ("a\x1b[2J", ["read"])])
def test_a_key_that_makes_no_sense_is_refused(db: Database, name: str, scopes: list[str]) -> None:
    with pytest.raises(ConfigError):
        create_key(db, name, scopes)
    assert all_keys(db) == []


def test_a_key_that_is_not_there_cannot_be_revoked(db: Database) -> None:
    with pytest.raises(DatabaseError, match="no key 5"):
        revoke_key(db, 5)
