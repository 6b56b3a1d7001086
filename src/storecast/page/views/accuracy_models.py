"""The models of the home: which is in use, what each says of itself, and what the last run compared."""

from typing import Any, cast

import flask
from dash import html
from dash.development.base_component import Component

from storecast.bundle.manifest import Manifest
from storecast.bundle.registry import ListedModel, list_models
from storecast.evaluate.scores import score_name
from storecast.page import tables
from storecast.page.accuracy_figures import compared_models
from storecast.page.actions import action_button
from storecast.page.language import Words
from storecast.page.view import ViewRequest
from storecast.page.views.score_cells import score_cells
from storecast.service.middleware.context import context_of
from storecast.service.model_in_use import put_into_use

PROMOTE = "model-promote"
MOST_MODELS = 20


def section(request: ViewRequest) -> Component:
    """Return the models, the newest first, and those that the last run compared."""
    return html.Div([_models(request), _compared(request)])


def promote(request: ViewRequest, name: str) -> str:
    """Put a model into use, as POST /v1/models/{model}/promote does, and say so.

    Raises
    ------
    Problem
        where there is no such model, or its file is refused
    """
    context = context_of(cast("dict[str, Any]", flask.request.environ["asgi.scope"]))
    outcome = request.wait_for(put_into_use(request.service, context, name))
    words = request.words
    if not outcome.serving:
        return words.text("{model} is promoted, and will be in use in a moment.", model=name)
    return words.text("{model} is in use.", model=name)


def _models(request: ViewRequest) -> Component:
    words = request.words
    models = list_models(request.service.live.models_folder)
    serving = request.snapshot.name
    title = words.text("Models of the home")
    header = [
        words.text(name)
        for name in ("Model", "Kind", "Learned up to", "Error", "Too high or low", "Inside 80%", "Inside 95%", "State")
    ]
    lines = [_line(model, serving, request) for model in models[:MOST_MODELS]]
    note = words.text("The scores are of the backtest, before a model was put into use.")
    more = words.plural("The newest {count} model is shown.", "The newest {count} models are shown.", MOST_MODELS)
    return html.Div(
        [
            html.P(note if len(models) <= MOST_MODELS else f"{note} {more}", className="soft"),
            tables.table(header, lines, text=(0, 1, 7), label=title),
        ]
    )


def _line(model: ListedModel, serving: str, request: ViewRequest) -> list[Any]:
    words, manifest = request.words, model.manifest
    if manifest is None:
        return [model.name, "", "", "", "", "", "", words.text("refused")]
    return [
        model.name,
        manifest.kind,
        words.date(manifest.cutoff),
        *score_cells(_scores(manifest), words),
        _state(model, serving, request),
    ]


def _scores(manifest: Manifest) -> dict[str, float | None]:
    known = {score_name(name): value for name, value in manifest.scores.items() if isinstance(value, int | float)}
    return {name: known.get(name) for name in ("wape", "bias", "coverage80", "coverage95")}


def _state(model: ListedModel, serving: str, request: ViewRequest) -> Any:
    words = request.words
    if model.name == serving:
        return html.Strong(words.text("in use"))
    if not model.valid:
        return words.text("refused")
    if not request.may("admin"):
        return ""
    return action_button(words.text("Put into use"), PROMOTE, model.name, kind="plain")


def _compared(request: ViewRequest) -> Component | None:
    scores = compared_models(request.service.settings.home)
    if not scores:
        return None
    words = request.words
    title = words.text("What the last run compared")
    header = [
        words.text(name) for name in ("Model", "SQL", "Error", "Too high or low", "Inside 80%", "Inside 95%", "RMSPE")
    ]
    lines = [
        [row["model"], _number(row["sql"], words), *score_cells(row, words), _percent(row["rmspe"], words)]
        for row in scores
    ]
    note = words.text(
        "The best comes first, by SQL: how far the quantiles of a forecast lie from what came, scaled by store."
    )
    return html.Section([html.H2(title), html.P(note, className="soft"), tables.table(header, lines, label=title)])


def _number(value: float | None, words: Words) -> str:
    return "" if value is None else words.number(value, 4)


def _percent(value: float | None, words: Words) -> str:
    return "" if value is None else words.percent(value)
