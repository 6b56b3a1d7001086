"""Call: one request on its way through the service, from the edge to the log."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, cast

from storecast.database.api_keys import Key
from storecast.service.rules import Rule

PLACE = "storecast.call"  # in the scope of ASGI


@dataclass(slots=True)
class Call:
    """What is known of a request; whoever finds something out writes it here.

    Attributes
    ----------
    request : its id, as in the log and in the header X-Request-ID
    began : seconds of a clock that never goes back
    rule : the route and what it asks for; None where there is none
    key : whose request it is; None for the public routes
    body : as it came, whole
    status : of the reply; 0 before there is one
    rows : of the reply or of the write
    model : that answered
    """

    request: str
    began: float
    rule: Rule | None = None
    key: Key | None = None
    body: bytes = b""
    status: int = 0
    rows: int = 0
    model: str = ""


def call_of(scope: MutableMapping[str, Any]) -> Call:
    """Return the call of a request."""
    return cast("Call", scope[PLACE])
