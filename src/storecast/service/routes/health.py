"""Alive, ready, and in numbers."""

from starlette.requests import Request
from starlette.responses import Response

from storecast.monitor.staleness import sales_age, stale_sentence
from storecast.service.live.live_model import LiveModel
from storecast.service.metrics import MEDIA_TYPE
from storecast.service.problems import Problem
from storecast.service.rendering import BytesResponse, json_reply
from storecast.service.replies import Health, Readiness
from storecast.service.route import Route
from storecast.service.service import service_of

METRICS = "/metrics"
PROMOTED_NOTICE = "The promoted model is missing or refused; another one answers. The log says why."
SLOW_NOTICE = "The trial of the promoted model is too slow: it goes on, or is repeated soon. The log says more."


async def live(request: Request) -> Response:  # noqa: ARG001 - as every route
    """Say that the process answers; it needs nothing else to."""
    return json_reply(Health("live"))


async def ready(request: Request) -> Response:
    """Say whether requests can be answered: a model is loaded, the database answers and can be written to, and nobody stops it."""
    service = service_of(request)
    if service.stopping:
        raise Problem("not-ready", "The service is about to end.")
    if not service.live.ready:
        raise Problem("not-ready", _why_not_ready(service.live), headers={"retry-after": "5"})
    notices = []
    if service.live.watcher.promoted_trouble:
        notices = [SLOW_NOTICE if service.live.watcher.promoted_too_slow else PROMOTED_NOTICE]
    snapshot, age = service.live.snapshot, None
    if snapshot is not None:
        cutoff = snapshot.predictor.cutoff
        age = sales_age(cutoff)
        notices += [sentence] if (sentence := stale_sentence(cutoff, service.settings.stale_days)) else []
    return json_reply(Readiness("ready", age, notices))


def _why_not_ready(live: LiveModel) -> str:
    """Return why nothing is served, without a word of what only the log may say: whoever has no key reads this, too."""
    if trouble := live.source.trouble:
        return f"{trouble} The log says more."
    if not any(live.models_folder.glob("*.pkl")):
        return "The home holds no model yet; `storecast run` or `storecast weekly` makes one."
    if live.watcher.promoted_too_slow:
        return SLOW_NOTICE
    if live.watcher.promoted_trouble:
        return "The promoted model is missing or refused, and no other can be used. The log says why."
    return "No model is loaded yet: it is verified and tried. The log says more."


async def metrics(request: Request) -> Response:
    """Tell the metrics, for Prometheus."""
    service = service_of(request)
    return BytesResponse(
        service.metrics.text(service.live, service.load, service.large, service.settings.stale_days), MEDIA_TYPE
    )


async def openapi(request: Request) -> Response:
    """Tell what the service understands, as OpenAPI 3.1."""
    return json_reply(service_of(request).openapi)


ROUTES = (
    Route("GET", "/health/live", None, live, "Whether the process answers", reply=Health),
    Route("GET", "/health/ready", None, ready, "Whether requests can be answered", reply=Readiness),
    Route("GET", METRICS, "read", metrics, "Metrics, for Prometheus", reply_type="text/plain"),
    Route("GET", "/openapi.json", "read", openapi, "This document"),
)
