"""The client and the service speak of the same things: paths, parameters and fields, by the document of the service."""

import json
from typing import Any

import httpx
import pytest

from storecast.client import ConflictError, InvalidError, plan_replies, replies
from storecast.service.openapi import document
from storecast.service.route import XLSX
from storecast.service.routes import ROUTES
from storecast.service.settings import Settings
from support.fake_service import FakeService, reply
from support.served_home import client_through

ROW = {"Store": 1, "Date": "2014-07-01"}
CALLS: dict[str, Any] = {
    "GET /v1/forecasts": lambda c: c.stored_forecasts(1, "2014-07-01", 2),
    "POST /v1/forecasts": lambda c: c.forecast_rows([ROW], stores=[{"Store": 1}], quantiles=[0.5], totals=True, explain=True),
    "POST /v1/forecasts ": lambda c: c.forecast(1, "2014-07-01", 2, model="m", quantiles=[0.5]),
    "GET /v1/explanations": lambda c: c.explanation(1, "2014-07-01"),
    "POST /v1/scenarios": lambda c: c.scenario([ROW], model="m"),
    "GET /v1/jobs/{job}": lambda c: c.jobs.state(1),
    "GET /v1/jobs/{job}/reply": lambda c: c.jobs.reply(1),
    "DELETE /v1/jobs/{job}": lambda c: c.jobs.cancel(1),
    "POST /v1/scenarios ": lambda c: c.jobs.start_scenario([ROW], model="m"),
    "POST /v1/plan/scenarios ": lambda c: c.jobs.start_save("a", [ROW], model="m", note="n"),
    "POST /v1/plan/versions ": lambda c: c.jobs.start_publish("m", note="n"),
    "GET /v1/plan/scenarios": lambda c: c.plan.scenarios.all(),
    "POST /v1/plan/scenarios": lambda c: c.plan.scenarios.save("a", [ROW], model="m", note="n"),
    "GET /v1/plan/scenario-comparison": lambda c: c.plan.scenarios.compare([1, 2]),
    "GET /v1/plan/scenarios/{scenario}": lambda c: c.plan.scenarios.show(1),
    "DELETE /v1/plan/scenarios/{scenario}": lambda c: c.plan.scenarios.delete(1),
    "POST /v1/plan/scenarios/{scenario}/restore": lambda c: c.plan.scenarios.restore(1),
    "POST /v1/plan/scenarios/{scenario}/publish": lambda c: c.plan.scenarios.publish(1, note="n"),
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
    "GET /v1/plan/versions": lambda c: c.plan.versions(),
    "POST /v1/plan/versions": lambda c: c.plan.publish("m", explain=True, note="n"),
    "GET /v1/plan/versions/{version}": lambda c: c.plan.version(1),
    "POST /v1/plan/versions/{version}/state": lambda c: c.plan.advance(1, "reviewed", seen="draft", note="n"),
    "GET /v1/plan/versions/{version}/days": lambda c: list(c.plan.days(1, 2)),
    "GET /v1/plan/overrides": lambda c: c.plan.overrides(),
    "POST /v1/plan/overrides": lambda c: c.plan.override([{"Level": "store"}], version=1, seen=0),
    "DELETE /v1/plan/overrides/{override}": lambda c: c.plan.withdraw(1),
    "DELETE /v1/plan/writes/{revision}": lambda c: c.plan.undo(1),
    "POST /v1/plan/budget": lambda c: c.plan.set_budget([{"Store": 1}]),
    "DELETE /v1/plan/budget/{load}": lambda c: c.plan.undo_budget(1),
    "GET /v1/plan/comments": lambda c: list(c.plan.comments(1, 2)),
    "POST /v1/plan/comments": lambda c: c.plan.comment("a", version=1, store=2, first="2014-07-01", last="2014-07-02"),
    "GET /v1/plan/summary": lambda c: c.plan.summary(),
    "GET /v1/plan/versions/{version}/weeks": lambda c: c.plan.weeks(1, 2),
    "GET /v1/plan/value-added": lambda c: c.plan.value_added("2014-07-01"),
    "GET /v1/plan/exceptions": lambda c: list(c.plan.exceptions(everything=True)),
    "POST /v1/plan/exceptions": lambda c: c.plan.handle("a", "snoozed", owner="b", until="2014-07-01"),
    "GET /v1/plan/reasons": lambda c: c.plan.reasons(),
    "POST /v1/plan/reasons": lambda c: c.plan.change_reasons(["a"], ["b"]),
    "GET /v1/plan/versions/{version}/workbook": lambda c: c.plan.workbook(1),
    "POST /v1/plan/workbook": lambda c: c.plan.take_workbook(b"PK", apply=True),
    "GET /v1/plan/comparison": lambda c: c.plan.compare(1, 2, 3),
    "GET /health/live": lambda c: c.health(),
    "GET /health/ready": lambda c: c.health(),
}  # fmt: skip
NOT_ASKED = {"GET /metrics", "GET /openapi.json"}  # and /v2, which clients of the Open Inference Protocol ask
DOCUMENT = document(ROUTES, Settings())


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def test_every_route_of_the_service_has_its_method() -> None:
    routes = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
    of_protocol = {name for name in routes if "/v2" in name}
    assert {name.strip() for name in CALLS} == routes - NOT_ASKED - of_protocol


