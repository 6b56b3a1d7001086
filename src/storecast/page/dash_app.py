"""Dash behind the service's door: one callback draws every view, and what a browser sends is checked before Dash reads it."""

from functools import cache
from typing import Annotated, Any

import msgspec
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component
from msgspec import Meta, Struct

from storecast.page import actions, shell
from storecast.page.addresses import BASE
from storecast.page.drawing import drawn
from storecast.page.view import view_request
from storecast.page.views import VIEWS
from storecast.service.problems import unreadable


class _Value(Struct):
    """One input of a callback, as Dash sends it."""

    property: str
    id: str | dict[str, Any]
    value: Any = None


class _Callback(Struct):
    """The body of a callback, as far as Dash relies on it."""

    output: Annotated[str, Meta(min_length=1)]
    outputs: dict[str, Any] | list[Any]
    inputs: list[_Value | list[_Value]]
    changedPropIds: list[str]  # noqa: N815 - as Dash names it
    state: list[_Value | list[_Value]] = []


@cache
def dash_app() -> Dash:
    """Return the application of Dash, made once a process."""
    app = Dash(
        "storecast",
        url_base_pathname=BASE,
        assets_folder=str(shell.ASSETS),
        suppress_callback_exceptions=True,
        serve_locally=True,
        title="storecast",
        update_title="",
        index_string=shell.INDEX,
        enable_mcp=False,
    )
    app.server.config["PROPAGATE_EXCEPTIONS"] = True  # the service answers them as problem details, and logs them
    app.layout = shell.layout()
    shell.register(app)
    actions.register(app, VIEWS)
    _draw_views(app)
    for view in VIEWS:
        if view.register is not None:
            view.register(app)
    return app


@cache
def security_policy() -> bytes:
    """Return the header Content-Security-Policy: scripts of this service alone, with the hashes of those that stand in the page.

    Styles may stand in elements, as the grid and Plotly need them. There is no unsafe-eval, hence no WebGL trace.
    """
    hashes = " ".join(dash_app().csp_hashes())  # after all callbacks are made: each adds its own
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ).encode()


def check_callback(body: bytes) -> None:
    """Refuse a callback that Dash could not read.

    Raises
    ------
    Problem
        where it is no JSON, lacks what Dash relies on, or names an output that no callback has
    """
    try:
        callback = _DECODER.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise unreadable("The body is no callback of this page. Load the page again.") from error
    known = dash_app().callback_map.get(callback.output)
    if known is None or any(
        len(values) != len(known[name]) for name, values in (("inputs", callback.inputs), ("state", callback.state))
    ):
        raise unreadable("The page has no such callback. Load the page again.")


_DECODER = msgspec.json.Decoder(_Callback)


def _draw_views(app: Dash) -> None:
    by_path = {BASE + view.name: view for view in VIEWS}

    @app.callback(  # type: ignore[untyped-decorator]
        Output("view", "children"),
        Output("header", "children"),
        Output("page-title", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("written", "data"),
        Input("preferences", "data"),
        State("entries", "data"),
    )
    def draw(
        path: str, search: str, _written: Any, preferences: Any, entries: Any
    ) -> tuple[Component, list[Component], dict[str, str]]:
        request = view_request(search, preferences, entries)
        view = by_path.get(path, VIEWS[0])
        header = shell.header(request, view, VIEWS)
        title = {"title": f"{request.words.text(view.title)} · storecast", "language": request.words.language}
        return html.Div([drawn(view.draw, request), shell.drawn_mark()]), header, title
