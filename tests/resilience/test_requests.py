"""Attack "hostile requests": each gets the right 4xx as small problem details that repeat nothing, and the next is served.

Databases are SQLite and a real PostgreSQL (see `databases`); sockets are real where bytes matter.
"""

import asyncio
import base64
import datetime as dt
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.api_keys import all_keys, revoke_key
from storecast.database.connect import Database, home_url
from storecast.database.panel_io import read_panel
from storecast.service.routes import ROUTES
from support.databases import postgres, url
from support.served_home import Client, chain, copy_of, fill, home, make_key, running, settings_of
from support.service_process import ServiceFactory

__all__ = ["home", "postgres", "url"]

SCOPES = {(route.method, route.path): route.scope for route in ROUTES if route.scope is not None}
PUBLIC = [route.path for route in ROUTES if route.scope is None]
CANARY = "zqcanaryqz"
DAY = "2014-02-26"  # the second day ahead of the chain
LARGEST_REPLY = 8192


def clean(reply: httpx.Response, *statuses: int) -> dict[str, Any]:
    """Check that a request was refused cleanly, and return the problem."""
    assert reply.status_code in (statuses or range(400, 500)), (reply.status_code, reply.text[:300])
    assert reply.headers["content-type"] == "application/problem+json"
    assert len(reply.content) <= LARGEST_REPLY
    assert CANARY not in reply.text
    assert "Traceback" not in reply.text
    body: dict[str, Any] = reply.json()
    assert body["status"] == reply.status_code
    assert {"type", "title", "detail"} <= body.keys()
    return body


def still_serves(client: Client) -> None:
    assert client.forecasts({"rows": [{"Store": 1, "Date": DAY}]}).status_code == 200


# Malformed bodies


def rows(*more: dict[str, Any]) -> str:
    return json.dumps({"rows": list(more)})


