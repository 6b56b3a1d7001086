"""What the service understands, as OpenAPI 3.1: the document that clients are made from and tests compare.

``python -m storecast.service.openapi`` prints it; docs/openapi.json is that, and a test compares.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec

from storecast import __version__
from storecast.config import MAX_NEW_STORES
from storecast.docstrings import described
from storecast.service.as_job import PREFER
from storecast.service.problems import KINDS, MEDIA_TYPE, ProblemDetails
from storecast.service.replies import Forecast, JobState
from storecast.service.requests.bodies import RowsBody
from storecast.service.requests.query import Query
from storecast.service.requests.rows import store_rows
from storecast.service.route import JSON, XLSX, Route
from storecast.service.routes import ROUTES
from storecast.service.settings import Settings

Schema = dict[str, Any]

ANY: Schema = {"type": "object", "additionalProperties": True}
NEW_STORES = "What is known of stores that the chain does not hold: they get a forecast, a less certain one."
REFERENCE = "#/components/schemas/{name}"
_TEXT: Schema = {"type": "string"}
_BYTES: Schema = {"type": "string", "format": "binary"}
_STARTED: Schema = {
    "description": "A job works on it.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Its address."}},
    "content": {JSON: {"schema": {"$ref": REFERENCE.format(name=JobState.__name__)}}},
}
_CSV: Schema = {"text/csv": {"schema": _TEXT}}


def document(routes: Sequence[Route], settings: Settings) -> Schema:
    """Return the document.

    Parameters
    ----------
    routes : of the service
    settings : whose limits the document states
    """
    openapi: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "storecast",
            "version": __version__,
            "summary": "Forecasts of the daily sales of every store of a chain.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"key": []}],
        "paths": _paths(routes),
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key, as `storecast key create` makes it."}
            },
            "schemas": _schemas(routes),
            "responses": {kind: _problem(*KINDS[kind]) for kind in KINDS},
        },
    }
    return cast("Schema", _with_limits(openapi, settings))


def _paths(routes: Iterable[Route]) -> Schema:
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return paths


def _operation(route: Route) -> Schema:
    name = f"{route.method.lower()}{route.path}".translate(str.maketrans("/", "_", "{}.")).replace("-", "_")
    operation: Schema = {"operationId": name, "summary": route.summary}
    if route.description:
        operation["description"] = route.description
    path_parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in route.path_parameters
    ]
    headers = (*route.headers, *((PREFER,) if route.job else ()))
    if parameters := [*path_parameters, *_query_parameters(route.query), *headers]:
        operation["parameters"] = parameters
    if route.body is not None:
        content = {"application/json": _reference(route.body.__name__), **(_CSV if route.csv else {})}
        operation["requestBody"] = {"required": True, "content": content}
    elif route.body_type != JSON:
        operation["requestBody"] = {"required": True, "content": {route.body_type: {"schema": _BYTES}}}
    other = {"schema": ANY if route.reply_type == JSON else _BYTES if route.reply_type == XLSX else _TEXT}
    reply = _reference(route.reply.__name__) if route.reply else other
    content = {route.reply_type: reply, **(_CSV if route.csv_reply else {})}
    kinds = list(KINDS) if route.scope else ["our-mistake", "not-ready", "bad-request"]
    problems = {str(KINDS[kind][0]): {"$ref": f"#/components/responses/{kind}"} for kind in kinds}
    operation["responses"] = {
        "200": {"description": route.summary, "content": content},
        **({"202": _STARTED} if route.job else {}),
        **({"304": {"description": "Nothing has changed."}} if _has_tag(route) else {}),
        **dict(sorted(problems.items())),
    }
    return {**operation, **({"x-scope": route.scope} if route.scope else {"security": []})}


def _has_tag(route: Route) -> bool:
    return any(header["name"] == "If-None-Match" for header in route.headers)


def _schemas(routes: Iterable[Route]) -> Schema:
    """Return each body by its name, from the types that decode and encode it."""
    bodies = list(dict.fromkeys(route.body for route in routes if route.body is not None))
    replies = list(dict.fromkeys(route.reply for route in routes if route.reply is not None))
    with_rows = [body for body in bodies if issubclass(body, RowsBody)]
    row_types = [body.row_type() for body in with_rows]
    rows = [struct for each in row_types for struct in (each.struct, each.columns_struct)]
    _, schemas = msgspec.json.schema_components(
        [*bodies, *rows, *replies, Forecast, ProblemDetails], ref_template=REFERENCE
    )
    for body, row_type in zip(with_rows, row_types, strict=True):
        schema = schemas[body.__name__]
        schema["properties"]["rows"] = {**_list_of(row_type.struct.__name__), "minItems": 1, "maxItems": "row_limit"}
        schema["properties"]["columns"] = {"$ref": REFERENCE.format(name=row_type.columns_struct.__name__)}
        if "stores" in schema["properties"]:
            limits = {"maxItems": MAX_NEW_STORES, "description": NEW_STORES}
            schema["properties"]["stores"] = {**_list_of(store_rows().struct.__name__), **limits}
        schemas[body.__name__] |= body.schema_extra
    schemas[Forecast.__name__] |= Forecast.schema_extra
    for schema in schemas.values():
        if "description" in schema:
            schema["description"], attributes = described(schema["description"], "Attributes")
            for name in attributes.keys() & schema.get("properties", {}).keys():
                meaning = attributes[name].replace("None", "null")
                schema["properties"][name].setdefault("description", meaning[0].upper() + meaning[1:])
    return schemas


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": REFERENCE.format(name=name)}}


def _query_parameters(query: type[Query]) -> list[Schema]:
    _, components = msgspec.json.schema_components([query])
    parameters = []
    for name, schema in components[query.__name__]["properties"].items():
        description = schema.pop("description", "")
        parameters.append({"name": name, "in": "query", "schema": schema, "description": description})
    return parameters


def _with_limits(schema: Any, settings: Settings) -> Any:
    """Put the numbers of settings where a schema names a setting for its ``maximum`` or ``maxItems``."""
    if isinstance(schema, list):
        return [_with_limits(item, settings) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        name: getattr(settings, value)
        if name in ("maximum", "maxItems") and isinstance(value, str)
        else _with_limits(value, settings)
        for name, value in schema.items()
    }


def _problem(status: int, title: str) -> Schema:
    content = {MEDIA_TYPE.decode(): {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    headers = {"Retry-After": {"schema": {"type": "integer"}}} if status in (429, 503) else {}
    return {"description": title, "content": content, **({"headers": headers} if headers else {})}


def _reference(name: str) -> Schema:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def text() -> str:
    """Return the document as it is committed, with the limits that hold by default."""
    return json.dumps(document(ROUTES, Settings()), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(text(), end="")
