"""The chart of the first page: the weeks ahead, with their intervals, beside the same weeks of last year."""

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from storecast.language import Words
from storecast.report.blank_figure import INK, blank_figure
from storecast.report.front_page import Week

PROMOTED, PLAIN, LAST_YEAR = "#0b4a82", "#8db4d6", "#d98a1f"


def weeks_figure(weeks: Sequence[Week], words: Words, axis_title: str, height: int = 300) -> go.Figure:
    """Return a bar for each week, dark where it has promotions, with its 80% interval, and a mark for last year.

    Parameters
    ----------
    weeks : of the forecast
    words : of the language
    axis_title : what is forecast, in its unit
    height : in pixels
    """
    figure = blank_figure(
        height,
        top=64,
        x_axis={"tickangle": 0, "type": "category"},
        y_axis={
            "rangemode": "tozero",
            "tickformat": "~s",
            "hoverformat": ",.0f",
            "gridcolor": "#e6eaee",
            "title": html.escape(axis_title),
        },
    )
    names = [_name(week, words) for week in weeks]
    sides = (
        (words.text("with promotions"), PROMOTED, [week.promoted is True for week in weeks]),
        (words.text("without promotions"), PLAIN, [week.promoted is not True for week in weeks]),
    )
    for name, colour, shown in sides:
        chosen = [(label, week) for label, week, show in zip(names, weeks, shown, strict=True) if show]
        if not chosen:
            continue
        figure.add_bar(
            x=[label for label, _ in chosen],
            y=[week.expected for _, week in chosen],
            name=name,
            marker={"color": colour, "line": {"color": INK, "width": 0.5}},
            error_y=_interval([week for _, week in chosen]),
        )
    if any(week.last_year is not None for week in weeks):
        figure.add_scatter(
            x=names,
            y=[week.last_year for week in weeks],
            name=words.text("level of last year, same weekdays and stores"),
            mode="markers",
            marker={"symbol": "diamond", "size": 10, "color": LAST_YEAR, "line": {"color": INK, "width": 1}},
        )
    figure.update_xaxes(categoryorder="array", categoryarray=names)
    figure.update_layout(barmode="overlay", bargap=0.3)
    return figure


def _name(week: Week, words: Words) -> str:
    number = words.text("W{number}", number=week.number)
    return f"{number}<br>{words.day(week.first)}"


def _interval(weeks: Sequence[Week]) -> dict[str, object] | None:
    if any(week.lower is None or week.upper is None for week in weeks):
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [(week.upper or 0.0) - week.expected for week in weeks],
        "arrayminus": [week.expected - (week.lower or 0.0) for week in weeks],
        "color": INK,
        "thickness": 1.4,
        "width": 4,
    }
