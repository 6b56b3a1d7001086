"""The plan in files: the days of a version as CSV and Excel, and the workbook that is filled in and brought back."""

import io
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl
import xlsxwriter
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import Connection

from storecast.csv_files import escape_formulas
from storecast.page import tables
from storecast.page.actions import action_button, field_id, text_entry, write
from storecast.page.drawing import drawn
from storecast.page.language import Words
from storecast.page.shell import message
from storecast.page.uploads import file_bytes, file_size, most_bytes, upload
from storecast.page.view import ViewRequest, view_request
from storecast.page.views.plan_figures import PlanFigures, read_figures, reason_name, what_stands
from storecast.plan.workbook_changes import BUDGET, WorkbookChange
from storecast.plan.workbook_writing import NO_CONVERSION
from storecast.workflows.plan_workbook import WorkbookTaken, preview_workbook, take_workbook
from storecast.workflows.planning import with_holders
from storecast.workflows.workbook_export import export_workbook

TAKE = "plan-take"  # the action
FILE, NAME = "workbook-file", "workbook-name"  # fields
DOWNLOAD, UPLOAD, PREVIEW = "plan-download", "workbook-upload", "workbook-preview"
CSV, XLSX, WORKBOOK = "csv", "xlsx", "workbook"


def draw_files(request: ViewRequest, plan: PlanFigures) -> Component:
    """Return what can be downloaded, and where a workbook that was filled in comes back."""
    words = request.words
    downloads = {
        CSV: words.text("Days as CSV"),
        XLSX: words.text("Days as Excel"),
        WORKBOOK: words.text("Workbook to fill in"),
    }
    buttons = [
        html.Button(text, id={"type": "download", "name": name}, n_clicks=0, className="plain", type="button")
        for name, text in downloads.items()
    ]
    what = words.text(
        "Every store and day of version {version}: forecast, interval, plan, and the override that holds it. The workbook has the "
        "weeks of each store with cells for an override, its reason and the budget; it comes back here.",
        version=plan.version.version,
    )
    return html.Div(
        [
            html.H2(words.text("Download")),
            html.P(what),
            html.Div(buttons, className="actions"),
            dcc.Download(id=DOWNLOAD),
            _upload(request) if request.may("write") else None,
        ]
    )


def _upload(request: ViewRequest) -> Component:
    words = request.words
    limit = most_bytes(request.service.settings)
    too_large = words.text(
        "This workbook is larger than {size}, the most that the page takes. Load it by command: `storecast plan import`.",
        size=file_size(limit, words),
    )
    text = words.text("Drop the workbook here, or choose it")
    drop = upload(UPLOAD, text, limit, too_large, accept=".xlsx")
    return html.Section(
        [
            html.H2(words.text("Bring a workbook back")),
            html.P(words.text("Every change is shown first; nothing is written before you take them.")),
            drop,
            html.Div(id=PREVIEW),
        ]
    )


def register(app: Dash) -> None:
    """Add the callbacks of the downloads, and the one that shows what a workbook would change."""

    @app.callback(  # type: ignore[untyped-decorator]
        Output(DOWNLOAD, "data"),
        *(Input({"type": "download", "name": name}, "n_clicks") for name in (CSV, XLSX, WORKBOOK)),
        State("url", "search"),
        State("preferences", "data"),
        prevent_initial_call=True,
    )
    def download(_csv: int, _xlsx: int, _workbook: int, search: str | None, preferences: Any) -> Any:
        request = view_request(search, preferences)
        plan = read_figures(request)
        if plan is None or not isinstance(ctx.triggered_id, Mapping):
            return no_update
        return _file(request, plan, str(ctx.triggered_id["name"]))

    @app.callback(  # type: ignore[untyped-decorator]
        Output(PREVIEW, "children"),
        Input(UPLOAD, "contents"),
        State(UPLOAD, "filename"),
        State("url", "search"),
        State("preferences", "data"),
        prevent_initial_call=True,
    )
    def show(contents: Any, name: Any, search: str | None, preferences: Any) -> Any:
        if not isinstance(contents, str):
            return no_update
        shown = partial(preview, contents=contents, name=name if isinstance(name, str) else "")
        return drawn(shown, view_request(search, preferences))


