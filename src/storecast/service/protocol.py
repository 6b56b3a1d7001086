"""HTTP as uvicorn speaks it, with what it leaves out: limits on headers, on the time they take, and on connections.

A client that opens connections and sends nothing, or a little now and then, costs a socket for a few seconds and no more.
"""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from storecast.service.problems import Problem
from storecast.service.settings import Settings

GRACE_S = 1.0  # in which a request that is on its way when the service ends may still come


def protocol_of(settings: Settings) -> type[HttpToolsProtocol]:
    """Return the protocol of a service with these settings."""

    class Protocol(HttpToolsProtocol):
        """One connection."""

        _unread = 0  # bytes of a request whose headers have not all come
        _waiting: asyncio.TimerHandle | None = None
        _last = False  # the service ends: the next request is the last on this connection

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > settings.connections:
                self._refuse(Problem("busy", "Too many connections. Try again.", headers={"retry-after": "1"}))
                return
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            self._unread += len(data)
            if self._waiting is None and (self.cycle is None or self.cycle.response_complete):
                self._wait()
            super().data_received(data)
            if self._waiting is not None and self._unread > settings.header_limit:
                self._refuse(
                    Problem("headers-too-large", f"The headers are larger than {settings.header_limit:,} bytes.")
                )

        def on_headers_complete(self) -> None:
            self._stop_waiting()
            self._unread = 0
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > settings.header_limit:
                self.headers.clear()
                self._refuse(
                    Problem("headers-too-large", f"The headers are larger than {settings.header_limit:,} bytes.")
                )
                return
            super().on_headers_complete()
            if self._last:
                self.cycle.keep_alive = False

        def shutdown(self) -> None:
            """Answer one request more, if it is on its way, and close: who is at work loses nothing."""
            self._last = True
            if self.cycle is None or self.cycle.response_complete:
                self.loop.call_later(GRACE_S, self._close_idle)
            else:
                self.cycle.keep_alive = False

        def on_response_complete(self) -> None:
            self._unread = 0
            super().on_response_complete()

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it in our form
            self._refuse(Problem("bad-request", "This is no request of HTTP/1.1 that can be understood."))

        def _wait(self) -> None:
            self._waiting = self.loop.call_later(settings.header_seconds, self._too_slow)

        def _stop_waiting(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _too_slow(self) -> None:
            self._waiting = None
            self.transport.close()

        def _close_idle(self) -> None:
            if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
                self.transport.close()

        def _refuse(self, problem: Problem) -> None:
            """Answer without the application, and close."""
            self._stop_waiting()
            if self.transport.is_closing():
                return
            body = problem.body()
            lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()]
            lines += [b"%b: %b" % header for header in problem.header_list(body)]
            lines += [b"connection: close", b"", body]
            self.transport.write(b"\r\n".join(lines))
            self.transport.close()

    return Protocol