UNREADABLE = {
    "cut": b'{"rows": [{"Store": 1',
    "empty": b"",
    "words": b"hello",
    "two values": b"{}{}",
    "NaN": b'{"rows": [{"Store": NaN, "Date": "2014-02-26"}]}',
    "Infinity": b'{"rows": [{"Store": -Infinity, "Date": "2014-02-26"}]}',
    "1e400": b'{"rows": [{"Store": 1e400, "Date": "2014-02-26"}]}',
    "lone surrogate": b'{"rows": [{"Store": "\\ud800", "Date": "2014-02-26"}]}',
    "name twice": b'{"rows": [{"Store": 1, "Store": 2, "Date": "2014-02-26"}]}',
    "name twice, escaped": b'{"rows": [{"Store": 1, "Stor\\u0065": 2, "Date": "2014-02-26"}]}',
    "name twice, hidden by a colon": b'{"rows": [{"Store": 1, "Store": 1, "Date": "2014-02-26", "Id": "\\u003a"}]}',
    "rows twice": b'{"rows": [], "rows": [{"Store": 1, "Date": "2014-02-26"}]}',
    "not UTF-8": b'{"rows": "\xff\xfe"}',
    "UTF-16": '{"rows": []}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "deep": b"[" * 100_000,
    "deep but whole": b"[" * 500 + b"]" * 500,
    "deep, with escapes": b"[" * 900 + b'"\\n"' + b"]" * 900,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_a_400(client: Client, body: bytes) -> None:
    clean(client.forecasts(body), 400)
    still_serves(client)


MEANINGLESS = {
    "a list": "[]",
    "a text": f'"{CANARY}"',
    "null": "null",
    "nothing": "{}",
    "unknown field": json.dumps({"rows": [{"Store": 1, "Date": DAY}], CANARY: 1}),
    "no rows": rows(),
    "rows of another kind": '{"rows": {"Store": 1}}',
    "a row of another kind": '{"rows": [1]}',
    "a row that is null": '{"rows": [null]}',
    "row without Store": rows({"Date": DAY}),
    "row without Date": rows({"Store": 1}),
    "unknown field of a row": rows({"Store": 1, "Date": DAY, CANARY: 1}),
    "Sales in a row": rows({"Store": 1, "Date": DAY, "Sales": 1}),
    "boolean for a store": rows({"Store": True, "Date": DAY}),
    "boolean for a flag": rows({"Store": 1, "Date": DAY, "Open": True}),
    "fraction for a store": rows({"Store": 1.5, "Date": DAY}),
    "fraction for a flag": rows({"Store": 1, "Date": DAY, "Promo": 0.5}),
    "flag of 2": rows({"Store": 1, "Date": DAY, "Promo": 2}),
    "flag as text": rows({"Store": 1, "Date": DAY, "Promo": "1"}),
    "large number": '{"rows": [{"Store": 1e300, "Date": "2014-02-26"}]}',
    "large whole number": '{"rows": [{"Store": 123456789012345678901234567890, "Date": "2014-02-26"}]}',
    "unknown store": rows({"Store": 123456, "Date": DAY}),
    "text for a store": rows({"Store": CANARY, "Date": DAY}),
    "list for a store": rows({"Store": [1], "Date": DAY}),
    "unknown holiday": rows({"Store": 1, "Date": DAY, "StateHoliday": CANARY}),
    "number for a holiday": rows({"Store": 1, "Date": DAY, "StateHoliday": 0}),
    "no date": rows({"Store": 1, "Date": CANARY}),
    "30 February": rows({"Store": 1, "Date": "2014-02-30"}),
    "year 0": rows({"Store": 1, "Date": "0000-01-01"}),
    "number for a date": rows({"Store": 1, "Date": 20140226}),
    "week date": rows({"Store": 1, "Date": "2014-W09-3"}),
    "past": rows({"Store": 1, "Date": "2014-02-24"}),
    "beyond the horizon": rows({"Store": 1, "Date": "2014-04-30"}),
    "far beyond": rows({"Store": 1, "Date": "9999-12-31"}),
    "twice": rows({"Store": 1, "Date": DAY}, {"Store": 1, "Date": DAY}),
    "wrong weekday": rows({"Store": 1, "Date": DAY, "DayOfWeek": 1}),
    "boolean weekday": rows({"Store": 1, "Date": DAY, "DayOfWeek": True}),
    "long id": rows({"Store": 1, "Date": DAY, "Id": CANARY * 20}),
    "object for an id": rows({"Store": 1, "Date": DAY, "Id": {"a": 1}}),
    "unknown model": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "model": CANARY}),
    "path for a model": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "model": "../../etc/passwd"}),
    "number for a model": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "model": 1}),
    "quantile of 2": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "quantiles": [2]}),
    "quantile twice": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "quantiles": [0.1, 0.1]}),
    "quantiles as text": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "quantiles": CANARY}),
    "totals as text": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "totals": "yes"}),
    "rows and a store": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "store": 1}),
    "rows and columns": json.dumps({"rows": [{"Store": 1, "Date": DAY}], "columns": {"Store": [1], "Date": [DAY]}}),
    "columns of two lengths": json.dumps({"columns": {"Store": [1, 2], "Date": [DAY]}}),
    "no days": json.dumps({"store": 1, "days": 0}),
    "too many days": json.dumps({"store": 1, "days": 400}),
    "start without store": json.dumps({"start": DAY}),
    "attributes of a known store": json.dumps(
        {"rows": [{"Store": 1, "Date": DAY}], "stores": [{"Store": 1, "StoreType": "a"}]}
    ),
    "attributes that cannot be": json.dumps(
        {"rows": [{"Store": 99, "Date": DAY}], "stores": [{"Store": 99, "CompetitionDistance": -1}]}
    ),
    "unknown attributes": json.dumps({"rows": [{"Store": 99, "Date": DAY}], "stores": [{"Store": 99, CANARY: "a"}]}),
}


@pytest.mark.parametrize("body", MEANINGLESS.values(), ids=MEANINGLESS.keys())
def test_what_has_no_meaning_is_a_422(client: Client, body: str) -> None:
    clean(client.forecasts(body), 422)


def test_minus_zero_is_zero(client: Client) -> None:
    closed = client.forecasts(rows({"Store": 1, "Date": DAY, "Promo": 0}).replace('"Promo": 0', '"Promo": -0'))
    assert closed.status_code == 200
    assert closed.json() == client.forecasts(rows({"Store": 1, "Date": DAY, "Promo": 0})).json()


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "*/*",
    ],
)
def test_another_content_type_is_a_415(client: Client, kind: str) -> None:
    for body in (rows({"Store": 1, "Date": DAY}).encode(), b"\xff\xfe\x00"):
        clean(client.ask("POST", "/v1/forecasts", body, content_type=kind), 415)
    still_serves(client)


