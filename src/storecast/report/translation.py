"""Sections of the report in another language: what they say, their tables, and the texts in their pictures."""

import datetime as dt
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go

from storecast.answers import ENGLISH, translated, translated_cell, translated_label
from storecast.data.clean import Repair
from storecast.report.section import Picture, Section, SectionBody, TextTable

AXIS = re.compile(r"[xy]axis\d*")
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
MONTHS, DAYS = "%m/%Y", "%d.%m.%Y"  # as German writes them, the only other language so far
BREAK = "<br>"


def translated_section(section: Section, language: str) -> Section:
    """Return a question with what is said about it in a language; the section itself where that is English.

    Parameters
    ----------
    section : in English
    language : a code, as of `storecast.language.Words`
    """
    if language == ENGLISH:
        return section
    return replace(
        section,
        title=translated_label(section.title, language),
        short_title=translated_label(section.short_title, language),
        body=translated_body(section.body, language),
    )


def translated_repairs(repairs: Sequence[Repair], language: str) -> list[dict[str, Any]]:
    """Return what was repaired in the data, as the report shows it in a language.

    Parameters
    ----------
    repairs : of the data
    language : a code, as of `storecast.language.Words`
    """
    return [
        {
            "rule": repair.rule,
            "what": translated(repair.what, language),
            "action": translated(repair.action, language),
            "listed": translated_cell(repair.listed, language),
            "rows": repair.rows,
        }
        for repair in repairs
    ]


def translated_body(body: SectionBody, language: str) -> SectionBody:
    """Return what a section says in a language.

    Parameters
    ----------
    body : in English
    language : a code, as of `storecast.language.Words`
    """
    return replace(
        body,
        answer=translated(body.answer, language),
        short_answer=translated(body.lead, language),
        pictures=[_picture(picture, language) for picture in body.pictures],
        tables=[_table(table, language) for table in body.tables],
        method=translated(body.method, language),
        unproven=translated(body.unproven, language),
    )


def _picture(picture: Picture, language: str) -> Picture:
    return replace(
        picture,
        title=translated_label(picture.title, language),
        alt=translated(picture.alt, language),
        caption=translated(picture.caption, language),
        figure=_figure(picture.figure, language),
    )


def _table(table: TextTable, language: str) -> TextTable:
    return replace(
        table,
        caption=translated_label(table.caption, language),
        head=tuple(translated_label(cell, language) for cell in table.head),
        rows=[
            (translated_label(name, language), *(translated_cell(cell, language) for cell in cells))
            for name, *cells in table.rows
        ],
    )


def _figure(figure: go.Figure, language: str) -> go.Figure:
    """Return a figure whose names, axes and numbers are written in a language."""
    parts = figure.to_plotly_json()
    layout = {name: _axis(each, language) if AXIS.fullmatch(name) else each for name, each in parts["layout"].items()}
    layout["separators"] = ",."
    for axis in layout:
        if AXIS.fullmatch(axis) and any(_of_days(trace.get(axis[0])) for trace in parts["data"]):
            layout[axis] |= {"tickformat": MONTHS, "hoverformat": DAYS}
    return go.Figure([_trace(trace, language) for trace in parts["data"]], layout, skip_invalid=False)


def _axis(axis: Mapping[str, Any], language: str) -> dict[str, Any]:
    changed = dict(axis)
    if axis.get("title", {}).get("text"):
        changed["title"] = {**axis["title"], "text": _escaped(axis["title"]["text"], language)}
    for name in ("ticktext", "tickvals", "categoryarray"):
        if name in axis:
            changed[name] = _places(axis[name], language)
    if axis.get("tickformat") == "~s":
        changed["tickformat"] = ",~f"  # no language but English writes 10k
    return changed


def _trace(trace: Mapping[str, Any], language: str) -> dict[str, Any]:
    changed = dict(trace)
    for name in ("name", "hovertemplate"):
        if trace.get(name):
            changed[name] = _escaped(trace[name], language)
    for name in ("x", "y", "text"):
        if trace.get(name) is not None and not _of_days(trace[name]):
            changed[name] = _places(trace[name], language)
    if "colorbar" in trace:
        changed["colorbar"] = _axis(trace["colorbar"], language)
    return changed


def _places(values: Any, language: str) -> Any:
    """Return the places of an axis: names are translated, numbers are not."""
    if isinstance(values, str) or not any(isinstance(value, str) for value in values):
        return values
    return [_escaped(value, language) if isinstance(value, str) else value for value in values]


def _escaped(text: str, language: str) -> str:
    """Return a text of a figure: Plotly reads tags in it, so that it is escaped but for its line breaks."""
    whole = translated_label(text, language)
    if whole != text:
        return whole
    if "<extra>" in text:
        return text

    def line(escaped: str) -> str:
        """Return a line in the language; names of an axis hold their line breaks escaped."""
        parts = html.unescape(escaped).split(BREAK)
        return html.escape(BREAK.join(translated_label(part, language) for part in parts))

    return BREAK.join(line(each) for each in text.split(BREAK))


def _of_days(values: Any) -> bool:
    """Return whether an axis is one of days."""
    first = next(iter(values), None) if values is not None else None
    return isinstance(first, dt.date) or (isinstance(first, str) and ISO_DAY.fullmatch(first) is not None)
