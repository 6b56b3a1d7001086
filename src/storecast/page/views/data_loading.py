"""Rows from a file of the browser: first shown, as they would change the chain, then taken; and the last write out again."""

import base64
import binascii
from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import Connection

from storecast.database import undo
from storecast.database.chain_writes import latest_writes
from storecast.database.writes import Written, add_calendar, add_sales
from storecast.errors import ConflictError
from storecast.page import tables
from storecast.page.actions import action_button, button_number, field_id, text_entry, write
from storecast.page.drawing import drawn
from storecast.page.shell import message
from storecast.page.view import ViewRequest, view_request
from storecast.service.problems import Problem, unreadable
from storecast.service.requests.csv_rows import read_csv_rows
from storecast.service.requests.rows import calendar_rows, id_type, sale_rows

SALES, CALENDAR = "sales", "calendar"  # of the control
LOAD, UNDO = "data-load", "data-undo"  # actions
FILE, REPLACE = "data-file", "data-replace"  # fields
SHOWN_ROWS = 8


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
    rows = _rows(request, contents)
    replaces = False
    try:
        outcome = _tried(request, rows, replace=False)
    except ConflictError:
        outcome, replaces = _tried(request, rows, replace=True), True
    if not outcome.inserted and not outcome.replaced:
        return message(words.text("All rows of the file stand already, with these values."), kind="hint")
    counts = tables.facts(
        (words.text("New rows"), words.number(outcome.inserted), ""),
        (words.text("Rows with other values than stored"), words.number(outcome.replaced), ""),
        (words.text("Rows that stand already"), words.number(outcome.same), ""),
    )
    warning = words.text("Some rows stand already with other values. Taking them puts these values in their place.")
    shown = rows.head(SHOWN_ROWS)
    lines = [["" if value is None else str(value) for value in row] for row in shown.iter_rows()]
    return html.Div(
        [
            counts,
            *([message(warning, kind="hint")] if replaces else []),
            html.P(words.text("The first rows as they were read:"), className="soft"),
            tables.table(shown.columns, lines, label=words.text("The first rows as they were read:")),
            dcc.Textarea(id=field_id(FILE), value=contents, hidden=True),
            html.Div(
                [action_button(words.text("Take these rows"), LOAD, "replace" if replaces else "")], className="actions"
            ),
        ]
    )


def load(request: ViewRequest, key: str) -> str:
    """Take the rows that were shown; the key says whether stored ones may be replaced."""
    rows = _rows(request, text_entry(request.entries, FILE))
    outcome = write(request, kind_of(request), _adding(kind_of(request), rows, replace=key == "replace"), of_chain=True)
    return request.words.text(
        "{new} new rows and {replaced} changed ones were taken. The forecast follows.",
        new=request.words.number(outcome.inserted),
        replaced=request.words.number(outcome.replaced),
    )


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


def _rows(request: ViewRequest, contents: str) -> pl.DataFrame:
    try:
        body = base64.b64decode(contents.partition("base64,")[2], validate=True)
    except binascii.Error as error:
        raise unreadable("The file did not come whole. Choose it again.") from error
    panel = request.service.live.panel()
    if kind_of(request) == CALENDAR:
        kind = calendar_rows(id_type(panel), panel.known)
    else:
        kind = sale_rows(id_type(panel), panel.own, whole_numbers=panel.target.whole_numbers)
    service = request.service
    return read_csv_rows(body, kind, service.live.source.names(), service.settings.row_limit)


def _adding(kind: str, rows: pl.DataFrame, *, replace: bool) -> Callable[[Connection], Written]:
    if kind == CALENDAR:
        return partial(add_calendar, frame=rows)
    return partial(add_sales, frame=rows, replace=replace)


def _tried(request: ViewRequest, rows: pl.DataFrame, *, replace: bool) -> Written:
    """Return what taking the rows would do, and do nothing."""
    with request.database.begin() as conn:
        trial = conn.begin_nested()
        try:
            return _adding(kind_of(request), rows, replace=replace)(conn)
        finally:
            trial.rollback()
