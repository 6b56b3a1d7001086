"""Rows from a file of the browser: first shown, as they would change the chain, then taken; and the last write out again.

What reading and writing repair is said both times: before anything is written, and of what was.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import Connection

from storecast.data.cleaning_rules import Repair
from storecast.database import undo
from storecast.database.chain_info import version as chain_version
from storecast.database.chain_writes import latest_writes
from storecast.database.writes import Written, add_calendar, add_sales
from storecast.errors import ConflictError
from storecast.page import tables
from storecast.page.actions import action_button, button_number, field_id, text_entry, write
from storecast.page.drawing import drawn
from storecast.page.shell import message
from storecast.page.uploads import file_bytes
from storecast.page.view import ViewRequest, view_request
from storecast.page.views import file_parts, first_chain
from storecast.service.problems import Problem, unreadable
from storecast.service.requests.csv_repairs import CsvRows
from storecast.service.requests.csv_rows import read_csv_rows
from storecast.service.requests.rows import calendar_rows, id_type, sale_rows

SALES, CALENDAR = "sales", "calendar"  # of the control
LOAD, UNDO = "data-load", "data-undo"  # actions
FILE, REPLACE = "data-file", "data-replace"  # fields


def kind_of(request: ViewRequest) -> str:
    """Return which rows a file holds, as it was chosen."""
    return CALENDAR if request.query.get("rows") == CALENDAR else SALES


def register(app: Dash) -> None:
    """Add the callback that shows what a file would change."""

    @app.callback(  # type: ignore[untyped-decorator]
        Output("loaded", "children"),
        Input("upload", "contents"),
        State("url", "search"),
        State("preferences", "data"),
        prevent_initial_call=True,
    )
    def show(contents: Any, search: str | None, preferences: Any) -> Any:
        if not isinstance(contents, str):
            return no_update
        return drawn(partial(preview, contents=contents), view_request(search, preferences))


def preview(request: ViewRequest, contents: str) -> Component:
    """Return what the rows of a file would change, with the button that takes them.

    Parameters
    ----------
    request : whose session it is
    contents : of the file, as browsers give it: ``data:text/csv;base64,…``

    Raises
    ------
    Problem
        where the key may not write, or a row cannot be read
    """
    words = request.words
    request.require("write")
    if not chain_version(request.database):
        return first_chain.preview(request, contents)
    rows = _rows(request, contents)
    replaces = False
    try:
        outcome, repairs = _tried(request, rows, replace=False)
    except ConflictError:
        (outcome, repairs), replaces = _tried(request, rows, replace=True), True
    sentences = _sentences(request, rows, repairs)
    converted = rows.converted()
    repaired = file_parts.remarks(
        html.P(words.text("What is repaired, converted or left out:")),
        [*sentences, words.message(converted)] if converted else sentences,
    )
    if not outcome.inserted and not outcome.replaced:
        stand = message(words.text("All rows of the file stand already, with these values."), kind="hint")
        return html.Div([stand, *repaired])
    counts = tables.facts(
        (words.text("New rows"), words.number(outcome.inserted), ""),
        (words.text("Rows with other values than stored"), words.number(outcome.replaced), ""),
        (words.text("Rows that stand already"), words.number(outcome.same), ""),
    )
    warning = words.text("Some rows stand already with other values. Taking them puts these values in their place.")
    shown = rows.frame.head(file_parts.SHOWN_ROWS)
    lines = [["" if value is None else str(value) for value in row] for row in shown.iter_rows()]
    return html.Div(
        [
            counts,
            *([message(warning, kind="hint")] if replaces else []),
            *repaired,
            *file_parts.first_rows(shown.columns, lines, words),
            dcc.Textarea(id=field_id(FILE), value=contents, hidden=True),
            html.Div(
                [action_button(words.text("Take these rows"), LOAD, "replace" if replaces else "")], className="actions"
            ),
        ]
    )


def load(request: ViewRequest, key: str) -> str:
    """Take the rows that were shown; the key says whether stored ones may be replaced."""
    rows = _rows(request, text_entry(request.entries, FILE))
    repairs: list[Repair] = []
    adding = _adding(kind_of(request), rows, repairs, replace=key == "replace")
    outcome = write(request, kind_of(request), adding, of_chain=True)
    taken = request.words.text(
        "{new} new rows and {replaced} changed ones were taken. The forecast follows.",
        new=request.words.number(outcome.inserted),
        replaced=request.words.number(outcome.replaced),
    )
    return "\n".join([taken, *_sentences(request, rows, repairs)])


def take_back(request: ViewRequest, key: str) -> str:
    """Take the write of a version back.

    Raises
    ------
    Problem
        where the key of the button is no version, or that of an earlier write than the latest
    """
    version = button_number(key, unreadable("The button names no write. Load the page again."))
    with request.database.reading() as conn:
        latest = latest_writes(conn, 1)
    if not latest or latest[0].version != version:
        raise Problem(
            "conflict", request.words.text("There is a later write by now. Look at it before you take one back.")
        )
    outcome = write(request, "write undone", lambda conn: undo.undo(conn, version), of_chain=True, undone=version)
    return request.words.text(
        "The write was taken back: {removed} rows removed, {restored} as they were before.",
        removed=request.words.number(outcome.removed),
        restored=request.words.number(outcome.restored),
    )


def _rows(request: ViewRequest, contents: str) -> CsvRows:
    body = file_bytes(contents)
    panel = request.service.live.panel()
    if kind_of(request) == CALENDAR:
        kind = calendar_rows(id_type(panel), panel.known)
    else:
        kind = sale_rows(id_type(panel), panel.own, whole_numbers=panel.target.whole_numbers)
    service = request.service
    return read_csv_rows(body, kind, service.live.source.names(), service.settings.row_limit)


def _adding(kind: str, rows: CsvRows, repairs: list[Repair], *, replace: bool) -> Callable[[Connection], Written]:
    """Return what takes the rows; it adds to the repairs what it does with days whose sales are unknown."""
    if kind == CALENDAR:
        return partial(add_calendar, frame=rows.frame)
    return partial(add_sales, frame=rows.frame, replace=replace, repairs=repairs)


def _tried(request: ViewRequest, rows: CsvRows, *, replace: bool) -> tuple[Written, list[Repair]]:
    """Return what taking the rows would do and repair, and do nothing."""
    repairs: list[Repair] = []
    with request.database.begin() as conn:
        trial = conn.begin_nested()
        try:
            return _adding(kind_of(request), rows, repairs, replace=replace)(conn), repairs
        finally:
            trial.rollback()


def _sentences(request: ViewRequest, rows: CsvRows, repairs: Sequence[Repair]) -> list[str]:
    """Return what was left out of the file and repaired in it, in the language of the reader."""
    words, target = request.words, request.service.live.panel().target
    of_rules = [target.worded(words.message(repair.sentence)) for repair in (*rows.repairs, *repairs)]
    return [*map(words.message, rows.left_out), *of_rules]
