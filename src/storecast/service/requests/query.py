"""Parameters of an address, and cursors: where a page ended, told as a text that only we read."""

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from starlette.requests import Request

from storecast.service.problems import invalid


def query_parameter(name: str, schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    """Describe a parameter of a query for the OpenAPI document.

    Parameters
    ----------
    name : of the parameter
    schema : JSON schema of its value
    description : one sentence
    """
    return {"name": name, "in": "query", "schema": schema, "description": description}


def parameters(request: Request, allowed: Collection[str] = ()) -> dict[str, str]:
    """Return the parameters of a request's address, each at most once and none unknown."""
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            raise invalid("query", f"has an unknown parameter; expected {', '.join(allowed) or 'none'}")
        if name in values:
            raise invalid(f"query.{name}", "stands twice; expected once")
        values[name] = value
    return values


def whole_number(given: dict[str, str], name: str, default: int, low: int, high: int) -> int:
    """Return a parameter that is a whole number.

    Parameters
    ----------
    given : parameters of the query
    name : of this one
    default : where it is not given
    low, high : bounds
    """
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise invalid(f"query.{name}", f"expected a whole number from {low} to {high}")
    return int(text)


def cursor(place: Any) -> str:
    """Return a cursor for a place: a store's id, or a date."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def place_of(text: str, kind: type) -> Any:
    """Return the place of a cursor.

    Parameters
    ----------
    kind : that the place has: int or str
    """
    try:
        place = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise invalid("query.cursor", "is none of ours; take it from `next` of the page before") from error
    if type(place) is not kind:
        raise invalid("query.cursor", "is none of this list; take it from `next` of the page before")
    return place
