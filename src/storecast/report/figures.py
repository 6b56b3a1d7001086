"""Plotly figures of the report.

The colours stay apart for the colour-blind, and by darkness in greyscale: the baseline is pale, the model in use dark.
Text that comes from the input is escaped, since Plotly reads tags in it.
"""

import datetime as dt
import html
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from storecast import schema as s
from storecast.data.target import Target
from storecast.explain.explanations import USUAL
from storecast.language import Words
from storecast.report.blank_figure import INK, blank_figure
from storecast.report.day_marks import NO_MARKS, DayMarks, shapes

PAST, AHEAD = "#a9b3be", "#0b4a82"
WIDE, NARROW = "rgba(11,74,130,0.13)", "rgba(11,74,130,0.30)"
BASELINE_COLOUR, CHAMPION_COLOUR, OTHERS = "#cdd3da", "#0b4a82", ("#e0a23b", "#3f9187", "#8a5a9e", "#b0503c")
DRIVER_COLOURS = ("#0b4a82", "#9cc3e4", "#d98a1f", "#7a3b69", "#57606a", "#3f9187", "#b0503c")
PATTERNS = ("", "/", "", ".", "x", "", "-")  # so that neighbours in a stack differ on paper
WEEKS_BACK, STORE_WEEKS_BACK = 12, 8
MIN_DRIVEN = 1e-6  # of a forecast: what a driver must move on a day to have a bar

TOP = 40  # the margin above the axes, in pixels
MONDAY = "2000-01-03"

ScoreEntries = Sequence[dict[str, Any]]


def first_day_shown(cutoff: dt.date, weeks: int) -> dt.date:
    """Return the first day of a chart that shows some weeks before the forecast."""
    return cutoff - dt.timedelta(weeks=weeks) + dt.timedelta(days=1)


def chain_by_day(
    sales: pl.DataFrame,
    forecast: pl.DataFrame,
    cutoff: dt.date,
    words: Words,
    target: Target | None = None,
    *,
    bounds: pl.DataFrame | None = None,
    marks: DayMarks = NO_MARKS,
) -> go.Figure:
    """Return the sales of the last weeks and the forecast, a bar a day, of the stores that are forecast.

    Parameters
    ----------
    sales : a row per store and day of the past
    forecast : the rows of forecast.csv
    cutoff : the last day whose sales were known
    words : of the language
    target : the figure that is forecast; None: sales
    bounds : Start, Lower80, Upper80 of the days ahead; None: they are not known
    marks : days with promotions and holidays
    """
    target = target or Target()
    past = sales.filter(pl.col(s.DATE).is_between(first_day_shown(cutoff, WEEKS_BACK), cutoff))
    past = past.join(forecast.select(s.STORE).unique(), on=s.STORE, how="semi")
    days = forecast.group_by(s.DATE).agg(pl.col(s.FORECAST).sum().round(2)).sort(s.DATE)
    sold = past.group_by(s.DATE).agg(pl.col(s.SALES).sum().round(2)).sort(s.DATE)
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": sold[s.DATE].to_list(),
            "y": sold[s.SALES].to_list(),
            "name": html.escape(words.text(target.name)),
            "marker": {"color": PAST},
        },
        {
            "type": "bar",
            "x": days[s.DATE].to_list(),
            "y": days[s.FORECAST].to_list(),
            "name": words.text("Forecast"),
            "marker": {"color": AHEAD},
            "error_y": _day_intervals(days, bounds),
        },
    ]
    return blank_figure(
        340,
        top=TOP,
        x_axis={"dtick": 7 * 86_400_000, "tick0": MONDAY, "tickformat": words.text("W%V<br>%-d %b"), "tickangle": 0},
        y_axis=_y_axis(axis_title(target, words)),
        traces=traces,
        shapes=shapes(marks, words) or None,
        bargap=0.2,
        barmode="overlay",
    )


def _day_intervals(days: pl.DataFrame, bounds: pl.DataFrame | None) -> dict[str, object] | None:
    """Return the intervals of the chain's days as Plotly's error bars; None where they are not known."""
    if bounds is None:
        return None
    both = days.join(bounds, left_on=s.DATE, right_on="Start", how="left").sort(s.DATE)
    up, down = both["Upper80"] - both[s.FORECAST], both[s.FORECAST] - both["Lower80"]
    return {
        "type": "data",
        "symmetric": False,
        "array": up.fill_null(0.0).to_list(),
        "arrayminus": down.fill_null(0.0).to_list(),
        "color": INK,
        "thickness": 1,
        "width": 2,
    }