@pytest.mark.parametrize("path", ["/v1/sales", "/v1/calendar", "/v1/stores", "/v1/scenarios"])
def test_every_other_body_is_read_as_strictly(client: Client, path: str) -> None:
    for body in UNREADABLE.values():
        clean(client.post(path, body), 400)
    for name in ("a list", "nothing", "unknown field", "no rows", "a row of another kind", "unknown field of a row"):
        clean(client.post(path, MEANINGLESS[name]), 422)


def test_sales_that_cannot_be_are_a_422(client: Client) -> None:
    day = {"Store": 1, "Date": DAY, "Sales": 1}
    for change in (
        {"Sales": -1e12},
        {"Sales": 1e12},
        {"Sales": "1"},
        {"Sales": True},
        {"Sales": None},
        {"Store": 4711},
        {"Store": CANARY},
        {"Date": "0000-00-00"},
        {"Date": "9999-12-31"},
        {"Date": CANARY},
        {"Open": 3},
        {"StateHoliday": CANARY},
        {"Customers": -5},
        {CANARY: 1},
    ):
        clean(client.post("/v1/sales", {"rows": [{**day, **change}]}), 422)
    clean(client.post("/v1/sales", {"rows": [day, day]}), 422)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/stores?limit=0", "/v1/stores?limit=-1", "/v1/stores?limit=1e3", "/v1/stores?limit=999999", "/v1/stores?limit=%D9%A1",
        "/v1/stores?limit=1&limit=2", "/v1/stores?zqcanaryqz=1", "/v1/stores?cursor=zqcanaryqz", "/v1/stores?cursor=%FF",
        "/v1/stores?cursor=eyJhIjogMX0", "/v1/stores/zqcanaryqz", "/v1/stores/-1", "/v1/stores/999999999999999999999999",
        "/v1/stores/%D9%A1", "/v1/stores/1/history?first=zqcanaryqz", "/v1/stores/1/history?cursor=Mg", "/v1/models/zqcanaryqz",
        "/v1/models/..%2f..%2fetc%2fpasswd", "/v1/models/%00", "/v1/accuracy?by=zqcanaryqz", "/v1/accuracy?since=zqcanaryqz",
        "/v1/zqcanaryqz", "//v1/stores", "/v1/stores/", "/v1/../v1/stores/x", "/docs", "/redoc", "/v1/forecasts?x=1",
    ],
)  # fmt: skip
def test_addresses_without_meaning_are_a_4xx(client: Client, path: str) -> None:
    clean(client.get(path), 404, 405, 422)


# Oversized requests


def test_a_length_that_is_too_large_is_refused_before_the_body_comes(client: Client) -> None:
    clean(client.ask("POST", "/v1/forecasts", b"{}", content_length=str(33 * 1024 * 1024)), 413)
    clean(client.ask("POST", "/v1/forecasts", b"{}", content_length="9" * 30), 413)


def test_too_many_rows_are_refused_before_they_are_built(client: Client) -> None:
    row = '{"Store":1,"Date":"2014-02-26"}'
    began = time.perf_counter()
    clean(client.forecasts('{"rows":[' + ",".join([row] * 250_000) + "]}"), 413)
    clean(client.forecasts('{"columns":{"Store":[' + ",".join(["1"] * 4_000_000) + "]}}"), 413)
    clean(client.forecasts("Store,Date\n" + "1,2014-02-26\n" * 250_000, content_type="text/csv"), 413)
    assert time.perf_counter() - began < 5
    still_serves(client)


def test_compressed_bodies_are_a_415(client: Client) -> None:
    body = gzip.compress(rows({"Store": 1, "Date": DAY}).encode())
    for encoding in ("gzip", "br", "identity, gzip", CANARY):
        clean(client.ask("POST", "/v1/forecasts", body, content_encoding=encoding), 415)


