"""Strict JSON: decoded into declared types, and refused with the place and never with what was sent."""

import json
import re
from collections.abc import Hashable
from functools import cache
from typing import Any, Literal, NoReturn, TypeVar, cast, get_args, get_origin

import msgspec

from storecast import schema as s
from storecast.service.problems import Problem, invalid, unreadable

MAX_DEPTH = 8  # objects and arrays inside one another
MAX_CHECKED_FOR_DOUBLES = 64 * 1024  # bytes: in larger bodies the last of two equal names counts
CELLS_PER_ROW = 16  # at most
_PLACE = re.compile(r"(?: - at `\$(?P<place>.*)`)?$")

T = TypeVar("T")


def check_size(body: bytes, max_rows: int) -> None:
    """Refuse a body that holds more rows than are allowed, before any is made.

    Each row is an object of its own or, in columns, a value of each; both are bounded by what separates them.
    """
    if body.count(b"{") > max_rows + 1000 or body.count(b",") + body.count(b"[") > (max_rows + 100) * CELLS_PER_ROW:
        raise too_many(max_rows)


def too_many(max_rows: int) -> Problem:
    """Return the refusal of a request with too many rows."""
    return Problem("too-large", f"The request holds too many rows; at most {max_rows:,} are read. Send it in parts.")


def decode(body: bytes, kind: type[T]) -> T:
    """Decode a whole body.

    Raises
    ------
    Problem
        it is no JSON (400), or not of the kind (422)
    """
    if len(body) <= MAX_CHECKED_FOR_DOUBLES:
        try:
            json.loads(body, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise unreadable("The body is not JSON in UTF-8, or is nested too deeply.") from error
    return decode_part(body, kind, "")


def decode_part(part: bytes | msgspec.Raw, kind: type[T], where: str) -> T:
    """Decode a part of a body.

    Parameters
    ----------
    where : the name of the part, for the places of refusals; empty: the whole body
    """
    try:
        value: T = _decoder(cast("Hashable", kind)).decode(part)
    except msgspec.ValidationError as error:
        _check_json(bytes(part))
        refuse(error, where, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    return value


def refuse(error: msgspec.ValidationError, where: str, kind: Any) -> NoReturn:
    """Refuse what is not of its kind: the place from msgspec, the words from the declared columns.

    Parameters
    ----------
    error : of msgspec
    where : place of the value in the body
    kind : type that was expected
    """
    message = str(error)
    match = _PLACE.search(message)
    place = (match["place"] if match and match["place"] else "").lstrip(".")
    name = re.split(r"[.\[]", place)[0] if not place.startswith("[") else place.rpartition(".")[2]
    if where == "columns" and "[" in place:  # a value of a column is told as one of its row
        place, where = f"{place[place.index('[') :]}.{name}", "rows"
    joint = "" if place.startswith("[") or not place else "."
    full = f"{where}{joint}{place}" if where else name
    if "unknown field" in message:
        what = f"has an unknown field; expected {', '.join(_fields(kind))}"
    elif name in s.BY_NAME:
        what = f"expected {s.BY_NAME[name].expected}"
    elif choices := _choices(kind, name):
        what = f"expected one of {', '.join(choices)}"
    elif "RFC3339" in message:
        what = "expected a date such as 2015-06-14"
    elif message.startswith(("Expected", "Object missing")):
        what = message[: match.start()] if match else message
        what = what[0].lower() + what[1:].replace("`", "").partition(", got")[0].replace(" int", " a whole number")
    else:
        what = "expected another value"
    raise invalid(full or "body", what) from error


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _fields(kind: Any) -> tuple[str, ...]:
    """Return the names of the fields of a struct, or of the structs in a list."""
    struct = kind.__args__[0] if hasattr(kind, "__args__") else kind
    return tuple(struct.__struct_encode_fields__)


def _choices(kind: Any, name: str) -> tuple[str, ...]:
    """Return the texts that a field may be; none where it may be others."""
    named = [each.type for each in msgspec.structs.fields(kind) if each.name == name] if isinstance(kind, type) else []
    return get_args(named[0]) if named and get_origin(named[0]) is Literal else ()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise unreadable("An object of the body has a name twice; expected each name once.")
    return names


def _check_json(part: bytes) -> None:
    """Refuse what is no JSON, or nested too deeply, before what it says is refused."""
    try:
        value = msgspec.json.decode(part)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    if _deeper(value, MAX_DEPTH):
        raise unreadable(
            f"The body is nested too deeply; expected at most {MAX_DEPTH} objects and arrays in one another."
        )


def _deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and (levels == 0 or any(_deeper(each, levels - 1) for each in inner))


def _unreadable(error: Exception) -> Problem:
    byte = re.search(r"\(byte \d+\)", str(error))
    return unreadable(f"The body is not JSON in UTF-8{': ' + byte[0] if byte else ''}. Numbers must be finite.")
