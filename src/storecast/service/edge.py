"""The outermost edge: every request gets an id, every error becomes problem details, and every reply is noted for the log.

Nothing else catches `Exception`. What is noted goes into a queue in memory; a thread behind it writes (`journal`).
"""

import logging
import re
import secrets
import time
from collections.abc import Callable
from itertools import count

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storecast.errors import UserError
from storecast.service.call import PLACE, Call
from storecast.service.problems import Problem, of_error

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
SAFE = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]

Note = Callable[[Call, str, float], None]


class Edge:
    """Middleware of ASGI around everything else.

    Parameters
    ----------
    app : what is inside
    note : takes a call when it is over, its method and the seconds it took
    """

    def __init__(self, app: ASGIApp, note: Note) -> None:
        self.app = app
        self.note = note
        self._prefix = secrets.token_hex(6)
        self._count = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        call = Call(self._id(scope), time.perf_counter())
        scope[PLACE] = call
        own = [*SAFE, (b"x-request-id", call.request.encode())]

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Problem as problem:
            await self._tell(problem, call, answer)
        except UserError as error:
            told = of_error(error)
            if told.status >= 500:
                log.warning("%s", error, extra={"request": call.request})
            await self._tell(told, call, answer)
        except Exception:
            log.exception("a request failed", extra={"request": call.request})
            await self._tell(Problem("our-mistake", "The log has the reason, under the request's id."), call, answer)
        finally:
            self.note(call, scope["method"], time.perf_counter() - call.began)

    async def _tell(self, problem: Problem, call: Call, answer: Send) -> None:
        if call.status:  # the reply had begun; the server closes the connection, so that nobody takes it for whole
            log.error("a reply was broken off: %s", problem.detail, extra={"request": call.request})
            return
        body = problem.body(call.request)
        await answer({"type": "http.response.start", "status": problem.status, "headers": problem.header_list(body)})
        await answer({"type": "http.response.body", "body": body})

    def _id(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
                found: bytes = value
                return found.decode()
        return f"{self._prefix}-{next(self._count):x}"
