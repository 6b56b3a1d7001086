"""Traces: what a request or a job spends its time on, for a collector of OpenTelemetry.

They are off until `tracing` switches them on. Nothing of OpenTelemetry is imported before, and `span` then costs a call.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
_OFF: AbstractContextManager[Any] = nullcontext()


class Tracer(Protocol):
    """What writes spans (`trace_export.OpenTelemetryTracer`)."""

    def root(self, name: str) -> AbstractContextManager[Any]:
        """Begin a trace."""

    def span(self, name: str, attributes: Mapping[str, Any]) -> AbstractContextManager[Any]:
        """Add a span to the trace that is at work; nothing where none is."""

    def in_thread(self, pool: str, work: Callable[[], T]) -> Callable[[], T]:
        """Return a call that goes on with the trace that is at work now, in a thread of a pool."""


_tracer: Tracer | None = None


def tracer() -> Tracer | None:
    """Return what writes spans; None where traces are off."""
    return _tracer


def root(name: str) -> AbstractContextManager[Any]:
    """Begin a trace, where traces are on."""
    return _OFF if _tracer is None else _tracer.root(name)


def span(name: str, **attributes: Any) -> AbstractContextManager[Any]:
    """Add what follows to the trace that is at work, where one is.

    Parameters
    ----------
    name : of the span
    attributes : no secrets, and nothing that was sent
    """
    return _OFF if _tracer is None else _tracer.span(name, attributes)


@contextmanager
def using(writer: Tracer | None) -> Iterator[None]:
    """Write spans with this from here on."""
    global _tracer
    before, _tracer = _tracer, writer
    try:
        yield
    finally:
        _tracer = before


@contextmanager
def tracing(flush_seconds: float, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Send traces of what happens within to the collector that the environment names; do without where it names none.

    Parameters
    ----------
    flush_seconds : that the last spans may take at the end
    environment : variables of OpenTelemetry; None: of this process
    """
    variables = os.environ if environment is None else environment
    endpoint = next((variables[name] for name in ENDPOINTS if variables.get(name)), None)
    exporters = variables.get("OTEL_TRACES_EXPORTER", "otlp").split(",")
    if endpoint is None or variables.get("OTEL_SDK_DISABLED", "").lower() == "true" or "otlp" not in exporters:
        yield
        return
    protocol = next((variables[name] for name in PROTOCOLS if variables.get(name)), PROTOCOL)
    if protocol != PROTOCOL:
        log.warning("There are no traces: they are sent by %s alone. Set %s=%s.", PROTOCOL, PROTOCOLS[1], PROTOCOL)
        yield
        return
    try:
        from storecast.trace_export import exporting
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("storecast"):
            raise
        log.warning("There are no traces: %s is not installed. pip install 'storecast[tracing]' adds it.", error.name)
        yield
        return
    with exporting(flush_seconds) as writer, using(writer):
        yield
