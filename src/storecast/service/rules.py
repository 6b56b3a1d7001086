"""Every route, and the scope that a key needs for it: two literal lists.

A route that stands in neither is refused when the service is built, so that nothing is open by oversight.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PUBLIC = ("/health/live", "/health/ready")  # to be asked without a key

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/metrics"): "read",
    ("GET", "/openapi.json"): "read",
    ("POST", "/v1/forecasts"): "forecast",
    ("POST", "/v1/scenarios"): "forecast",
    ("GET", "/v1/stores"): "read",
    ("POST", "/v1/stores"): "write",
    ("GET", "/v1/stores/{store}"): "read",
    ("GET", "/v1/stores/{store}/history"): "read",
    ("POST", "/v1/sales"): "write",
    ("POST", "/v1/calendar"): "write",
    ("GET", "/v1/accuracy"): "read",
    ("GET", "/v1/models"): "read",
    ("GET", "/v1/models/{model}"): "read",
    ("POST", "/v1/models/{model}/promote"): "admin",
    ("POST", "/v1/rollback"): "admin",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A route and what it asks for; no scope: it is public."""

    method: str
    path: str
    scope: str | None


class Rules:
    """The rule of each request."""

    def __init__(self) -> None:
        every = [Rule("GET", path, None) for path in PUBLIC]
        every += [Rule(method, path, scope) for (method, path), scope in SCOPES.items()]
        self._plain = {(rule.method, rule.path): rule for rule in every if "{" not in rule.path}
        self._shaped = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", rule.path)), rule) for rule in every if "{" in rule.path
        ]

    def find(self, method: str, path: str) -> Rule | None:
        """Return the rule of a request; None where there is no such route."""
        rule = self._plain.get((method, path))
        if rule is not None:
            return rule
        return next((rule for shape, rule in self._shaped if rule.method == method and shape.fullmatch(path)), None)

    def methods(self, path: str) -> list[str]:
        """Return the methods of a path."""
        return sorted({method for method in ("GET", "POST") if self.find(method, path)})

    def check(self, routes: Iterable[Any]) -> None:
        """Refuse to build a service that has a route without a rule: our own mistake."""
        there = {(rule.method, rule.path) for rule in (*self._plain.values(), *(rule for _, rule in self._shaped))}
        found = {(method, route.path) for route in routes for method in route.methods}
        assert found == there, f"routes and rules differ: {sorted(found ^ there)}"


RULES = Rules()
