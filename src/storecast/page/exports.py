"""The tables of a view as a file: a workbook with a sheet for each, or CSV.

What is written is what the view shows of its address: it is drawn again, with the parts that are drawn by themselves, and its
tables are read out of the drawing. Numbers and days are values there, and text is text: a spreadsheet runs none of it.
"""

import csv
import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import xlsxwriter
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from storecast.csv_files import escape_formula
from storecast.page.addresses import BASE
from storecast.page.drawing import Draw, drawn, part_at
from storecast.page.language import MONEY, Shown, Words
from storecast.page.tables import FACTS, SCROLL, Table, cells_of
from storecast.page.view import View, ViewRequest, view_request
from storecast.plan.workbook_writing import NO_CONVERSION

FILE = "export"  # the download
CSV, XLSX = "csv", "xlsx"
HOME = "home"  # the first page in names of files
Cell = str | None  # a `Shown` has its value
NO_VALUE = ("", "–")
LONGEST_NAME = 31  # of a sheet
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\'\"<>|\x00-\x1f]")


def control(drawing: Component, words: Words) -> Component | None:
    """Return the buttons of a view that download its tables; None where it shows none.

    Parameters
    ----------
    drawing : of the view
    words : the language
    """
    if not any(_is_table(node) or _part(node) for node in _nodes(drawing)):
        return None
    texts = {
        XLSX: ("Excel", words.text("Download the tables of this view as Excel")),
        CSV: ("CSV", words.text("Download the tables of this view as CSV")),
    }
    buttons = [
        html.Button(
            name,
            id={"type": FILE, "name": kind},
            n_clicks=0,
            className="plain small",
            type="button",
            title=text,
            **{"aria-label": text},
        )
        for kind, (name, text) in texts.items()
    ]
    return html.Div([*buttons, dcc.Download(id=FILE)], className="export")


def register(app: Dash, views: tuple[View, ...]) -> None:
    """Add the callback that writes the file of a view.

    Parameters
    ----------
    app : Dash
    views : whose tables can be downloaded
    """
    by_path = {BASE + view.name: view for view in views}

    @app.callback(  # type: ignore[untyped-decorator]
        Output(FILE, "data"),
        *(Input({"type": FILE, "name": kind}, "n_clicks") for kind in (XLSX, CSV)),
        State("url", "pathname"),
        State("url", "search"),
        State("preferences", "data"),
        prevent_initial_call=True,
    )
    def export(_xlsx: Any, _csv: Any, path: str | None, search: str | None, preferences: Any) -> Any:
        view = by_path.get(path or BASE)
        if view is None or not isinstance(ctx.triggered_id, Mapping):
            return no_update
        shown = tables_of(view, view_request(search, preferences))
        if not shown:
            return no_update
        return dcc.send_bytes(*_file(shown, f"storecast-{view.name or HOME}", str(ctx.triggered_id["name"])))


def tables_of(view: View, request: ViewRequest) -> list[Table]:
    """Return the tables of a view, as it shows them, or the rows behind them.

    Parameters
    ----------
    view : that is drawn
    request : that it is drawn from
    """
    if view.rows is not None:
        return view.rows(request)
    title = request.words.text(view.title)
    return list(_tables(drawn(view.draw, request, title), request, title))


def _tables(drawing: Any, request: ViewRequest, title: str) -> Iterator[Table]:
    """Yield the tables of a drawing and of its parts.

    Parameters
    ----------
    drawing : of a view
    request : that it is drawn from
    title : of a table that has none
    """
    for node in _nodes(drawing):
        props, part = _props(node), _part(node)
        if part is not None:
            yield from _tables(drawn(part, request), request, title)
        elif _type(node) == "AgGrid":
            yield _grid(props, title)
        elif props.get("className") == FACTS:
            yield _facts(props, request.words)
        elif _is_table(node):
            yield _table(props, title)


def _grid(props: Mapping[str, Any], title: str) -> Table:
    columns = props["columnDefs"]
    rows = [*props["rowData"], *props["dashGridOptions"].get("pinnedBottomRowData", ())]
    return Table(
        title,
        [column["headerName"] for column in columns],
        [[_in_grid(row.get(column["field"])) for column in columns] for row in rows],
    )


def _in_grid(value: Any) -> Cell:
    return Shown(str(value), value, MONEY) if isinstance(value, int | float) else value


def _facts(props: Mapping[str, Any], words: Words) -> Table:
    rows = [[_cell(each) for each in _props(fact)["children"]] for fact in props["children"]]
    return Table(words.text("Figures"), [words.text(name) for name in ("Name", "Figure", "Note")], rows)


def _table(props: Mapping[str, Any], title: str) -> Table:
    """Return a table of `tables.table`, without the columns that hold buttons alone.

    Parameters
    ----------
    props : of what is around it
    title : where it has none
    """
    names, rows = cells_of(_props(props["children"]))
    header = [str(_cell(name) or "") for name in names]
    wanted = [place for place in range(len(header)) if not all(map(_acts, (row[place] for row in rows))) or not rows]
    return Table(
        str(props.get("aria-label") or title),
        [header[place] for place in wanted],
        [[_cell(row[place]) for place in wanted] for row in rows],
    )