@pytest.mark.parametrize("name", CALLS)
def test_what_is_sent_is_what_the_service_reads(name: str) -> None:
    method, _, path = name.strip().partition(" ")
    route = DOCUMENT["paths"][path][method.lower()]
    empty = {
        "versions": [],
        "days": [],
        "changes": [],
        "overrides": [],
        "weeks": [],
        "exceptions": [],
        "comments": [],
        "scenarios": [],
        "reasons": [],
        "stores": [],
        "history": [],
        "models": [],
        "forecasts": [],
        "next": None,
        "status": "ready",
    }
    kinds = {XLSX: httpx.Response(200, content=b"PK", headers={"Content-Type": XLSX})}
    service = FakeService(kinds.get(next(iter(route["responses"]["200"]["content"])), reply(empty)))
    CALLS[name](service.client())
    request: httpx.Request = next(
        r for r in reversed(service.requests) if r.method == method and _fits(r.url.path, path)
    )
    shared = DOCUMENT["components"].get("parameters", {})
    known = [p if "in" in p else shared[p["$ref"].rpartition("/")[2]] for p in route.get("parameters", [])]
    assert set(request.url.params) <= {p["name"] for p in known if p["in"] == "query"}
    assert ("Idempotency-Key" in request.headers) >= any(p["name"] == "Idempotency-Key" for p in known)
    media_types = list(route.get("requestBody", {}).get("content", {}))
    assert not request.content or request.headers["Content-Type"] in media_types
    if request.content and "application/json" in media_types:
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
        ("JobState", "JobState"),
    ],
)
def test_what_comes_back_has_the_fields_that_the_service_tells(reply_type: str, schema_name: str) -> None:
    kind = getattr(replies, reply_type)
    schema = DOCUMENT["components"]["schemas"][schema_name]
    assert set(schema["properties"]) == kind.__required_keys__ | kind.__optional_keys__
    assert kind.__required_keys__ <= set(schema["required"])


@pytest.mark.parametrize(
    ("reply_type", "schema_name"),
    [
        *(
            (name, name)
            for name in (
                "Published",
                "Advanced",
                "PlanVersion",
                "PlanComparison",
                "PlanWritten",
                "PlanOverrides",
                "BudgetWritten",
                "PlanValue",
                "PlanInSentences",
                "ScenarioWritten",
                "ScenarioPublished",
                "ScenarioComparison",
            )
        ),
        ("FilledWorkbook", "WorkbookTaken"),
        ("PlanScenario", "SavedScenario"),
    ],
)
def test_what_comes_back_of_the_plan_has_the_fields_that_the_service_tells(reply_type: str, schema_name: str) -> None:
    kind = getattr(plan_replies, reply_type)
    properties = DOCUMENT["components"]["schemas"][schema_name]["properties"]
    assert set(properties) == kind.__required_keys__ | kind.__optional_keys__


def test_a_model_has_the_fields_that_the_service_tells() -> None:
    schema = DOCUMENT["components"]["schemas"]["ListedModel"]
    assert set(schema["properties"]) == replies.Model.__required_keys__


def _fits(path: str, shape: str) -> bool:
    parts, wanted = path.split("/"), shape.split("/")
    return len(parts) == len(wanted) and all(w.startswith("{") or w == p for p, w in zip(parts, wanted, strict=True))


def test_the_client_asks_a_service(client: Any) -> None:
    with client_through(client) as caller:
        answer = caller.forecast(1, days=3, quantiles=[0.5])["forecasts"]
        rows = [{"Store": row["Store"], "Date": row["Date"]} for row in answer]
        assert [row["Store"] for row in answer] == [1, 1, 1]
        assert caller.forecast_many(rows, quantiles=[0.5]) == answer
        stored = caller.stored_forecasts(1, days=3)
        assert stored.forecasts == caller.forecast(1, days=3)
        assert caller.stored_forecasts(1, days=3, known=stored) is stored
        assert caller.stored_forecasts(1, days=2, known=stored).etag != stored.etag
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
