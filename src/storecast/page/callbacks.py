"""Callbacks, checked before Dash reads them: Dash takes what it is sent for what it has declared, and fails where it is not.

What passes is written anew, so that Dash reads what was checked and nothing else.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from dash._utils import stringify_id
from msgspec import Meta, Struct

from storecast.page.dash_app import dash_app
from storecast.service.problems import unreadable

PATTERN = '["ALL"]'  # in the id of an input that stands for several
MAX_WHOLE = 2**53
TYPES: dict[str, Any] = {  # of the values that every view relies on
    "url.pathname": str | None,
    "url.search": str | None,
    "written.data": int | None,
    "preferences.data": dict[str, Any] | None,
    "entries.data": dict[str, Any] | None,
}


class _Output(Struct):
    """One output of a callback, as Dash sends it."""

    id: str | dict[str, Any]
    property: str


class _Value(_Output):
    """One input of a callback, as Dash sends it."""

    value: Any = None


_Values = list[_Value | list[_Value]]


class _Callback(Struct):
    """The body of a callback, as far as Dash relies on it."""

    output: Annotated[str, Meta(min_length=1)]
    outputs: _Output | list[_Output]
    inputs: _Values
    changedPropIds: list[str]  # noqa: N815 - as Dash names it
    state: _Values = []


_DECODER = msgspec.json.Decoder(_Callback)


def read_callback(body: bytes) -> bytes:
    """Return a callback as Dash is to read it.

    Parameters
    ----------
    body : as the browser sent it

    Raises
    ------
    Problem
        where it is no JSON, lacks what Dash relies on, is none that the service answers, or has other inputs, outputs or types
    """
    try:
        callback = _DECODER.decode(body)
        known = dash_app().callback_map.get(callback.output, {})
        if "callback" not in known or not _is_as_declared(callback, known):
            raise unreadable("The page has no such callback. Load the page again.")
        for each in (*callback.inputs, *callback.state):
            if isinstance(each, _Value):
                msgspec.convert(each.value, TYPES.get(_place(each), Any))
                if _holds_huge_number(each.value):
                    raise unreadable("A number of the callback is none that a browser sends. Load the page again.")
        return msgspec.json.encode(callback)
    except (msgspec.DecodeError, RecursionError) as error:  # a ValidationError is a DecodeError
        raise unreadable("The body is no callback of this page. Load the page again.") from error


def _holds_huge_number(value: Any) -> bool:
    """Say whether a whole number is larger than those that JavaScript counts with: what is returned of it could not be written."""
    if isinstance(value, dict):
        return any(map(_holds_huge_number, value.values()))
    if isinstance(value, list):
        return any(map(_holds_huge_number, value))
    return isinstance(value, int) and abs(value) > MAX_WHOLE


def _is_as_declared(callback: _Callback, known: Mapping[str, Any]) -> bool:
    several = callback.output.startswith("..")
    declared = callback.output[2:-2].split("...") if several else [callback.output]
    outputs = callback.outputs if isinstance(callback.outputs, list) else [callback.outputs]
    places = [_place(each) for each in outputs]
    sent = {_place(value) for each in callback.inputs for value in (each if isinstance(each, list) else [each])}
    return (
        several == isinstance(callback.outputs, list)
        and [place.partition("@")[0] for place in places] == [place.partition("@")[0] for place in declared]
        and _fit(callback.inputs, known["inputs"])
        and _fit(callback.state, known["state"])
        and sent.issuperset(callback.changedPropIds)
    )


def _fit(values: _Values, declared: list[Mapping[str, str]]) -> bool:
    """Say whether values are those of declared inputs; where one is a pattern, any number of its property."""
    return len(values) == len(declared) and all(
        PATTERN in one["id"] and all(each.property == one["property"] for each in value)
        if isinstance(value, list)
        else _place(value) == f"{one['id']}.{one['property']}"
        for value, one in zip(values, declared, strict=True)
    )


def _place(value: _Output) -> str:
    """Return the id and the property in one text, as in changedPropIds."""
    return f"{stringify_id(value.id)}.{value.property}"
