"""Each method asks what it says, in the words of the API."""

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storecast import client as package
from storecast.client import BadReplyError, Client, RequestError, UnavailableError, UnreachableError
from support.fake_service import FakeService, forecasts, problem, reply

DAY = dt.date(2014, 7, 1)


def method_and_path(request: httpx.Request) -> tuple[str, str]:
    return request.method, request.url.raw_path.decode().partition("?")[0]


def test_a_forecast_asks_only_for_what_was_given() -> None:
    service = FakeService(reply({"forecasts": []}))
    client = service.client()
    client.forecast(7)
    assert (method_and_path(service.last), service.body()) == (("POST", "/v1/forecasts"), {"store": 7})
    client.forecast("N 7", DAY, 14, model="model-a", quantiles=(0.1, 0.9), totals=True, explain=True)
    assert service.body() == {
        "store": "N 7", "start": "2014-07-01", "days": 14, "model": "model-a", "quantiles": [0.1, 0.9], "totals": True,
        "explain": True,
    }  # fmt: skip


def test_rows_are_forecast_as_they_are_and_new_stores_listed() -> None:
    service = FakeService(reply({"forecasts": []}))
    rows = ({"Store": store, "Date": DAY, "Promo": 1} for store in (1, 99))
    service.client().forecast_rows(rows, stores=[{"Store": 99, "StoreType": "a"}])
    assert service.body() == {
        "rows": [{"Store": store, "Date": "2014-07-01", "Promo": 1} for store in (1, 99)],
        "stores": [{"Store": 99, "StoreType": "a"}],
    }


@given(stores=st.lists(st.integers(1, 5), max_size=30), batch=st.integers(1, 12))
def test_many_rows_come_back_in_their_order_whole_stores_in_a_piece(stores: list[int], batch: int) -> None:
    rows = [{"Store": store, "Date": str(DAY + dt.timedelta(days=k))} for k, store in enumerate(stores)]
    service = FakeService(forecasts)
    forecasted = service.client().forecast_many(rows, batch=batch)
    assert [(row["Store"], row["Date"]) for row in forecasted] == [(row["Store"], row["Date"]) for row in rows]
    pieces = [service.body(k)["rows"] for k in range(len(service.requests))]
    assert sum(map(len, pieces)) == len(rows)
    where: dict[int, set[int]] = {}
    for k, piece in enumerate(pieces):
        for row in piece:
            where.setdefault(row["Store"], set()).add(k)
    assert all(len(of) == 1 for of in where.values())
    largest = max((stores.count(store) for store in stores), default=0)
    assert all(len(piece) <= max(batch, largest) for piece in pieces)


def test_a_frame_comes_back_as_a_frame() -> None:
    frame = pl.DataFrame({"Store": [2, 1], "Date": [DAY, DAY], "Open": pl.Series([1, 0], dtype=pl.Int8)})
    forecasted = FakeService(forecasts).client().forecast_many(frame)
    assert forecasted.equals(pl.DataFrame({"Store": [2, 1], "Date": [DAY, DAY], "Forecast": [200.0, 100.0]}))
    assert FakeService(forecasts).client().forecast_many(frame.clear()).is_empty()


def test_when_the_model_changes_between_pieces_then_all_are_sent_again_and_no_reply_mixes_two() -> None:
    rows = [{"Store": store, "Date": str(DAY)} for store in (1, 2)]
    new = lambda request: forecasts(request, model="model-b")  # noqa: E731
    service = FakeService(forecasts, new)
    assert len(service.client().forecast_many(rows, batch=1)) == 2
    assert len(service.requests) == 4
    restless = FakeService(forecasts, new, forecasts, new)
    with pytest.raises(UnavailableError, match="changed while"):
        restless.client().forecast_many(rows, batch=1)


def test_every_page_is_read_by_its_cursor() -> None:
    service = FakeService(
        reply({"stores": [{"Store": 1}], "next": "c1"}), reply({"stores": [{"Store": 2}], "next": None})
    )
    assert [store["Store"] for store in service.client().stores()] == [1, 2]
    assert method_and_path(service.last) == ("GET", "/v1/stores")
    assert service.last.url.params["cursor"] == "c1"
    assert "cursor" not in service.requests[0].url.params


def test_a_cursor_that_leads_nowhere_ends_in_an_error() -> None:
    with pytest.raises(BadReplyError, match="the same page twice"):
        list(FakeService(reply({"stores": [], "next": "c"})).client().stores())


def test_the_history_of_a_store_is_requested_between_days() -> None:
    service = FakeService(reply({"history": [{"Date": "2014-07-01"}]}))
    assert list(service.client().history(7, DAY, "2014-07-09")) == [{"Date": "2014-07-01"}]
    assert method_and_path(service.last) == ("GET", "/v1/stores/7/history")
    assert (service.last.url.params["first"], service.last.url.params["last"]) == ("2014-07-01", "2014-07-09")


