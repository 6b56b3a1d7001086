"""The bodies of requests and replies, as JSON Schema: what `openapi` refers to by name."""

from typing import Any

import msgspec

from storecast import schema as s
from storecast.config import LEVELS
from storecast.service.requests.bodies import MAX_NEW_STORES, ForecastRequest, RowsBody, ScenarioRequest, WriteRequest
from storecast.service.requests.rows import RowType, calendar_rows, day_rows, sale_rows, store_rows

Schema = dict[str, Any]

DATE: Schema = {"type": "string", "format": "date", "examples": ["2015-06-14"]}
STORE: Schema = {
    "oneOf": [{"type": "integer", "minimum": 0, "maximum": s.MAX_STORE_ID}, {"type": "string", "minLength": 1}]
}
STORE["description"] = "The id of a store: a whole number, or a text where the chain's ids are text."
TEXT: Schema = {"type": ["string", "null"], "maxLength": s.MAX_TEXT_LENGTH}
NEW_STORES = "What is known of stores that the chain does not hold: they get a forecast, a less certain one."
MONEY: Schema = {"type": "number", "description": "Money, with two decimals."}
COUNT: Schema = {"type": "integer", "minimum": 0}
ANY: Schema = {"type": "object", "additionalProperties": True}


def schemas() -> Schema:
    """Return each body by its name."""
    requests = request_schemas()
    attributes = requests["NewStore"]["properties"]
    keys: Schema = {s.STORE: STORE, s.DATE: DATE}
    bounds = [name for level in LEVELS for name in s.bound_columns(level)]
    total = {
        "Level": _str(),
        "Key": _str(),
        "Start": DATE,
        "End": DATE,
        s.FORECAST: MONEY,
        **dict.fromkeys(bounds, MONEY),
    }
    change = dict.fromkeys(("Stored", "Scenario", "Difference", *bounds), MONEY)
    scores = {
        name: {"type": ["number", "null"]} for name in ("rmspe", "wape", "bias", *(f"coverage{n}" for n in LEVELS))
    }
    share: Schema = {"type": "number"}
    alert = {
        "model": _str(),
        "what": {**_str(), "description": "A figure, such as coverage80, or drift of an input."},
        "value": share,
        **{bound: {**share, "description": "Of its band."} for bound in ("low", "high")},
        "since": DATE,
        "last": DATE,
        "days": COUNT,
        "advice": {"enum": ["retrain", "wait"]},
        "reason": _str(),
    }
    answered = {"model": _str(), "cutoff": DATE}
    page = {"next": {"type": ["string", "null"], "description": "Cursor of the next page; null: this is the last."}}
    return requests | {
        "Forecasts": _object(
            {
                **answered,
                "assumed": {
                    "type": "array",
                    "items": _object(keys, s.STORE, s.DATE),
                    "description": "Days that rest on a calendar that was worked out: their own, or one within a week.",
                },
                "forecasts": {"oneOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Forecast"}}, ANY]},
                "totals": {"type": "array", "items": _object(total, "Level", "Key", "Start", "End", s.FORECAST)},
                "explanations": {"type": "array", "items": ANY},
            },
            "model",
            "cutoff",
            "assumed",
            "forecasts",
        ),
        "Forecast": {
            "type": "object",
            "properties": {
                s.ID: requests["Day"]["properties"][s.ID],
                **keys,
                s.FORECAST: MONEY,
                **dict.fromkeys(bounds, MONEY),
            },
            "required": [s.STORE, s.DATE, s.FORECAST, *bounds],
            "patternProperties": {"^Q[0-9]{2}$": MONEY},
        },
        "Changes": _object(
            {
                **answered,
                "changes": {
                    "type": "array",
                    "items": _object({"Level": _str(), "Key": _str(), "Start": DATE, "End": DATE, **change}, "Level"),
                },
            },
            "model",
            "cutoff",
            "changes",
        ),
        "Store": {**_object(attributes, s.STORE), "description": "What is known of a store."},
        "Stores": _object(
            {"stores": {"type": "array", "items": {"$ref": "#/components/schemas/Store"}}, **page}, "stores", "next"
        ),
        "History": _object({"history": {"type": "array", "items": ANY}, **page}, "history", "next"),
        "Written": _object(
            {
                "inserted": {**COUNT, "description": "Rows that were new."},
                "replaced": {**COUNT, "description": "Rows that stood with other values."},
                "same": {**COUNT, "description": "Rows that stood already with these values."},
                "version": {**COUNT, "description": "Of the chain after it."},
            },
            "inserted",
            "replaced",
            "same",
            "version",
        ),
        "Accuracy": _object(
            {
                "by": _str(),
                "accuracy": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {s.MODEL: _str(), "Rows": COUNT, "First": DATE, "Last": DATE, **scores},
                        "required": ["Rows", "First", "Last", *scores],
                    },
                },
                "alerts": {"type": "array", "items": _object(alert, *alert)},
            },
            "by",
            "accuracy",
            "alerts",
        ),
        "Models": _object(
            {
                "models": {
                    "type": "array",
                    "items": _object(
                        {
                            "name": _str(),
                            "promoted": {"type": "boolean"},
                            "serving": {"type": "boolean"},
                            "valid": {"type": "boolean"},
                            "bytes": COUNT,
                            "kind": {"type": ["string", "null"]},
                            "cutoff": {"type": ["string", "null"], "format": "date"},
                        },
                        "name",
                        "promoted",
                        "serving",
                        "valid",
                    ),
                }
            },
            "models",
        ),
        "Model": {
            "type": "object",
            "properties": {"name": _str(), "kind": _str(), "cutoff": DATE},
            "required": ["name"],
        },
        "Promoted": _object(
            {
                "model": _str(),
                "before": _str(),
                "serving": {"type": "boolean", "description": "Whether it answers already."},
            },
            "model",
            "before",
            "serving",
        ),
        "Health": _object({"status": _str()}, "status"),
        "Problem": {
            "type": "object",
            "properties": {
                "type": _str(),
                "title": _str(),
                "status": {"type": "integer"},
                "detail": _str(),
                "errors": {"type": "array", "items": _object({"where": _str(), "what": _str()}, "where", "what")},
                "request": {"type": "string", "description": "The id of the request, as in the log."},
            },
            "required": ["type", "title", "status", "detail"],
        },
    }


