"""What is sent, how often, and that the key goes nowhere but into its header."""

import datetime as dt
import logging
import traceback

import httpx
import numpy as np
import pytest

from storecast.client import (
    BadReplyError,
    Client,
    ClientError,
    InvalidError,
    RequestError,
    Retries,
    TooManyError,
    UnavailableError,
    UnreachableError,
)
from storecast.client.sending import encode
from support.fake_service import KEY, URL, FakeService, problem, reply

DROPPED = httpx.ConnectError("refused")
SALES = [{"Store": 1, "Date": "2014-07-01", "Sales": 10}]


@pytest.mark.parametrize(
    "first",
    [
        DROPPED,
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        problem(503),
        problem(429),
        problem(504),
        httpx.Response(502, text="<html>"),
    ],
)
def test_when_the_network_or_a_busy_service_fails_once_then_the_request_is_sent_again(
    first: httpx.Response | Exception,
) -> None:
    service = FakeService(first, reply({"accuracy": [], "alerts": []}))
    assert service.client().accuracy() == {"accuracy": [], "alerts": []}
    assert (len(service.requests), len(service.slept)) == (2, 1)


@pytest.mark.parametrize("first", [httpx.ReadTimeout("slow"), problem(504)])
def test_a_request_that_takes_minutes_is_waited_for_and_sent_once(first: httpx.Response | Exception) -> None:
    service = FakeService(first, reply({}))
    with pytest.raises(ClientError):
        service.client().scenario([{"Store": 1, "Date": "2014-07-01", "Promo": 1}])
    assert len(service.requests) == 1
    assert service.requests[0].extensions["timeout"]["read"] > 300


def test_when_it_fails_for_good_then_the_error_has_the_last_reason_after_all_retries() -> None:
    service = FakeService(DROPPED)
    with pytest.raises(UnreachableError, match="attempts: 3, ConnectError"):
        service.client(retries=Retries(times=2)).accuracy()
    assert len(service.requests) == 3
    busy = FakeService(problem(503, headers={"Retry-After": "2"}))
    with pytest.raises(UnavailableError) as raised:
        busy.client(retries=Retries(times=2)).accuracy()
    assert (len(busy.requests), raised.value.retry_after) == (3, 2)


def test_when_the_service_says_when_to_come_back_then_that_is_waited() -> None:
    service = FakeService(problem(429, headers={"Retry-After": "7"}), reply({"models": []}))
    assert service.client().models() == []
    assert 7 <= service.slept[0] <= 7.25


def test_when_it_says_a_time_beyond_patience_then_nobody_waits() -> None:
    service = FakeService(problem(429, headers={"Retry-After": "3600"}))
    with pytest.raises(TooManyError) as raised:
        service.client().models()
    assert (service.slept, raised.value.retry_after) == ([], 3600)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422, 500])
def test_when_it_would_be_no_better_the_next_time_then_the_request_is_sent_once(status: int) -> None:
    service = FakeService(problem(status))
    with pytest.raises(ClientError):
        service.client().add_sales(SALES)
    assert len(service.requests) == 1


def test_a_write_keeps_its_idempotency_key_through_retries_and_another_write_has_another() -> None:
    service = FakeService(httpx.ReadTimeout("slow"), problem(503), reply())
    client = service.client()
    client.add_sales(SALES)
    keys = {request.headers["Idempotency-Key"] for request in service.requests}
    assert (len(service.requests), len(keys)) == (3, 1)
    assert len({request.content for request in service.requests}) == 1
    client.add_sales(SALES)
    assert service.last.headers["Idempotency-Key"] not in keys
    client.add_sales(SALES, idempotency_key="nightly-2014-07-01")
    assert service.last.headers["Idempotency-Key"] == "nightly-2014-07-01"


def test_removals_and_undoing_are_writes_that_are_sent_again_under_one_key() -> None:
    for send in (lambda client: client.remove_sales(1), lambda client: client.undo(3)):
        service = FakeService(problem(504), reply({"removed": 1}))
        assert send(service.client()) == {"removed": 1}
        keys = [request.headers["Idempotency-Key"] for request in service.requests]
        assert (len(keys), len(set(keys))) == (2, 1)


def test_the_key_stands_in_its_header_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    for answers in (
        [DROPPED],
        [problem(503)],
        [problem(422)],
        [reply({"models": []})],
        [httpx.Response(200, text="no")],
    ):
        service = FakeService(*answers)
        client = service.client(retries=Retries(times=1))
        try:
            client.models()
        except ClientError as error:
            texts += [repr(error), *traceback.format_exception(error), repr(vars(error))]
        assert service.last.headers["Authorization"] == f"Bearer {KEY}"
        texts += [repr(client), str(service.last.url), repr(service.last.headers)]
    assert caplog.text
    assert KEY not in caplog.text + "".join(texts)


@pytest.mark.parametrize("key", ["", "sc_with space", "sc_line\nbreak", "sc_ü"])
def test_a_key_that_no_header_can_hold_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(RequestError) as raised:
        Client(URL, key)
    assert not key or key not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "storecast.example",
        "ftp://storecast.example",
        "https://u:secret@x.example",
        "https://x.example?key=secret",
        "https://",
        "https://x.example:port",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(RequestError, match="The address of the service") as raised:
        Client(url)
    assert "secret" not in str(raised.value)


def test_a_redirect_is_not_followed() -> None:
    service = FakeService(httpx.Response(302, headers={"Location": "https://elsewhere.example"}))
    with pytest.raises(BadReplyError, match="status 302"):
        service.client().models()
    assert len(service.requests) == 1


def test_a_page_of_something_else_is_an_error_that_says_so() -> None:
    with pytest.raises(BadReplyError, match="Is this the service's address"):
        FakeService(httpx.Response(200, html="<p>hello")).client().models()
    with pytest.raises(BadReplyError, match="status 404"):
        FakeService(httpx.Response(404, html="<p>gone")).client().models()


def test_a_gateway_without_problem_details_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="A server on the way"):
        FakeService(httpx.Response(503, html="<p>away")).client(retries=Retries(times=0)).models()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_not_sent(value: float) -> None:
    service = FakeService(reply())
    with pytest.raises(RequestError, match="NaN"):
        service.client().add_sales([{**SALES[0], "Sales": value}])
    assert service.requests == []


def test_dates_and_numbers_of_numpy_are_sent_as_json_has_them() -> None:
    assert encode({"Date": dt.date(2014, 7, 1), "Open": np.int8(1), "Sales": np.float64(2.5)}) == (
        b'{"Date":"2014-07-01","Open":1,"Sales":2.5}'
    )
    with pytest.raises(RequestError, match="holds a object"):
        encode({"x": object()})


def test_without_a_key_none_is_sent() -> None:
    service = FakeService(reply({"models": []}))
    service.client(key=None).models()
    assert "Authorization" not in service.last.headers


def test_a_client_is_closed_with_its_block() -> None:
    with FakeService(reply({"models": []})).client() as client:
        client.models()
    with pytest.raises(RuntimeError, match="closed"):
        client.models()


def test_a_refusal_lists_its_places() -> None:
    places = [{"where": "rows[3].Promo", "what": "expected 0 or 1"}]
    with pytest.raises(
        InvalidError, match=r"422 A title: A detail\. \[rows\[3\].Promo: expected 0 or 1\] \(request r-1\)"
    ) as raised:
        FakeService(problem(422, errors=places)).client().add_sales(SALES)
    error = raised.value
    assert (error.status, error.kind, error.detail, error.request) == (422, "/problems/x", "A detail.", "r-1")
    assert error.errors == tuple(places)
