"""Data: what the database holds, new rows in, the last write out again."""

from dash import dcc, html
from dash.development.base_component import Component

from storecast.database.chain_writes import ChainWrite, latest_writes
from storecast.database.status import status
from storecast.page import tables
from storecast.page.actions import action_button
from storecast.page.language import Words
from storecast.page.plan_memory import cached
from storecast.page.shell import control, control_id
from storecast.page.view import View, ViewRequest
from storecast.page.views import data_loading

MOST_WRITES = 10  # that are listed


def draw(request: ViewRequest) -> Component:
    """Return what is known of the data, and what they can be loaded with."""
    words = request.words
    return html.Div(
        [
            html.H1(words.text("Data")),
            _facts(request),
            *([_loading(request)] if request.may("write") else []),
            _writes(request),
        ]
    )


def _facts(request: ViewRequest) -> Component:
    words, panel = request.words, request.snapshot.predictor.panel
    known = cached(request.database, "status", lambda: status(request.database))
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
    drop = dcc.Upload(
        html.Button(words.text("Drop a CSV file here, or choose one"), className="plain", type="button"),
        id="upload",
        className="upload",
        max_size=request.service.settings.body_limit // 2,  # it comes in Base64, and goes back for the write
    )
    return html.Section(
        [
            html.H2(words.text("Load rows")),
            html.P(words.text("Nothing is written before you have seen what would change.")),
            html.Div(control(words.text("What the file holds"), chooser), className="controls"),
            drop,
            html.Div(id="loaded"),
        ]
    )


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
    actions={data_loading.LOAD: data_loading.load, data_loading.UNDO: data_loading.take_back},
)
