"""The protocol is built upon names inside uvicorn that no interface promises; another version may lack them."""

import asyncio
import inspect

import pytest
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState


async def application(scope: object, receive: object, send: object) -> None:
    """Answer nothing."""


@pytest.mark.parametrize(
    "method",
    [
        "connection_made",
        "connection_lost",
        "data_received",
        "on_headers_complete",
        "on_response_complete",
        "send_400_response",
        "shutdown",
    ],
)
def test_accident_9_the_installed_uvicorn_has_every_method_that_the_protocol_replaces(method: str) -> None:
    assert inspect.isfunction(getattr(HttpToolsProtocol, method, None))


async def connection() -> HttpToolsProtocol:
    """Return a connection whose request has begun."""
    protocol = HttpToolsProtocol(Config(application, log_config=None), ServerState(), {})
    protocol.on_message_begin()
    return protocol


def test_accident_9_the_installed_uvicorn_has_every_attribute_that_the_protocol_reads() -> None:
    protocol = asyncio.run(connection())
    assert (protocol.url, protocol.headers, protocol.cycle) == (b"", [], None)
    assert protocol.connections == set()
    assert callable(protocol.loop.call_later)
    assert hasattr(protocol, "transport")
    parts = inspect.getsource(RequestResponseCycle.__init__)
    assert "self.keep_alive =" in parts
    assert "self.response_complete =" in parts
