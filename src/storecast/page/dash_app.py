"""Dash behind the service's door: one callback draws every view."""

from functools import cache
from typing import Any

import orjson
from dash import Dash, Input, Output, State, html

from storecast.page import actions, exports, first_model, shell
from storecast.page.addresses import BASE
from storecast.page.drawing import as_json, drawn
from storecast.page.view import view_request
from storecast.page.views import VIEWS


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
    exports.register(app, VIEWS)
    first_model.register(app)
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
    ) -> tuple[orjson.Fragment, orjson.Fragment, dict[str, str]]:
        request = view_request(search, preferences, entries)
        view = by_path.get(path, VIEWS[0])
        header = shell.header(request, view, VIEWS)
        title = request.words.text(view.title)
        of_tab = {"title": f"{title} · storecast", "language": request.words.language}
        drawing = drawn(view.draw, request, title)
        whole = [exports.control(drawing, request.words), drawing, first_model.watch(request), shell.drawn_mark()]
        return as_json(html.Div(whole)), as_json(header), of_tab
