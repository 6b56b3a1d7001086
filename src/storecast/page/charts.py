"""Charts of the page: SVG alone, colours that read on light and dark, numbers as the language writes them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from storecast.page.language import Words

BLUE, AMBER, TEAL, RED, VIOLET, GREY = "#2f7ab8", "#d98a1f", "#3f9187", "#c0563e", "#8a5a9e", "#8b96a2"
BAND_80, BAND_95 = "rgba(47, 122, 184, 0.28)", "rgba(47, 122, 184, 0.13)"


def chart(figure: go.Figure, label: str, words: Words, *, height: int = 320, id: Any = None) -> Component:  # noqa: A002 - as Dash has it
    """Return a figure as a component of the page.

    Parameters
    ----------
    figure : without a layout of its own
    label : what it shows, for people who cannot see it
    words : the language of its numbers
    height : pixels
    id : for callbacks; None: none needs it
    """
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 56, "r": 12, "t": 12, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        separators=",." if words.language == "de" else ".,",
        modebar={"remove": ["zoom", "pan", "select", "lasso", "autoscale"]},
    )
    figure.update_xaxes(showgrid=False, automargin=True, zeroline=False)
    if words.language == "de" and _is_over_days(figure):  # Plotly's own names of months are English
        figure.update_xaxes(tickformat="%d.%m.\n%Y", hoverformat="%d.%m.%Y")
    figure.update_yaxes(gridcolor="rgba(128,136,148,0.25)", automargin=True, zeroline=False)
    graph = dcc.Graph(
        figure=figure,
        style={"height": f"{height}px"},
        config={"displaylogo": False, "displayModeBar": False, "responsive": True, "locale": words.language},
        **({} if id is None else {"id": id}),
    )
    return html.Figure(graph, role="group", **{"aria-label": label})


def _is_over_days(figure: go.Figure) -> bool:
    return any(trace.x is not None and len(trace.x) and isinstance(trace.x[0], dt.date) for trace in figure.data)


def line(
    days: Sequence[dt.date],
    values: Sequence[float | None],
    name: str,
    colour: str = BLUE,
    *,
    dash: str = "solid",
    width: float = 2,
) -> go.Scatter:
    """Return a line over days.

    Parameters
    ----------
    days, values : equally many; None: a gap
    name : in the legend
    colour, dash, width : of the line, as Plotly names them
    """
    return go.Scatter(
        x=list(days),
        y=list(values),
        name=name,
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        hovertemplate="%{y:,.0f}",
    )


def band(
    days: Sequence[dt.date], lower: Sequence[float], upper: Sequence[float], name: str, colour: str = BAND_80
) -> list[go.Scatter]:
    """Return the area between two lines over days.

    Parameters
    ----------
    days, lower, upper : equally many
    name : in the legend
    colour : of the area
    """
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "legendgroup": name}
    return [
        go.Scatter(x=list(days), y=list(lower), showlegend=False, **edge),
        go.Scatter(x=list(days), y=list(upper), name=name, fill="tonexty", fillcolor=colour, **edge),
    ]