def preview(request: ViewRequest, contents: str, name: str) -> Component:
    """Return every change of a workbook, with the button that takes them where they would be taken.

    Parameters
    ----------
    request : whose session it is
    contents : of the file, as browsers give it
    name : of the file, for messages

    Raises
    ------
    Problem
        where the key may not write, or the file did not come whole
    DataError
        where it is no workbook of this plan
    """
    words = request.words
    request.require("write")
    data = file_bytes(contents)
    with request.database.begin() as conn:
        wanted = preview_workbook(conn, name, data)
    notices = [message(words.message(each), kind="hint") for each in wanted.notices]
    if not wanted.changes:
        return html.Div([*notices, message(words.text("Nothing is changed in this workbook."), kind="hint")])
    if wanted.refused:
        verdict: Component = message(words.message(wanted.refused), kind="refused")
    else:
        count = len(wanted.changes)
        verdict = html.Div(
            [
                dcc.Textarea(id=field_id(FILE), value=contents, hidden=True),
                dcc.Textarea(id=field_id(NAME), value=name, hidden=True),
                action_button(words.plural("Take {count} change", "Take {count} changes", count), TAKE),
            ],
            className="actions",
        )
    return html.Div([*notices, _changes(wanted, words), verdict])


def take(request: ViewRequest, _key: str) -> str:
    """Write what was filled in, all or none."""
    data, name, by = file_bytes(text_entry(request.entries, FILE)), text_entry(request.entries, NAME), request.key.name

    def write_changes(conn: Connection) -> WorkbookTaken:
        return replace(take_workbook(conn, name, data, by=by), changes=())

    taken = write(request, "workbook taken", write_changes)
    words = request.words
    parts = [words.text("The workbook is taken.")]
    if taken.budget:
        parts.append(
            words.plural(
                "{count} budget of a store's week is changed.",
                "{count} budgets of stores' weeks are changed.",
                taken.budget,
            )
        )
    if taken.added or taken.withdrawn:
        parts.append(what_stands(taken.added, taken.withdrawn, words))
    return " ".join(parts)


def _changes(wanted: WorkbookTaken, words: Words) -> Component:
    title = words.text("Changes of the workbook")
    header = [
        words.text(name)
        for name in ("Cell", "What", "Store", "Days", "Forecast", "Before", "After", "Reason", "Note", "No longer fits")
    ]
    rows = [
        [
            each.cell,
            words.text("budget") if each.action == BUDGET else words.text("override"),
            each.store,
            f"{words.day(each.first)} – {words.day(each.last)}",
            "–" if each.forecast is None else words.money(each.forecast),
            "–" if each.before is None else words.money(each.before),
            _after(each, words),
            reason_name(each.reason, words),
            each.note,
            words.message(each.stale),
        ]
        for each in wanted.changes
    ]
    return tables.table(header, rows, text=(0, 1, 2, 3, 7, 8, 9), label=title)


def _after(change: WorkbookChange, words: Words) -> str:
    if change.after is not None:
        return words.money(change.after)
    return words.text("taken away") if change.action == BUDGET else words.text("withdrawn")


def _file(request: ViewRequest, plan: PlanFigures, kind: str) -> Any:
    name, version = f"plan-{plan.version.version}", plan.version.version
    if kind == WORKBOOK:
        return dcc.send_bytes(export_workbook(request.database, version, request.words.language), f"{name}.xlsx")
    rows = with_holders(plan.figures)
    if kind == CSV:
        return dcc.send_bytes(escape_formulas(rows).write_csv(float_precision=2).encode(), f"{name}-days.csv")
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True, **NO_CONVERSION}) as workbook:
        rows.write_excel(workbook, worksheet="Days", dtype_formats={pl.Float64: "#,##0.00"}, autofit=True)
    return dcc.send_bytes(book.getvalue(), f"{name}-days.xlsx")
