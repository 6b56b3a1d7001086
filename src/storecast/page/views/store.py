"""Store: one store's past and forecast."""

import datetime as dt
from typing import Any

import plotly.graph_objects as go
import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.errors import MissingError
from storecast.page import charts, tables
from storecast.page.figures import daily_sales
from storecast.page.language import Words
from storecast.page.shell import control, control_id
from storecast.page.view import View, ViewRequest

PAST_WEEKS = 10


def draw(request: ViewRequest) -> Component:
    """Return what is known of a store, the first where none is chosen.

    Raises
    ------
    MissingError
        where the chain has no such store
    """
    words, predictor = request.words, request.snapshot.predictor
    ids = {str(store): store for store in predictor.panel.stores[s.STORE].to_list()}
    chosen = request.query.get("store", next(iter(ids)))
    chooser = dcc.Dropdown(list(ids), chosen if chosen in ids else None, id=control_id("store"), clearable=False)
    controls = html.Div(control(words.text("Store"), chooser), className="controls")
    if chosen not in ids:
        raise MissingError(words.text("The chain has no store {store}.", store=chosen))
    rows = predictor.forecast().filter(pl.col(s.STORE) == ids[chosen])
    return html.Div(
        [
            html.H1(words.text("Store {store}", store=chosen)),
            controls,
            charts.chart(
                _chart(request, ids[chosen], rows), words.text("Sales of the store by day, with the forecast"), words
            ),
            _days(rows, words),
        ]
    )


def _chart(request: ViewRequest, store: Any, rows: pl.DataFrame) -> go.Figure:
    words, days = request.words, rows[s.DATE].to_list()
    past = daily_sales(request.snapshot.predictor.panel, pl.Series([store]))
    past = past.filter(pl.col(s.DATE) > days[0] - dt.timedelta(weeks=PAST_WEEKS))
    return go.Figure(
        [
            *charts.band(
                days, rows["Lower95"].to_list(), rows["Upper95"].to_list(), words.text("95% of cases"), charts.BAND_95
            ),
            *charts.band(days, rows["Lower80"].to_list(), rows["Upper80"].to_list(), words.text("80% of cases")),
            charts.line(past[s.DATE].to_list(), past[s.SALES].to_list(), words.text("Sales"), charts.GREY),
            charts.line(days, rows[s.FORECAST].to_list(), words.text("Forecast"), charts.BLUE),
        ]
    )


def _days(rows: pl.DataFrame, words: Words) -> Component:
    header = [words.text(name) for name in ("Day", "Forecast", "Lower", "Upper")]
    lines = [
        [words.day(row[s.DATE]), *(words.money(row[name]) for name in (s.FORECAST, "Lower80", "Upper80"))]
        for row in rows.iter_rows(named=True)
    ]
    return html.Details(
        [html.Summary(words.text("Day by day")), tables.table(header, lines, label=words.text("Day by day"))]
    )


VIEW = View("store", "Store", draw)
