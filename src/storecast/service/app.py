"""The application: middleware around the routes, and what begins and ends with it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from storecast import __version__
from storecast.service.access import Access
from storecast.service.edge import Edge
from storecast.service.limits import Limits
from storecast.service.openapi import document
from storecast.service.problems import of_status
from storecast.service.routes import forecasts, health, models, stores, writes
from storecast.service.rules import RULES
from storecast.service.service import Service
from storecast.service.settings import Settings

Endpoint = Callable[[Request], Awaitable[Response]]

ROUTES: dict[tuple[str, str], Endpoint] = {
    ("POST", "/v1/forecasts"): forecasts.forecasts,
    ("POST", "/v1/scenarios"): forecasts.scenarios,
    ("GET", "/v1/stores"): stores.stores,
    ("POST", "/v1/stores"): writes.stores,
    ("GET", "/v1/stores/{store}"): stores.store,
    ("GET", "/v1/stores/{store}/history"): stores.history,
    ("POST", "/v1/sales"): writes.sales,
    ("POST", "/v1/calendar"): writes.calendar,
    ("GET", "/v1/accuracy"): models.how_good,
    ("GET", "/v1/models"): models.models,
    ("GET", "/v1/models/{model}"): models.model,
    ("POST", "/v1/models/{model}/promote"): models.promote,
    ("POST", "/v1/rollback"): models.rollback,
    ("GET", "/health/live"): health.live,
    ("GET", "/health/ready"): health.ready,
    ("GET", "/metrics"): health.metrics,
    ("GET", "/openapi.json"): health.openapi,
}


class LeanRoute(APIRoute):
    """A route that reads its request itself: no models are built on the way, and its place in the OpenAPI stays."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for this path; `Access` has seen to its method."""
        response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)


def create_app(settings: Settings) -> FastAPI:
    """Build the service; nothing is opened before it starts."""
    service = Service.of(settings)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        await service.stop()

    app = FastAPI(
        title="storecast",
        version=__version__,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(Edge, note=service.journal.note),
            Middleware(Access, keyring=service.keyring, no_keys=settings.no_keys),
            Middleware(Limits, settings=settings, load=service.load),
        ],
        exception_handlers={HTTPException: _http_error},
    )
    app.state.service = service
    app.openapi = document  # type: ignore[method-assign]
    for (method, path), endpoint in ROUTES.items():
        app.router.routes.append(LeanRoute(path, endpoint, methods=[method], response_model=None))
    RULES.check(app.router.routes)
    return app


async def _http_error(request: Request, error: Exception) -> Response:  # noqa: ARG001 - as handlers are called
    """Tell what the framework found: no such path."""
    assert isinstance(error, HTTPException)
    raise of_status(error.status_code)