class Raw:
    """A service on a socket that accepts raw bytes."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key

    def send(self, *parts: bytes, wait: float = 10) -> bytes:
        """Send bytes, and return all bytes received until the connection closes or goes silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as link:
            try:
                for part in parts:
                    link.sendall(part)
                reply = b""
                while not _whole(reply):
                    more = link.recv(65536)
                    if not more:
                        break
                    reply += more
            except (ConnectionResetError, BrokenPipeError, TimeoutError):
                return b""
            return reply

    def head(self, *headers: str, path: str = "/v1/forecasts") -> bytes:
        lines = [f"POST {path} HTTP/1.1", "host: localhost", f"authorization: Bearer {self.key}", *headers, "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def post(self, body: bytes = rows({"Store": 1, "Date": DAY}).encode()) -> int:
        reply = self.send(self.head("content-type: application/json", f"content-length: {len(body)}"), body)
        return int(reply[9:12])


def _whole(reply: bytes) -> bool:
    head, blank_line, body = reply.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length: "):
            return bool(blank_line) and len(body) >= int(line[16:])
    return False


@pytest.fixture(scope="module")
def raw(service_factory: ServiceFactory, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raw]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        own = copy_of(home, tmp_path_factory.mktemp("raw") / "home")
        key = make_key(home_url(own))
        with service_factory.running(own, STORECAST_HEADER_SECONDS="2", STORECAST_BODY_SECONDS="2") as running_service:
            yield Raw(running_service.port, key)
            assert running_service.code() is None


def test_chunks_without_a_length_are_counted(raw: Raw) -> None:
    head = raw.head("content-type: application/json", "transfer-encoding: chunked")
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    reply = raw.send(head, *[chunk] * 40)
    assert reply == b"" or reply.startswith(b"HTTP/1.1 413"), reply[:100]  # the service may close early
    assert raw.post() == 200


def test_chunks_that_are_small_enough_are_read(raw: Raw) -> None:
    body = rows({"Store": 1, "Date": DAY}).encode()
    chunks = [b"1\r\n%b\r\n" % body[k : k + 1] for k in range(len(body))]
    reply = raw.send(raw.head("content-type: application/json", "transfer-encoding: chunked"), *chunks, b"0\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200")


BROKEN = {
    "both lengths": ("content-length: 2", "transfer-encoding: chunked"),
    "two lengths": ("content-length: 2", "content-length: 3"),
    "negative length": ("content-length: -1",),
    "length in words": ("content-length: two",),
    "header without colon": ("nonsense",),
    "header with a zero byte": ("x: a\x00b",),
    "folded header": ("x: a", " b"),
}


@pytest.mark.parametrize("headers", BROKEN.values(), ids=BROKEN.keys())
def test_broken_headers_are_a_400(raw: Raw, headers: tuple[str, ...]) -> None:
    reply = raw.send(raw.head("content-type: application/json", *headers), b"{}")
    assert reply.startswith(b"HTTP/1.1 400"), reply[:200]
    assert b"application/problem+json" in reply
    assert len(reply) < LARGEST_REPLY
    assert raw.post() == 200


@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n{}", b"2\r\n{}}}}\r\n"])
def test_bad_sizes_of_chunks_are_a_400(raw: Raw, chunk: bytes) -> None:
    reply = raw.send(raw.head("content-type: application/json", "transfer-encoding: chunked"), chunk)
    assert reply.startswith(b"HTTP/1.1 400"), reply[:200]
    assert raw.post() == 200


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 100 + b"\x00"]
)
def test_what_is_no_http_is_a_400(raw: Raw, noise: bytes) -> None:
    reply = raw.send(noise)
    assert reply.startswith((b"HTTP/1.1 400", b"HTTP/1.1 401")), reply[:100]


def test_floods_of_headers_are_a_431(raw: Raw) -> None:
    many = raw.send(raw.head(*[f"x-{k}: {'y' * 100}" for k in range(1000)]))
    long = raw.send(raw.head("x: " + "y" * 200_000))
    address = raw.send(raw.head(path="/" + "y" * 200_000))
    unended = raw.send(b"GET / HTTP/1.1\r\n", *[b"x: " + b"y" * 8000 + b"\r\n"] * 30)
    for reply in (many, long, address, unended):
        assert reply == b"" or reply.startswith(b"HTTP/1.1 431"), reply[:100]
    assert raw.post() == 200


# Half-open connections


