"""HTTP as uvicorn speaks it, with what it leaves out: limits on headers, on the time they take, and on connections.

A client that opens connections and sends nothing, or a little now and then, costs a socket for a few seconds and no more. So does
one that asks and does not read: few of its requests wait, and what it was sent and does not take is dropped after the time limit.
"""

import asyncio
from collections import Counter
from http import HTTPStatus

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from storecast.service.network import network_of
from storecast.service.problems import Problem
from storecast.service.settings import Settings

MAX_PIPELINED = 16  # requests of a connection that wait behind the one at work
MIN_TAKEN = 64 * 1024  # bytes of a reply that a client must take within the time limit
MAX_FRAMING = 8  # bytes of framing for each byte of a chunked body; a chunk of one byte has five
GRACE_S = 1.0  # in which a request that is on its way when the service ends may still come


def protocol_of(settings: Settings) -> type[HttpToolsProtocol]:
    """Return the protocol of a service with these settings."""
    by_address: Counter[str] = Counter()

    class Protocol(HttpToolsProtocol):
        """One connection."""

        _unread = 0  # bytes of a request whose headers have not all come
        _waiting: asyncio.TimerHandle | None = None
        _unsent = 0  # bytes of replies that had not been taken at the last look
        _taking: asyncio.TimerHandle | None = None
        _in_body = False  # the headers of a message are complete, and its end has not come
        _framed = 0  # bytes of a message behind its headers, in later packets
        _body = 0  # of which these are its body
        _address = ""
        _last = False  # the service ends: the next request is the last on this connection

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > settings.connections:
                self._refuse(Problem("busy", "Too many connections. Try again.", headers={"retry-after": "1"}))
                return
            address = self.client[0] if self.client else ""
            if by_address[network_of(address)] >= settings.connections_per_address:
                problem = "Too many connections from this address. Close some, or try again."
                self._refuse(Problem("busy", problem, headers={"retry-after": "1"}))
                return
            self._address = network_of(address)
            by_address[self._address] += 1
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            self._stop_taking()
            if self._address:
                by_address[self._address] -= 1
                if not by_address[self._address]:
                    del by_address[self._address]
                self._address = ""
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            self._unread += len(data)
            if self._in_body:
                self._framed += len(data)
            if self._waiting is None and (self.cycle is None or self.cycle.response_complete):
                self._wait()
            super().data_received(data)
            if self._waiting is not None and self._unread > settings.header_limit:
                self._refuse(
                    Problem("headers-too-large", f"The headers are larger than {settings.header_limit:,} bytes.")
                )

            if self._in_body and self._framed > self._body * (1 + MAX_FRAMING) + settings.header_limit:
                self.transport.abort()  # fields behind the body that never end

        def on_message_begin(self) -> None:
            self._in_body = False
            super().on_message_begin()

        def on_header(self, name: bytes, value: bytes) -> None:
            if not self._in_body:  # what comes behind a chunked body is no header
                super().on_header(name, value)

        def on_body(self, body: bytes) -> None:
            self._body += len(body)
            super().on_body(body)

        def on_message_complete(self) -> None:
            self._in_body = False
            super().on_message_complete()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._watch_taking()

        def on_headers_complete(self) -> None:
            self._stop_waiting()
            self._unread = self._framed = self._body = 0
            self._in_body = True
            if len(self.pipeline) >= MAX_PIPELINED:
                self.transport.abort()  # a reply would come between those at work
                raise HttpParserError("too many requests wait on this connection")
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
            if self.transport.get_write_buffer_size():
                self._watch_taking()
            super().on_response_complete()

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it in our form
            self._refuse(Problem("bad-request", "This is no request of HTTP/1.1 that can be understood."))

        def _wait(self) -> None:
            self._waiting = self.loop.call_later(settings.header_seconds, self._too_slow)

        def _stop_waiting(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _watch_taking(self) -> None:
            """Look after the time limit whether the client has taken what it was sent, or a part worth the wait."""
            if self._taking is None:
                self._unsent = self.transport.get_write_buffer_size()
                self._taking = self.loop.call_later(settings.time_limit, self._check_taking)

        def _stop_taking(self) -> None:
            if self._taking is not None:
                self._taking.cancel()
                self._taking = None

        def _check_taking(self) -> None:
            self._taking = None
            unsent = self.transport.get_write_buffer_size()
            if unsent and unsent > self._unsent - MIN_TAKEN:
                self.transport.abort()  # closing would wait for the client for ever
            elif unsent:
                self._watch_taking()

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
