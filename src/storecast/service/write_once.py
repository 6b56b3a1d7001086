"""A write: one transaction with its audit and its reply, which an Idempotency-Key gives again instead of doing it twice.

Whoever got no reply, or a 504, cannot know whether the write was done. The same request with the same key says so: it waits for
a write that is still at work, returns the reply of one that is done, and does the write where it was not done.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Protocol

import orjson
from sqlalchemy import Connection
from starlette.requests import Request

from storecast.database.request_log import StoredReply, audit, idempotent, remember
from storecast.errors import DataError
from storecast.service.middleware.context import RequestContext, context_of
from storecast.service.problems import invalid, of_error
from storecast.service.rendering import JSON, BytesResponse
from storecast.service.service import Service, service_of

_HEADER = b"idempotency-key"
_REPLAYED = "idempotent-replayed"  # the header of a reply that was given before
_NAME = re.compile(rb"[\x21-\x7e]{1,128}")

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]{1,128}$"},
    "description": (
        "The same key and request within 24 hours: the same reply, and nothing is done twice. A reply to a write that was done "
        "before has the header Idempotent-Replayed."
    ),
}


class Outcome(Protocol):
    """What a write did, as a dataclass."""

    @property
    def version(self) -> int:
        """The version of the chain after the write; of a write to the plan, that of the plan."""
        ...


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key of a request; None where it has none.

    Raises
    ------
    Problem
        where it has several, or one that is no key
    """
    sent = [value for name, value in request.scope["headers"] if name == _HEADER]
    if not sent:
        return None
    if len(sent) > 1 or not _NAME.fullmatch(sent[0]):
        raise invalid("Idempotency-Key", "expected one, of 1 to 128 visible characters of ASCII")
    key: bytes = sent[0]
    return key.decode("ascii")


async def write_once(
    request: Request,
    action: str,
    write: Callable[[Connection], Outcome],
    name: str | None,
    *,
    of_chain: bool = True,
    **detail: int,
) -> BytesResponse:
    """Write in one transaction with its audit and its reply, and let the next forecast wait for it.

    Parameters
    ----------
    request : whose answer it is
    action : what is done, for the audit
    write : does it, and returns a dataclass
    name : the Idempotency-Key of the request
    of_chain : whether the chain is written, so that the next forecast is to wait for it
    detail : more for the audit
    """
    service, context = service_of(request), context_of(request.scope)
    digest = _digest(context, (request.url.query or "").encode())
    written = service.live.freshness.written if of_chain else _nobody_waits
    reply, again = await service.writes.run(_write, service, context, action, write, name, digest, detail, written)
    response = BytesResponse(reply.body, reply.media_type, reply.status)
    if again:
        response.headers[_REPLAYED] = "true"
    return response


def _write(
    service: Service,
    context: RequestContext,
    action: str,
    write: Callable[[Connection], Outcome],
    name: str | None,
    digest: str,
    detail: dict[str, int],
    written: Callable[[int], None],
) -> tuple[StoredReply, bool]:
    """Return the reply, and whether the write was done before."""
    assert context.key is not None
    with service.live.database().begin() as conn:
        if name is not None:
            before = idempotent(conn, context.key.id, name, digest)
            if before is not None:  # perhaps by another replica: what is asked here from now on knows it too
                written(orjson.loads(before.body)["version"])
                return before, True
        try:
            outcome = write(conn)
        except DataError as error:
            raise of_error(error) from error
        audit(conn, f"key:{context.key.id}", action, {**detail, **vars(outcome), "request": context.request_id})
        reply = StoredReply(200, JSON, orjson.dumps(outcome))
        if name is not None:
            remember(conn, context.key.id, name, reply)
    written(outcome.version)
    return reply, False


def _nobody_waits(version: int) -> None:
    """Forecasts stand on the chain, and none waits for a write to the plan."""


def _digest(context: RequestContext, query: bytes) -> str:
    """Return a digest of what a request asks for."""
    assert context.route is not None
    parts = [context.route.path.encode(), query, context.body]
    if context.route.method == "DELETE" or context.path_parameters:
        parts += [context.route.method.encode(), *(value.encode() for value in context.path_parameters.values())]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
