"""Traces by OpenTelemetry: spans are written in memory, and sent to the collector by a thread in the background.

A collector that does not answer costs one warning: spans are dropped, and requests are answered all the same. What an error says is
in no span, since it may hold what was sent.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from typing import Any, TypeVar

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, StatusCode

from storecast.errors import quote

log = logging.getLogger(__name__)

T = TypeVar("T")

NAME = "storecast"
LIBRARY = "opentelemetry"
EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"  # the logger of what sends
QUEUE = "opentelemetry.sdk._shared_internal"  # and of what waits to be sent


class OpenTelemetryTracer:
    """Writes spans.

    Parameters
    ----------
    provider : takes them
    """

    def __init__(self, provider: TracerProvider) -> None:
        self.provider = provider
        self.tracer = provider.get_tracer(NAME, version(NAME))

    def root(self, name: str) -> AbstractContextManager[Span]:
        """Begin a trace."""
        return self.begin(name)

    def span(self, name: str, attributes: Mapping[str, Any]) -> AbstractContextManager[Span | None]:
        """Add a span to the trace that is at work; nothing where none is: what goes on in the background is no trace."""
        if not trace.get_current_span().get_span_context().is_valid:
            return nullcontext()
        return self.begin(name, attributes=attributes)

    @contextmanager
    def begin(self, name: str, **options: Any) -> Iterator[Span]:
        """Begin a span; one that ends with an error says of which kind, and no more.

        Parameters
        ----------
        name : of the span
        options : of OpenTelemetry's ``start_as_current_span``
        """
        quiet: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
        with self.tracer.start_as_current_span(name, **options, **quiet) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(StatusCode.ERROR)
                raise

    def in_thread(self, pool: str, work: Callable[[], T]) -> Callable[[], T]:
        """Return a call that goes on with the trace that is at work now, in a thread of a pool.

        Parameters
        ----------
        pool : its name
        work : to do there
        """
        here = context.get_current()
        if not trace.get_current_span(here).get_span_context().is_valid:
            return work
        waited_since = time.time_ns()

        def run() -> T:
            token = context.attach(here)
            try:
                self.tracer.start_span(f"wait for pool {pool}", start_time=waited_since).end()
                with self.begin(f"work in pool {pool}"):
                    return work()
            finally:
                context.detach(token)

        return run


@contextmanager
def exporting(flush_seconds: float, exporter: SpanExporter | None = None) -> Iterator[OpenTelemetryTracer]:
    """Yield what writes spans that a collector gets; OpenTelemetry reads from the environment where that is, and which ones.

    Parameters
    ----------
    flush_seconds : that the last of them may take at the end
    exporter : what sends them; None: as the environment has it
    """
    reason = _Reason()
    sender, queue, library = map(logging.getLogger, (EXPORTER, QUEUE, LIBRARY))
    before = library.handlers, library.propagate, queue.level
    library.handlers, library.propagate = list(logging.getLogger("storecast").handlers), False
    sender.addFilter(reason)
    queue.setLevel(logging.ERROR)  # that it is full follows from what was said already
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    steady = _SteadyExporter(exporter or OTLPSpanExporter(), reason)
    provider.add_span_processor(BatchSpanProcessor(steady))
    try:
        yield OpenTelemetryTracer(provider)
    finally:
        # Spans that a collector takes are gone in no time. One that does not answer keeps nobody from ending.
        last = threading.Thread(target=provider.shutdown, name="last traces", daemon=True)
        last.start()
        last.join(flush_seconds)
        if last.is_alive() and not steady.fails:
            log.warning("the last traces are dropped, since the collector did not take them within %g s", flush_seconds)
        sender.removeFilter(reason)
        library.handlers, library.propagate = before[:2]
        queue.setLevel(before[2])


class _Reason(logging.Filter):
    """Keeps what the exporter says of each failure, in place of its many lines."""

    text = ""

    def filter(self, record: logging.LogRecord) -> bool:
        self.text = record.getMessage()
        return False


class _SteadyExporter(SpanExporter):
    """Sends spans, and says once that they are not taken.

    Parameters
    ----------
    exporter : sends them
    reason : why it could not

    Attributes
    ----------
    fails : whether the last of them were not taken
    """

    def __init__(self, exporter: SpanExporter, reason: _Reason) -> None:
        self._exporter = exporter
        self._reason = reason
        self.fails = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        fails = result is not SpanExportResult.SUCCESS
        if fails and not self.fails:
            log.warning("traces are dropped, since the collector does not take them: %s", quote(self._reason.text))
        elif self.fails and not fails:
            log.info("the collector takes traces again")
        self.fails = fails
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _resource() -> Resource:
    """Return what the environment says of this process, and of what that leaves open, who we are."""
    given = Resource.create()
    own = {"service.version": version(NAME)}
    if str(given.attributes.get("service.name", "unknown_service")).startswith("unknown_service"):
        own["service.name"] = NAME
    return given.merge(Resource(own))
