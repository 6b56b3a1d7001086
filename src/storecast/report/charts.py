"""The kinds of charts in the report: dots with intervals, curves with bands, bars, heatmaps, scatters.

Series differ in darkness, mark and dash and not in hue alone, so that a page printed in greyscale can be read. Text that
comes from the input is escaped, since Plotly reads tags in it.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from storecast.report.blank_figure import INK, blank_figure

GRID, MUTED, PALE, RULE = "#e6eaee", "#a9b3be", "#d3dae1", "#57606a"
COLOURS = ("#0b4a82", "#d98a1f", "#3f9187", "#b0503c", "#8a5a9e", RULE)
MARKS = ("circle", "diamond", "square", "triangle-up", "cross", "x")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SCALE = ((0.0, "#f1f5f9"), (0.35, "#b7cfe4"), (0.7, "#4b86b8"), (1.0, "#0a2f52"))  # pale to dark: reads in greyscale
BOTH_WAYS = ((0.0, "#8c3b1f"), (0.25, "#dd9a6f"), (0.5, "#f7f7f5"), (0.75, "#7fa9cc"), (1.0, "#0b3d6b"))
PERCENT, PERCENT_CHANGE = ".0%", "+.0%"
TITLES = {PERCENT: "share", PERCENT_CHANGE: "change"}  # of axes that have no other
MIN_SPREAD_FOR_WHOLE_PERCENT = 0.04  # of the values; on a lower axis, neighbouring ticks would read the same
TOP = 36  # the margin above the axes, in pixels
X_AXIS, Y_AXIS = {"zeroline": False}, {"gridcolor": GRID, "zeroline": False}
ACROSS = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y"}  # from one end of the x axis to the other


@dataclass(frozen=True)
class Series:
    """Points of one name.

    Attributes
    ----------
    x : numbers, dates or names
    y : None where there is no point
    low, high : the bounds of y; None where there are none
    """

    name: str
    x: Sequence[object]
    y: Sequence[float | None]
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None


def dots(
    series: Sequence[Series],
    *,
    y_format: str,
    y_title: str = "",
    x_title: str = "",
    zero: bool = True,
    height: int = 300,
) -> go.Figure:
    """Draw estimates as marks with their intervals, a group of marks for each x.

    Parameters
    ----------
    y_format : of Plotly's tick labels, such as ".0%"
    y_title, x_title : of the axes
    zero : whether there is a line at 0
    height : in pixels
    """
    traces = [
        {
            "type": "scatter",
            "x": _names(points.x),
            "y": list(points.y),
            "name": html.escape(points.name),
            "mode": "markers",
            "marker": {"color": _pick(COLOURS, k), "symbol": _pick(MARKS, k), "size": 9},
            "error_y": _bars(points, _pick(COLOURS, k)),
            "offsetgroup": str(k),
        }
        for k, points in enumerate(series)
    ]
    return _drawn(
        traces, height, y_format, y_title, x_title, zero=zero, scattermode="group", showlegend=len(series) > 1
    )


def curves(
    series: Sequence[Series], *, y_format: str, y_title: str = "", x_title: str = "", zero: bool = True, height: int = 320,
    marks: bool = True,
) -> go.Figure:  # fmt: skip
    """Draw curves over a numeric or date axis, with a band where bounds are known.

    Parameters
    ----------
    y_format : of Plotly's tick labels, such as ".0%"
    y_title, x_title : of the axes
    zero : whether there is a line at 0
    height : in pixels
    marks : whether the points have marks
    """
    traces: list[dict[str, Any]] = []
    for k, points in enumerate(series):
        colour = _pick(COLOURS, k)
        if points.low is not None and points.high is not None:
            edge = {
                "type": "scatter",
                "x": list(points.x),
                "mode": "lines",
                "line": {"width": 0},
                "showlegend": False,
                "hoverinfo": "skip",
                "legendgroup": str(k),
            }
            traces.append({**edge, "y": list(points.high)})
            traces.append({**edge, "y": list(points.low), "fill": "tonexty", "fillcolor": _faint(colour)})
        traces.append(
            {
                "type": "scatter",
                "x": list(points.x),
                "y": list(points.y),
                "name": html.escape(points.name),
                "legendgroup": str(k),
                "mode": "lines+markers" if marks else "lines",
                "line": {"color": colour, "dash": _pick(DASHES, k), "width": 2},
                "marker": {"symbol": _pick(MARKS, k), "size": 6},
            }
        )
    return _drawn(traces, height, y_format, y_title, x_title, zero=zero, showlegend=len(series) > 1)


def bars(
    series: Sequence[Series], *, y_format: str, y_title: str = "", x_title: str = "", height: int = 300, stacked: bool = False
) -> go.Figure:  # fmt: skip
    """Draw bars, grouped or stacked, with intervals where bounds are known.

    Parameters
    ----------
    y_format : of Plotly's tick labels, such as ".0%"
    y_title, x_title : of the axes
    height : in pixels
    stacked : whether the bars of an x stand on each other; else side by side
    """
    traces = [
        {
            "type": "bar",
            "x": _names(points.x),
            "y": list(points.y),
            "name": html.escape(points.name),
            "marker": {"color": _pick(COLOURS, k), "line": {"color": INK, "width": 0.4}},
            "error_y": _bars(points, INK),
        }
        for k, points in enumerate(series)
    ]
    mode = "stack" if stacked else "group"
    return _drawn(
        traces, height, y_format, y_title, x_title, zero=True, barmode=mode, bargap=0.25, showlegend=len(series) > 1
    )


def heatmap(
    x: Sequence[object], y: Sequence[object], z: Sequence[Sequence[float | None]], *, z_format: str, z_title: str = "",
    around_zero: bool = False, height: int = 320, texts: bool = False,
) -> go.Figure:  # fmt: skip
    """Draw a table of values as shades.

    Parameters
    ----------
    x, y : the columns and the rows
    z : rows of values; None is blank
    z_format : of Plotly's labels, such as ".0%"
    z_title : of the scale
    around_zero : whether values above and below 0 differ in hue as well as in darkness
    height : in pixels
    texts : whether the values are written into the cells
    """
    scale = {"title": {"text": html.escape(z_title)}, "tickformat": z_format, "thickness": 12, "outlinewidth": 0}
    cells = {
        "type": "heatmap",
        "x": _names(x),
        "y": _names(y),
        "z": [list(row) for row in z],
        "colorscale": [list(step) for step in (BOTH_WAYS if around_zero else SCALE)],
        "zmid": 0 if around_zero else None,
        "colorbar": scale,
        "hovertemplate": f"%{{y}}, %{{x}}: %{{z:{z_format}}}<extra></extra>",
        "texttemplate": f"%{{z:{z_format}}}" if texts else None,
        "xgap": 1,
        "ygap": 1,
    }
    y_axis = {**Y_AXIS, "showgrid": False, "autorange": "reversed"}
    return blank_figure(
        height, top=TOP, x_axis={**X_AXIS, "ticks": ""}, y_axis=y_axis, traces=[cells], hovermode="closest"
    )


def scatter(
    series: Sequence[Series], *, x_format: str, y_format: str, x_title: str, y_title: str, log_x: bool = False,
    texts: Sequence[Sequence[str]] | None = None, height: int = 360,
) -> go.Figure:  # fmt: skip
    """Draw points, such as one for each store.

    Parameters
    ----------
    x_format, y_format : of Plotly's tick labels, such as ".0%"
    x_title, y_title : of the axes
    log_x : whether the x axis is logarithmic
    texts : for each series, the names of its points, shown where a pointer rests
    height : in pixels
    """
    traces = [
        {
            "type": "scatter",
            "x": list(points.x),
            "y": list(points.y),
            "name": html.escape(points.name),
            "text": None if texts is None else [html.escape(text) for text in texts[k]],
            "hovertemplate": f"%{{text}}<br>%{{x:{x_format}}}, %{{y:{y_format}}}<extra></extra>" if texts else None,
            "mode": "markers",
            "marker": {"color": _pick(COLOURS, k), "symbol": _pick(MARKS, k), "size": 6, "opacity": 0.7},
        }
        for k, points in enumerate(series)
    ]
    x_axis = {"tickformat": x_format, "type": "log" if log_x else None, "gridcolor": GRID, "showgrid": True}
    return _drawn(
        traces, height, y_format, y_title, x_title, zero=False, x_axis=x_axis, hovermode="closest",
        showlegend=len(series) > 1,
    )  # fmt: skip


def horizontal_bars(
    names: Sequence[str], series: Mapping[str, Sequence[float | None]], x_format: str, x_title: str = ""
) -> go.Figure:
    """Draw horizontal bars, so that long names can be read on a narrow page.

    Parameters
    ----------
    names : of the bars, from top to bottom
    series : up to three, by name, each with a value for each name; the last is the darkest
    x_format : of Plotly's tick labels, such as ".0%"
    x_title : of the axis
    """
    traces = [
        {
            "type": "bar",
            "x": list(values),
            "y": list(names),
            "name": name,
            "orientation": "h",
            "marker": {"color": colour, "line": {"color": INK, "width": 0.4}},
        }
        for colour, (name, values) in zip((PALE, COLOURS[1], COLOURS[0])[-len(series) :], series.items(), strict=False)
    ]
    title = {"text": x_title or TITLES.get(x_format, "")}
    ticks = {"tickformat": x_format, "nticks": 5, "showgrid": True, "gridcolor": GRID, "title": title}
    return blank_figure(
        110 + 16 * len(names) * (1 + len(series)), top=TOP, x_axis={**X_AXIS, **ticks},
        y_axis={**Y_AXIS, "autorange": "reversed", "showgrid": False, "ticklabelstandoff": 4}, traces=traces,
        barmode="group", bargap=0.3, showlegend=len(series) > 1, hovermode="y unified",
    )  # fmt: skip


def mark_start(figure: go.Figure, x: float) -> None:
    """Draw a dotted vertical line where something starts."""
    figure.add_vline(x=x, line={"color": RULE, "width": 1, "dash": "dot"})


def blank(height: int) -> go.Figure:
    """Return an empty figure in the report's looks."""
    return blank_figure(height, top=TOP, x_axis=X_AXIS, y_axis=Y_AXIS)


