"""The addresses of the page, each declared as those of the API are: what is not declared does not exist.

Dash is imported by the first request for the page: a service that nobody opens in a browser does not hold it in memory.
"""

import asyncio
from functools import cache

from a2wsgi import WSGIMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from storecast.page import login
from storecast.page.addresses import BASE, LOOP, VIEW_NAMES
from storecast.service.middleware.context import context_of
from storecast.service.route import Route

THREADS = 4  # that draw views at once


def page_routes() -> tuple[Route, ...]:
    """Return the routes of the page.

    Examples
    --------
    >>> from storecast.service.app import create_app
    >>> from storecast.service.settings import Settings
    >>> app = create_app(Settings(), page=page_routes())
    """
    return (
        Route("GET", "/app", None, _first, "The way to the page"),
        Route("GET", "/app/login", None, login.show_login, "The form to log in"),
        Route("POST", "/app/login", None, login.log_in, "Log in", form=True),
        Route("POST", "/app/logout", None, login.log_out, "Log out", form=True),
        Route("GET", "/app/assets/{file}", None, _part, "Style and script of the page"),
        Route("GET", "/app/_favicon.ico", None, _part, "The picture of the tab"),
        *(Route("GET", BASE + name, "read", _view, "A view", view=True) for name in VIEW_NAMES),
        Route("GET", "/app/_dash-layout", "read", _part, "What views are drawn into"),
        Route("GET", "/app/_dash-dependencies", "read", _part, "What is drawn when"),
        Route("GET", "/app/_dash-component-suites/{file:path}", "read", _part, "Scripts of Dash"),
        Route("POST", "/app/_dash-update-component", "read", _callback, "Draw a view, or act", long=True),
    )


async def _first(_request: Request) -> Response:
    return RedirectResponse(BASE, status_code=308)


async def _view(_request: Request) -> Response:
    return _Forwarded(policy=True)


async def _part(_request: Request) -> Response:
    return _Forwarded()


async def _callback(request: Request) -> Response:
    await asyncio.to_thread(_wsgi)
    from storecast.page.dash_app import check_callback

    check_callback(context_of(request.scope).body)
    return _Forwarded()


@cache
def _wsgi() -> WSGIMiddleware:
    from storecast.page.dash_app import dash_app

    return WSGIMiddleware(dash_app().server, workers=THREADS)


class _Forwarded(Response):
    """The reply of Dash, which reads the request anew; its body was received whole already."""

    def __init__(self, *, policy: bool = False) -> None:
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls it
        body = context_of(scope).body
        scope[LOOP] = asyncio.get_running_loop()
        app = await asyncio.to_thread(_wsgi)
        policy = await asyncio.to_thread(_policy) if self.policy else None

        async def receive_again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send_reply(message: Message) -> None:
            if policy is not None and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", policy)]
            await send(message)

        await app(scope, receive_again, send_reply)  # type: ignore[arg-type]


def _policy() -> bytes:
    from storecast.page.dash_app import security_policy

    return security_policy()
