"""Overrides that are entered: from cells of the grid, or for any stores and days; taken with the revision that was seen."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast.database.plan_overrides import PlanWritten, add_overrides, undo_plan_write, withdraw_override
from storecast.page.actions import action_button, button_number, field_id, is_number, number_entry, text_entry, write
from storecast.page.language import Words
from storecast.page.shell import control
from storecast.page.view import ViewRequest
from storecast.page.views.plan_figures import PlanFigures, reason_name, scope_name, what_stands
from storecast.plan.overrides import AMOUNT, FACTOR, FIGURE
from storecast.plan.scopes import CHAIN, STORE
from storecast.service.problems import Problem, unreadable

SAVE, DISCARD, ENTER, WITHDRAW = "plan-save", "plan-discard", "plan-enter", "plan-withdraw"
EDITS = "plan-edits"  # the entry of changed cells
REASON, NOTE = "plan-reason", "plan-note"
SCOPE, FIRST, LAST, KIND, VALUE = "plan-scope", "plan-first", "plan-last", "plan-kind", "plan-value"


def reason_fields(request: ViewRequest, plan: PlanFigures) -> list[Component]:
    """Return the fields for the reason and the note of overrides."""
    words, entries = request.words, request.entries
    return [
        control(
            words.text("Reason"),
            dcc.Dropdown(
                [{"label": reason_name(reason, words), "value": reason} for reason in plan.reasons],
                _chosen(entries, REASON, plan.reasons, None),
                id=field_id(REASON),
            ),
        ),
        labelled(
            words.text("Note"),
            dcc.Input(
                id=field_id(NOTE), value=text_entry(entries, NOTE), type="text", maxLength=1000, autoComplete="off"
            ),
        ),
    ]


def labelled(label: str, component: Component) -> Component:
    """Return a text field inside its label."""
    return html.Label([html.Span(label, className="label"), component], className="control")


def entry_form(request: ViewRequest, plan: PlanFigures) -> Component:
    """Return the form for an override of any stores and days."""
    words, entries = request.words, request.entries
    days = [plan.figures.first + dt.timedelta(days=number) for number in range(plan.figures.days)]
    day_options = [{"label": words.day(day), "value": str(day)} for day in days]
    kinds = {
        FIGURE: words.text("Total of these days"),
        AMOUNT: words.text("Amount more, or less"),
        FACTOR: words.text("Times the forecast"),
    }
    scopes = [
        {"label": scope_name(level, key, words), "value": f"{level}:{key}"}
        for level in (CHAIN, *(each for each in plan.groups.groups if each not in (STORE, CHAIN)), STORE)
        for key in _keys(plan, level)
    ]
    fields = [
        control(
            words.text("For"),
            dcc.Dropdown(
                scopes,
                _chosen(entries, SCOPE, [scope["value"] for scope in scopes], f"{CHAIN}:{CHAIN}"),
                id=field_id(SCOPE),
                clearable=False,
            ),
        ),
        control(
            words.text("From"),
            dcc.Dropdown(
                day_options,
                _chosen(entries, FIRST, list(map(str, days)), str(days[0])),
                id=field_id(FIRST),
                clearable=False,
            ),
        ),
        control(
            words.text("To"),
            dcc.Dropdown(
                day_options,
                _chosen(entries, LAST, list(map(str, days)), str(days[min(6, len(days) - 1)])),
                id=field_id(LAST),
                clearable=False,
            ),
        ),
        control(
            words.text("What"),
            dcc.Dropdown(
                [{"label": label, "value": kind} for kind, label in kinds.items()],
                _chosen(entries, KIND, list(kinds), FIGURE),
                id=field_id(KIND),
                clearable=False,
            ),
        ),
        labelled(
            words.text("Number"),
            dcc.Input(id=field_id(VALUE), value=number_entry(entries, VALUE), type="number", step="any"),
        ),
        *reason_fields(request, plan),
        action_button(words.text("Save the override"), ENTER, f"{plan.version.version}:{plan.revision}"),
    ]
    return html.Section([html.H2(words.text("New override")), html.Div(fields, className="controls")])


def _chosen(entries: Mapping[str, Any], name: str, choices: Sequence[str], usual: str | None) -> str | None:
    """Return what was chosen in a field; what is usual where there is no such choice (any more): nobody could change it.

    Parameters
    ----------
    entries : that stand in the fields
    name : of the field
    choices : that it has
    usual : that stands there at first
    """
    chosen = text_entry(entries, name)
    return chosen if chosen in choices else usual


def edits_of(entries: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the cells that were changed and not taken yet: level, key, first, last, name, week, old and value of each."""
    edits = entries.get(EDITS)
    texts = ("level", "key", "first", "last", "name", "week")
    return [
        each
        for each in (edits if isinstance(edits, list) else [])
        if isinstance(each, dict)
        and all(isinstance(each.get(name), str) for name in texts)
        and all(is_number(each.get(name)) for name in ("old", "value"))
    ]


