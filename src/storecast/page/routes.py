"""The addresses of the page, each declared as those of the API are: what is not declared does not exist.

Dash is imported by the warm-up, or by the first request for the page.
"""

import asyncio
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from storecast.page import login
from storecast.page.addresses import API, BASE, LOOP, OIDC_CALLBACK, OIDC_LOGIN, VIEW_NAMES
from storecast.page.api_page import show_api
from storecast.page.dash_server import dash_server
from storecast.page.kept_files import KeptFiles
from storecast.page.oidc.settings import OidcSettings
from storecast.page.warm_up import WarmUp
from storecast.service.middleware.context import context_of
from storecast.service.problems import of_status
from storecast.service.route import Route
from storecast.service.service import service_of

PASSED_HEADERS = (b"accept-language", b"if-none-match", b"if-modified-since")  # that Dash and the views read
ANSWERED = (200, 204, 304)  # by Dash, where what was asked for exists

FILES = KeptFiles()
WARM_UP = WarmUp()


def page_routes(oidc: OidcSettings | None = None) -> tuple[Route, ...]:
    """Return the routes of the page; with those of the login at a provider, where one is set.

    Examples
    --------
    >>> from storecast.service.app import create_app
    >>> from storecast.service.settings import Settings
    >>> app = create_app(Settings(), page=page_routes())
    """
    return (
        *(() if oidc is None else _login_at_provider(oidc)),
        Route("GET", "/", None, _root, "The way of a browser to the page"),
        Route("GET", BASE + API, "read", show_api, "The documentation of the API", view=True),
        Route("GET", "/app", None, _first, "The way to the page"),
        Route("GET", "/app/login", None, _login_form, "The form to log in"),
        Route("POST", "/app/login", None, login.log_in, "Log in", form=True),
        Route("POST", "/app/logout", None, login.log_out, "Log out", form=True),
        Route("GET", "/app/assets/{file}", None, _file, "Style and script of the page"),
        Route("GET", "/app/_favicon.ico", None, _part, "The picture of the tab"),
        *(Route("GET", BASE + name, "read", _view, "A view", view=True) for name in VIEW_NAMES),
        Route("GET", "/app/_dash-layout", "read", _part, "What views are drawn into"),
        Route("GET", "/app/_dash-dependencies", "read", _part, "What is drawn when"),
        Route("GET", "/app/_dash-component-suites/{file:path}", "read", _file, "Scripts of Dash"),
        Route("POST", "/app/_dash-update-component", "read", _callback, "Draw a view, or act", long=True),
    )


def _login_at_provider(settings: OidcSettings) -> tuple[Route, ...]:
    from storecast.page.oidc.login import ProviderLogin  # here, since it needs the extra oidc

    at_provider = ProviderLogin(settings)
    return (
        Route("GET", OIDC_LOGIN, None, at_provider.begin, "The way to the provider of logins"),
        Route("GET", OIDC_CALLBACK, None, at_provider.finish, "The way back from there"),
    )


async def _first(_request: Request) -> Response:
    return RedirectResponse(BASE, status_code=308)


async def _root(request: Request) -> Response:
    """Lead a browser to the page; for programs there is nothing here."""
    if "text/html" not in request.headers.get("accept", ""):
        raise of_status(404)
    return RedirectResponse(BASE, status_code=307)  # for now: another page may lie here one day


async def _login_form(request: Request) -> Response:
    WARM_UP.page_used(service_of(request))
    return await login.show_login(request)


async def _view(request: Request) -> Response:
    WARM_UP.page_used(service_of(request))
    return _Forwarded(view=True)


async def _part(_request: Request) -> Response:
    return _Forwarded()


async def _file(_request: Request) -> Response:
    return _File()


async def _callback(request: Request) -> Response:
    WARM_UP.page_used(service_of(request))
    await asyncio.to_thread(dash_server)
    from storecast.page.callbacks import read_callback

    return _Forwarded(read_callback(context_of(request.scope).body))


class _Forwarded(Response):
    """The reply of Dash, which reads a request of ours: the address, the few headers that it needs, and a body that was checked.

    Parameters
    ----------
    body : for Dash
    view : whether it is a whole page of HTML, with its policy; whatever else comes as HTML is a page that does not exist
    """

    def __init__(self, body: bytes = b"", *, view: bool = False) -> None:
        self.sent = body
        self.view = view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls it
        app = await asyncio.to_thread(dash_server)
        from dash.exceptions import DependencyException

        policy = await asyncio.to_thread(_policy) if self.view else b""
        headers = [each for each in scope["headers"] if each[0] in PASSED_HEADERS]
        length = [(b"content-type", b"application/json"), (b"content-length", str(len(self.sent)).encode())]
        passed = {**scope, "query_string": b"", "headers": [*headers, *length], LOOP: asyncio.get_running_loop()}

        async def receive_again() -> Message:
            return {"type": "http.request", "body": self.sent, "more_body": False}

        async def send_reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                if self.view:
                    message["headers"] = [*message["headers"], (b"content-security-policy", policy)]
                elif message["status"] not in ANSWERED or _is_html(message["headers"]):
                    raise of_status(404)
            await send(message)

        try:
            await app(passed, receive_again, send_reply)  # type: ignore[arg-type]
        except DependencyException as error:  # a script that no component has
            raise of_status(404) from error


class _File(_Forwarded):
    """A file of the page, compressed: they are 7 MB, a third of that compressed, which counts on a phone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await FILES.send(super().__call__, scope, receive, send)


def _is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _policy() -> bytes:
    from storecast.page.dash_app import security_policy

    return security_policy()