def store_ahead(
    store: object,
    sales: pl.DataFrame,
    forecast: pl.DataFrame,
    cutoff: dt.date,
    words: Words,
    target: Target | None = None,
    *,
    marks: DayMarks = NO_MARKS,
) -> go.Figure:
    """Return one store: sales of the last weeks, the forecast and its intervals, open days alone.

    Parameters
    ----------
    store : its id
    sales : a row per store and day of the past
    forecast : the rows of forecast.csv
    cutoff : the last day whose sales were known
    words : of the language
    target : the figure that is forecast; None: sales
    marks : days with promotions and holidays
    """
    target = target or Target()
    shown = pl.col(s.DATE).is_between(first_day_shown(cutoff, STORE_WEEKS_BACK), cutoff)
    past = sales.filter((pl.col(s.STORE) == store) & shown)
    past = past.filter(pl.col(s.SALES) > 0).sort(s.DATE)
    ahead = forecast.filter((pl.col(s.STORE) == store) & (pl.col(s.FORECAST) > 0)).sort(s.DATE)
    days = ahead[s.DATE].to_list()
    figure = _blank(height=270, title=axis_title(target, words), shapes=shapes(marks, words))
    for level, colour in ((95, WIDE), (80, NARROW)):
        low, high = (ahead[name].to_list() for name in s.bound_columns(level))
        figure.add_scatter(x=days, y=high, line={"width": 0}, mode="lines", showlegend=False, hoverinfo="skip")
        figure.add_scatter(
            x=days,
            y=low,
            line={"width": 0},
            mode="lines",
            fill="tonexty",
            fillcolor=colour,
            name=words.text("{level}% interval", level=level),
        )
    for rows, column, name, colour, width in (
        (past, s.SALES, html.escape(words.text(target.name)), INK, 1.2),
        (ahead, s.FORECAST, words.text("Forecast"), AHEAD, 2.0),
    ):
        figure.add_scatter(
            x=rows[s.DATE].to_list(),
            y=rows[column].to_list(),
            name=name,
            mode="lines",
            line={"color": colour, "width": width},
        )
    return _dated(figure, words)


def contributions_by_day(days: pl.DataFrame, words: Words, target: Target | None = None) -> go.Figure:
    """Return the contributions to a store's open days beyond its level: a stack of bars for each day.

    Parameters
    ----------
    days : as `explain.explanations.explain` returns them, of one store and its open days
    words : of the language
    target : the figure that is forecast; None: sales
    """
    figure = _blank(height=300, title=axis_title(target or Target(), words))
    names = [name for name in days.columns if name not in (*s.KEYS, s.FORECAST, USUAL, "Level")]
    names = [name for name in names if not name.startswith(s.COUNTERFACTUAL)]
    for k, name in enumerate(names):
        if not (days[name].abs() >= MIN_DRIVEN * days[s.FORECAST]).any():
            continue  # a driver that the chain does not have
        figure.add_bar(
            x=days[s.DATE].to_list(),
            y=days[name].to_list(),
            name=html.escape(words.text(name)),
            marker={
                "color": DRIVER_COLOURS[k % len(DRIVER_COLOURS)],
                "pattern": {"shape": PATTERNS[k % len(PATTERNS)], "size": 5, "solidity": 0.25, "fgcolor": "#fff"},
            },
        )
    figure.update_layout(barmode="relative", bargap=0.15)
    figure.update_yaxes(zeroline=True, zerolinecolor=INK, zerolinewidth=1, tickformat="+~s", hoverformat="+,.0f")
    return _dated(figure, words)


