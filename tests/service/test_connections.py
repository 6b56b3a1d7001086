"""One connection and one address cost a bounded share: of requests that wait, of replies not taken, of keys looked up."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from storecast.database.connect import Database, home_url
from storecast.service.middleware.auth import UNKNOWN_BURST, Strangers
from storecast.service.network import network_of
from storecast.service.problems import Problem
from storecast.service.protocol import MAX_PIPELINED
from support.served_home import copy_of, make_key, running, settings_of, status
from support.service_process import ServiceFactory

LIMIT_S = 1.0
MOST_CONNECTIONS = 12


@pytest.fixture(scope="module")
def service(
    service_factory: ServiceFactory, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, str]]:
    """Yield the port and a key of a service with small limits."""
    own = copy_of(home, tmp_path_factory.mktemp("connections") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        key = make_key(home_url(own))
        limits = {"TIME_LIMIT": LIMIT_S, "CONNECTIONS_PER_ADDRESS": MOST_CONNECTIONS, "HEADER_LIMIT": 4096, "RATE": 0}
        environment = {f"STORECAST_{name}": str(value) for name, value in limits.items()}
        with service_factory.running(own, **environment) as limited:
            yield limited.port, key


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        yield link


def request(key: str, path: str = "/v1/stores", method: str = "GET", *fields: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def received(link: socket.socket) -> bytes:
    """Return what comes until the connection is closed or ended."""
    whole = b""
    try:
        while part := link.recv(1 << 20):
            whole += part
    except ConnectionError:
        pass
    return whole


def send_slowly(link: socket.socket, part: bytes, times: int) -> None:
    for _ in range(times):
        link.sendall(part)
        time.sleep(0.001)


def test_few_requests_wait_on_one_connection(service: tuple[int, str]) -> None:
    port, key = service
    with connected(port) as link:
        link.sendall(request(key) * (MAX_PIPELINED * 20))
        assert received(link).count(b"HTTP/1.1 200") < MAX_PIPELINED
    with connected(port) as link:
        link.sendall(request(key) * (MAX_PIPELINED - 2) + request(key, "/v1/stores", "GET", "Connection: close"))
        assert received(link).count(b"HTTP/1.1 200") == MAX_PIPELINED - 1


def test_a_client_that_does_not_read_is_closed_after_the_time_limit(service: tuple[int, str]) -> None:
    port, key = service
    body = json.dumps({"rows": [{"Store": s, "Date": f"2014-03-{d:02}"} for s in range(1, 7) for d in range(1, 32)]})
    fields = "Content-Type: application/json", f"Content-Length: {len(body)}"
    ask = request(key, "/v1/forecasts", "POST", *fields) + body.encode()
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect(("127.0.0.1", port))
        link.settimeout(0.3)
        began = time.monotonic()
        ended = False
        while not ended and time.monotonic() - began < 30:
            try:
                link.sendall(ask)  # and never read
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
        assert ended
    assert status(port) == 200


@pytest.mark.parametrize(
    "fields", [b"Authorization: Bearer x\r\n", b"Content-Type: text/csv\r\nIdempotency-Key: a b\r\n"]
)
def test_fields_behind_a_body_are_no_headers(service: tuple[int, str], fields: bytes) -> None:
    port, key = service
    body = b'{"store": 1, "days": 1}'
    head = request(key, "/v1/forecasts", "POST", "Content-Type: application/json", "Transfer-Encoding: chunked")
    with connected(port) as link:
        link.sendall(head)
        time.sleep(0.2)
        link.sendall(
            b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, fields)
            + request(key, "/health/live", "GET", "Connection: close")
        )
        assert received(link).count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("line", [b"X-Field: 0123456789\r\n", b"0123456789"])
def test_fields_behind_a_body_that_do_not_end_close_the_connection(service: tuple[int, str], line: bytes) -> None:
    port, key = service
    head = request(key, "/v1/forecasts", "POST", "Content-Type: application/json", "Transfer-Encoding: chunked")
    with connected(port) as link:
        link.sendall(head + b"2\r\n{}\r\n0\r\n")
        with pytest.raises(ConnectionError):
            send_slowly(link, line * 100, times=4_000_000 // (100 * len(line)))
    assert status(port) == 200


def test_one_address_has_few_connections_and_has_them_back_when_they_are_closed(service: tuple[int, str]) -> None:
    port, _ = service
    links = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(MOST_CONNECTIONS)]
    time.sleep(0.3)
    with connected(port) as link:
        reply = received(link)
        assert (b"HTTP/1.1 503" in reply, b"from this address" in reply) == (True, True)
    for link in links:
        link.close()
    time.sleep(0.3)
    assert status(port, "/health/live") == 200


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_an_address_of_ipv6_counts_by_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_unknown_keys_cost_no_rows_and_are_sent_away_while_known_keys_are_answered(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    key = make_key(home_url(own))
    with running(settings_of(own, unknown_keys=0.01), key) as client:
        assert client.get("/v1/stores").status_code == 200
        codes = [client.get("/v1/stores", key=f"sc_{number:043}").status_code for number in range(60)]
        assert codes == [401] * int(UNKNOWN_BURST) + [429] * (60 - int(UNKNOWN_BURST))
        assert client.get("/v1/stores", key=None).status_code == 429
        assert client.get("/v1/stores").status_code == 200, "a key that is known is no stranger"
        assert client.get("/health/live", key=None).status_code == 200
        client.service.request_log.flush()
        with closing(Database.open(home_url(own))) as db, db.reading() as conn:
            assert conn.exec_driver_sql("SELECT count(*) FROM requests WHERE status IN (401, 429)").scalar() == 0


def test_strangers_of_many_addresses_take_bounded_memory_and_come_back_after_a_while() -> None:
    now = [0.0]
    strangers = Strangers(1.0, lambda: now[0])
    for number in range(20_000):
        strangers.note(str(number))
    assert len(strangers._buckets) == 10_000
    for _ in range(int(UNKNOWN_BURST)):
        strangers.check("a")
        strangers.note("a")
    with pytest.raises(Problem, match="too-many"):
        strangers.check("a")
    strangers.check("b")
    for last in range(int(UNKNOWN_BURST)):
        strangers.note(f"2001:db8::{last:x}")
    with pytest.raises(Problem, match="too-many"):
        strangers.check("2001:db8::ffff")  # of the same subscriber
    strangers.check("2001:db8:0:1::1")
    now[0] = 2.0
    strangers.check("a")