@pytest.mark.parametrize(
    ("store", "path"),
    [
        ("a/b", "/v1/stores/a%2Fb"),
        ("../admin", "/v1/stores/..%2Fadmin"),
        ("x?y#z", "/v1/stores/x%3Fy%23z"),
        ("ü", "/v1/stores/%C3%BC"),
    ],
)
def test_a_store_is_one_part_of_the_path_whatever_its_name(store: str, path: str) -> None:
    service = FakeService(reply())
    service.client().store(store)
    assert method_and_path(service.last) == ("GET", path)


@pytest.mark.parametrize("store", ["", ".", ".."])
def test_a_name_that_would_be_another_path_is_not_sent(store: str) -> None:
    with pytest.raises(RequestError, match="for a name"):
        FakeService(reply()).client().store(store)


def test_writes_say_what_is_written() -> None:
    written = {"inserted": 1, "same": 0, "replaced": 0, "version": 2}
    service = FakeService(reply(written))
    client = service.client()
    row = {"Store": 1, "Date": DAY, "Sales": 10.5}
    assert client.add_sales([row], replace=True) == written
    assert method_and_path(service.last) == ("POST", "/v1/sales")
    assert service.body() == {"rows": [{"Store": 1, "Date": "2014-07-01", "Sales": 10.5}], "replace": True}
    client.add_calendar([{"Store": 1, "Date": DAY, "Promo": 1}])
    assert method_and_path(service.last) == ("POST", "/v1/calendar")
    client.add_stores([{"Store": 9, "StoreType": "a"}])
    assert method_and_path(service.last) == ("POST", "/v1/stores")
    client.promote("model-2014-07-01-00-00-00.pkl")
    assert method_and_path(service.last) == ("POST", "/v1/models/model-2014-07-01-00-00-00.pkl/promote")
    client.rollback()
    assert method_and_path(service.last) == ("POST", "/v1/rollback")
    assert all("Idempotency-Key" in request.headers for request in service.requests)


def test_a_rollback_is_never_sent_twice() -> None:
    service = FakeService(httpx.ReadTimeout("slow"))
    with pytest.raises(UnreachableError, match="attempts: 1"):
        service.client().rollback()
    assert len(service.requests) == 1


def test_methods_call_the_routes_of_the_api() -> None:
    service = FakeService(reply({"models": [{"name": "model-a"}]}))
    client = service.client()
    assert client.models() == [{"name": "model-a"}]
    client.model("model-a")
    client.accuracy()
    assert dict(service.last.url.params) == {"by": "model"}
    client.accuracy("store", since=DAY)
    assert dict(service.last.url.params) == {"by": "store", "since": "2014-07-01"}
    client.scenario([{"Store": 1, "Date": DAY, "Promo": 1}])
    assert [method_and_path(request) for request in service.requests] == [
        ("GET", "/v1/models"),
        ("GET", "/v1/models/model-a"),
        ("GET", "/v1/accuracy"),
        ("GET", "/v1/accuracy"),
        ("POST", "/v1/scenarios"),
    ]
    assert not any("Idempotency-Key" in request.headers for request in service.requests)


def test_health_tells_that_the_service_is_not_ready_without_raising_or_waiting() -> None:
    service = FakeService(reply({"status": "live"}), problem(503, detail="No model is promoted."))
    health = service.client().health()
    assert health == {"live": True, "ready": False, "detail": "No model is promoted."}
    assert service.slept == []
    assert FakeService(reply({"status": "ready"})).client().health() == {"live": True, "ready": True, "detail": ""}
    with pytest.raises(UnreachableError):
        FakeService(httpx.ConnectError("refused")).client().health()


def test_the_client_needs_none_of_the_heavy_libraries() -> None:
    heavy = ["polars", "numpy", "sklearn", "xgboost", "sqlalchemy", "starlette", "typer"]
    code = f"import storecast.client, sys, json; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == []


DOCS = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")


def test_every_method_and_every_error_is_in_the_docs() -> None:
    methods = {name for name in dir(Client) if not name.startswith("_") and callable(getattr(Client, name))}
    assert methods - set(re.findall(r"`(\w+)\(", DOCS)) == {"close"}
    errors = {name for name in package.__all__ if name.endswith("Error")}
    assert errors <= set(re.findall(r"`(\w+Error)`", DOCS))


def test_the_surface_is_sorted_and_there() -> None:
    assert package.__all__ == sorted(package.__all__)
    assert all(getattr(package, name) is not None for name in package.__all__)
