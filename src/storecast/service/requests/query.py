"""Parameters of an address, each endpoint's declared as a struct, and cursors: where a page ended, as a text that only we read."""

import base64
import binascii
from typing import Annotated, Any, TypeVar

import msgspec
import orjson
from msgspec import Meta, Struct
from starlette.requests import Request

from storecast.service.problems import invalid
from storecast.service.requests.decode import refuse

MOST_DIGITS = 18  # of a number that fits into the database


class Query(Struct, forbid_unknown_fields=True):
    """The parameters of a query; here, none. They are declared without None, which no address can say."""


class Page(Query, kw_only=True):
    """Which page of a list."""

    limit: Annotated[int, Meta(ge=1, description="Rows of a page.", extra_json_schema={"maximum": "page_limit"})] = 100
    cursor: Annotated[str, Meta(description="`next` of the page before.")] = ""

    def check_limit(self, largest: int) -> int:
        """Return the limit; refuse more than a page may hold."""
        if self.limit > largest:
            raise invalid("query.limit", f"expected a whole number from 1 to {largest}")
        return self.limit


Q = TypeVar("Q", bound=Query)


def read_query(request: Request, kind: type[Q]) -> Q:
    """Return the parameters of a request's address, each at most once and none unknown.

    Parameters
    ----------
    request : whose address is read
    kind : struct that declares the parameters

    Raises
    ------
    Problem
        where a parameter is unknown, stands twice or has another value than declared
    """
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in values:
            raise invalid(f"query.{name}", "stands twice; expected once")
        values[name] = value
    try:
        query = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        refuse(error, "query", kind)
    for name, text in values.items():
        if type(getattr(query, name)) is int and not (text.isascii() and text.isdigit()):  # 1e3 is one to msgspec
            raise invalid(f"query.{name}", "expected a whole number in digits")
    return query


def whole_number(text: str) -> int | None:
    """Read a number in digits, as it stands in an address; None where it is none, or larger than any that is given out.

    Examples
    --------
    >>> whole_number("12"), whole_number("1e3"), whole_number("9" * 19)
    (12, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def cursor_at(place: Any) -> str:
    """Return a cursor for a place: a store's id, or a date."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def place_of(text: str, kind: type) -> Any:
    """Return the place of a cursor.

    Parameters
    ----------
    text : the cursor
    kind : that the place has: int or str
    """
    try:
        place = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise invalid("query.cursor", "is not valid; take it from `next` of the page before") from error
    if type(place) is not kind:
        raise invalid("query.cursor", "belongs to another list; take it from `next` of the page before")
    return place
