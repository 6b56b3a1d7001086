"""Attack "half-open connections": clients that connect and stop sending do not slow the others down.

They stop at different points: before the first byte, within the headers, and within the body.
"""

import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from storecast.database.connect import home_url
from support.load_client import Caller
from support.resilience_report import Report
from support.served_home import copy_of, make_key
from support.service_process import ServiceFactory


def p99(caller: Caller, seconds: float) -> float:
    """Request forecasts for some seconds, and return the 99th percentile of the response time."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 100:
        began = time.perf_counter()
        assert caller.post("/v1/forecasts", {"store": 1, "days": 7}).status == 200
        times.append(time.perf_counter() - began)
        time.sleep(0.002)
    return sorted(times)[len(times) * 99 // 100]


def left(port: int, key: str, number: int) -> socket.socket:
    """Open a connection, send part of a request or nothing, and stop."""
    head = f"POST /v1/forecasts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: text/csv\r\n"
    sent = ("", "POST /v1/forecasts HTTP/1.1\r\nhost: x\r\n", f"{head}content-length: 9\r\n\r\na")[number % 3]
    link = socket.create_connection(("127.0.0.1", port))
    link.sendall(sent.encode())
    return link


def beside(service_factory: ServiceFactory, home: Path, links: int, seconds: float) -> tuple[float, float]:
    """Return the p99 of a good client without and with connections that are left half open."""
    key = make_key(home_url(home))
    patient = {"STORECAST_HEADER_SECONDS": "60", "STORECAST_BODY_SECONDS": "60"}  # the default closes them after 10 s
    with (
        service_factory.running(home, **patient) as running_service,
        Caller(running_service.port, key) as caller,
        ExitStack() as stack,
    ):
        p99(caller, 1)
        usual = p99(caller, seconds)
        links_left = [stack.enter_context(left(running_service.port, key, number)) for number in range(links)]
        with_them = p99(caller, seconds)
        for link in links_left:
            link.close()
        usual = max(usual, p99(caller, seconds))  # the slower of two: other work on the machine varies
        assert running_service.status() == 200
        assert "Traceback" not in running_service.output()
    return usual, with_them


@pytest.mark.long
def test_when_connections_are_left_half_open_then_good_clients_do_not_notice(
    service_factory: ServiceFactory, home: Path, tmp_path: Path
) -> None:
    usual, with_them = beside(service_factory, copy_of(home, tmp_path / "home"), 20, 1)
    assert with_them < max(2 * usual, usual + 0.1)  # allow for a busy machine


@pytest.mark.long
def test_when_200_connections_are_left_half_open_then_good_clients_do_not_notice(
    service_factory: ServiceFactory, home: Path, tmp_path: Path, report: Report
) -> None:
    usual, with_them = beside(service_factory, copy_of(home, tmp_path / "home"), 200, 30)
    report.add(
        "half-open connections",
        "200 half-open connections for 30 s",
        f"p99 of a good client {with_them * 1000:.1f} ms, without them {usual * 1000:.1f} ms",
    )
    assert with_them < 2 * usual