def test_half_open_connections_are_closed_and_good_clients_do_not_notice(raw: Raw) -> None:
    links = [socket.create_connection(("127.0.0.1", raw.port)) for _ in range(200)]
    for k, link in enumerate(links):
        link.sendall(
            [
                b"",
                b"POST /v1/forecasts HTTP/1.1\r\nhost: x\r\n",
                raw.head("content-length: 9", "content-type: text/csv") + b"a",
            ][k % 3]
        )
    assert [raw.post() for _ in range(20)] == [200] * 20
    for link in links:
        link.settimeout(60)
        while True:  # connections with complete headers get a response first
            try:
                if not link.recv(65536):
                    break
            except ConnectionResetError:
                break
        link.close()
    assert raw.post() == 200


# Missing permission

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
PATHS = sorted({path for _, path in SCOPES} | {"/", "/docs", "/redoc", "/v1", "/admin", "/v1/nothing", "/static/x.js"})
REACH = {
    "read": {"read"},
    "forecast": {"forecast"},
    "write": {"write"},
    "admin": {"read", "forecast", "write", "admin"},
}


def address(path: str) -> str:
    return path.replace("{store}", "1").replace("{model}", "model-2000-01-01-00-00-00.pkl")


@pytest.fixture(scope="module")
def keys(client: Client) -> dict[str, str]:
    where = home_url(client.service.settings.home)
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    return {scope: make_key(where, scope) for scope in REACH} | {"expired": make_key(where, "admin", expires=past)}


def test_the_public_routes_are_these_alone() -> None:
    assert set(PUBLIC) == {"/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"}


@pytest.mark.parametrize("method", METHODS)
def test_without_a_key_nothing_but_health_answers(client: Client, keys: dict[str, str], method: str) -> None:
    for path in PATHS:
        for key, authorization in (
            (None, None),
            (keys["expired"], None),
            ("sc_" + "A" * 43, None),
            (None, "Basic " + base64.b64encode(b"a:b").decode()),
            (None, f"Bearer {CANARY}"),
            (None, "Bearer " + "A" * 5000),
            (None, "bearer"),
        ):
            headers = {"authorization": authorization} if authorization else {}
            reply = client.ask(method, address(path), key=key, **headers)
            assert reply.status_code == 401, (method, path, reply.status_code)
            assert reply.headers["www-authenticate"].startswith("Bearer")
            if method != "HEAD":
                clean(reply, 401)
    for path in PUBLIC:
        assert client.ask("GET", path, key=None).status_code == 200
        if method != "GET":
            assert client.ask(method, path, key=None).status_code == 401


@pytest.mark.parametrize("scope", REACH)
def test_a_key_reaches_as_far_as_its_scope(client: Client, keys: dict[str, str], scope: str) -> None:
    for (method, path), needed in SCOPES.items():
        body = b"[" if method == "POST" else None  # a broken body, so that nothing is changed
        reply = client.ask(method, address(path), body, key=keys[scope])
        if needed in REACH[scope]:
            assert reply.status_code not in (401, 403), (method, path)
        else:
            clean(reply, 403)


@pytest.mark.parametrize("body", [b"[", b"\xff", b'{"a":1'])
def test_a_body_that_is_no_json_is_a_400_on_every_route_that_reads_json(
    client: Client, keys: dict[str, str], body: bytes
) -> None:
    refused = {
        path: client.ask("POST", address(path), body, key=keys["admin"]).status_code
        for method, path in SCOPES
        if method == "POST"
    }
    others = {path: code for path, code in refused.items() if code != 400}
    assert others == {
        "/v1/models/{model}/promote": 422,  # no body is read: there is no such model,
        "/v1/rollback": 422,  # and none before this one
        "/v1/plan/workbook": 415,  # a workbook is no JSON
        # No version, scenario or model has such a name: that is said first.
        "/v1/plan/versions/{version}/state": 404,
        "/v1/plan/scenarios/{scenario}/restore": 404,
        "/v1/plan/scenarios/{scenario}/publish": 404,
        "/v2/models/{model}/infer": 404,
        "/v2/models/{model}/versions/{version}/infer": 404,
    }


@pytest.mark.parametrize("more", ["%0A", "%0D%0A", "/", "%00", "%20", ";a=b", "//"])
def test_what_stands_behind_a_path_opens_no_other_route(client: Client, keys: dict[str, str], more: str) -> None:
    for method, path in SCOPES:
        if "{store}" in path or path.endswith("}"):
            continue  # the text would be part of the name
        body = b"[" if method == "POST" else None
        for scope in ("read", "admin"):
            clean(client.ask(method, address(path) + more, body, key=keys[scope]), 404)
        clean(client.ask(method, address(path) + more, body, key=None), 401)


