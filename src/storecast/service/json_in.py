"""JSON read strictly: what two readers could understand differently is refused.

No NaN and no number beyond double precision, no lone surrogate, UTF-8 alone, no name twice in an object, no deep nesting.
"""

import json
from typing import Any

import orjson

from storecast.service.problems import Problem, unreadable

DEEPEST = 8  # objects and arrays inside one another
CELLS = 16  # values of a row, at the most


def check_size(body: bytes, rows: int) -> None:
    """Refuse a body that holds more rows than are allowed, before any is built.

    Each row is an object of its own or, in columns, a value of each; both are bounded by what separates them.
    """
    if body.count(b"{") > rows + 1000 or body.count(b",") + body.count(b"[") > (rows + 100) * CELLS:
        raise too_many(rows)


def too_many(rows: int) -> Problem:
    """Return the refusal of a request with too many rows."""
    return Problem("too-large", f"The request holds too many rows; at most {rows:,} are read. Send it in parts.")


def read(body: bytes) -> Any:
    """Read a body.

    Raises
    ------
    Problem
        where it is no JSON, or not strictly so
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise unreadable(
            f"The body is not JSON in UTF-8: line {error.lineno}, column {error.colno} cannot be read. Numbers must be finite."
        ) from error
    _check_names(body, value)
    return value


def _check_names(body: bytes, value: Any) -> None:
    """Refuse a name that stands twice in one object: whoever reads takes the first or the last.

    Every colon of a body is one after a name, or lies inside a text. Without escapes, names that were dropped when it was read
    show as colons that are missing; only then, or with escapes, is it read again by the slow way that sees every name.
    """
    if body.count(b":") == _colons(value) and b"\\" not in body:
        return
    json.loads(body, object_pairs_hook=_once)


def _colons(value: Any) -> int:
    """Return the colons that a value is written with; refuse what is nested too deeply."""
    total, level = 0, [value]
    for _ in range(DEEPEST + 1):
        deeper: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                total += len(item)
                for name, inner in item.items():
                    if ":" in name:
                        total += name.count(":")
                    if type(inner) is str:
                        total += inner.count(":")
                    elif type(inner) is dict or type(inner) is list:
                        deeper.append(inner)
            elif kind is list:
                for inner in item:
                    if type(inner) is str:
                        total += inner.count(":")
                    elif type(inner) is dict or type(inner) is list:
                        deeper.append(inner)
            elif kind is str:
                total += item.count(":")
        if not deeper:
            return total
        level = deeper
    raise _too_deep()


def _too_deep() -> Problem:
    return unreadable(
        f"The body is nested too deeply; expected at most {DEEPEST} objects and arrays inside one another."
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise unreadable("An object of the body has a name twice; expected each name once.")
    return found
