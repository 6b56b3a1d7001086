"""What the service understands, as OpenAPI 3.1: the document that clients are made from and tests compare.

``python -m storecast.service.openapi`` prints it; docs/openapi.json is that, and a test compares.
"""

import json

from storecast import __version__
from storecast.service.bodies import ANY, DATE, Schema, schemas
from storecast.service.problems import KINDS, MEDIA_TYPE
from storecast.service.rules import PUBLIC, SCOPES


def document() -> Schema:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "storecast",
            "version": __version__,
            "summary": "Forecasts of the daily sales of every store of a chain.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key, as `storecast key create` makes it."}
            },
            "schemas": schemas(),
            "responses": {kind: _problem(*KINDS[kind]) for kind in KINDS},
        },
    }


def _paths() -> Schema:
    limit = _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "Rows of a page.")
    cursor = _parameter("cursor", {"type": "string"}, "`next` of the page before.")
    store = {"name": "store", "in": "path", "required": True, "schema": {"type": "string"}}
    model = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
    csv_options = [
        _parameter("model", {"type": "string"}, "With CSV: the model that is to answer."),
        _parameter("quantiles", {"type": "string"}, "With CSV: quantiles to add, such as 0.1,0.5,0.9."),
    ]
    replace = _parameter("replace", {"enum": ["true", "false"]}, "With CSV: replace rows that stand with other values.")
    once = {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]{1,128}$"},
        "description": "The same key and body within 24 hours: the same reply, and nothing is done twice.",
    }
    table: Schema = {"text/csv": {"schema": {"type": "string"}}}
    paths = {
        ("POST", "/v1/forecasts"): _route(
            "Forecasts of the days that are asked for",
            "Rows are laid over the stored calendar. With `Accept: text/csv` the reply is CSV.",
            body={**_json("ForecastRequest"), **table},
            reply={**_json("Forecasts"), **table},
            parameters=csv_options,
        ),
        ("POST", "/v1/scenarios"): _route(
            "What another calendar would change",
            "Takes minutes on a large chain.",
            body=_json("ScenarioRequest"),
            reply=_json("Changes"),
        ),
        ("GET", "/v1/stores"): _route("The stores", reply=_json("Stores"), parameters=[limit, cursor]),
        ("POST", "/v1/stores"): _route(
            "New stores in", body=_json("StoresRequest"), reply=_json("Written"), parameters=[once]
        ),
        ("GET", "/v1/stores/{store}"): _route("A store", reply=_json("Store"), parameters=[store]),
        ("GET", "/v1/stores/{store}/history"): _route(
            "A store's sales, and the calendar they were made under",
            reply=_json("History"),
            parameters=[
                store,
                _parameter("first", DATE, "The first day."),
                _parameter("last", DATE, "The last day."),
                limit,
                cursor,
            ],
        ),
        ("POST", "/v1/sales"): _route(
            "Sales of stores and days in",
            "Rows that stand already with these values change nothing. The next forecast knows them.",
            body={**_json("SalesRequest"), **table},
            reply=_json("Written"),
            parameters=[once, replace],
        ),
        ("POST", "/v1/calendar"): _route(
            "Days ahead in: openings, promotions, holidays",
            body={**_json("CalendarRequest"), **table},
            reply=_json("Written"),
            parameters=[once],
        ),
        ("GET", "/v1/accuracy"): _route(
            "Forecasts that were made, against the sales that came",
            reply=_json("Accuracy"),
            parameters=[
                _parameter("since", DATE, "The first day that counts."),
                _parameter("by", {"enum": ["model", "week", "store"]}, "What to score by."),
            ],
        ),
        ("GET", "/v1/models"): _route("The models", reply=_json("Models")),
        ("GET", "/v1/models/{model}"): _route(
            "What a model file says of itself", reply=_json("Model"), parameters=[model]
        ),
        ("POST", "/v1/models/{model}/promote"): _route(
            "Put a model into use", reply=_json("Promoted"), parameters=[model]
        ),
        ("POST", "/v1/rollback"): _route("Put the model back into use that was before", reply=_json("Promoted")),
        ("GET", "/health/live"): _route("Whether the process answers", reply=_json("Health")),
        ("GET", "/health/ready"): _route("Whether requests can be answered", reply=_json("Health")),
        ("GET", "/metrics"): _route("Metrics, for Prometheus", reply={"text/plain": {"schema": {"type": "string"}}}),
        ("GET", "/openapi.json"): _route("This document", reply={"application/json": {"schema": ANY}}),
    }
    found: dict[str, Schema] = {}
    for (method, path), route in paths.items():
        scope = SCOPES.get((method, path))
        known = ["our-mistake", "not-ready", "bad-request"] if path in PUBLIC else list(KINDS)
        problems = {str(KINDS[kind][0]): {"$ref": f"#/components/responses/{kind}"} for kind in known}
        name = f"{method.lower()}{path}".translate(str.maketrans("/", "_", "{}.")).replace("-", "_")
        extra: Schema = {"security": []} if scope is None else {"x-scope": scope}
        responses = {"200": route.pop("reply"), **dict(sorted(problems.items()))}
        found.setdefault(path, {})[method.lower()] = {"operationId": name, **route, "responses": responses, **extra}
    return found


def _route(
    summary: str,
    description: str = "",
    *,
    reply: Schema,
    body: Schema | None = None,
    parameters: list[Schema] | None = None,
) -> Schema:
    found: Schema = {"summary": summary}
    if description:
        found["description"] = description
    if parameters:
        found["parameters"] = parameters
    if body is not None:
        found["requestBody"] = {"required": True, "content": body}
    return {**found, "reply": {"description": summary, "content": reply}}


def _problem(status: int, title: str) -> Schema:
    content = {MEDIA_TYPE.decode(): {"schema": {"$ref": "#/components/schemas/Problem"}}}
    headers = {"Retry-After": {"schema": {"type": "integer"}}} if status in (429, 503) else {}
    return {"description": title, "content": content, **({"headers": headers} if headers else {})}


def _json(name: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _parameter(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def text() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(text(), end="")
