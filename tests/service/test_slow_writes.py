"""A write that was answered 504 is done or not, and the same request says which when it is sent again."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.connect import home_url
from storecast.database.delete_sales import delete_sales
from storecast.database.writes import add_sales
from storecast.errors import DatabaseUnavailable
from support.served_home import FIRST, Client, copy_of, make_key, running, settings_of

DAY = FIRST.isoformat()
SALES = {"rows": [{"Store": store, "Date": DAY, "Sales": 4000.0} for store in range(1, 7)]}
REPLAYED = "idempotent-replayed"


@pytest.fixture
def impatient(home: Path, tmp_path: Path) -> Iterator[Client]:
    own = copy_of(home, tmp_path / "home")
    with running(settings_of(own, time_limit=1.0), make_key(home_url(own))) as client:
        yield client


def slow(monkeypatch: pytest.MonkeyPatch, where: str, write: Any, failure: Exception | None = None) -> threading.Event:
    """Have the next write wait until an event is set, and then fail where it is to; return the event."""
    goes_on = threading.Event()

    def wait(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(where, write)
        outcome = write(*arguments, **named)
        assert goes_on.wait(60)
        if failure is not None:
            raise failure
        return outcome

    monkeypatch.setattr(where, wait)
    return goes_on


def answer(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Send a write until it is answered within the time limit, as a client would."""
    for _ in range(20):
        reply = client.post(path, body, **headers) if method == "POST" else client.ask(method, path, **headers)
        if reply.status_code != 504:
            break
    return reply


def actions(client: Client) -> list[str]:
    with client.service.live.database().reading() as conn:
        return list(conn.scalars(sa.select(t.audit.c.action).where(t.audit.c.action.like("sales%"))))


def test_a_write_that_was_done_after_its_504_is_answered_as_done_and_not_done_twice(
    impatient: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = slow(monkeypatch, "storecast.service.routes.writes.add_sales", add_sales)
    late = impatient.post("/v1/sales", SALES, idempotency_key="late")
    assert (late.status_code, late.json()["type"]) == (504, "/problems/too-slow")
    assert "send it again with the same Idempotency-Key" in late.json()["detail"]
    assert impatient.post("/v1/sales", SALES, idempotency_key="late").status_code == 504, "it is still at work"
    goes_on.set()
    reply = answer(impatient, "POST", "/v1/sales", SALES, idempotency_key="late")
    assert (reply.status_code, reply.json()["inserted"], reply.headers[REPLAYED]) == (200, 6, "true")
    assert actions(impatient) == ["sales"]
    without_key = answer(impatient, "POST", "/v1/sales", SALES)  # each request of which is a write of its own
    assert (without_key.json()["same"], REPLAYED in without_key.headers) == (6, False)
    assert len(actions(impatient)) > 1


def test_a_write_that_failed_after_its_504_is_done_when_it_is_sent_again(
    impatient: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = DatabaseUnavailable("the disk is full")
    goes_on = slow(monkeypatch, "storecast.service.routes.writes.add_sales", add_sales, failure)
    assert impatient.post("/v1/sales", SALES, idempotency_key="late").status_code == 504
    goes_on.set()
    assert answer(impatient, "POST", "/v1/sales", SALES, idempotency_key="late").json()["inserted"] == 6
    assert actions(impatient) == ["sales"]


def test_a_removal_that_was_done_after_its_504_is_answered_as_done_and_so_is_its_undoing(
    impatient: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(impatient, "POST", "/v1/sales", SALES)
    goes_on = slow(monkeypatch, "storecast.service.routes.undo.delete_sales", delete_sales)
    path = f"/v1/sales?first={DAY}"
    assert impatient.ask("DELETE", path, idempotency_key="gone").status_code == 504
    goes_on.set()
    removed = answer(impatient, "DELETE", path, idempotency_key="gone")
    assert (removed.status_code, removed.json()["removed"], removed.headers[REPLAYED]) == (200, 6, "true")
    undo = f"/v1/writes/{removed.json()['version']}"
    first, second = (answer(impatient, "DELETE", undo, idempotency_key="back") for _ in range(2))
    assert first.json() == second.json()
    assert second.headers[REPLAYED] == "true"
    other = answer(impatient, "DELETE", f"/v1/writes/{first.json()['version']}", idempotency_key="back")
    assert other.status_code == 409, "another write under the same key"
