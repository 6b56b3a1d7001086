"""The exploration's part of the report, and its own page."""

import datetime as dt
import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from storecast import schema as s
from storecast.answers import ENGLISH, translated, translated_label
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.data.target import SALES_IN_TEXTS, Target
from storecast.files import atomic_write
from storecast.language import Words
from storecast.report.amounts import Amounts
from storecast.report.section import Section, TextTable
from storecast.report.templates import figure_html, render_template
from storecast.report.translation import translated_repairs, translated_section


@dataclass(frozen=True, eq=False)
class ExplorationPart:
    """The sections of an exploration.

    Attributes
    ----------
    sections : of the questions that were answered
    unanswered : the other questions, each with the reason
    first, last : the first and the last day with sales
    """

    sections: Sequence[Section]
    unanswered: Sequence[tuple[str, str]]
    first: dt.date
    last: dt.date


def template_values(part: ExplorationPart, target: Target | None = None, language: str = ENGLISH) -> dict[str, Any]:
    """Return what the templates show of an exploration, in the words of the figure that is forecast.

    Parameters
    ----------
    part : what was asked and answered
    target : the figure; None: sales
    language : a code, as of `storecast.language.Words`
    """
    target = target or Target()
    unanswered = [
        (translated_label(title, language), translated(reason, language)) for title, reason in part.unanswered
    ]
    return {
        "sections": [_section_values(translated_section(section, language), target) for section in part.sections],
        "unanswered": [(target.worded(title), target.worded(reason)) for title, reason in unanswered],
        "moved": target.moved,
        "first": part.first,
        "last": part.last,
    }


def _section_values(section: Section, target: Target) -> dict[str, Any]:
    body = section.body

    worded = target.worded
    return {
        "key": section.key,
        "title": worded(section.title),
        "short_title": section.short_title,
        "lead": worded(body.lead),
        "further": worded(body.answer) if body.answer != body.lead else "",
        "tables": [_worded_table(table, target) for table in body.tables],
        "method": worded(body.method),
        "unproven": worded(body.unproven),
        "pictures": [
            {
                "title": worded(picture.title),
                "alt": worded(picture.alt),
                "caption": worded(picture.caption),
                "wide": picture.wide,
                "html": figure_html(_worded_figure(picture.figure, target), f"{section.key}-{picture.name}"),
            }
            for picture in body.pictures
        ],
    }


def _worded_table(table: TextTable, target: Target) -> TextTable:
    """Return a table whose caption, head and rows name the figure that is forecast."""
    head, *rows = (tuple(target.worded(cell) for cell in row) for row in (table.head, *table.rows))
    return replace(table, caption=target.worded(table.caption), head=head, rows=rows)


def _worded_figure(figure: go.Figure, target: Target) -> go.Figure:
    """Return a figure whose legend and axes name the figure that is forecast, and its unit where they count it."""
    if target.is_sales and not target.unit:
        return figure
    named = go.Figure(figure)
    named.for_each_trace(lambda trace: trace.update(name=trace.name and target.worded(trace.name)))
    for axes in (named.select_xaxes(), named.select_yaxes()):
        for axis in axes:
            if axis.title.text:
                of_target = target.unit and SALES_IN_TEXTS.match(axis.title.text)
                axis.title.text = target.worded(axis.title.text)
                if of_target and not (axis.tickformat or "").endswith("%"):
                    axis.title.text += f" ({html.escape(target.unit)})"
    return named


def write_exploration(
    path: Path,
    part: ExplorationPart,
    panel: Panel,
    repairs: Sequence[Repair],
    *,
    generated: bool,
    created: dt.datetime,
    version: str,
    words: Words,
) -> None:
    """Write the page of an exploration alone, atomically.

    Parameters
    ----------
    path : of the HTML file
    part : what was asked and answered
    panel : the chain
    repairs : of its data
    generated : whether the chain is a generated one
    created : when the exploration ended, UTC
    version : of storecast
    words : of the language
    """
    amounts = Amounts.up_to(float(panel.sales[s.SALES].sum()), words, panel.target.unit)
    of_chain = " " + words.text("of a generated chain") if generated else ""
    page = render_template(
        "explore.html",
        words,
        heading=words.text("What moves {what}", what=words.text(panel.target.moved)) + of_chain,
        notices=(),
        exploration=template_values(part, panel.target, words.language),
        target=panel.target,
        repairs=translated_repairs(repairs, words.language),
        given=False,
        generated=generated,
        stores=panel.stores.height,
        sales=amounts.full(float(panel.sales[s.SALES].sum())),
        rows=panel.sales.height,
        traded=int((panel.sales[s.SALES] > 0).sum()),
        created=created,
        version=version,
        data=panel.fingerprint,
    )
    with atomic_write(path) as draft:
        draft.write_text(page, encoding="utf-8")
