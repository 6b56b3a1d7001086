"""How much a request may ask for: its rate, the kind and size of its body, and its share of memory and time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storecast.service.middleware.context import RequestContext, context_of
from storecast.service.pool import current_key
from storecast.service.problems import Problem
from storecast.service.route import XLSX, Route
from storecast.service.settings import Settings

JSON, CSV, FORM = b"application/json", b"text/csv", b"application/x-www-form-urlencoded"
MAX_BUCKETS = 100_000
WATCHED_AFTER_S = 0.5  # of a request's time, before its connection is watched
UNKNOWN_WRITE = (
    "Whether it is written is not known yet: send it again with the same Idempotency-Key. The reply is then that of this "
    "request where it was done, and it is done where it was not. Without such a key, rows that were written already count as same."
)
CLOSE = {"connection": "close"}  # what is left of a body is not read


@dataclass
class Load:
    """What is at work now."""

    working: int = 0  # requests
    buffered: int = 0  # bytes of bodies


class LimitsMiddleware:
    """Middleware of ASGI, inside `Auth`: it hands on requests whose body is whole, small enough and of a kind that is read.

    Parameters
    ----------
    app : what is inside
    settings : the limits
    load : what is at work is counted here
    clock : seconds, for rates
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, load: Load, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.app = app
        self.settings = settings
        self.clock = clock
        self.load = load
        self._buckets: dict[int, tuple[float, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request and hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        context = context_of(scope)
        if context.key is None and not (context.route and context.route.form):
            # health: small, and answered whatever else goes on
            await self.app(scope, receive, send)
            return
        if self.settings.rate and context.key is not None:
            self._take(context.key.id)
        received = 0
        try:
            if context.route is not None and context.route.method == "POST":
                _check_headers(scope, context.route, self.settings.body_limit)
                received = await self._receive(context, receive)
            await self._work(context, scope, receive, send)
        finally:
            self.load.buffered -= received

    async def _work(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> None:
        if self.load.working >= self.settings.concurrency:
            raise _busy("Too many requests are at work.")
        limit = self.settings.long_time_limit if context.route and context.route.long else self.settings.time_limit
        self.load.working += 1
        current_key.set(None if context.key is None else context.key.id or None)
        departure = _Departure(receive)
        try:
            async with asyncio.timeout(limit) as clock:

                async def send_reply(message: Message) -> None:
                    if message["type"] == "http.response.body" and not message.get("more_body"):
                        departure.stop()  # once a reply is whole, the connection counts as closed
                    await send(message)
                    if message.get("more_body"):  # a reply in parts may take long, each part of it may not
                        clock.reschedule(asyncio.get_running_loop().time() + limit)

                await self.app(scope, receive, send_reply)
        except TimeoutError as error:
            is_write = context.route is not None and context.route.scope == "write"
            advice = UNKNOWN_WRITE if is_write else "Ask for less at once, or try again later."
            raise Problem("too-slow", f"It took longer than {limit:g} s. {advice}") from error
        except asyncio.CancelledError:
            if not departure.gone:
                raise
            departure.task.uncancel()
            raise Problem("too-slow", "The client closed the connection before it was answered.") from None
        finally:
            departure.stop()
            self.load.working -= 1

    def _take(self, key: int) -> None:
        """Take one request out of a key's bucket, which fills at the rate and holds the burst."""
        now, rate, burst = self.clock(), self.settings.rate, self.settings.burst
        level, since = self._buckets.get(key, (float(burst), now))
        level = min(burst, level + (now - since) * rate) - 1
        if level < 0:
            wait = max(1, round(-level / rate + 0.5))
            raise Problem(
                "too-many",
                f"More than {rate:g} requests a second with this key. Wait, and put more rows into each.",
                headers={"retry-after": str(wait)},
            )
        if len(self._buckets) >= MAX_BUCKETS:
            self._buckets.clear()
        self._buckets[key] = (level, now)

    async def _receive(self, context: RequestContext, receive: Receive) -> int:
        """Receive a body, counting; return the bytes held for it."""
        body, more, received = bytearray(), True, 0
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while more:
                    message = await receive()
                    chunk = _chunk(message)
                    more = message.get("more_body", False)
                    if not more and not body:
                        context.body = chunk  # most bodies come at once
                    body += chunk
                    received = len(body)
                    self.load.buffered += len(chunk)
                    self._check_size(received)
        except BaseException as error:
            self.load.buffered -= received
            if isinstance(error, TimeoutError):
                what = f"The body did not come within {self.settings.body_seconds:g} s."
                raise Problem("bad-request", what, headers=CLOSE) from error
            raise
        context.body = context.body or bytes(body)
        return received

    def _check_size(self, received: int) -> None:
        if received > self.settings.body_limit:
            raise _too_large(self.settings.body_limit)
        if self.load.buffered > self.settings.buffered:
            raise _busy("Too many large requests are at work.")


class _Departure:
    """Cancels the task of a request whose client closes the connection; looks only at requests that take a while.

    Parameters
    ----------
    receive : of ASGI; nothing else waits for it
    """

    def __init__(self, receive: Receive) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self.gone = False
        self._receive = receive
        self._watching: asyncio.Task[None] | None = None
        self._start = asyncio.get_running_loop().call_later(WATCHED_AFTER_S, self._watch)

    def stop(self) -> None:
        """Look no more."""
        self._start.cancel()
        if self._watching is not None:
            self._watching.cancel()

    def _watch(self) -> None:
        self._watching = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self.task.cancel()


def _chunk(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise Problem("bad-request", "The connection was closed before the body had come.")
    return bytes(message.get("body", b""))


def _check_headers(scope: Scope, route: Route, body_limit: int) -> None:
    """Refuse bodies of a kind that is not read, or that say that they are too large."""
    length: int | None = None
    kind: bytes | None = None
    chunked = False
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = int(value) if value.isdigit() and len(value) < 19 else body_limit + 1
        elif name == b"transfer-encoding":
            chunked = True
        elif name == b"content-type":
            kind = value if kind is None else b""
        elif name == b"content-encoding" and value.strip().lower() != b"identity":
            raise Problem(
                "wrong-type", "The body is compressed; expected it as it is, without Content-Encoding.", headers=CLOSE
            )
    if length is not None and length > body_limit:
        raise _too_large(body_limit)
    read = (FORM,) if route.form else (JSON, CSV) if route.csv else (route.body_type.encode(),)
    if kind not in read and (kind is not None or length or chunked) and _media_type(kind or b"") not in read:
        expected = b" or ".join(read).decode()
        in_utf8 = "" if read == (XLSX.encode(),) else ", in UTF-8"
        raise Problem("wrong-type", f"Expected Content-Type {expected}{in_utf8}.", headers=CLOSE)


def _media_type(kind: bytes) -> bytes:
    """Return a media type without its parameters; nothing where its text is not UTF-8."""
    name, *parameters = (part.strip().lower() for part in kind.split(b";"))
    sets = [part.partition(b"=")[2].strip(b'" ') for part in parameters if part.startswith(b"charset")]
    return name if all(each in (b"utf-8", b"utf8", b"us-ascii") for each in sets) else b""


def _too_large(limit: int) -> Problem:
    return Problem("too-large", f"The body is larger than {limit:,} bytes. Send it in parts.", headers=CLOSE)


def _busy(why: str) -> Problem:
    return Problem("busy", f"{why} Try again.", headers={"retry-after": "1"})
