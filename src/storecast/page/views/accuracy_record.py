"""Forecasts beside what came: in all, by week, by week ahead, by store, and what has left its band."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.monitor.accuracy import WEEK_AHEAD
from storecast.monitor.alerts import LASTING, LEARNABLE, Alert
from storecast.page import charts, shell, tables
from storecast.page.accuracy_figures import WEEK, ChainAccuracy, chain_accuracy
from storecast.page.addresses import BASE
from storecast.page.language import Words
from storecast.page.view import ViewRequest
from storecast.page.views.score_cells import score_cells, signed_percent

STORES_SHOWN = 10  # with the largest errors
DRIFT = "drift of "  # begins the name of an input in an alert


def section(request: ViewRequest, weeks: int | None) -> Component:
    """Return what is known of the forecasts whose days have come.

    Parameters
    ----------
    request : whose database, snapshot and language
    weeks : the last ones, that count; None: all
    """
    words, live = request.words, request.service.live
    accuracy = chain_accuracy(request.snapshot, request.database, live.models_folder, weeks)
    if accuracy.whole.is_empty():
        return html.P(words.text("No day of a forecast has come yet: there is nothing to compare."))
    return html.Div(
        [
            *_alerts(accuracy, words),
            _facts(accuracy.whole.row(0, named=True), words),
            html.Div([_coverage_chart(accuracy, words), _error_chart(accuracy, words)], className="pair"),
            html.Div([_by_week_ahead(accuracy, words), _furthest_off(accuracy, words)], className="pair"),
            _drift(accuracy, words),
        ]
    )


def _facts(whole: dict[str, Any], words: Words) -> Component:
    def target(level: int) -> str:
        return words.text("{percent} should lie inside", percent=words.percent(level / 100, 0))

    span = words.text("{first} to {last}", first=words.date(whole["First"]), last=words.date(whole["Last"]))
    return tables.facts(
        (words.text("Error (WAPE)"), _percent(whole["wape"], words), words.text("of sales, all errors added up")),
        (
            words.text("Too high or low"),
            signed_percent(whole["bias"], words),
            words.text("all forecasts against all sales"),
        ),
        (words.text("Inside 80%"), _percent(whole["coverage80"], words), target(80)),
        (words.text("Inside 95%"), _percent(whole["coverage95"], words), target(95)),
        (words.text("Forecasts that count"), words.number(whole["Rows"]), span),
    )


def _percent(share: float | None, words: Words) -> str:
    return "–" if share is None else words.percent(share)


def _coverage_chart(accuracy: ChainAccuracy, words: Words) -> Component:
    weeks = accuracy.weeks
    days = weeks[WEEK].to_list()
    lines = []
    for level, colour in ((80, charts.BLUE), (95, charts.TEAL)):
        percent = words.percent(level / 100, 0)
        inside = words.text("Sales inside {percent}", percent=percent)
        lines.append(_share_line(days, weeks[f"coverage{level}"].to_list(), inside, colour))
        aim = [level / 100] * len(days)
        lines.append(_share_line(days, aim, words.text("Target {percent}", percent=percent), colour, dash="dot"))
    title = words.text("Share of sales inside the intervals, by week")
    axis = {"tickformat": ".0%", "range": [0, 1.02]}
    return html.Div([html.H2(title), charts.chart(lines, title, words, height=300, y=axis)])


def _error_chart(accuracy: ChainAccuracy, words: Words) -> Component:
    weeks = accuracy.weeks
    days = weeks[WEEK].to_list()
    lines = [
        _share_line(days, weeks["wape"].to_list(), words.text("Error (WAPE)"), charts.BLUE),
        _share_line(days, weeks["bias"].to_list(), words.text("Too high or low"), charts.AMBER),
    ]
    title = words.text("Error of the forecasts, by week")
    axis = {"tickformat": ".0%", "zeroline": True, "zerolinecolor": charts.GREY}
    return html.Div([html.H2(title), charts.chart(lines, title, words, height=300, y=axis)])


def _share_line(
    days: Sequence[Any], shares: Sequence[float | None], name: str, colour: str, *, dash: str = "solid"
) -> charts.Trace:
    solid = dash == "solid"
    trace = charts.line(days, shares, name, colour, dash=dash, width=2 if solid else 1.5)
    return {**trace, "hovertemplate": "%{y:.1%}", "mode": "lines+markers" if solid else "lines"}


def _by_week_ahead(accuracy: ChainAccuracy, words: Words) -> Component:
    label = words.text("By week ahead")
    return _score_table(
        accuracy.ahead, words.text("Week ahead"), lambda row: words.number(row[WEEK_AHEAD]), label, words
    )


def _furthest_off(accuracy: ChainAccuracy, words: Words) -> Component:
    def link(row: dict[str, Any]) -> Component:
        store = str(row[s.STORE])
        return dcc.Link(words.text("Store {store}", store=store), href=f"{BASE}store?{urlencode({'store': store})}")

    rows = accuracy.stores.head(STORES_SHOWN)
    return _score_table(rows, words.text("Store"), link, words.text("Stores with the largest errors"), words)


def _score_table(
    rows: pl.DataFrame, name: str, key: Callable[[dict[str, Any]], Any], title: str, words: Words
) -> Component:
    header = [name, *(words.text(name) for name in ("Error", "Too high or low", "Inside 80%", "Inside 95%"))]
    lines = [[key(row), *score_cells(row, words)] for row in rows.iter_rows(named=True)]
    return html.Section([html.H2(title), tables.table(header, lines, label=title)])


def _alerts(accuracy: ChainAccuracy, words: Words) -> list[Component]:
    """Return what has left its band, and what to do; or that nothing has."""
    monitored = accuracy.monitored
    parts: list[Component] = []
    if monitored.stale:
        assert monitored.last_sale is not None
        text = words.text(
            "The last sales are of {day}: forecasts begin there. Send newer sales.", day=words.date(monitored.last_sale)
        )
        parts.append(shell.message(text, kind="hint"))
    if not monitored.alerts:
        return [*parts, shell.message(words.text("Nothing has left its band."))]
    header = [words.text(name) for name in ("Out of its band", "Now", "Band", "Since", "Advice", "Model")]
    lines = [
        [
            html.Strong(_alert_name(alert, words)),
            words.number(alert.value, 3),
            words.text("{low} to {high}", low=words.number(alert.low, 3), high=words.number(alert.high, 3)),
            words.day(alert.since),
            words.text("train again") if alert.advice == "retrain" else words.text("wait"),
            alert.model,
        ]
        for alert in monitored.alerts
    ]
    why = words.text(
        "Train again is the advice where a figure has been outside for {outside} days or more, and {unseen} days of sales or more "
        "came since the model was trained; before, it may be a passing week.",
        outside=words.number(LASTING),
        unseen=words.number(LEARNABLE),
    )
    title = words.text("What has left its band")
    table = tables.table(header, lines, text=(0, 4, 5), label=title)
    return [*parts, html.Section([html.H2(title), table, html.P(why, className="soft")])]


def _alert_name(alert: Alert, words: Words) -> str:
    if alert.what.startswith(DRIFT):
        return _input_name(alert.what.removeprefix(DRIFT), words)
    names = {
        "coverage80": words.text("Inside 80%"),
        "coverage95": words.text("Inside 95%"),
        "wape": words.text("Error (WAPE)"),
    }
    return names.get(alert.what, alert.what)


def _input_name(name: str, words: Words) -> str:
    names = {
        "openings": words.text("Share of days open"),
        "promotions": words.text("Share of days with a promotion"),
        "school holidays": words.text("Share of days in school holidays"),
        "sales": words.text("Sales against the usual day (log)"),
    }
    return names.get(name, name)


def _drift(accuracy: ChainAccuracy, words: Words) -> Component:
    drift = accuracy.monitored.drift
    title = words.text("What goes into the forecasts, since the model in use was trained")
    if drift.is_empty():
        note = words.text("Too few days have come since to compare them with the past.")
        return html.Section([html.H2(title), html.P(note)])
    states = {
        "as usual": words.text("as usual"),
        "unusual": words.text("unusual"),
        "moved": words.text("moved"),
        "moved far": words.text("moved far"),
    }
    header = [words.text(name) for name in ("Input", "Now", "Usual", "Usual from", "Usual to", "State")]
    lines = [
        [
            _input_name(row["Input"], words),
            *(words.number(row[name], 3) for name in ("Recent", "Usual", "Low", "High")),
            states.get(row["State"], row["State"]),
        ]
        for row in drift.iter_rows(named=True)
    ]
    return html.Section([html.H2(title), tables.table(header, lines, text=(0, 5), label=title)])
