"""What every picture of the report begins as."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

TEMPLATE = "plotly_white"
FONT, INK = 'system-ui, -apple-system, "Segoe UI", sans-serif', "#1b1f24"


def blank_figure(
    height: int,
    *,
    top: int,
    x_axis: Mapping[str, Any],
    y_axis: Mapping[str, Any],
    traces: Sequence[Mapping[str, Any]] = (),
    **layout: Any,
) -> go.Figure:
    """Return a figure for the report, empty but for its traces. All is given at once: each update of a figure takes Plotly longer.

    The page holds the template once for all its figures; one that is shown elsewhere takes it from `with_template`.

    Parameters
    ----------
    height : of the figure, in pixels
    top : the margin above the axes, in which the legend stands, in pixels
    x_axis, y_axis, layout : what Plotly knows of an axis and of the figure, where they depart from the looks of all
    traces : what is drawn, as Plotly knows it
    """
    return go.Figure(
        data=[dict(trace) for trace in traces],
        layout={
            "template": "none",  # Plotly would copy all of it for each figure, which takes ten times as long as all the rest
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "height": height,
            "margin": {"l": 4, "r": 4, "t": top, "b": 4},
            "font": {"family": FONT, "size": 12, "color": INK},
            "legend": {
                "orientation": "h",
                "yanchor": "bottom",
                "y": 1.01,
                "x": 0,
                "xanchor": "left",
                "itemclick": False,
                "traceorder": "normal",  # Plotly turns it over where there is a band
            },
            "hovermode": "x unified",
            "dragmode": False,
            "yaxis": {"automargin": True, **y_axis},
            "xaxis": {"automargin": True, "showgrid": False, "ticks": "outside", "tickcolor": "#c4ccd4", **x_axis},
            **layout,
        },
    )


def with_template(figure: go.Figure) -> go.Figure:
    """Return the same figure, which is to be shown outside the report, with the template that the report holds."""
    figure.update_layout(template=TEMPLATE)
    return figure
