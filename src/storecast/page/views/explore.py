"""Explore: the questions of the report, asked of the whole chain or of a group of its stores."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.answers import translated, translated_label
from storecast.data.panel import Panel
from storecast.data.target import Target
from storecast.errors import MissingError
from storecast.exploration.question import Question
from storecast.exploration.registry import ask, find_question, missing_libraries, questions
from storecast.page import tables
from storecast.page.language import DATE, Shown, Words
from storecast.page.shell import control, control_id, message
from storecast.page.tables import Table
from storecast.page.view import View, ViewRequest
from storecast.report.blank_figure import with_template
from storecast.report.section import Picture, Section, TextTable
from storecast.report.target_words import worded_section
from storecast.report.translation import translated_section
from storecast.result_cache import ResultCache

GROUP_COLUMNS = (s.STORE_TYPE, s.STATE)  # of the stores, by which a part of the chain is chosen
PICTURE_HEIGHT = 340  # pixels, where the report leaves it open
FEWEST_STORES = 3  # that a group to choose has
DIGITS = 6  # of a figure in a file
MOST_ANSWERS = 200  # tables of one panel

MOST_DRAWN = 40  # answers of one panel with their pictures: Plotly takes half a second to make one

_DRAWN: ResultCache[Component] = ResultCache(MOST_DRAWN)
_ANSWERS: ResultCache[pl.DataFrame | str] = ResultCache(MOST_ANSWERS)


def draw(request: ViewRequest) -> Component:
    """Return the answer to the question that is chosen, the first where none is.

    Raises
    ------
    MissingError
        where the chain has no such group of stores
    """
    words, panel, question = request.words, request.snapshot.predictor.panel, _question(request)
    group, stores = _group(request)
    groups = {name: _group_name(name, words) for name in store_groups(panel)}
    return html.Div(
        [
            html.H1(words.text("What moves sales and customers?")),
            _controls(question, group, groups, words),
            _answer(request, question, group, stores),
        ]
    )


def answer_rows(request: ViewRequest) -> list[Table]:
    """Return the figures behind the answer, of which the view shows pictures and a part; none where there is no answer.

    Parameters
    ----------
    request : that the view is drawn from

    Raises
    ------
    MissingError
        where the chain has no such group of stores
    """
    question, (group, stores) = _question(request), _group(request)
    answer = _answer_table(request.snapshot.predictor.panel, question, group, stores)
    if isinstance(answer, str):
        return []
    language = request.words.language
    header = [translated_label(name, language) for name in answer.columns]
    rows = [[_in_file(value) for value in row] for row in answer.iter_rows()]
    return [Table(translated_label(question.short_title, language), header, rows)]


def _in_file(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return str(value)
        case dt.date():
            return Shown(value.isoformat(), value, DATE)
        case int():
            return Shown(str(value), value, "0", 0)
        case float():
            return Shown(str(value), value, "General", DIGITS)
    return str(value)


def _question(request: ViewRequest) -> Question:
    return find_question(request.query.get("question", next(iter(questions()))))


def _group(request: ViewRequest) -> tuple[str, pl.Series | None]:
    """Return the name of the group that is chosen, and its stores; an empty name: all of them."""
    group = request.query.get("group", "")
    if not group:
        return "", None
    groups = store_groups(request.snapshot.predictor.panel)
    if group not in groups:
        raise MissingError(request.words.text("The chain has no group {group}.", group=group))
    return group, groups[group]


def _group_name(group: str, words: Words) -> str:
    """Return what people call a group of `store_groups`."""
    column, _, key = group.partition(" ")
    names = {s.STORE_TYPE: words.text("Store type"), s.STATE: words.text("Region")}
    return f"{names[column]} {key}"


def prepare_answer(panel: Panel, question: Question) -> None:
    """Answer a question of the whole chain, before anybody asks it.

    Parameters
    ----------
    panel : the chain
    question : that is asked
    """
    if not missing_libraries([question]):
        _answer_table(panel, question, "", None)


def store_groups(panel: Panel) -> dict[str, pl.Series]:
    """Return the ids of the stores of each group that can be chosen, by its name: ``StoreType a``.

    Parameters
    ----------
    panel : the chain
    """
    groups: dict[str, pl.Series] = {}
    for column in GROUP_COLUMNS:
        if panel.stores[column].n_unique() > 1:
            for key, rows in sorted(panel.stores.drop_nulls(column).partition_by(column, as_dict=True).items()):
                if rows.height >= FEWEST_STORES:
                    groups[f"{column} {key[0]}"] = rows[s.STORE]
    return groups


def _controls(question: Question, group: str, groups: Mapping[str, str], words: Words) -> Component:
    language = words.language
    options = [
        {"label": translated_label(each.short_title, language), "value": key} for key, each in questions().items()
    ]
    parts = [
        {"label": words.text("all stores"), "value": ""},
        *({"label": label, "value": name} for name, label in groups.items()),
    ]
    chosen = {"clearable": False, "searchable": False}
    return html.Div(
        [
            control(words.text("Question"), dcc.Dropdown(options, question.key, id=control_id("question"), **chosen)),
            control(words.text("Stores"), dcc.Dropdown(parts, group, id=control_id("group"), **chosen)),
        ],
        className="controls",
    )


def _answer(request: ViewRequest, question: Question, group: str, stores: pl.Series | None) -> Component:
    words = request.words
    missing = missing_libraries([question])
    if missing:
        hint = words.text(
            "Exploration needs {libraries}, not installed here. Install the extra: pip install 'storecast[explore]'.",
            libraries=", ".join(missing),
        )
        return message(hint, kind="hint")
    panel = request.snapshot.predictor.panel
    name = (question.key, group, words.language)
    return _DRAWN.get(
        panel, name, lambda: drawn_answer(_answer_table(panel, question, group, stores), question, words, panel.target)
    )


def drawn_answer(answer: pl.DataFrame | str, question: Question, words: Words, target: Target) -> Component:
    """Return the answer to a question, or why there is none.

    Parameters
    ----------
    answer : the tidy table, or the reason
    words : of the page's language
    target : the figure that is forecast, which the texts name
    """
    if isinstance(answer, str):
        title, why = translated_label(question.title, words.language), translated(answer, words.language)
        return html.Section([html.H2(target.worded(title)), message(target.worded(why), kind="hint")])
    section = translated_section(question.titled_section(answer), words.language)
    return _section(worded_section(section, target), words)


def _answer_table(panel: Panel, question: Question, group: str, stores: pl.Series | None) -> pl.DataFrame | str:
    """Return the tidy table of an answer, or why there is none; each is worked out once."""
    name = (question.key, group)
    return _ANSWERS.get(panel, name, lambda: ask(panel if stores is None else _only(panel, stores), question))


def _only(panel: Panel, stores: pl.Series) -> Panel:
    tables_of: dict[str, Any] = {
        name: getattr(panel, name).filter(pl.col(s.STORE).is_in(stores.implode()))
        for name in ("sales", "stores", "calendar")
    }
    return replace(panel, **tables_of)


def _section(section: Section, words: Words) -> Component:
    """Return what the report says."""
    body = section.body
    return html.Section(
        [
            html.H2(section.title),
            html.P(body.answer, className="answer"),
            html.Div([_picture(each) for each in body.pictures], className="pair"),
            *(_table(each) for each in body.tables),
            html.Details([html.Summary(words.text("How this was worked out")), html.P(body.method)]),
            html.P([html.Strong(words.text("What stays unproven")), f": {body.unproven}"], className="soft"),
        ]
    )


def _picture(picture: Picture) -> Component:
    height = picture.figure.layout.height or PICTURE_HEIGHT
    graph = dcc.Graph(
        figure=with_template(picture.figure),
        config={"displayModeBar": False, "responsive": True},
        style={"height": f"{height}px"},
    )
    place = html.Div(graph, style={"minHeight": f"{height}px"})  # before Plotly's script is there
    caption = html.Figcaption([html.Strong(picture.title), *([f" {picture.caption}"] if picture.caption else [])])
    label = {"aria-label": picture.alt}
    return html.Figure([caption, place], className="paper wide" if picture.wide else "paper", role="group", **label)


def _table(table: TextTable) -> Component:
    text = range(len(table.head)) if table.words else (0,)
    shown = tables.table(table.head, table.rows, text=tuple(text), label=table.caption)
    if table.folded:
        return html.Details([html.Summary(table.caption), shown])
    return html.Div([html.P(table.caption, className="soft"), shown])


VIEW = View("explore", "Explore", draw, rows=answer_rows)
