"""Routes: each declared once, with the scope that it needs and what goes in and out.

The router, the access rules (`middleware.auth`), the limits and the OpenAPI document all read these declarations.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from storecast.service.requests.query import Query

Endpoint = Callable[[Request], Awaitable[Response]]
PAGE = "/app"  # begins the paths of the web page
Scope = Literal["read", "forecast", "write", "admin"]

JSON = "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PARAMETER = re.compile(r"\{(?P<name>\w+)(?P<rest>:path)?\}")


@dataclass(frozen=True, eq=False)
class Route:
    """One route.

    Attributes
    ----------
    method : GET, POST or DELETE
    path : with parameters such as ``{store}``, each one segment of the address; ``{file:path}`` takes the rest of it
    scope : that a key needs; None: the route is public
    endpoint : answers the request
    summary : one line for people
    description : more for people
    body : type that decodes it; None: the body is empty, or of another media type than JSON
    body_type : media type of the body, where it is not CSV
    reply : type of the reply, a struct of `replies`; None: any
    query : struct that declares the parameters of the address
    headers : that the route reads, as OpenAPI describes them
    csv : bodies in CSV are read too
    csv_reply : replies are CSV where the client asks for it
    reply_type : media type of the reply
    long : the long time limit holds
    job : the work may be done as a job, where the client prefers that
    view : a browser without a session is sent to the login
    form : the body is an HTML form
    inference : of the Open Inference Protocol, whose errors have the member ``error``
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    scope: Scope | None
    endpoint: Endpoint
    summary: str
    description: str = ""
    body: type[Struct] | None = None
    body_type: str = JSON
    reply: Any = None
    query: type[Query] = Query
    headers: tuple[Mapping[str, Any], ...] = ()
    csv: bool = False
    csv_reply: bool = False
    reply_type: str = JSON
    long: bool = False
    job: bool = False
    view: bool = False
    form: bool = False
    inference: bool = False

    @property
    def path_parameters(self) -> list[str]:
        """The names of the parameters in the path."""
        return [match["name"] for match in _PARAMETER.finditer(self.path)]


class Router:
    """Finds the route of a request.

    Parameters
    ----------
    routes : all routes; two with the same method and path are a mistake of ours
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[tuple[str, str], Route] = {
            (route.method, route.path): route for route in self.routes if not route.path_parameters
        }
        self._patterns = [
            (re.compile(_PARAMETER.sub(_segment, route.path)), route) for route in self.routes if route.path_parameters
        ]
        assert len({(route.method, route.path) for route in self.routes}) == len(self.routes), (
            "a route is declared twice"
        )

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        """Return the route of a request and the parameters of its path; no route where there is none."""
        route = self._fixed.get((method, path))
        if route is not None:
            return route, {}
        for pattern, candidate in self._patterns:
            if candidate.method == method and (match := pattern.fullmatch(path)):
                return candidate, match.groupdict()
        return None, {}

    def methods(self, path: str) -> list[str]:
        """Return the methods that a path answers to."""
        return sorted({route.method for route in self.routes if self.find(route.method, path)[0] is not None})


def _segment(parameter: re.Match[str]) -> str:
    """Return the pattern that a parameter of a path matches."""
    return f"(?P<{parameter['name']}>{'.+' if parameter['rest'] else '[^/]+'})"