def _drawn(
    traces: Sequence[Mapping[str, Any]], height: int, y_format: str, y_title: str, x_title: str, *, zero: bool,
    x_axis: Mapping[str, Any] | None = None, **layout: Any,
) -> go.Figure:  # fmt: skip
    """Return a figure of traces. Everything is given at once: Plotly takes longer for each update of a figure.

    Parameters
    ----------
    traces : as Plotly knows them
    height : of the figure, in pixels
    y_format : of Plotly's tick labels, such as ".0%"
    y_title, x_title : of the axes
    zero : whether there is a line at 0
    x_axis, layout : what Plotly knows of the x axis and of the figure, where they depart from the looks of all
    """
    ticks = _finer(y_format) if _spread(traces) < MIN_SPREAD_FOR_WHOLE_PERCENT else y_format
    title = html.escape(y_title or TITLES.get(y_format, ""))
    shapes = [{**ACROSS, "y0": 0, "y1": 0, "line": {"color": RULE, "width": 1}}] if zero else None
    return blank_figure(
        height,
        top=TOP,
        x_axis={**X_AXIS, "title": {"text": html.escape(x_title)}, **(x_axis or {})},
        y_axis={**Y_AXIS, "tickformat": ticks, "hoverformat": _finer(y_format), "title": {"text": title}},
        traces=traces,
        shapes=shapes,
        **layout,
    )


