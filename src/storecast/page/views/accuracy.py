"""Accuracy: forecasts beside what came, what has left its band, what planners added, and the models of the home."""

from pathlib import Path

from dash import Dash, html
from dash.development.base_component import Component

from storecast.database.connect import Database
from storecast.page.accuracy_figures import chain_accuracy
from storecast.page.drawing import later, register_later
from storecast.page.shell import control, dropdown
from storecast.page.view import View, ViewRequest
from storecast.page.views import accuracy_models, accuracy_record, accuracy_value
from storecast.service.live.snapshot import Snapshot

RECORD, VALUE, MODELS = "accuracy-record", "accuracy-value", "accuracy-models"
SPANS = {"12": 12, "26": 26, "all": None}  # weeks, by what stands in the address
USUAL_SPAN = "12"


def draw(request: ViewRequest) -> Component:
    """Return how good the forecasts were, and what makes them."""
    words = request.words
    names = {
        "12": words.plural("last {count} week", "last {count} weeks", 12),
        "26": words.plural("last {count} week", "last {count} weeks", 26),
        "all": words.text("all"),
    }
    options = [{"label": names[span], "value": span} for span in SPANS]
    chooser = dropdown(options, _span(request), "weeks", words)
    working = words.text("Working it out …")
    return html.Div(
        [
            html.H1(words.text("How good the forecasts were")),
            html.Div(control(words.text("Weeks that count"), chooser), className="controls"),
            later(RECORD, working),
            html.H2(words.text("What planners added")),
            later(VALUE, working),
            html.H2(words.text("Models")),
            later(MODELS, working),
        ]
    )


def prepare(snapshot: Snapshot, database: Database, models: Path) -> None:
    """Work out what this view shows at first, before anybody asks.

    Parameters
    ----------
    snapshot : that is served
    database, models : with the forecasts, and the folder of the model files
    """
    chain_accuracy(snapshot, database, models, SPANS[USUAL_SPAN])


def register(app: Dash) -> None:
    """Add the callbacks of the parts."""
    register_later(app, RECORD, lambda request: accuracy_record.section(request, SPANS[_span(request)]))
    register_later(app, VALUE, lambda request: accuracy_value.section(request, SPANS[_span(request)]))
    register_later(app, MODELS, accuracy_models.section)


def _span(request: ViewRequest) -> str:
    span = request.query.get("weeks", USUAL_SPAN)
    return span if span in SPANS else USUAL_SPAN


VIEW = View(
    "accuracy",
    "Accuracy",
    draw,
    register,
    actions={accuracy_models.PROMOTE: accuracy_models.promote},
    scopes={accuracy_models.PROMOTE: "admin"},
)
