"""Plotly figures of the report. The colours keep apart for the colour-blind, and by darkness in greyscale."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from storecast import schema as s

INK, BLUE, ORANGE, PALE, PALER = "#1b1f24", "#0b5394", "#d55e00", "rgba(11,83,148,0.22)", "rgba(11,83,148,0.10)"
SHADES = ("#c3cfdb", "#7fa8cd", "#d55e00", "#0b3f73", "#3f7cb0", "#7a3b00")
WEEKS_BACK = 12


def chain_by_day(panel_sales: pl.DataFrame, forecast: pl.DataFrame, cutoff: dt.date) -> go.Figure:
    """Return the chain's sales of the last weeks and its forecast, a point a day."""
    since = cutoff - dt.timedelta(weeks=WEEKS_BACK)
    stores = forecast[s.STORE].unique().implode()
    past = panel_sales.filter((pl.col(s.DATE) > since) & pl.col(s.STORE).is_in(stores))
    past = past.group_by(s.DATE).agg(pl.col(s.SALES).sum()).sort(s.DATE)
    ahead = forecast.group_by(s.DATE).agg(pl.col(s.FORECAST).sum()).sort(s.DATE)
    figure = _figure("Sales of the chain per day")
    figure.add_scatter(
        x=past[s.DATE].to_list(), y=past[s.SALES].to_list(), name="Sales", line={"color": INK, "width": 1.6}
    )
    figure.add_scatter(
        x=ahead[s.DATE].to_list(), y=ahead[s.FORECAST].to_list(), name="Forecast", line={"color": BLUE, "width": 2.2}
    )
    return figure


def scores_by_window(lines: Sequence[dict[str, Any]], baseline: str) -> go.Figure:
    """Return the RMSPE of each model, a group of bars a window."""
    figure = _figure("RMSPE by last known day: lower is better", height=320)
    models = list(dict.fromkeys(line["model"] for line in lines))
    for k, model in enumerate(models):
        of = [line for line in lines if line["model"] == model]
        name = f"{model} (baseline)" if model == baseline else model
        names = ["mean" if line["cutoff"] == "mean" else line["cutoff"] for line in of]
        figure.add_bar(x=names, y=[line["RMSPE"] for line in of], name=name, marker_color=SHADES[k % len(SHADES)])
    figure.update_yaxes(tickformat=".0%")
    return figure


def accuracy_by_week(lines: Sequence[dict[str, Any]]) -> go.Figure:
    """Return the RMSPE of each model by week ahead."""
    figure = _figure("RMSPE by week ahead", height=300)
    for k, model in enumerate(dict.fromkeys(line["model"] for line in lines)):
        of = sorted((line for line in lines if line["model"] == model), key=lambda line: int(line["key"]))
        figure.add_scatter(
            x=[int(line["key"]) for line in of],
            y=[line["RMSPE"] for line in of],
            name=model,
            mode="lines+markers",
            line={"color": SHADES[k % len(SHADES)], "width": 2},
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(dtick=1, title="week ahead")
    return figure


def store_ahead(store: object, sales: pl.DataFrame, forecast: pl.DataFrame, cutoff: dt.date) -> go.Figure:
    """Return one store: sales of the last weeks, the forecast and its bounds, open days alone."""
    since = cutoff - dt.timedelta(weeks=WEEKS_BACK // 2)
    past = sales.filter((pl.col(s.STORE) == store) & (pl.col(s.DATE) > since) & (pl.col(s.SALES) > 0)).sort(s.DATE)
    ahead = forecast.filter((pl.col(s.STORE) == store) & (pl.col(s.FORECAST) > 0)).sort(s.DATE)
    days = ahead[s.DATE].to_list()
    figure = _figure(f"Store {store}", height=280)
    for level, colour in ((95, PALER), (80, PALE)):
        low, high = s.bound_columns(level)
        figure.add_scatter(x=days, y=ahead[high].to_list(), line={"width": 0}, showlegend=False, hoverinfo="skip")
        figure.add_scatter(
            x=days,
            y=ahead[low].to_list(),
            line={"width": 0},
            fill="tonexty",
            fillcolor=colour,
            name=f"{level} % interval",
        )
    figure.add_scatter(
        x=past[s.DATE].to_list(), y=past[s.SALES].to_list(), name="Sales", line={"color": INK, "width": 1.4}
    )
    figure.add_scatter(x=days, y=ahead[s.FORECAST].to_list(), name="Forecast", line={"color": BLUE, "width": 2})
    return figure


def backtest_by_day(forecasts: pl.DataFrame, sales: pl.DataFrame, model: str) -> go.Figure:
    """Return the chain's sales in the scored windows, and what the model had said before."""
    rows = forecasts.filter(pl.col(s.MODEL) == model).join(sales.select(*s.KEYS, s.SALES), on=s.KEYS, how="inner")
    days = rows.group_by(s.CUTOFF, s.DATE).agg(pl.col(s.SALES).sum(), pl.col(s.FORECAST).sum()).sort(s.DATE)
    figure = _figure("Backtest: the chain per day")
    for k, ((_,), window) in enumerate(days.group_by(s.CUTOFF, maintain_order=True)):
        when = window[s.DATE].to_list()
        first = k == 0
        figure.add_scatter(
            x=when, y=window[s.SALES].to_list(), name="Sales", showlegend=first, line={"color": INK, "width": 1.6}
        )
        figure.add_scatter(
            x=when,
            y=window[s.FORECAST].to_list(),
            name=f"Forecast ({model})",
            showlegend=first,
            line={"color": ORANGE, "width": 1.8, "dash": "dot"},
        )
    return figure


def _figure(title: str, height: int = 340) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        title={
            "text": title,
            "font": {"size": 15},
            "x": 0,
            "xref": "paper",
            "y": 0.98,
            "yref": "container",
            "yanchor": "top",
        },
        template="plotly_white",
        height=height,
        margin={"l": 8, "r": 8, "t": 64, "b": 8},
        font={"family": "system-ui, sans-serif", "size": 12, "color": INK},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        hovermode="x unified",
    )
    figure.update_yaxes(rangemode="tozero", automargin=True, tickformat="~s")
    figure.update_xaxes(automargin=True)
    return figure
