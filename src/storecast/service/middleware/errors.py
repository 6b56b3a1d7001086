"""The outermost edge: every request gets an id, every error becomes problem details, and every reply is noted for the log.

Nothing else catches `Exception`. What is noted goes into a queue in memory; a thread behind it writes (`journal`).
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Sequence
from itertools import count

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storecast.errors import UserError
from storecast.service.middleware.client_address import Network, client_address
from storecast.service.middleware.context import CONTEXT, TRACE, RequestContext
from storecast.service.problems import Problem, of_error

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
NO_STORE = (b"cache-control", b"no-store")
SAFE = (b"x-content-type-options", b"nosniff")

Note = Callable[[RequestContext, str, float], None]


class ErrorMiddleware:
    """Middleware of ASGI around everything else.

    Parameters
    ----------
    app : what is inside
    note : called when a request is over, with its context, its method and the seconds it took
    trusted : networks of proxies whose X-Forwarded-For is believed
    """

    def __init__(self, app: ASGIApp, note: Note, trusted: Sequence[Network] = ()) -> None:
        self.app = app
        self.note = note
        self.trusted = trusted
        self._prefix = secrets.token_hex(6)
        self._count = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        context = RequestContext(self._id(scope), time.perf_counter(), client_address(scope, self.trusted))
        context.trace = scope.get(TRACE, "")
        scope[CONTEXT] = context
        own = [SAFE, (b"x-request-id", context.request_id.encode())]

        async def send_reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                context.status = message["status"]
                sent = message["headers"]
                caching = [] if any(name == b"cache-control" for name, _ in sent) else [NO_STORE]
                message["headers"] = [*sent, *caching, *own]
            await send(message)

        try:
            await self.app(scope, receive, send_reply)
        except Problem as problem:
            await self._refuse(problem, context, send_reply)
        except UserError as error:
            refusal = of_error(error, may_read=context.key is None or context.key.may("read"))
            if refusal.status >= 500:
                log.warning("%s", error, extra={"request": context.request_id})
            await self._refuse(refusal, context, send_reply)
        except Exception:
            log.exception("a request failed", extra={"request": context.request_id})
            await self._refuse(
                Problem("our-mistake", "The log has the reason, under the request's id."), context, send_reply
            )
        finally:
            self.note(context, scope["method"], time.perf_counter() - context.started)

    async def _refuse(self, problem: Problem, context: RequestContext, send: Send) -> None:
        if context.status:  # the reply had begun; the server closes the connection, so that nobody takes it for whole
            log.error("a reply was broken off: %s", problem.detail, extra={"request": context.request_id})
            return
        body = problem.body(context.request_id, inference=context.route is not None and context.route.inference)
        await send({"type": "http.response.start", "status": problem.status, "headers": problem.header_list(body)})
        await send({"type": "http.response.body", "body": body})

    def _id(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
                return bytes(value).decode()
        return f"{self._prefix}-{next(self._count):x}"
