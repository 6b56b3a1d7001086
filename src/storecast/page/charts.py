"""Charts of the page: SVG alone, colours that read on light and dark, numbers as the language writes them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from storecast.page.language import Words

BLUE, AMBER, TEAL, RED, VIOLET, GREY = "#2f7ab8", "#d98a1f", "#3f9187", "#c0563e", "#8a5a9e", "#8b96a2"
GRID = "rgba(128,136,148,0.25)"
BAND_80, BAND_95 = "rgba(47, 122, 184, 0.28)", "rgba(47, 122, 184, 0.13)"


Trace = dict[
    str, Any
]  # as Plotly's script takes it: Plotly's Python objects check each value, which costs more than the drawing


def chart(
    traces: Sequence[Trace],
    label: str,
    words: Words,
    *,
    height: int = 320,
    x: Mapping[str, Any] = MappingProxyType({}),
    y: Mapping[str, Any] = MappingProxyType({}),
    layout: Mapping[str, Any] = MappingProxyType({}),
    id: Any = None,  # noqa: A002 - as Dash has it
) -> Component:
    """Return traces as a component of the page.

    Parameters
    ----------
    traces : in the order in which they are drawn
    label : what they show, for people who cannot see it
    words : the language of its numbers
    height : pixels
    x, y, layout : what differs from the usual axes and layout
    id : for callbacks; None: none needs it
    """
    over_days = any(len(trace["x"]) and isinstance(trace["x"][0], dt.date) for trace in traces)
    # Plotly's own names of months are English.
    dates = {"tickformat": "%d.%m.\n%Y", "hoverformat": "%d.%m.%Y"} if over_days and words.language == "de" else {}
    figure = {
        "data": traces,
        "layout": {
            "height": height,
            "margin": {"l": 56, "r": 12, "t": 12, "b": 40},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "system-ui, sans-serif", "size": 13},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "hovermode": "x unified",
            "separators": ",." if words.language == "de" else ".,",
            "modebar": {"remove": ["zoom", "pan", "select", "lasso", "autoscale"]},
            "xaxis": {"showgrid": False, "automargin": True, "zeroline": False, "ticklabelstandoff": 6, **dates, **x},
            "yaxis": {"gridcolor": GRID, "automargin": True, "zeroline": False, **y},
            **layout,
        },
    }
    graph = dcc.Graph(
        figure=figure,
        style={"height": f"{height}px"},
        config={"displaylogo": False, "displayModeBar": False, "responsive": True, "locale": words.language},
        **({} if id is None else {"id": id}),
    )
    # Plotly's script comes after the view: what stands below its place must not move then.
    return html.Figure(graph, role="group", style={"minHeight": f"{height}px"}, **{"aria-label": label})


def line(
    days: Sequence[dt.date],
    values: Sequence[float | None],
    name: str,
    colour: str = BLUE,
    *,
    dash: str = "solid",
    width: float = 2,
) -> Trace:
    """Return a line over days.

    Parameters
    ----------
    days, values : equally many; None: a gap
    name : in the legend
    colour, dash, width : of the line, as Plotly names them
    """
    return {
        "type": "scatter",
        "x": list(days),
        "y": list(values),
        "name": name,
        "mode": "lines",
        "line": {"color": colour, "width": width, "dash": dash},
        "hovertemplate": "%{y:,.0f}",
    }


def band(
    days: Sequence[dt.date], lower: Sequence[float], upper: Sequence[float], name: str, colour: str = BAND_80
) -> list[Trace]:
    """Return the area between two lines over days.

    Parameters
    ----------
    days, lower, upper : equally many
    name : in the legend
    colour : of the area
    """
    edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "legendgroup": name}
    return [
        {**edge, "x": list(days), "y": list(lower), "showlegend": False},
        {**edge, "x": list(days), "y": list(upper), "name": name, "fill": "tonexty", "fillcolor": colour},
    ]