def _cell(content: Any) -> Cell:
    """Return what a cell says: a value where it is one alone."""
    leaves = [each for each in _leaves(content) if each not in NO_VALUE]
    return leaves[0] if len(leaves) == 1 else "; ".join(map(str, leaves)) or None


def _leaves(content: Any) -> Iterator[Any]:
    """Yield the texts and numbers of a component; what stands on a button is no content."""
    if isinstance(content, list | tuple):
        for each in content:
            yield from _leaves(each)
    elif isinstance(content, dict | Component):
        if _type(content) != "Button":
            yield from _leaves(_props(content).get("children"))
    elif content is not None:
        yield content


def _acts(content: Any) -> bool:
    """Say whether a cell holds buttons and nothing else."""
    return _cell(content) is None and any(_type(node) == "Button" for node in _nodes(content))


def _nodes(drawing: Any) -> Iterator[Any]:
    """Yield the components of a drawing from the outermost to the innermost; a table as one."""
    if isinstance(drawing, list | tuple):
        for each in drawing:
            yield from _nodes(each)
    elif isinstance(drawing, dict | Component):
        yield drawing
        if not _is_table(drawing):
            yield from _nodes(_props(drawing).get("children"))


def _is_table(node: Any) -> bool:
    return _type(node) == "AgGrid" or str(_props(node).get("className", "")).partition(" ")[0] in (SCROLL, FACTS)


def _part(node: Any) -> Draw | None:
    """Return what draws the part at a component; None where none is drawn by itself there."""
    place = _props(node).get("id")
    return part_at(place) if isinstance(place, str) else None


def _type(node: Any) -> str:
    return str(node["type"] if isinstance(node, dict) else getattr(node, "_type", ""))


def _props(node: Any) -> Mapping[str, Any]:
    """Return the properties of a component, which may be written as JSON already."""
    props = (node if isinstance(node, dict) else node.to_plotly_json())["props"]
    return cast("Mapping[str, Any]", props)


def _file(tables: Sequence[Table], name: str, kind: str) -> tuple[bytes, str]:
    """Return the content and the name of a file; several tables as CSV are an archive of files.

    Parameters
    ----------
    tables : one or more
    name : of the file, without its ending
    kind : XLSX or CSV
    """
    if kind == XLSX:
        return as_workbook(tables), f"{name}.xlsx"
    if len(tables) == 1:
        return as_csv(tables[0]), f"{name}.csv"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for table, title in zip(tables, _names(tables), strict=True):
            file.writestr(f"{title}.csv", as_csv(table))
    return archive.getvalue(), f"{name}-csv.zip"


def as_csv(table: Table) -> bytes:
    """Return a table as CSV: ISO dates, numbers with a point, and a mark by which Excel reads the letters of every language."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([[_as_text(cell) for cell in row] for row in (table.header, *table.rows)])
    return text.getvalue().encode("utf-8-sig")


def _as_text(cell: Cell) -> str:
    if not isinstance(cell, Shown):
        return "" if cell is None else escape_formula(str(cell))
    if isinstance(cell.value, dt.date):
        return cell.value.isoformat()
    return f"{cell.value:.{cell.digits}f}".rstrip("0").rstrip(".") if cell.digits else f"{cell.value:.0f}"


def as_workbook(tables: Sequence[Table]) -> bytes:
    """Return tables as a workbook, a sheet each; numbers and days are values, and no text is a formula."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **NO_CONVERSION}) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        formats: dict[str, Any] = {}
        for table, title in zip(tables, _names(tables), strict=True):
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            for column, name in enumerate(table.header):
                sheet.write_string(0, column, name, head)
            for row, cells in enumerate(table.rows, start=1):
                for column, cell in enumerate(cells):
                    _put(sheet, (row, column), cell, book, formats)
            sheet.autofit()
    return content.getvalue()


def _put(sheet: Any, place: tuple[int, int], cell: Cell, book: Any, formats: dict[str, Any]) -> None:
    """Write a cell of a sheet.

    Parameters
    ----------
    sheet, book : of xlsxwriter
    place : row and column
    cell : what is written
    formats : of the book by their patterns; grows
    """
    if isinstance(cell, Shown):
        if cell.pattern not in formats:
            formats[cell.pattern] = book.add_format({"num_format": cell.pattern})
        style = formats[cell.pattern]
        if isinstance(cell.value, dt.date):
            sheet.write_datetime(*place, cell.value, style)
        elif math.isfinite(cell.value):
            sheet.write_number(*place, cell.value, style)
        else:
            sheet.write_string(*place, cell)
    elif cell is not None:
        sheet.write_string(*place, str(cell))


def _names(tables: Sequence[Table]) -> list[str]:
    """Return the names of sheets and files: numbered, as titles may be alike, and without what neither may hold."""
    titles = [" ".join(NOT_IN_NAMES.sub(" ", table.title).split()) for table in tables]
    return [f"{number} {title}"[:LONGEST_NAME].rstrip() for number, title in enumerate(titles, start=1)]
