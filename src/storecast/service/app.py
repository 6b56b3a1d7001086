"""The application: middleware around the routes, and what starts and stops with it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from storecast import traces
from storecast.service.live.snapshot import Snapshot
from storecast.service.middleware.auth import AuthMiddleware, Strangers
from storecast.service.middleware.client_address import read_networks
from storecast.service.middleware.context import context_of
from storecast.service.middleware.errors import ErrorMiddleware
from storecast.service.middleware.limits import LimitsMiddleware
from storecast.service.openapi import document
from storecast.service.route import Route, Router
from storecast.service.routes import ROUTES
from storecast.service.routes.health import METRICS
from storecast.service.service import Service
from storecast.service.settings import Settings


class Follower(Protocol):
    """Prepares something beside the service, in threads of its own."""

    def begin(self, service: Service) -> None:
        """Begin; called on the event loop when the service starts."""

    def follow(self, service: Service, snapshot: Snapshot) -> None:
        """Take a new snapshot that is served; called on the event loop."""

    def end(self) -> None:
        """End before the process does; called in a thread when the service stops."""


def create_app(settings: Settings, page: Sequence[Route] = (), follower: Follower | None = None) -> Starlette:
    """Build the service; nothing is opened before it starts.

    Parameters
    ----------
    settings : of the service
    page : the routes of the web page, which stand behind the same door; none: the API alone
    follower : is called when the service starts, with each new snapshot that is served, and when it stops; None: nobody follows
    """
    service = Service.of(settings)
    if follower is not None:
        service.live.followers.append(partial(follower.follow, service))
    service.openapi = document(ROUTES, settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        service.start()
        if follower is not None:
            follower.begin(service)
        yield
        if follower is not None:
            await asyncio.to_thread(follower.end)
        await service.stop()

    app = Starlette(
        lifespan=lifespan,
        middleware=[
            *_tracing(),
            Middleware(ErrorMiddleware, note=service.request_log.note, trusted=read_networks(settings.trusted_proxies)),
            Middleware(
                AuthMiddleware,
                router=Router((*ROUTES, *page)),
                keyring=service.keyring,
                sessions=service.sessions,
                strangers=service.strangers,
                unknown_sessions=Strangers(settings.unknown_keys),
                no_keys=settings.no_keys,
            ),
            Middleware(LimitsMiddleware, settings=settings, load=service.load),
        ],
    )
    app.state.service = service
    app.router.redirect_slashes = False
    app.router.default = _call_endpoint  # the route was found already, by `Auth`: Starlette has none to look through
    return app


def _tracing() -> list[Middleware]:
    """Return what writes a span for each request but those of probes, where traces are on."""
    tracer: Any = traces.tracer()
    if tracer is None:
        return []
    from storecast.service.middleware.tracing import TracingMiddleware  # here, since it needs the extra tracing

    probes = [route.path for route in ROUTES if route.scope is None]
    return [Middleware(TracingMiddleware, tracer=tracer, untraced=[*probes, METRICS])]


async def _call_endpoint(scope: Scope, receive: Receive, send: Send) -> None:
    route = context_of(scope).route
    assert route is not None, "a request without a route passed Auth"
    response = await route.endpoint(Request(scope, receive, send))
    await response(scope, receive, send)
