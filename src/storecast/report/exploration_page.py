"""The exploration's part of the report, and its own page."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storecast import schema as s
from storecast.answers import ENGLISH, translated, translated_label
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.data.target import Target
from storecast.files import atomic_write
from storecast.language import Words
from storecast.report.amounts import Amounts
from storecast.report.evidence_pictures import stores_by_week
from storecast.report.section import Section
from storecast.report.target_words import worded_section
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
        "sections": [
            _section_values(worded_section(translated_section(section, language), target)) for section in part.sections
        ],
        "unanswered": [(target.worded(title), target.worded(reason)) for title, reason in unanswered],
        "moved": target.moved,
        "first": part.first,
        "last": part.last,
    }


def _section_values(section: Section) -> dict[str, Any]:
    body = section.body
    return {
        "key": section.key,
        "title": section.title,
        "short_title": section.short_title,
        "lead": body.lead,
        "further": body.answer if body.answer != body.lead else "",
        "tables": body.tables,
        "method": body.method,
        "unproven": body.unproven,
        "pictures": [
            {
                "title": picture.title,
                "alt": picture.alt,
                "caption": picture.caption,
                "wide": picture.wide,
                "html": figure_html(picture.figure, f"{section.key}-{picture.name}"),
            }
            for picture in body.pictures
        ],
    }


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
        stores_by_week=figure_html(stores_by_week(panel.sales, words), "stores-by-week"),
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
