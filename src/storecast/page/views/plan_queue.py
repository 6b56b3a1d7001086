"""The queue of exceptions: what needs a look, who looks after it, what is done and what is snoozed."""

import datetime as dt
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast.page import tables
from storecast.page.actions import action_button, field_id, text_entry, write
from storecast.page.plan_memory import cached, memory_of_chain
from storecast.page.shell import control, control_id
from storecast.page.view import ViewRequest
from storecast.page.views.plan_entry import labelled
from storecast.page.views.plan_figures import PlanFigures, exception_link
from storecast.plan.exceptions import DONE, OPEN, SNOOZED
from storecast.workflows.plan_exceptions import handle, show_exceptions

HANDLE = "plan-handle"  # the action
OWNER, NOTE, WEEKS = "queue-owner", "queue-note", "queue-weeks"
SNOOZE_WEEKS = (1, 2, 4)


def draw_queue(request: ViewRequest, _plan: PlanFigures) -> Component:
    """Return the exceptions of the newest version, the most money at stake first."""
    words = request.words
    everything = request.query.get("all") == "yes"
    today = _today()
    database = request.database

    def work() -> pl.DataFrame:
        remember = memory_of_chain(database)
        return show_exceptions(database, today, everything=everything, write=words.message, remember=remember)

    rows = cached(database, ("exceptions", today, everything, words.language), work)
    shown = dcc.Dropdown(
        [{"label": words.text("Open"), "value": "no"}, {"label": words.text("All"), "value": "yes"}],
        "yes" if everything else "no",
        id=control_id("all"),
        clearable=False,
    )
    controls = html.Div(control(words.text("Exceptions"), shown), className="controls")
    if rows.is_empty():
        return html.Div([controls, html.P(words.text("Nothing stands out."))])
    writes = request.may("write")
    title = words.text("What needs a look")
    header = [words.text(name) for name in ("What", "Days", "At stake", "Why", "State", "Owner")]
    lines = [_line(row, request, writes=writes) for row in rows.iter_rows(named=True)]
    return html.Div(
        [
            controls,
            _fields(request) if writes else None,
            tables.table(
                [*header, words.text("Handle")] if writes else header,
                lines,
                text=(0, 1, 3, 4, 5, 6),
                label=title,
                stacked=True,
            ),
        ]
    )


def handle_exception(request: ViewRequest, key: str) -> str:
    """Say how an exception is handled; the key says what is to be done, and its name."""
    words, entries = request.words, request.entries
    state, _, name = key.partition(" ")
    owner = text_entry(entries, OWNER).strip() or request.key.name
    weeks = entries.get(WEEKS)
    until = _today() + dt.timedelta(weeks=weeks if weeks in SNOOZE_WEEKS else 1) if state == SNOOZED else None
    note, by, remember = text_entry(entries, NOTE), request.key.name, memory_of_chain(request.database)
    handled = write(
        request,
        "exception handled",
        lambda conn: handle(conn, name, state=state, by=by, owner=owner, until=until, note=note, remember=remember),
    )
    if until is not None:
        return words.text("The exception is snoozed until {day}.", day=words.date(until))
    if state == DONE:
        return words.text("The exception is done. It comes back where more money is at stake.")
    return words.text("{name} looks after the exception.", name=handled.owner)


def _fields(request: ViewRequest) -> Component:
    words, entries = request.words, request.entries
    weeks = [{"label": words.plural("{count} week", "{count} weeks", each), "value": each} for each in SNOOZE_WEEKS]
    return html.Div(
        [
            labelled(
                words.text("Owner"),
                dcc.Input(
                    id=field_id(OWNER), value=text_entry(entries, OWNER), placeholder=request.key.name, type="text"
                ),
            ),
            labelled(
                words.text("Note"),
                dcc.Input(id=field_id(NOTE), value=text_entry(entries, NOTE), type="text", maxLength=1000),
            ),
            control(
                words.text("Snooze for"), dcc.Dropdown(weeks, SNOOZE_WEEKS[0], id=field_id(WEEKS), clearable=False)
            ),
        ],
        className="controls",
    )


def _line(row: dict[str, Any], request: ViewRequest, *, writes: bool) -> list[Any]:
    words, name = request.words, row["Exception"]
    state = {OPEN: words.text("open"), DONE: words.text("done"), SNOOZED: words.text("snoozed")}[row["State"]]
    if row["State"] == SNOOZED:
        state = words.text("snoozed until {day}", day=words.date(row["Until"]))
    owner = [row["Owner"]]
    if row["Note"]:
        owner.append(html.Div(row["Note"], className="soft wrap"))
    cells = [
        exception_link(row, words),
        f"{words.day(row['Start'])} – {words.day(row['End'])}",
        words.money(row["Stake"]),
        row["Text"],
        state,
        html.Div(owner),
    ]
    if writes:
        what = f"{row['Key']}, {words.day(row['Start'])}"
        buttons = [
            (words.text("I look after it"), OPEN),
            (words.text("Done"), DONE),
            (words.text("Snooze"), SNOOZED),
        ]
        cells.append(
            html.Div(
                [
                    action_button(
                        text, HANDLE, f"{state} {name}", kind="plain small", **{"aria-label": f"{text}: {what}"}
                    )
                    for text, state in buttons
                ],
                className="row-actions",
            )
        )
    return cells


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
