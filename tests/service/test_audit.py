"""Every route that writes leaves an entry in the audit: it goes through one of the doors that make one with the write."""

import inspect
from types import CodeType, FunctionType
from typing import Any

import pytest

from storecast.service.route import Route
from storecast.service.routes import ROUTES

DOORS = {"write_once", "put_into_use", "audit"}
WRITING = [route for route in ROUTES if route.scope in ("write", "admin") and route.method != "GET"]


def names_in(code: CodeType) -> set[str]:
    inner = [names_in(each) for each in code.co_consts if isinstance(each, CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*inner)


def called_by(function: Any, seen: set[str]) -> set[str]:
    """Return the names that a function uses, and those of the functions of its module that it calls."""
    function = inspect.unwrap(function)
    names = names_in(function.__code__)
    for name in names - seen:
        other = function.__globals__.get(name)
        if isinstance(other, FunctionType) and other.__module__ == function.__module__:
            seen.add(name)
            names |= called_by(other, seen)
    return names


@pytest.mark.parametrize("route", WRITING, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_that_writes_leaves_an_entry_in_the_audit(route: Route) -> None:
    assert DOORS & called_by(route.endpoint, set())


def test_a_key_that_only_forecasts_writes_nothing() -> None:
    others = {route.path for route in ROUTES if route.method != "GET"} - {route.path for route in WRITING}
    assert others == {
        "/v1/forecasts",
        "/v1/scenarios",
        "/v1/jobs/{job}",
        "/v2/models/{model}/infer",
        "/v2/models/{model}/versions/{version}/infer",
    }
