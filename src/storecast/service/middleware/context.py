"""The request context: what is known of one request on its way through the service, for its endpoint and the request log."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast

from storecast.database.api_keys import Key
from storecast.service.route import Route

CONTEXT = "storecast.context"  # in the scope of ASGI
TRACE = "storecast.trace"  # there, too: the id of the request's trace, where traces are on


@dataclass(slots=True)
class RequestContext:
    """What is known of a request; each part of the service adds what it learns.

    Attributes
    ----------
    request_id : as in the log and in the header X-Request-ID
    started : seconds of a clock that never goes back
    client : address of the client
    route : None where there is no such route
    path_parameters : of the route's path
    key : that the request came with; None for the public routes
    body : as it came, whole
    status : of the reply; 0 before there is one
    rows : of the reply or of the write
    model : that answered
    trace : the id of its trace; empty where traces are off
    """

    request_id: str
    started: float
    client: str = ""
    route: Route | None = None
    path_parameters: dict[str, str] = field(default_factory=dict)
    key: Key | None = None
    body: bytes = b""
    status: int = 0
    rows: int = 0
    model: str = ""
    trace: str = ""


def context_of(scope: MutableMapping[str, Any]) -> RequestContext:
    """Return the context of a request."""
    return cast("RequestContext", scope[CONTEXT])
