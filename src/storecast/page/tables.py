"""Small tables of the page; large ones are grids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from storecast.page.language import Words

Cell = Any  # text, a component of Dash, or None
SCROLL, FACTS = "scroll", "facts"  # classes of what is around a table, and around figures
LONG = 35  # characters of a text that may take several lines


@dataclass(frozen=True)
class Table:
    """A table for a file.

    Attributes
    ----------
    title : what it shows
    header : of its columns
    rows : cells; a `Shown` is written as its value
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | None]]


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    text: Sequence[int] = (0,),
    label: str = "",
    stacked: bool = False,
) -> Component:
    """Return a table.

    Parameters
    ----------
    header : of the columns
    rows : cells, as text already
    text : columns that hold words, which stand on the left
    label : what it shows, for people who cannot see it
    stacked : on a phone a row becomes a block of lines, each with the name of its column: of tables with much text or with buttons
    """
    classes = ["text" if place in text else "" for place in range(len(header))]
    head = html.Tr([html.Th(name, className=kind, scope="col") for name, kind in zip(header, classes, strict=True)])
    columns = list(zip(header, classes, strict=True))
    body = [
        _tag("Tr", [_cell(cell, kind, name) for cell, (name, kind) in zip(row, columns, strict=True)]) for row in rows
    ]
    scroll = {"tabIndex": "0", "role": "region", "aria-label": label} if label else {}
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(body)]), className=f"{SCROLL} stacked" if stacked else SCROLL, **scroll
    )


def _cell(content: Cell, kind: str, name: str) -> dict[str, Any]:
    wraps = isinstance(content, str) and len(content) > LONG
    return _tag("Td", content, className=f"{kind} wrap" if wraps else kind, **{"data-label": name})


def _tag(name: str, children: Any, **more: str) -> dict[str, Any]:
    """Return an element as Dash writes it: thousands of objects of its components take longer than all else in a large table.

    Parameters
    ----------
    name : of the component in dash.html
    children : of the element
    more : properties
    """
    return {"namespace": "dash_html_components", "type": name, "props": {"children": children, **more}}


def likely_range(total: Mapping[str, Any], words: Words) -> str:
    """Return the 80% interval of a total in words; an empty text where it has none.

    Parameters
    ----------
    total : a row of totals
    words : the language
    """
    if "Lower80" not in total:
        return ""
    lower, upper = (words.money(total[name]) for name in ("Lower80", "Upper80"))
    return words.text("{lower} to {upper} in four of five cases", lower=lower, upper=upper)


def facts(*entries: tuple[str, str, str]) -> Component:
    """Return the figures that are seen first.

    Parameters
    ----------
    entries : name, figure and note of each
    """
    return html.Div(
        [
            html.Div(
                [
                    html.Div(name, className="name"),
                    html.Div(figure, className="figure"),
                    html.Div(note, className="note"),
                ]
            )
            for name, figure, note in entries
        ],
        className=FACTS,
    )