def save_edits(request: ViewRequest, key: str) -> str:
    """Write the cells of the grid that were changed as overrides."""
    edits, entered = edits_of(request.entries), request.entries.get(EDITS)
    if isinstance(entered, list) and len(entered) > len(edits):  # of what was entered, all is written or nothing
        raise Problem(
            "not-valid", request.words.text("A changed cell holds no figure that a plan can have. Discard it.")
        )
    if not edits:
        raise Problem("not-valid", request.words.text("No cell of the grid was changed."))
    rows = [{**each, "kind": FIGURE} for each in edits]
    return _written(_add(request, key, rows), request.words)


def discard(request: ViewRequest, _key: str) -> str:
    """Forget what was entered."""
    return request.words.text("Nothing was written.")


def enter(request: ViewRequest, key: str) -> str:
    """Write the override of the form."""
    entries = request.entries
    level, _, stores = text_entry(entries, SCOPE).partition(":")
    value = number_entry(entries, VALUE)
    if value is None:
        raise Problem("not-valid", request.words.text("Enter a number."))
    span = {"first": text_entry(entries, FIRST), "last": text_entry(entries, LAST)}
    row = {"level": level, "key": stores, **span, "kind": text_entry(entries, KIND), "value": value}
    return _written(_add(request, key, [row]), request.words)


def withdraw(request: ViewRequest, key: str) -> str:
    """Withdraw an override; the key is its number."""
    number = _number(key)
    write(
        request,
        "override withdrawn",
        lambda conn: withdraw_override(conn, number, by=request.key.name),
        override=number,
    )
    return request.words.text("Override {number} is withdrawn.", number=number)


def undo(request: ViewRequest, key: str) -> str:
    """Take a write back; the key is its revision."""
    number = _number(key)
    written = write(
        request, "plan write undone", lambda conn: undo_plan_write(conn, number, by=request.key.name), undone=number
    )
    taken_back = request.words.text("Write {number} is taken back.", number=number)
    return f"{taken_back} {what_stands(written.added, written.withdrawn, request.words)}"


def _add(request: ViewRequest, key: str, rows: Sequence[Mapping[str, Any]]) -> PlanWritten:
    version, _, seen = key.partition(":")
    reason, note = text_entry(request.entries, REASON), text_entry(request.entries, NOTE)
    if not reason:
        raise Problem("not-valid", request.words.text("Choose a reason."))
    table = pl.DataFrame(
        {
            "level": [row["level"] for row in rows],
            "key": [row["key"] for row in rows],
            "first": pl.Series([_day(row["first"]) for row in rows], dtype=pl.Date),
            "last": pl.Series([_day(row["last"]) for row in rows], dtype=pl.Date),
            "kind": [row["kind"] for row in rows],
            "value": pl.Series([float(row["value"]) for row in rows], dtype=pl.Float64),
            "reason": [reason] * len(rows),
            "note": [note] * len(rows),
        }
    )
    numbers = {"version": _number(version), "seen": _number(seen)}
    return write(request, "plan overridden", lambda conn: add_overrides(conn, table, by=request.key.name, **numbers))


def _written(written: PlanWritten, words: Words) -> str:
    text = words.plural("{count} override is written.", "{count} overrides are written.", written.added)
    if not written.withdrawn:
        return text
    replaced = words.plural("{count} older one is replaced.", "{count} older ones are replaced.", written.withdrawn)
    return f"{text} {replaced}"


def _keys(plan: PlanFigures, level: str) -> list[str]:
    groups = plan.groups.groups[level]
    return groups.to_list() if level == STORE else groups.unique().sort().to_list()


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise unreadable("A day is not written as a day. Load the page again.") from error


def _number(text: str) -> int:
    return button_number(text, unreadable("The page has no such button. Load the page again."))
