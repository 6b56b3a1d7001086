"""Scenarios: another calendar for the days ahead, and what it would change."""

import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import polars as pl
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.page import tables
from storecast.page.addresses import BASE
from storecast.page.language import Words
from storecast.page.shell import control
from storecast.page.view import View, ViewRequest
from storecast.page.views import scenario_jobs, scenario_saved
from storecast.page.views.plan_figures import scope_name
from storecast.page.views.scenario_calendar import (
    change_name,
    change_names,
    read_changes,
    scope_value,
    write_changes,
)
from storecast.page.views.scenario_jobs import LETTERS
from storecast.page.views.scenario_results import ScenarioDifferences
from storecast.plan.scenarios import CalendarChange
from storecast.plan.scopes import CHAIN, STORE, StoreGroups
from storecast.service.problems import unreadable

ADD, STORES, FIRST, LAST, CHANGE, FOR = (
    "scenario-add",
    "scenario-stores",
    "scenario-first",
    "scenario-last",
    "scenario-change",
    "scenario-for",
)


def draw(request: ViewRequest) -> Component:
    """Return the changes of up to two scenarios, and what they would change once that is asked for."""
    words, query = request.words, request.query
    changes = {name: read_changes(query.get(name, ""), words) for name in LETTERS}
    runs = query.get("run") == "yes" and any(changes.values())
    parts: list[Component] = [
        html.H1(words.text("Scenarios")),
        html.P(
            words.text(
                "What would sales be with other promotions, openings or school holidays? The address holds the scenario: send it "
                "to a colleague, or keep it as a bookmark."
            )
        ),
        _form(request),
        _stored(request),
        html.Div([_list(request, name, changes) for name in LETTERS if changes[name]], className="pair"),
    ]
    if any(changes.values()) and not runs:
        link = dcc.Link(words.text("Work out the difference"), href=_address(changes, run=True), className="button")
        hint = words.text("A small chain takes seconds, one of a thousand stores minutes.")
        parts.append(html.Div([link, html.Span(hint, className="soft")], className="actions"))
    if runs:
        parts += scenario_jobs.place_of_results(request)
    parts.append(scenario_saved.draw_saved(request))
    return html.Div(parts)


def register(app: Dash) -> None:
    """Add the callback that writes a change into the address, in the browser, and the one that looks how far scenarios are."""
    app.clientside_callback(
        ClientsideFunction("storecast", "addChange"),
        Output("url", "search", allow_duplicate=True),
        Input(ADD, "n_clicks"),
        State(FOR, "value"),
        State(STORES, "value"),
        State(FIRST, "value"),
        State(LAST, "value"),
        State(CHANGE, "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )

    scenario_jobs.register(app)


def save(request: ViewRequest, key: str) -> str:
    """Keep a scenario; the key of the button is its letter."""
    text = request.query.get(key.lower(), "") if key.lower() in LETTERS else ""
    result = scenario_jobs.scenario_state(request, text) if text else None
    if not isinstance(result, ScenarioDifferences):
        raise unreadable("The page has no such result. Load the page again.")
    return scenario_saved.save(request, result, text)


def _form(request: ViewRequest) -> Component:
    words, predictor = request.words, request.snapshot.predictor
    groups = StoreGroups.of(predictor.panel.stores, predictor.panel.breakdown)
    first = predictor.cutoff + dt.timedelta(days=1)
    days = [first + dt.timedelta(days=number) for number in range((predictor.last - first).days + 1)]
    day_options = [{"label": words.day(day), "value": str(day)} for day in days]
    changes = [{"label": name, "value": value} for value, name in change_names(words).items()]
    letters = [
        {"label": words.text("Scenario {letter}", letter=letter), "value": name} for name, letter in LETTERS.items()
    ]
    fields = [
        control(words.text("Scenario"), dcc.Dropdown(letters, "a", id=FOR, clearable=False)),
        control(
            words.text("For"),
            dcc.Dropdown(_scopes(groups, words), [scope_value(CHAIN, CHAIN)], id=STORES, multi=True),
        ),
        control(words.text("From"), dcc.Dropdown(day_options, str(days[0]), id=FIRST, clearable=False)),
        control(
            words.text("To"), dcc.Dropdown(day_options, str(days[min(5, len(days) - 1)]), id=LAST, clearable=False)
        ),
        control(words.text("Change"), dcc.Dropdown(changes, changes[0]["value"], id=CHANGE, clearable=False)),
        html.Button(words.text("Add the change"), id=ADD, n_clicks=0, className="plain", type="button"),
    ]
    return html.Div(fields, className="controls")


def _stored(request: ViewRequest) -> Component:
    """Return how many stores are closed, have a promotion or a school holiday on each day ahead, as the calendar is."""
    words, predictor = request.words, request.snapshot.predictor
    ahead = predictor.panel.calendar.filter(pl.col(s.DATE).is_between(predictor.cutoff, predictor.last, closed="right"))
    is_open = pl.col(s.OPEN) == 1
    days = ahead.group_by(s.DATE).agg(
        is_open.sum().alias("open"),
        (is_open & (pl.col(s.PROMO) == 1)).sum().alias("promoted"),
        (pl.col(s.SCHOOL_HOLIDAY) == 1).sum().alias("holiday"),
    )
    title = words.text("The calendar as it is")
    header = [words.text(name) for name in ("Day", "Stores open", "With a promotion", "With school holiday")]
    rows = [
        [words.day(row[s.DATE]), *(words.number(row[name]) for name in ("open", "promoted", "holiday"))]
        for row in days.sort(s.DATE).iter_rows(named=True)
    ]
    return html.Details([html.Summary(title), tables.table(header, rows, label=title)])


def _scopes(groups: StoreGroups, words: Words) -> list[dict[str, str]]:
    levels = (CHAIN, *(level for level in groups.groups if level not in (STORE, CHAIN)), STORE)
    return [
        {"label": scope_name(level, key, words), "value": scope_value(level, key)}
        for level in levels
        for key in (
            groups.groups[level].to_list() if level == STORE else groups.groups[level].unique().sort().to_list()
        )
    ]


def _list(request: ViewRequest, name: str, changes: Mapping[str, Sequence[CalendarChange]]) -> Component:
    words, own = request.words, list(changes[name])
    lines = []
    for number, change in enumerate(own):
        rest = [*own[:number], *own[number + 1 :]]
        text = change_name(change, words)
        remove = dcc.Link(
            words.text("Remove"),
            href=_address({**changes, name: rest}),
            title=words.text("Remove: {change}", change=text),
        )
        lines.append(html.Li([text, " ", remove]))
    return html.Section([html.H2(words.text("Scenario {letter}", letter=LETTERS[name])), html.Ul(lines)])


def _address(changes: Mapping[str, Sequence[CalendarChange]], *, run: bool = False) -> str:
    query = {name: write_changes(each) for name, each in changes.items() if each}
    return f"{BASE}scenarios?{urlencode({**query, **({'run': 'yes'} if run else {})})}"


VIEW = View(
    "scenarios",
    "Scenarios",
    draw,
    register,
    {
        scenario_jobs.CANCEL: scenario_jobs.cancel,
        scenario_jobs.AGAIN: scenario_jobs.start_again,
        scenario_saved.SAVE: save,
        scenario_saved.DELETE: scenario_saved.delete,
        scenario_saved.RESTORE: scenario_saved.restore,
        scenario_saved.PUBLISH: scenario_saved.publish,
    },
    scopes={scenario_jobs.CANCEL: "forecast", scenario_jobs.AGAIN: "forecast"},
)
