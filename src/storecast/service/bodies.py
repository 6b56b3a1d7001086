"""The bodies of requests and replies, as JSON Schema: what `openapi` refers to by name."""

from typing import Any

from storecast import schema as s
from storecast.config import LEVELS, MAX_HORIZON, MAX_NEW_STORES, MAX_QUANTILE, MAX_QUANTILES, MIN_QUANTILE
from storecast.service.table import MOST_ID

Schema = dict[str, Any]

DATE: Schema = {"type": "string", "format": "date", "examples": ["2015-06-14"]}
STORE: Schema = {
    "oneOf": [{"type": "integer", "minimum": 0, "maximum": s.MAX_STORE_ID}, {"type": "string", "minLength": 1}]
}
STORE["description"] = "The id of a store: a whole number, or a text where the chain's ids are text."
TEXT: Schema = {"type": ["string", "null"], "maxLength": s.MAX_TEXT_LENGTH}
FLAG: Schema = {"enum": [0, 1, None]}
MONEY: Schema = {"type": "number", "description": "Money, with two decimals."}
COUNT: Schema = {"type": "integer", "minimum": 0}
ANY: Schema = {"type": "object", "additionalProperties": True}


def schemas() -> Schema:
    """Return each body by its name."""
    days: Schema = {
        s.OPEN: {**FLAG, "description": "1 where the store opens; without it, as stored."},
        s.PROMO: FLAG,
        s.STATE_HOLIDAY: {"enum": [*s.STATE_HOLIDAYS, None], "description": "0 none, a public, b Easter, c Christmas."},
        s.SCHOOL_HOLIDAY: FLAG,
    }
    keys: Schema = {s.STORE: STORE, s.DATE: DATE}
    row = {
        **keys,
        **days,
        s.ID: {"oneOf": [{"type": "integer"}, {"type": "string", "maxLength": MOST_ID}, {"type": "null"}]},
        s.DAY_OF_WEEK: {
            "type": "integer",
            "minimum": 1,
            "maximum": 7,
            "description": "Must agree with Date: 1 is Monday.",
        },
    }
    attributes: Schema = {
        s.STORE: STORE,
        s.STORE_TYPE: TEXT,
        s.ASSORTMENT: TEXT,
        s.COMPETITION_DISTANCE: {"type": ["number", "null"], "minimum": 0, "maximum": s.MAX_METRES},
        s.COMPETITION_SINCE: {"type": ["string", "null"], "format": "date"},
        s.PROMO2: FLAG,
        s.PROMO2_SINCE: {"type": ["string", "null"], "format": "date"},
        s.PROMO_INTERVAL: {"type": ["string", "null"], "examples": ["Jan,Apr,Jul,Oct"]},
        s.STATE: TEXT,
    }
    bounds = [name for level in LEVELS for name in s.bound_columns(level)]
    percent = {"type": "number", "minimum": MIN_QUANTILE, "maximum": MAX_QUANTILE, "multipleOf": 0.01}
    options: Schema = {
        "model": {"type": "string", "description": "The name of a model; without it, the promoted one."},
        "quantiles": {"type": "array", "items": percent, "minItems": 1, "maxItems": MAX_QUANTILES, "uniqueItems": True},
        "totals": {"type": "boolean", "description": "Add sums over weeks and the whole span, with intervals."},
        "explain": {"type": "boolean", "description": "Add what each forecast is made of."},
        "stores": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/NewStore"},
            "maxItems": MAX_NEW_STORES,
            "description": "What is known of stores that the chain does not hold: they get a forecast, a less certain one.",
        },
    }
    sale = {
        s.SALES: {"type": "number", "minimum": 0, "maximum": s.MAX_MONEY},
        s.CUSTOMERS: {"type": ["number", "null"], "minimum": 0},
    }
    replace = {"replace": {"type": "boolean", "description": "Replace rows that stand with other values."}}
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
    span = {"store": STORE, "start": DATE, "days": {"type": "integer", "minimum": 1, "maximum": MAX_HORIZON}}
    layout = {"layout": {"enum": ["rows", "columns"]}}
    own: Schema = {"description": "The chain's own known-ahead columns may stand here too."}
    return {
        "Day": _object(row, s.STORE, s.DATE, **own),
        "NewStore": _object(attributes, s.STORE),
        "Sale": _object({**keys, **sale, **days}, s.STORE, s.DATE, s.SALES, **own),
        "CalendarDay": _object({**keys, **days}, s.STORE, s.DATE, **own),
        "ForecastRequest": {
            "oneOf": [
                _object({"rows": _rows("Day"), **options, **layout}, "rows"),
                _object({"columns": _columns(row), **options, **layout}, "columns"),
                _object({**span, **options, **layout}, "store"),
            ]
        },
        "ScenarioRequest": {"oneOf": _either("Day", row, {"model": _str()})},
        "SalesRequest": {"oneOf": _either("Sale", {**keys, **sale, **days}, replace)},
        "CalendarRequest": {"oneOf": _either("CalendarDay", {**keys, **days}, {})},
        "StoresRequest": {"oneOf": _either("NewStore", attributes, replace)},
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
            "properties": {s.ID: row[s.ID], **keys, s.FORECAST: MONEY, **dict.fromkeys(bounds, MONEY)},
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


def _rows(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}, "minItems": 1, "maxItems": "row_limit"}


def _columns(row: Schema) -> Schema:
    columns = {
        name: {"type": "array", "items": schema, "minItems": 1, "maxItems": "row_limit"} for name, schema in row.items()
    }
    return _object(columns, s.STORE, description="A list for each column, all of one length.")


def _either(name: str, row: Schema, options: Schema) -> list[Schema]:
    return [
        _object({"rows": _rows(name), **options}, "rows"),
        _object({"columns": _columns(row), **options}, "columns"),
    ]


def _str() -> Schema:
    return {"type": "string"}
