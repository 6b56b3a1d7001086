"""The overrides that stand: what each does, whether it still fits, and how it is withdrawn."""

from typing import Any
from urllib.parse import urlencode

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.page import tables
from storecast.page.actions import action_button
from storecast.page.addresses import BASE
from storecast.page.language import Words
from storecast.page.view import ViewRequest
from storecast.page.views.plan_entry import WITHDRAW, entry_form
from storecast.page.views.plan_figures import (
    PlanFigures,
    moment,
    reason_name,
    scope_name,
    standing_overrides,
    undo_button,
)
from storecast.plan.overrides import AMOUNT, FACTOR, OVERRIDE, PLAN

MOST_SHOWN = 60  # overrides at first
FIGURES = slice(3, 5)  # of a row: forecast and plan


def draw_overrides(request: ViewRequest, plan: PlanFigures) -> Component:
    """Return the form for a new override where one can be written, and those that stand."""
    words = request.words
    writes = plan.open and request.may("write")
    rows = standing_overrides(request)
    over = pl.col("End") < plan.versions[0].first
    past, standing = rows.filter(over), rows.filter(~over)
    heading = html.H2(words.text("Overrides that stand on version {version}", version=plan.versions[0].version))
    if standing.is_empty():
        listed: Component = html.P(words.text("None: the plan is the forecast."))
    else:
        listed = _newest(request, standing, words.text("Overrides"), writes=writes)
    earlier = None
    if past.height:
        title = words.plural(
            "{count} override of days before this version", "{count} overrides of days before this version", past.height
        )
        earlier = html.Details([html.Summary(title), _newest(request, past, title, writes=False, figures=False)])
    stale = rows.filter(rows["Stale"] != "").height
    warning = (
        html.P(
            words.plural(
                "{count} override no longer fits the forecast.", "{count} overrides no longer fit the forecast.", stale
            ),
            className="message hint",
        )
        if stale
        else None
    )
    undo = html.Div(undo_button(request, plan), className="actions") if writes else None
    return html.Div([entry_form(request, plan) if writes else None, heading, warning, undo, listed, earlier])


def _newest(request: ViewRequest, rows: pl.DataFrame, title: str, *, writes: bool, figures: bool = True) -> Component:
    """Return the newest overrides, and the way to all of them where there are many.

    Parameters
    ----------
    request : whose address says whether all are wanted
    rows : the overrides, the newest first
    title : of the table
    writes : whether they can be withdrawn
    figures : whether the version holds their days, and so their forecast and plan
    """
    if rows.height <= MOST_SHOWN or request.query.get("all") == "yes":
        return _table(request, rows, title, writes=writes, figures=figures)
    words = request.words
    href = f"{BASE}plan?{urlencode({**request.query, 'all': 'yes'})}"
    more = dcc.Link(words.text("Show all {count}", count=words.number(rows.height)), href=href)
    text = words.text("The newest {count}.", count=words.number(MOST_SHOWN))
    newest = _table(request, rows.head(MOST_SHOWN), title, writes=writes, figures=figures)
    return html.Div([html.P([text, " ", more], className="soft"), newest])


def _table(request: ViewRequest, rows: pl.DataFrame, title: str, *, writes: bool, figures: bool) -> Component:
    words = request.words
    header = [words.text(name) for name in ("For", "Days", "What", "Forecast", "Plan", "Reason", "By whom")]
    if writes:
        header.append(words.text("Withdraw"))
    lines = [_line(row, request, writes=writes) for row in rows.iter_rows(named=True)]
    if not figures:
        del header[FIGURES]
        for line in lines:
            del line[FIGURES]
    text = (0, 1, 2, 5, 6, 7) if figures else range(len(header))
    return tables.table(header, lines, text=text, label=title, stacked=True)


def _line(row: dict[str, Any], request: ViewRequest, *, writes: bool) -> list[Any]:
    words = request.words
    days = words.day(row["Start"])
    if row["End"] != row["Start"]:
        days = f"{days} – {words.day(row['End'])}"
    why: list[Any] = [reason_name(row["Reason"], words)]
    if row["Note"]:
        why.append(html.Div(row["Note"], className="soft wrap"))
    if row["Stale"]:
        text = words.text("No longer fits: {why}", why=row["Stale"])
        why.append(html.Div(text, className="stale wrap"))
    cells = [
        scope_name(row["Level"], row["Key"], words),
        days,
        _value(row, words),
        words.money(row[s.FORECAST]),
        words.money(row[PLAN]),
        html.Div(why),
        html.Div([row["By"], html.Div(moment(row["At"], words), className="soft")]),
    ]
    if writes:
        number = row[OVERRIDE]
        label = words.text("Withdraw override {number}", number=number)
        button = action_button(words.text("Withdraw"), WITHDRAW, str(number), kind="plain", **{"aria-label": label})
        cells.append(button)
    return cells


def _value(row: dict[str, Any], words: Words) -> str:
    if row["Kind"] == FACTOR:
        return words.text("forecast × {factor}", factor=words.number(row["Value"], 2))
    if row["Kind"] == AMOUNT:
        return words.text("forecast {amount}", amount=words.signed(row["Value"]))
    return words.text("total {amount}", amount=words.money(row["Value"]))
