"""A conflict names the stored value to keys that may read it, and to others its place alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storecast.database.connect import home_url
from storecast.errors import ConflictError
from storecast.service.problems import of_error
from support.served_home import FIRST, Client, copy_of, make_key, running, settings_of

DAY = FIRST.isoformat()
STORED, SENT = 3217.0, 4000.0


@pytest.fixture
def own_client(home: Path, tmp_path: Path) -> Iterator[Client]:
    own = copy_of(home, tmp_path / "home")
    with running(settings_of(own), make_key(home_url(own))) as client:
        yield client


def sales(amount: float) -> dict[str, object]:
    return {"rows": [{"Store": 2, "Date": DAY, "Sales": amount}]}


def test_a_key_that_may_not_read_learns_where_a_conflict_is_and_not_what_is_stored(own_client: Client) -> None:
    settings = own_client.service.settings
    assert own_client.post("/v1/sales", sales(STORED)).status_code == 200
    reader = own_client.post("/v1/sales", sales(SENT))
    assert (reader.status_code, "3217" in reader.text) == (409, True)
    writer = own_client.post("/v1/sales", sales(SENT), key=make_key(settings.database_url, "write"))
    assert (writer.status_code, "3217" in writer.text) == (409, False)
    assert f"Store '2' on {DAY} stands already with other values (Sales)" in writer.json()["detail"]
    assert writer.json()["errors"] == [{"where": "Sales", "what": "stands already with another value"}]
    both = own_client.post("/v1/sales", sales(SENT), key=make_key(settings.database_url, "write", "read"))
    assert "3217" in both.text


def test_the_calendar_and_stores_are_kept_back_in_the_same_way(own_client: Client) -> None:
    key = make_key(own_client.service.settings.database_url, "write")
    store = own_client.get("/v1/stores/1").json()
    other = "b" if store["StoreType"] != "b" else "c"
    reply = own_client.post("/v1/stores", {"rows": [{"Store": 1, "StoreType": other}]}, key=key)
    assert reply.status_code == 409
    assert reply.json()["detail"].startswith("Store '1' stands already with other values (StoreType).")


@pytest.mark.parametrize(
    "message", ["Region 'x' stands already with 7.", "Store '1' stands already with a value of 7 that nobody quotes."]
)
def test_a_conflict_of_another_form_says_nothing_either(message: str) -> None:
    problem = of_error(ConflictError(message), may_read=False)
    assert problem.detail == "A row stands already with other values. Ask for it to be replaced where that is meant."
    assert of_error(ConflictError(message)).detail == message


def test_a_conflict_tells_those_who_may_not_read_what_it_says_is_public() -> None:
    message = "This Idempotency-Key was used for another request in the last 24 hours."
    assert of_error(ConflictError(message, public=message), may_read=False).detail == message
    value = ConflictError(
        "Store '1' stands already with Sales '7'.", public="Store '1' stands already.", column="Sales"
    )
    problem = of_error(value, may_read=False)
    assert (problem.detail, problem.places) == (value.public, [("Sales", "stands already with another value")])