def test_a_key_in_the_address_is_no_key(client: Client) -> None:
    for name in ("key", "token", "access_token", "api_key"):
        clean(client.get(f"/v1/stores?{name}={client.key}", key=None), 401)


def test_two_authorizations_are_none(client: Client) -> None:
    request = client._client.build_request("GET", "/v1/stores", headers=[("authorization", f"Bearer {client.key}")] * 2)
    reply = asyncio.run_coroutine_threadsafe(client._client.send(request), client.loop).result(10)
    clean(reply, 401)


def test_keys_are_long_hashed_and_revoked_at_once(client: Client) -> None:
    where = home_url(client.service.settings.home)
    token = make_key(where, "read")
    assert len(base64.urlsafe_b64decode(token.removeprefix("sc_") + "=")) == 32
    assert token.encode() not in (client.service.settings.home / "storecast.db").read_bytes()
    assert client.get("/v1/stores", key=token).status_code == 200
    database = Database.open(where)
    revoke_key(database, all_keys(database)[-1].id)
    database.close()
    time.sleep(1.1)
    clean(client.get("/v1/stores", key=token), 401)


def test_without_keys_only_this_machine_is_answered(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    with running(settings_of(own, no_keys=True)) as client:
        assert client.get("/v1/stores").status_code == 200
        for host in ("127.0.0.1", "localhost:8000", "[::1]:8000", "127.0.0.1:1"):
            assert client.get("/v1/stores", host=host).status_code == 200
        for host in (
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:8000",
            "",
            "169.254.169.254",
            "0.0.0.0",
        ):
            clean(client.get("/v1/stores", host=host), 403)
        assert client.get("/v1/stores", origin="http://localhost:8000").status_code == 200
        for origin in ("https://evil.example", "null", "http://localhost.evil.example", "file://", CANARY):
            clean(client.get("/v1/stores", origin=origin), 403)


# Repeated writes


@pytest.fixture
def writer(home: Path, url: str, tmp_path: Path) -> Iterator[Client]:
    """Run a service that accepts writes, on SQLite and on PostgreSQL."""
    own = copy_of(home, tmp_path / "home")
    fill(url, chain())
    with running(settings_of(own, db=url), make_key(url)) as served:
        yield served


def written(client: Client) -> pl.DataFrame:
    panel, _ = read_panel(client.service.live.database())
    return panel.sales.filter(pl.col("Date") == dt.date(2014, 2, 25))


def test_writes_are_done_once_and_never_twice(writer: Client) -> None:
    body = {"rows": [{"Store": 1, "Date": "2014-02-25", "Sales": 4000}]}
    with ThreadPoolExecutor(20) as threads:
        replies = list(threads.map(lambda _: writer.post("/v1/sales", body, idempotency_key="once"), range(20)))
    assert {reply.status_code for reply in replies} == {200}
    assert {reply.content for reply in replies} == {replies[0].content}  # the same response twenty times
    assert replies[0].json()["inserted"] == 1
    assert written(writer).height == 1
    other = {"rows": [{"Store": 2, "Date": "2014-02-25", "Sales": 4000}]}
    clean(writer.post("/v1/sales", other, idempotency_key="once"), 409)
    assert written(writer).height == 1
    clean(writer.post("/v1/sales", other, idempotency_key="x" * 200), 422)
    # Without the header as well, the same values change nothing and others are refused.
    again = writer.post("/v1/sales", body).json()
    assert (again["inserted"], again["same"]) == (0, 1)
    clean(writer.post("/v1/sales", {"rows": [{**body["rows"][0], "Sales": 1}]}), 409)
    replaced = writer.post("/v1/sales", {"rows": [{**body["rows"][0], "Sales": 1}], "replace": True})
    assert replaced.json()["replaced"] == 1
    # The audit table records each write and its key.
    with writer.service.live.database().reading() as conn:
        entries = conn.execute(sa.select(t.audit.c.actor, t.audit.c.action).where(t.audit.c.action == "sales")).all()
    assert len(entries) >= 2
    assert all(row.actor.startswith("key:") for row in entries)
    # The next forecast includes the write.
    newest = writer.forecasts({"store": 1, "days": 1}).json()["version"]
    assert newest == replaced.json()["version"]


# Names that are code elsewhere: in SQL, HTTP headers, terminals, spreadsheets and HTML

NAMES = (
    "'; DROP TABLE sales; --",
    "a\r\nset-cookie: x=1",
    "\x1b[31mred",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "@SUM(A1)",
)


def test_names_stay_as_they_are_and_are_harmless_where_they_are_printed(client: Client) -> None:
    day = {"Store": 1, "Date": DAY}
    for name in NAMES:
        shown = client.forecasts({"rows": [{**day, "Id": name}]})
        assert shown.json()["forecasts"][0]["Id"] == name
        assert shown.headers["content-type"] == "application/json"
        assert "set-cookie" not in shown.headers
        cell = client.forecasts({"rows": [{**day, "Id": name}]}, accept="text/csv").text.splitlines()[-1]
        assert not cell.startswith(("=", "@", "+", "-", "\t", "\r"))
    assert "x-evil" not in client.get("/v1/stores", x_request_id="a\tb").headers.get("x-request-id", "")
    still_serves(client)


def test_names_are_stored_as_they_are(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    with running(settings_of(own), make_key(home_url(own))) as client:
        stores = [{"Store": 100 + k, "StoreType": name} for k, name in enumerate(NAMES)]
        assert client.post("/v1/stores", {"rows": stores}).json()["inserted"] == len(NAMES)
        listed = client.get("/v1/stores?limit=100").json()["stores"]
        assert [store["StoreType"] for store in listed if store["Store"] >= 100] == list(NAMES)
        assert client.get("/v1/stores/100").json()["StoreType"] == NAMES[0]


# Limits: rate, concurrency, time and page size


def test_more_than_the_rate_is_a_429(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    settings = settings_of(own, rate=5, burst=10, concurrency=2, time_limit=0.5)
    with running(settings, make_key(home_url(own))) as client:
        replies = [client.get("/v1/stores") for _ in range(15)]
        assert {reply.status_code for reply in replies[:10]} == {200}
        refused = [reply for reply in replies if reply.status_code == 429]
        assert refused
        for reply in refused:
            clean(reply, 429)
            assert int(reply.headers["retry-after"]) >= 1
        other = make_key(home_url(own))  # each key has a rate limit of its own
        assert client.get("/v1/stores", key=other).status_code == 200
        assert client.get("/health/live").status_code == 200
        _too_slow_and_too_many(client, home_url(own))


def _too_slow_and_too_many(client: Client, where: str) -> None:
    """Block the threads of the pool, so that some requests take too long and further ones are refused."""
    hold = threading.Event()
    pool = client.service.large

    def occupied() -> None:
        hold.wait(10)

    for _ in range(client.service.settings.workers):
        asyncio.run_coroutine_threadsafe(pool.run(occupied), client.loop)

    def ask(key: str) -> httpx.Response:
        return client.forecasts({"store": 1, "totals": True}, key=key)

    tokens = [make_key(where) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(ask, tokens))
    hold.set()
    statuses = sorted(reply.status_code for reply in replies)
    assert set(statuses) == {503, 504}, statuses
    for reply in replies:
        clean(reply, 503, 504)
    busy = [reply for reply in replies if reply.status_code == 503]
    assert all("retry-after" in reply.headers for reply in busy)


def test_pages_are_bounded_and_come_one_after_the_other(client: Client) -> None:
    clean(client.get("/v1/stores?limit=1001"), 422)
    stores, path = [], "/v1/stores?limit=4"
    while path:
        page = client.get(path).json()
        stores += [store["Store"] for store in page["stores"]]
        path = f"/v1/stores?limit=4&cursor={page['next']}" if page["next"] else ""
    assert stores == [1, 2, 3, 4, 5, 6]
    days, path = [], "/v1/stores/2/history?limit=300&first=2013-02-01"
    while path:
        page = client.get(path).json()
        days += [row["Date"] for row in page["history"]]
        path = f"/v1/stores/2/history?limit=300&first=2013-02-01&cursor={page['next']}" if page["next"] else ""
    assert days == sorted(set(days))
    assert (days[0], days[-1]) == ("2013-02-01", "2014-02-24")
