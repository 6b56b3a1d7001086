"""Traces: a span for each request that goes on with the caller's, with children for what takes time."""

import datetime as dt
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from storecast import traces
from storecast.database.connect import home_url
from storecast.logs import JsonFormatter
from storecast.trace_export import OpenTelemetryTracer
from support.served_home import FIRST, OPEN_DAY, Client, copy_of, make_key, running, settings_of

CALLER = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{CALLER}-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture(scope="module")
def client(home: Path, exporter: InMemorySpanExporter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    own = copy_of(home, tmp_path_factory.mktemp("traces") / "home")
    with pytest.MonkeyPatch.context() as patch, traces.using(OpenTelemetryTracer(provider)):
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        with running(settings_of(own), make_key(home_url(own))) as service:
            yield service


def spans_of(exporter: InMemorySpanExporter, trace: str = CALLER) -> list[ReadableSpan]:
    """Return the spans of a trace; what else the service did meanwhile is not among them."""
    return [span for span in exporter.get_finished_spans() if f"{span.context.trace_id:032x}" == trace]


def test_a_request_goes_on_with_the_trace_of_its_caller_and_says_where_its_time_went(
    client: Client, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "storecast.requests")
    exporter.clear()
    days = [f"{FIRST + dt.timedelta(days=ahead)}" for ahead in range(14)]  # of which some have no promotion as stored
    rows = [{"Store": 1, "Date": day, **OPEN_DAY, "Promo": 1} for day in days]
    answer = client.forecasts({"rows": rows}, traceparent=TRACEPARENT, host="forecast.example.com:8443")
    assert answer.status_code == 200, answer.text
    spans = spans_of(exporter)
    server = spans[-1]
    assert (server.name, server.kind) == ("POST /v1/forecasts", SpanKind.SERVER)
    assert server.parent is not None
    assert f"{server.parent.span_id:016x}" == "b7ad6b7169203331"
    assert dict(server.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/forecasts",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "server.address": "forecast.example.com",
        "server.port": 8443,
        "storecast.request.id": answer.headers["x-request-id"],
        "url.path": "/v1/forecasts",
        "url.scheme": "http",
    }
    assert {"wait for pool large", "work in pool large", "features", "model"} <= {span.name for span in spans}
    parents = {span.context.span_id: span for span in spans}
    chain, span = [], next(span for span in spans if span.name == "model")
    while span.parent is not None and span.parent.span_id in parents:
        span = parents[span.parent.span_id]
        chain.append(span.name)
    assert chain == ["work in pool large", "POST /v1/forecasts"]
    client.service.request_log.flush()
    record = next(
        record for record in caplog.records if record.__dict__.get("request") == answer.headers["x-request-id"]
    )
    assert json.loads(JsonFormatter().format(record))["trace_id"] == CALLER
    assert client.key is not None
    assert not any(client.key in span.to_json() or "Promo" in span.to_json() for span in spans)


def test_a_write_shows_its_time_in_the_database(client: Client, exporter: InMemorySpanExporter) -> None:
    exporter.clear()
    stores = {"rows": [{"Store": 901, "StoreType": "a", "Assortment": "a"}]}
    assert client.post("/v1/stores", stores, traceparent=TRACEPARENT).status_code == 200
    written = [span for span in spans_of(exporter) if span.name == "write to the database"]
    assert written
    assert all((span.attributes or {})["db.system.name"] == "sqlite" for span in written)


def test_what_fails_is_marked_without_a_word_of_what_was_sent(
    client: Client, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    exporter.clear()
    assert client.get("/secret?key=secret", traceparent=TRACEPARENT).status_code == 404
    monkeypatch.setattr("storecast.service.routes.plan_summary.plan_summary", broken)
    assert client.get("/v1/plan/summary?version=1", traceparent=TRACEPARENT).status_code == 500
    missing, *_, failed = [span for span in spans_of(exporter) if span.kind is SpanKind.SERVER]
    assert (missing.name, missing.status.status_code) == ("GET", StatusCode.UNSET)
    assert (missing.attributes or {})["http.response.status_code"] == 404
    assert (failed.name, failed.status.status_code) == ("GET /v1/plan/summary", StatusCode.ERROR)
    assert (failed.attributes or {})["error.type"] == "500"
    work = next(span for span in spans_of(exporter) if span.name == "work in pool large")
    assert (work.attributes or {})["error.type"] == "RuntimeError"
    assert not any("secret" in span.to_json() for span in spans_of(exporter))


def test_probes_have_no_trace_nor_has_what_goes_on_in_the_background(
    client: Client, exporter: InMemorySpanExporter
) -> None:
    exporter.clear()
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert client.get(path, traceparent=TRACEPARENT).status_code == 200
    client.service.request_log.flush()
    assert exporter.get_finished_spans() == ()


@pytest.mark.parametrize("parent", ["nonsense", f"00-{'0' * 32}-b7ad6b7169203331-01", "ff" * 200, "ä"])
def test_a_traceparent_that_is_none_begins_a_new_trace(
    client: Client, exporter: InMemorySpanExporter, parent: str
) -> None:
    exporter.clear()
    client.ask("GET", "/v1/models", traceparent=parent.encode())  # type: ignore[arg-type]
    server = exporter.get_finished_spans()[-1]
    assert server.parent is None
