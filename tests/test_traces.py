"""Traces are sent to a collector where one is named and answers; where they are off, nothing of them is imported."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from storecast import traces
from storecast.trace_export import exporting


class Collector:
    """What a collector was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.requests: list[ExportTraceServiceRequest] = []
        self.endpoint = ""

    def names(self) -> list[str]:
        return [
            span.name
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextmanager
def collector() -> Iterator[Collector]:
    """Run a collector on loopback."""
    received = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if received.status == 200:
                received.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(received.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    received.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    return monkeypatch


def test_a_collector_gets_the_last_span_at_the_end(environment: pytest.MonkeyPatch) -> None:
    with collector() as received:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.endpoint)
        environment.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        with traces.tracing(10), traces.root("storecast weekly"), traces.span("forecast"):
            assert traces.tracer() is not None
    assert received.names() == ["forecast", "storecast weekly"]
    named = {each.key: each.value.string_value for each in received.requests[0].resource_spans[0].resource.attributes}
    assert (named["service.name"], named["deployment.environment.name"]) == ("storecast", "test")


def test_the_sampler_and_the_name_of_the_environment_hold(environment: pytest.MonkeyPatch) -> None:
    with collector() as received:
        environment.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{received.endpoint}/v1/traces")
        environment.setenv("OTEL_SERVICE_NAME", "forecasts of the north")
        with traces.tracing(10), traces.root("kept"):
            pass
        resource = received.requests[0].resource_spans[0].resource
        assert "forecasts of the north" in {each.value.string_value for each in resource.attributes}
        environment.setenv("OTEL_TRACES_SAMPLER", "always_off")
        with traces.tracing(10), traces.root("dropped"):
            pass
    assert received.names() == ["kept"]


def test_a_collector_that_takes_nothing_costs_one_warning(
    environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with collector() as received:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.endpoint)
        received.status = 400
        with exporting(10) as tracer:
            for _ in range(3):
                with tracer.root("lost"):
                    pass
                tracer.provider.force_flush()
            received.status = 200
            with tracer.root("kept"):
                pass
            tracer.provider.force_flush()
    logged = [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name.startswith(("storecast", "opentel"))
    ]
    assert [level for level, _ in logged] == ["WARNING", "INFO"]
    assert "traces are dropped" in logged[0][1]
    assert received.names() == ["kept"]


def test_a_collector_that_hangs_keeps_nobody_from_ending(caplog: pytest.LogCaptureFixture) -> None:
    hanging, ended = threading.Event(), threading.Event()

    class Hanging(InMemorySpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            hanging.set()
            ended.wait(60)
            return super().export(spans)

    with exporting(0.1, Hanging()) as tracer, tracer.root("lost"):
        pass
    assert hanging.wait(10)
    ended.set()
    assert ["did not take them within 0.1 s" in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.parametrize(
    ("variables", "warning"),
    [
        ({}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}, ""),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "http/protobuf alone",
        ),
    ],
)
def test_traces_are_off_unless_they_can_be_sent(
    variables: dict[str, str], warning: str, caplog: pytest.LogCaptureFixture
) -> None:
    with traces.tracing(1, variables), traces.root("nothing"), traces.span("nothing"):
        assert traces.tracer() is None
    assert [warning in record.getMessage() for record in caplog.records] == ([True] if warning else [])


def test_without_the_extra_one_warning_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "storecast.trace_export")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with traces.tracing(1, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}):
        assert traces.tracer() is None
    assert ["storecast[tracing]" in record.getMessage() for record in caplog.records] == [True]


def test_nothing_of_opentelemetry_is_imported_where_traces_are_off() -> None:
    program = (
        "import sys; import storecast.service.server, storecast.page.routes, storecast.workflows.weekly; "
        "print(sorted(name for name in sys.modules if name.startswith(('opentelemetry', 'authlib', 'joserfc'))))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