def _spread(traces: Sequence[Mapping[str, Any]]) -> float:
    """Return how far apart the lowest and the highest value lie, error bars included."""
    ends = []
    for trace in traces:
        values = [(place, value) for place, value in enumerate(trace["y"]) if isinstance(value, int | float)]
        errors = trace.get("error_y") or {"array": (), "arrayminus": ()}
        up, down = errors["array"], errors["arrayminus"]
        ends += [value + (up[place] or 0.0 if up else 0.0) for place, value in values]
        ends += [value - (down[place] or 0.0 if down else 0.0) for place, value in values]
    return max(ends) - min(ends) if ends else 1.0


def _bars(points: Series, colour: str) -> dict[str, Any] | None:
    if points.low is None or points.high is None:
        return None
    up = [None if h is None or v is None else h - v for h, v in zip(points.high, points.y, strict=True)]
    down = [None if low is None or v is None else v - low for low, v in zip(points.low, points.y, strict=True)]
    return {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "color": colour,
        "thickness": 1.4,
        "width": 3,
    }


def _finer(number_format: str) -> str:
    return number_format.replace(".0%", ".1%")


def _names(values: Sequence[object]) -> list[object]:
    return [html.escape(value) if isinstance(value, str) else value for value in values]


def _pick(choices: Sequence[str], k: int) -> str:
    return choices[k % len(choices)]


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"
