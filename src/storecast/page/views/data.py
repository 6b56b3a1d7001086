"""Data: what the database holds, new rows in, the last write out again."""

import datetime as dt
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from storecast.database.chain_info import version as chain_version
from storecast.database.chain_writes import ChainWrite, latest_writes
from storecast.database.status import status
from storecast.page import tables
from storecast.page.actions import action_button
from storecast.page.language import Words
from storecast.page.plan_memory import cached
from storecast.page.shell import control, control_id, message
from storecast.page.uploads import file_size, most_bytes, upload
from storecast.page.view import View, ViewRequest
from storecast.page.views import data_loading, first_chain

MOST_WRITES = 10  # that are listed


def draw(request: ViewRequest) -> Component:
    """Return what is known of the data, and what they can be loaded with."""
    words = request.words
    heading = html.H1(words.text("Data"))
    if not chain_version(request.database):
        return html.Div([heading, *_beginning(request)])
    return html.Div(
        [
            heading,
            *(_facts_before_a_model(request) if request.service.live.snapshot is None else [_facts(request)]),
            *([_loading(request)] if request.may("write") else []),
            _writes(request),
        ]
    )


def _beginning(request: ViewRequest) -> list[Component]:
    """Return how an empty database is filled."""
    words = request.words
    if not request.may("write"):
        return [
            message(
                words.text("The database holds no sales yet. Whoever has a key of the scope write loads them here."),
                kind="hint",
            )
        ]
    return [
        *first_chain.introduction(words, most_bytes(request.service.settings)),
        html.P(words.text("Nothing is written before you have seen what was read.")),
        _drop(request),
        html.Div(id="loaded"),
    ]


def _facts_before_a_model(request: ViewRequest) -> list[Component]:
    """Return what the database holds, and what is still to be done."""
    words = request.words
    known = _known(request)
    first, last = (dt.date.fromisoformat(known[name]) for name in ("first_sale", "last_sale"))
    return [
        message(request.without_model(), kind="hint"),
        tables.facts(
            (words.text("Stores"), words.number(known["rows"]["stores"]), ""),
            (words.text("Sales until"), words.date(last), words.text("from {first}", first=words.date(first))),
            (words.text("Version of the data"), words.number(known["version"]), ""),
        ),
    ]


def _known(request: ViewRequest) -> dict[str, Any]:
    known: dict[str, Any] = cached(request.database, "status", lambda: status(request.database))
    return known


def _facts(request: ViewRequest) -> Component:
    words, panel = request.words, request.snapshot.predictor.panel
    known = _known(request)
    ahead = request.snapshot.predictor.last
    return tables.facts(
        (words.text("Stores"), words.number(panel.stores.height), ""),
        (words.text("Sales until"), words.date(panel.end), words.text("from {first}", first=words.date(panel.first))),
        (words.text("Forecast until"), words.date(ahead), request.snapshot.name),
        (words.text("Version of the data"), words.number(known["version"]), ""),
    )


def _loading(request: ViewRequest) -> Component:
    words = request.words
    kinds = [
        {"label": words.text("Sales of days that have passed"), "value": data_loading.SALES},
        {"label": words.text("Days ahead: openings, promotions, holidays"), "value": data_loading.CALENDAR},
    ]
    kind = data_loading.kind_of(request)
    chooser = dcc.RadioItems(kinds, kind, id=control_id("rows"))
    return html.Section(
        [
            html.H2(words.text("Load rows")),
            html.P(words.text("Nothing is written before you have seen what would change.")),
            html.Div(control(words.text("What the file holds"), chooser), className="controls"),
            _drop(request),
            html.Div(id="loaded"),
        ]
    )


def _drop(request: ViewRequest) -> Component:
    words, limit = request.words, most_bytes(request.service.settings)
    too_large = words.text(
        "This file is larger than {size}, the most that the page takes. Split it into several files, or load it by command: "
        "`storecast db load`.",
        size=file_size(limit, words),
    )
    return upload("upload", words.text("Drop a CSV file here, or choose one"), limit, too_large)


def _writes(request: ViewRequest) -> Component:
    words = request.words
    with request.database.reading() as conn:
        writes = latest_writes(conn, MOST_WRITES)
    heading = html.H2(words.text("Latest writes"))
    if not writes:
        return html.Section([heading, html.P(words.text("Nothing has been written since the data were loaded."))])
    header = [words.text(name) for name in ("When", "By", "What", "Rows")]
    rows = [_row(write, words) for write in writes]
    undo = []
    if writes[0].can_be_undone and request.may("write"):
        button = action_button(
            words.text("Take the latest write back"), data_loading.UNDO, str(writes[0].version), kind="plain"
        )
        undo = [html.Div([button], className="actions")]
    return html.Section([heading, *undo, tables.table(header, rows, text=(0, 1, 2), label=words.text("Latest writes"))])


def _row(write: ChainWrite, words: Words) -> list[str]:
    when = f"{words.date(write.at.date())}, {write.at:%H:%M} UTC"
    return [when, write.by, words.text(write.action), words.number(write.rows)]


VIEW = View(
    "data",
    "Data",
    draw,
    register=data_loading.register,
    actions={
        data_loading.LOAD: data_loading.load,
        data_loading.UNDO: data_loading.take_back,
        first_chain.TAKE: first_chain.take,
    },
)
