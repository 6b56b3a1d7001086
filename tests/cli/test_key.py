"""storecast key: the secret goes to stdout once, and is listed nowhere."""

import datetime as dt
import json
from pathlib import Path

import pytest

from storecast.database.api_keys import find_key
from storecast.database.connect import Database, home_url
from support.commands import Cli
from support.new_databases import new_database


@pytest.fixture
def key(cli: Cli, tmp_path: Path) -> Cli:
    new_database(home_url(tmp_path)).close()
    return lambda *words: cli("key", *words, "--home", tmp_path)


def test_a_key_is_made_listed_and_revoked(key: Cli, tmp_path: Path) -> None:
    code, out, err = key("create", "--name", "planner", "--scopes", "read,forecast", "--expires", "2999-12-31")
    assert code == 0, err
    token = out.strip()
    assert token not in err
    listed = json.loads(key("list", "--json")[1])
    assert listed[0]["scopes"] == "forecast, read"
    assert listed[0]["expires"] == "3000-01-01T00:00:00+00:00"
    assert token not in json.dumps(listed)
    assert "planner" in key("list")[1]
    database = Database.open(home_url(tmp_path))
    key_of_token = find_key(database, token)
    assert key_of_token is not None
    assert key_of_token.holds(dt.datetime.now(dt.UTC))
    assert key("revoke", 1)[0] == 0
    key_of_token = find_key(database, token)
    assert key_of_token is not None
    assert not key_of_token.holds(dt.datetime.now(dt.UTC))
    database.close()


def test_a_key_ends_after_a_year_unless_another_day_is_named(key: Cli) -> None:
    code, _, err = key("create", "--name", "a", "--scopes", "read")
    last = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=365)
    assert (code, f"Key 1 for a, until {last}. It is shown this once" in err) == (0, True)
    assert "Key 2 for b, without an end." in key("create", "--name", "b", "--scopes", "read", "--expires", "never")[2]
    ends = [each["expires"] for each in json.loads(key("list", "--json")[1])]
    assert ends == [f"{last + dt.timedelta(days=1)}T00:00:00+00:00", None]


def test_a_rotated_key_goes_on_for_a_while_beside_its_successor(key: Cli, tmp_path: Path) -> None:
    old = key("create", "--name", "planner", "--scopes", "read,forecast", "--expires", "never")[1].strip()
    code, out, err = key("rotate", 1, "--grace-days", 3)
    assert code == 0, err
    database = Database.open(home_url(tmp_path))
    before, after = find_key(database, old), find_key(database, out.strip())
    database.close()
    assert before
    assert after
    assert (after.id, after.name, after.scopes) == (2, "planner", before.scopes)
    assert before.expires
    now = dt.datetime.now(dt.UTC)
    assert before.holds(now + dt.timedelta(days=2))
    assert not before.holds(now + dt.timedelta(days=4))
    assert key("rotate", 1, "--grace-days", 0)[0] == 0
    code, _, err = key("rotate", 1)
    assert (code, "Key 1 was revoked or has expired" in err) == (2, True)


def test_a_key_as_json(key: Cli) -> None:
    new_key = json.loads(key("create", "--name", "a", "--scopes", "admin", "--json")[1])
    assert new_key["id"] == 1
    assert new_key["key"].startswith("sc_")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("create", "--name", "a", "--scopes", "reed"), "Did you mean read"),
        (("create", "--name", "a", "--scopes", ""), "opens nothing"),
        (("create", "--name", "a", "--scopes", "read", "--expires", "soon"), "--expires: found 'soon'"),
        (("create", "--name", "a", "--scopes", "read", "--expires", "2001-01-01"), "is over"),
        (("rotate", "7"), "no key 7"),
        (("revoke", "7"), "no key 7"),
    ],
)
def test_a_mistake_is_one_message(key: Cli, words: tuple[str, ...], message: str) -> None:
    code, out, err = key(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
