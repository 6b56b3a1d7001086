"""The exploration's part of the report, and its own page."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storecast import schema as s
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.files import atomic_write
from storecast.report.section import Section
from storecast.report.templates import figure_html, render_template


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


def template_values(part: ExplorationPart) -> dict[str, Any]:
    """Return what the templates show of an exploration."""
    return {
        "sections": [_section_values(section) for section in part.sections],
        "unanswered": part.unanswered,
        "first": part.first,
        "last": part.last,
    }


def _section_values(section: Section) -> dict[str, Any]:
    body = section.body
    return {
        "key": section.key,
        "title": section.title,
        "short_title": section.short_title,
        "answer": body.answer,
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
    """
    page = render_template(
        "explore.html",
        exploration=template_values(part),
        repairs=repairs,
        given=False,
        generated=generated,
        stores=panel.stores.height,
        sales=float(panel.sales[s.SALES].sum()),
        rows=panel.sales.height,
        traded=int((panel.sales[s.SALES] > 0).sum()),
        created=created,
        version=version,
        data=panel.fingerprint,
    )
    with atomic_write(path) as draft:
        draft.write_text(page, encoding="utf-8")
