"""A span for each request, by the semantic conventions of HTTP servers; imported where traces are on, and not before.

It goes on with the trace of the caller (W3C Trace Context). Of a request it holds neither key nor body, nor what stands behind the
question mark, nor a path that is no route of ours.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Receive, Scope, Send

from storecast.service.middleware.context import CONTEXT, TRACE, RequestContext
from storecast.trace_export import OpenTelemetryTracer

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
PARENT = (b"traceparent", b"tracestate")


class TracingMiddleware:
    """Middleware of ASGI around everything else, where traces are on.

    Parameters
    ----------
    app : what is inside
    tracer : writes spans
    untraced : paths of probes, which come every few seconds
    """

    def __init__(self, app: ASGIApp, tracer: OpenTelemetryTracer, untraced: Iterable[str]) -> None:
        self.app = app
        self.tracer = tracer
        self.untraced = frozenset(untraced)
        self._propagator = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and write its span."""
        if scope["type"] != "http" or scope["path"] in self.untraced:
            await self.app(scope, receive, send)
            return
        sent = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in PARENT}
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        name = "HTTP" if method == "_OTHER" else method
        with self.tracer.begin(
            name,
            context=self._propagator.extract(sent),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, **_attributes(scope)},
        ) as span:
            scope[TRACE] = f"{span.get_span_context().trace_id:032x}"
            try:
                await self.app(scope, receive, send)
            finally:
                context: RequestContext | None = scope.get(CONTEXT)
                if context is not None:
                    if context.route is not None:
                        span.update_name(f"{name} {context.route.path}")
                        span.set_attribute("http.route", context.route.path)
                        span.set_attribute("url.path", scope["path"])
                    span.set_attribute("http.response.status_code", context.status)
                    span.set_attribute("storecast.request.id", context.request_id)
                    if context.status >= 500:
                        span.set_attribute("error.type", str(context.status))
                        span.set_status(StatusCode.ERROR)


def _attributes(scope: Scope) -> dict[str, str | int]:
    """Return what the conventions say of a request before it is answered."""
    known: dict[str, str | int] = {
        "url.scheme": scope.get("scheme", "http"),
        "network.protocol.version": scope.get("http_version", "1.1"),
    }
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    try:
        parts = urlsplit(f"//{host}")
        address, port = parts.hostname, parts.port
    except ValueError:
        return known
    if address:
        known["server.address"] = address
    if port is not None:
        known["server.port"] = port
    return known
