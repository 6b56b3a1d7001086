"""Small tables of the page; large ones are grids.

A table is one component (`assets/table.js`): each one that Dash draws makes all others look for a change, so that a table of 2,000
cells that were components took a browser many seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from storecast.page.language import Shown, Words

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
    children: list[Cell] = []
    body = [
        [
            [_content(cell, children), f"{kind} wrap" if isinstance(cell, str) and len(cell) > LONG else kind]
            for cell, kind in zip(row, classes, strict=True)
        ]
        for row in _alike(rows, len(header))
    ]
    properties = {"names": list(header), "kinds": classes, "rows": body, "children": children}
    scroll = {"tabIndex": "0", "role": "region", "aria-label": label} if label else {}
    whole = {"namespace": "storecast_page", "type": "Table", "props": properties}
    return html.Div(whole, className=f"{SCROLL} stacked" if stacked else SCROLL, **scroll)


def _alike(rows: Sequence[Sequence[Cell]], columns: int) -> list[list[Cell]]:
    """Return cells in which the amounts of a column have cents where all of them are small, and else none has."""
    alike = [list(row) for row in rows]
    for place in range(columns):
        amounts = [row for row in alike if isinstance(row[place], Shown) and row[place].whole]
        if any(row[place] == row[place].whole for row in amounts):
            for row in amounts:
                row[place] = row[place].without_cents()
    return alike


def _content(cell: Cell, children: list[Cell]) -> Any:
    """Return what stands in a cell as the table's script draws it; what callbacks know by its id goes to the children."""
    if isinstance(cell, list | tuple):
        return [_content(each, children) for each in cell]
    if not isinstance(cell, Component):
        return cell
    plain = cell.to_plotly_json()
    if "id" in plain["props"]:
        children.append(cell)
        return {"child": len(children) - 1}
    properties = {**plain["props"], "children": _content(plain["props"].get("children"), children)}
    return {"namespace": plain["namespace"], "type": plain["type"], "props": properties}


def cells_of(properties: Mapping[str, Any]) -> tuple[Sequence[str], list[list[Cell]]]:
    """Return the header and the cells of a table of `table`, by the properties of its component."""
    children = properties["children"]
    return properties["names"], [[_whole(content, children) for content, _ in row] for row in properties["rows"]]


def _whole(content: Any, children: Sequence[Cell]) -> Cell:
    """Return a cell of what `_content` made of it."""
    if isinstance(content, list):
        return [_whole(each, children) for each in content]
    if not isinstance(content, dict):
        return content
    if "child" in content:
        return children[content["child"]]
    props = content["props"]
    return {**content, "props": {**props, "children": _whole(props["children"], children)}}


def amount(value: float | None, words: Words) -> str:
    """Return an amount as a cell; an empty one where it is not known."""
    return "" if value is None else words.money(value)


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
