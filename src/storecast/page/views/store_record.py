"""How past forecasts of a store did: beside the sales that came, and their errors by week ahead."""

from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.forecasts import AHEAD, forecasts_with_actuals
from storecast.monitor.accuracy import WEEK_AHEAD, accuracy_of, scored
from storecast.page import charts, tables
from storecast.page.language import Words
from storecast.page.views.score_cells import score_cells

MOST_DAYS = 182  # of the chart


def section(database: Database, store: Any, words: Words) -> Component:
    """Return the forecasts of a store whose days have come.

    Parameters
    ----------
    database : with the forecasts
    store : its id
    words : the language
    """
    rows = forecasts_with_actuals(database, store=store)
    if rows.is_empty():
        return html.P(words.text("No day of a forecast has come yet."))
    newest = rows.sort(s.DATE, AHEAD).unique(s.DATE, keep="first", maintain_order=True).tail(MOST_DAYS)
    days = newest[s.DATE].to_list()
    traces = [
        *charts.band(days, newest["Lower80"].to_list(), newest["Upper80"].to_list(), words.text("80% interval")),
        charts.line(days, newest[s.SALES].to_list(), words.text("Sales"), charts.GREY),
        charts.line(days, newest[s.FORECAST].to_list(), words.text("Forecast of the time"), charts.BLUE),
    ]
    label = words.text("The newest forecast before each day, beside the sales that came")
    return html.Div(
        [
            html.Div([html.P(label, className="soft"), charts.chart(traces, label, words, height=300)]),
            _by_week_ahead(rows, words),
        ],
        className="pair",
    )


def _by_week_ahead(rows: pl.DataFrame, words: Words) -> Component:
    scores = accuracy_of(scored(rows), WEEK_AHEAD)
    header = [
        words.text(name) for name in ("Week ahead", "Days", "Error", "Too high or low", "Inside 80%", "Inside 95%")
    ]
    lines = [
        [words.number(row[WEEK_AHEAD]), words.number(row["Days"]), *score_cells(row, words)]
        for row in scores.iter_rows(named=True)
    ]
    label = words.text("Errors by week ahead")
    note = words.text(
        "Error: the sum of all errors as a share of sales (WAPE). Of the 80% intervals, four of five should hold."
    )
    return html.Div([html.P(note, className="soft"), tables.table(header, lines, text=(), label=label)])