def _object(properties: Schema, *required: str, **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def request_schemas() -> Schema:
    """Return the schemas of request bodies and their rows, from the types that decode them."""
    bodies: dict[str, tuple[type[RowsBody], RowType]] = {
        "ForecastRequest": (ForecastRequest, day_rows()),
        "ScenarioRequest": (ScenarioRequest, day_rows()),
        "SalesRequest": (WriteRequest, sale_rows()),
        "CalendarRequest": (RowsBody, calendar_rows()),
        "StoresRequest": (WriteRequest, store_rows()),
    }
    rows = {each.struct.__name__: each for _, each in bodies.values()}
    structs = [struct for each in rows.values() for struct in (each.struct, each.columns_struct)]
    _, schemas = msgspec.json.schema_components(
        [body for body, _ in bodies.values()] + structs, ref_template="#/components/schemas/{name}"
    )
    reply_schemas: Schema = {name: schemas[name] for struct in structs if (name := struct.__name__)}
    for name, (body, kind) in bodies.items():
        schema = schemas[body.__name__]
        own: Schema = {
            "rows": {**_list_of(kind.struct.__name__), "minItems": 1, "maxItems": "row_limit"},
            "columns": {"$ref": f"#/components/schemas/{kind.columns_struct.__name__}"},
        }
        if "stores" in schema["properties"]:
            own["stores"] = {**_list_of("NewStore"), "maxItems": MAX_NEW_STORES, "description": NEW_STORES}
        reply_schemas[name] = {**schema, "properties": {**schema["properties"], **own}, **body.schema_extra}
    return reply_schemas


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _str() -> Schema:
    return {"type": "string"}
