"""People who log in at a provider are keys without a secret."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storecast.database.api_keys import all_keys, find_key, revoke_key, rotate_key
from storecast.database.people import person_key
from storecast.errors import DatabaseError
from support.new_databases import new_database

ISSUER = "https://login.example.com"


def test_two_first_logins_at_once_make_one_person_whose_key_no_token_opens(url: str) -> None:
    database = new_database(url)
    with ThreadPoolExecutor(2) as threads:
        logins = [threads.submit(person_key, database, ISSUER, "7", "ada", ["write", "read"]) for _ in range(2)]
        first, second = (login.result() for login in logins)
    assert first == second
    assert (first.name, first.scopes, first.person) == ("ada", {"read", "write"}, True)
    other = person_key(database, "https://elsewhere.example", "7", "ada", ["read"])
    assert other.id != first.id, "of another provider"
    assert find_key(database, f"{ISSUER}\n7") is None
    with pytest.raises(DatabaseError, match="no secret to make anew"):
        rotate_key(database, first.id, None, first.created)
    revoked = revoke_key(database, first.id)
    assert person_key(database, ISSUER, "7", "ada", ["read"]).revoked == revoked.revoked
    assert len(all_keys(database)) == 2
    database.close()