def window_by_day(
    rows: pl.DataFrame, champion: str, words: Words, target: Target | None = None, *, marks: DayMarks = NO_MARKS
) -> go.Figure:
    """Return a scored window of the backtest: what the chain sold as bars, the forecast as dots.

    Parameters
    ----------
    rows : Date, Sales, Forecast of the stores and days that have both
    champion : the name of the model
    words : of the language
    target : the figure that is forecast; None: sales
    marks : days with promotions and holidays
    """
    target = target or Target()
    days = rows.group_by(s.DATE).agg(pl.col(s.SALES, s.FORECAST).sum().round(2)).sort(s.DATE)
    figure = _blank(height=270, title=axis_title(target, words), shapes=shapes(marks, words))
    forecast_days = days.filter(pl.col(s.FORECAST) > 0)
    figure.add_bar(
        x=days[s.DATE].to_list(),
        y=days[s.SALES].to_list(),
        name=html.escape(words.text("{name} as they came", name=words.text(target.name))),
        marker_color=PAST,
    )
    figure.add_scatter(
        x=forecast_days[s.DATE].to_list(),
        y=forecast_days[s.FORECAST].to_list(),
        name=html.escape(words.text("Forecast of {model}", model=champion)),
        mode="markers",
        marker={"color": AHEAD, "size": 6, "line": {"color": "#fff", "width": 1}},
    )
    figure.update_layout(bargap=0.2)
    return _dated(figure, words)


def scores_by_window(
    scores: ScoreEntries, models: Sequence[str], baseline: str, champion: str, words: Words
) -> go.Figure:
    """Return the RMSPE of each model, a group of bars for each window; a tick marks it without the five worst rows.

    Parameters
    ----------
    scores : entries of scores.json over all rows of a window, and their means
    models : in the order of the bars
    baseline, champion : the names of the baseline and of the model in use
    words : of the language
    """
    figure = _blank(height=320, title="RMSPE")
    without = words.text("without the five worst rows")
    for k, model in enumerate(models):
        of_model = [entry for entry in scores if entry["model"] == model]
        names = [_window(entry["cutoff"], words) for entry in of_model]
        figure.add_bar(
            x=names,
            y=[entry["rmspe"] for entry in of_model],
            name=_name(model, baseline, words),
            offsetgroup=model,
            marker={"color": _colour(k, model, models, baseline, champion), "line": {"color": "#57606a", "width": 0.5}},
        )
    for k, model in enumerate(models):
        of_model = [
            entry for entry in scores if entry["model"] == model and entry.get("rmspe_without_worst5") is not None
        ]
        names = [_window(entry["cutoff"], words) for entry in of_model]
        figure.add_scatter(
            x=names,
            y=[entry["rmspe_without_worst5"] for entry in of_model],
            name=without,
            legendgroup="without",
            showlegend=k == 0,
            offsetgroup=model,
            mode="markers",
            marker={
                "symbol": "line-ew",
                "size": 14,
                "line": {"width": 2.5, "color": "#fff" if model == champion else INK},
            },
        )
    figure.update_traces(selector={"name": without, "showlegend": True}, marker={"line": {"color": INK}})
    figure.update_layout(barmode="group", scattermode="group", bargap=0.25)
    figure.update_yaxes(tickformat=".0%", hoverformat=".2%")
    figure.update_xaxes(tickangle=0)
    return figure


def axis_title(target: Target, words: Words) -> str:
    """Return what stands at an axis: the figure that is forecast, and its unit."""
    name = words.text(target.name)
    return f"{name} ({target.unit})" if target.unit else name


def _dated(figure: go.Figure, words: Words) -> go.Figure:
    figure.update_xaxes(tickformat=words.text("%-d %b<br>%Y"))
    return figure


def _window(cutoff: str, words: Words) -> str:
    if cutoff == "mean":
        return words.text("mean of<br>the tests")
    return words.text("after<br>{day}", day=words.day(dt.date.fromisoformat(cutoff)))


def _name(model: str, baseline: str, words: Words) -> str:
    return html.escape(model) + (f" ({words.text('baseline')})" if model == baseline else "")


def _colour(place: int, model: str, models: Sequence[str], baseline: str, champion: str) -> str:
    if model in (baseline, champion):
        return CHAMPION_COLOUR if model == champion else BASELINE_COLOUR
    others = [name for name in models if name not in (baseline, champion)]
    return OTHERS[others.index(models[place]) % len(OTHERS)]


def _blank(height: int, title: str, **layout: Any) -> go.Figure:
    return blank_figure(height, top=TOP, x_axis={}, y_axis=_y_axis(title), **layout)


def _y_axis(title: str) -> dict[str, Any]:
    looks = {"rangemode": "tozero", "tickformat": "~s", "hoverformat": ",.0f", "gridcolor": "#e6eaee"}
    return {**looks, "title": {"text": html.escape(title)}}
