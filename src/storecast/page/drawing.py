"""Draw a view, or a part of one that takes longer than the rest and is drawn by itself, so that nothing waits for it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from storecast.errors import UserError
from storecast.page import shell
from storecast.page.refusals import refused
from storecast.page.view import NoModel, ViewRequest, view_request
from storecast.service.problems import Problem

Draw = Callable[[ViewRequest], Component]
AS_PLOTLY = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY

_PARTS: dict[str, Draw] = {}  # by the ids of their places


def drawn(draw: Draw, request: ViewRequest, title: str = "") -> Component:
    """Return what a function draws, or a message where the request is refused.

    Parameters
    ----------
    draw : returns what is shown
    request : that it is drawn from
    title : above a message, where a whole view is drawn
    """
    try:
        return draw(request)
    except (UserError, Problem) as error:
        kind = "hint" if isinstance(error, NoModel) else "refused"
        message = shell.message(refused(error, request.words).detail, kind=kind)
        return html.Div([html.H1(title), message]) if title else message


def as_json(drawing: Component | list[Component]) -> orjson.Fragment:
    """Return components as JSON, which Dash passes on as it is.

    The figures are those that Dash would write. It would walk through every value of every component in Python first
    (plotly.io.json, 7.1), which is half of the CPU time of a click.
    """
    return orjson.Fragment(orjson.dumps(drawing, default=_plain, option=AS_PLOTLY))


def later(name: str, text: str) -> Component:
    """Return the place of a part that is drawn by itself.

    Parameters
    ----------
    name : of the part, as in `register_later`
    text : stands there until it is drawn
    """
    return dcc.Loading(html.Div(html.P(text, className="soft"), id=_id(name)), delay_show=400)


def register_later(app: Dash, name: str, draw: Draw) -> None:
    """Add the callback that draws a part of a view by itself.

    Parameters
    ----------
    app : of Dash
    name : of the part
    draw : returns what is shown there
    """
    _PARTS[_id(name)] = draw

    @app.callback(  # type: ignore[untyped-decorator]
        Output(_id(name), "children"),
        Input(_id(name), "id"),  # is set each time the view is drawn
        State("url", "search"),
        State("preferences", "data"),
    )
    def draw_part(_id: str, search: str | None, preferences: Any) -> orjson.Fragment:
        return as_json(drawn(draw, view_request(search, preferences)))


def part_at(place: str) -> Draw | None:
    """Return what draws the part at an id; None where none is drawn by itself there."""
    return _PARTS.get(place)


def _plain(value: Any) -> Any:
    """Return what JSON has no word for by what it has."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if hasattr(value, "to_plotly_json"):
        return value.to_plotly_json()
    raise TypeError(f"{type(value).__name__} is no part of a page")


def _id(name: str) -> str:
    return f"later-{name}"
