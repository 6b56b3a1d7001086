"""The client and the service speak of the same things: paths, parameters and fields, by the document of the service."""

import json
from typing import Any

import httpx
import pytest

from storecast.client import Client, ConflictError, InvalidError, replies
from storecast.service.openapi import document
from storecast.service.routes import ROUTES
from storecast.service.settings import Settings
from support.fake_service import FakeService, reply

ROW = {"Store": 1, "Date": "2014-07-01"}
CALLS: dict[str, Any] = {
    "POST /v1/forecasts": lambda c: c.forecast_rows([ROW], stores=[{"Store": 1}], quantiles=[0.5], totals=True, explain=True),
    "POST /v1/forecasts ": lambda c: c.forecast(1, "2014-07-01", 2, model="m", quantiles=[0.5]),
    "POST /v1/scenarios": lambda c: c.scenario([ROW], model="m"),
    "GET /v1/stores": lambda c: list(c.stores()),
    "POST /v1/stores": lambda c: c.add_stores([{"Store": 1}]),
    "GET /v1/stores/{store}": lambda c: c.store(1),
    "GET /v1/stores/{store}/history": lambda c: list(c.history(1, "2014-07-01", "2014-07-02")),
    "POST /v1/sales": lambda c: c.add_sales([{**ROW, "Sales": 1.0}], replace=True),
    "DELETE /v1/sales": lambda c: c.remove_sales(1, "2014-07-01", "2014-07-02"),
    "DELETE /v1/writes/{version}": lambda c: c.undo(3),
    "POST /v1/calendar": lambda c: c.add_calendar([ROW]),
    "GET /v1/accuracy": lambda c: c.accuracy("week", "2014-07-01"),
    "GET /v1/models": lambda c: c.models(),
    "GET /v1/models/{model}": lambda c: c.model("m"),
    "POST /v1/models/{model}/promote": lambda c: c.promote("m"),
    "POST /v1/rollback": lambda c: c.rollback(),
    "GET /health/live": lambda c: c.health(),
    "GET /health/ready": lambda c: c.health(),
}  # fmt: skip
PASSED = {"accept", "content-type", "authorization", "idempotency-key"}
NOT_ASKED = {"GET /metrics", "GET /openapi.json"}
DOCUMENT = document(ROUTES, Settings())


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def test_every_route_of_the_service_has_its_method() -> None:
    routes = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert {name.strip() for name in CALLS} == routes - NOT_ASKED


@pytest.mark.parametrize("name", CALLS)
def test_what_is_sent_is_what_the_service_reads(name: str) -> None:
    method, _, path = name.strip().partition(" ")
    route = DOCUMENT["paths"][path][method.lower()]
    empty = {"stores": [], "history": [], "models": [], "forecasts": [], "next": None, "status": "ready"}
    service = FakeService(reply(empty))
    CALLS[name](service.client())
    request: httpx.Request = next(
        r for r in reversed(service.requests) if r.method == method and _fits(r.url.path, path)
    )
    shared = DOCUMENT["components"].get("parameters", {})
    known = [p if "in" in p else shared[p["$ref"].rpartition("/")[2]] for p in route.get("parameters", [])]
    assert set(request.url.params) <= {p["name"] for p in known if p["in"] == "query"}
    assert ("Idempotency-Key" in request.headers) >= any(p["name"] == "Idempotency-Key" for p in known)
    if request.content:
        schema = resolved(route["requestBody"]["content"]["application/json"]["schema"])
        fields = set(schema.get("properties", {}))
        for one in schema.get("oneOf", schema.get("anyOf", [])):
            fields |= set(resolved(one).get("properties", {}))
        assert set(json.loads(request.content)) <= fields


@pytest.mark.parametrize(
    ("reply_type", "schema_name"),
    [
        ("Forecasts", "Forecasts"),
        ("Scenario", "Changes"),
        ("Written", "Written"),
        ("Removed", "Removed"),
        ("Undone", "Undone"),
        ("Accuracy", "Accuracy"),
        ("Promoted", "Promoted"),
    ],
)
def test_what_comes_back_has_the_fields_that_the_service_tells(reply_type: str, schema_name: str) -> None:
    kind = getattr(replies, reply_type)
    schema = DOCUMENT["components"]["schemas"][schema_name]
    assert set(schema["properties"]) == kind.__required_keys__ | kind.__optional_keys__
    assert kind.__required_keys__ <= set(schema["required"])


def test_a_model_has_the_fields_that_the_service_tells() -> None:
    schema = DOCUMENT["components"]["schemas"]["ListedModel"]
    assert set(schema["properties"]) == replies.Model.__required_keys__


def _fits(path: str, shape: str) -> bool:
    parts, wanted = path.split("/"), shape.split("/")
    return len(parts) == len(wanted) and all(w.startswith("{") or w == p for p, w in zip(parts, wanted, strict=True))


def test_the_client_asks_a_service(client: Any) -> None:
    """The application itself answers the client, through its own middleware."""

    def pass_on(request: httpx.Request) -> httpx.Response:
        passed = {name: value for name, value in request.headers.items() if name in PASSED}
        path = request.url.raw_path.decode()
        answer = client.ask(request.method, path, request.content or None, key=None, **passed)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    with Client("http://127.0.0.1:8000", client.key, transport=httpx.MockTransport(pass_on)) as caller:
        answer = caller.forecast(1, days=3, quantiles=[0.5])["forecasts"]
        rows = [{"Store": row["Store"], "Date": row["Date"]} for row in answer]
        assert [row["Store"] for row in answer] == [1, 1, 1]
        assert caller.forecast_many(rows, quantiles=[0.5]) == answer
        assert len(list(caller.stores())) == 6
        assert len(list(caller.history(2))) > 300
        assert caller.health() == {"live": True, "ready": True, "detail": ""}
        assert [model["serving"] for model in caller.models()].count(True) == 1
        assert caller.accuracy()["by"] == "model"
        with pytest.raises(InvalidError, match="chain holds no such store"):
            caller.forecast(99)
        opened = next(day for day in caller.history(2) if day["Open"])
        with pytest.raises(ConflictError, match="stands already"):
            caller.add_sales([{"Store": 2, "Date": opened["Date"], "Sales": 1.5}])
