"""A sheet of an Excel workbook (.xlsx) as a table of text: its cells keep what they are, and text in them is read as in CSV.

A workbook is a ZIP of XML. It is unpacked here, up to a limit, and the parser sees only the unpacked parts: what a file says of its
own size is not believed.
"""

import datetime as dt
import io
import logging
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from storecast.data.dialect import OF_SHEET, TITLE_LINES, TextTable, is_header_name
from storecast.data.plain_files import read_bytes
from storecast.errors import DataError, quote

log = logging.getLogger(__name__)

MAX_UNPACKED = 2**30  # bytes of XML; a full sheet of a million rows and nine columns has some 400 MB
MAX_CELLS = 40_000_000  # of the rectangle that a sheet spans: all of it is held in memory
LETTERS = 26
PARTS = (".xml", ".rels")  # of a workbook; pictures and macros stay packed
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # a file of the old format; a workbook with a password is packed into one
CELL_NAME = re.compile(rb'\br="([A-Z]{1,3}[0-9]{1,7})"')
RELATION, TARGET = re.compile(rb'\br:id="([^"]+)"'), re.compile(rb'\bTarget="([^"]+)"')
ROW_NUMBER = re.compile(rb'\br="([0-9]{1,9})"')
SHEETS = "xl/worksheets/"
NUMBERS = {bool, int, float}
DATES = {dt.date, dt.datetime}
ADVICE = "Save it as .xlsx without a password, or its sheet as CSV (UTF-8)"


def read_workbook(
    path: Path, header_names: Collection[str], needed: Sequence[str] = (), sheet: str | None = None
) -> TextTable:
    """Read a sheet of a workbook as text.

    Parameters
    ----------
    path : of the file
    header_names : names of columns that a header may hold, by which it is found below titles
    needed : names of columns by which the sheet is found among several
    sheet : the name of the sheet, where there are several; None: the only one with the needed columns

    Returns
    -------
    TextTable
        numbers with a decimal point, dates as ISO text

    Raises
    ------
    DataError
        where the file is damaged, locked or too large, or it is not clear which sheet is meant
    """
    sheets = visible_sheets(path.name, read_bytes(path))
    if not sheets:
        raise DataError(f"{path.name} holds no rows; expected a header and a row for each store and day.")
    name, cells = _chosen(path.name, sheets, header_names, needed, sheet)
    if len(sheets) == 1:
        return _table(path.name, cells, sheets[name], header_names)
    return replace(_table(f"{path.name}{OF_SHEET}{quote(name)}", cells, sheets[name], header_names), sheet=name)


def read_sheets(path: Path, header_names: Collection[str]) -> list[TextTable]:
    """Read every visible sheet of a workbook that holds rows below a header.

    Parameters
    ----------
    path : of the file
    header_names : names of columns that a header may hold, by which it is found below titles
    """
    names = [name for name, sheet in visible_sheets(path.name, read_bytes(path)).items() if len(sheet.to_python()) > 1]
    return [read_workbook(path, header_names, sheet=name) for name in names]


def visible_sheets(
    name: str,
    data: bytes,
    *,
    max_unpacked: int | None = None,
    max_cells: int | None = None,
) -> dict[str, CalamineSheet]:
    """Return the visible sheets of a workbook that hold anything, by name.

    Parameters
    ----------
    name : of the file, for messages
    data : its bytes
    max_unpacked : bytes of XML that it may unpack to; None: `MAX_UNPACKED`
    max_cells : of the rectangle that a sheet may span; None: `MAX_CELLS`

    Raises
    ------
    DataError
        where the file is damaged, locked or too large
    """
    if data.startswith(OLD_OR_LOCKED):
        raise DataError(
            f"{name} has a password, or the old format .xls; expected a workbook that anyone can open. {ADVICE}."
        )
    try:
        unpacked = max_unpacked or MAX_UNPACKED
        parts = _parts(name, data, unpacked)
        workbook = CalamineWorkbook.from_filelike(_not_packed(name, parts, max_cells or MAX_CELLS, unpacked))
        visible = [
            each.name
            for each in workbook.sheets_metadata
            if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
        ]
        sheets = {each: workbook.get_sheet_by_name(each) for each in visible}
    except (
        CalamineError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise DataError(f"{name} is not a whole workbook: {quote(error)}. {ADVICE}.") from error
    return {each: sheet for each, sheet in sheets.items() if sheet.start is not None}


def uncalculated_cells(name: str, data: bytes, sheet: str, *, max_unpacked: int | None = None) -> set[str]:
    """Return the cells of a sheet whose formula was never calculated, such as K12: they read as empty.

    Parameters
    ----------
    name, data, max_unpacked : as for `visible_sheets`, which took the file
    sheet : its name
    """
    parts = _parts(name, data, max_unpacked or MAX_UNPACKED)
    of_sheet = _part_of_sheet(parts, sheet)
    cells: set[str] = set()
    for part, content in parts.items():
        # Where it is not clear which part the sheet is, those of all sheets count: rather refuse a cell than take it for empty.
        if b"<f" not in content or not (part == of_sheet if of_sheet in parts else part.startswith(SHEETS)):
            continue
        for cell in _tags(content, b"<c "):
            head, _, rest = cell.partition(b">")
            inside = b"" if head.endswith(b"/") else rest.partition(b"</c>")[0]
            value = inside.partition(b"<v>")[2].partition(b"</v>")[0]
            empty_text = b't="str"' in head and b"<v" in inside  # the value of IF(…,"")
            place = CELL_NAME.search(head)
            if place and not empty_text and inside.lstrip().startswith((b"<f>", b"<f ", b"<f/")) and not value.strip():
                cells.add(place[1].decode())
    return cells


def _part_of_sheet(parts: Mapping[str, bytes], sheet: str) -> str:
    """Return the part of a workbook that holds a sheet; empty where its list of sheets does not say so.

    Parameters
    ----------
    parts : as `_parts` returns them
    sheet : its name
    """
    named = f'"{escape(sheet)}"'.encode()
    listed = [tag for tag in _tags(parts.get("xl/workbook.xml", b""), b"<sheet ") if named in tag.partition(b">")[0]]
    relation = RELATION.search(listed[0].partition(b">")[0]) if listed else None
    if relation is None:
        return ""
    for tag in _tags(parts.get("xl/_rels/workbook.xml.rels", b""), b"<Relationship "):
        head = tag.partition(b">")[0]
        target = TARGET.search(head)
        if target and b'Id="%s"' % relation[1] in head:
            place = target[1].decode()
            return place.removeprefix("/") if place.startswith("/") else f"xl/{place}"
    return ""


def _tags(xml: bytes, tag: bytes) -> list[bytes]:
    """Return what follows each opening of a tag, up to the next: each byte once, however the XML is made."""
    return xml.split(tag)[1:]


def _parts(name: str, data: bytes, max_unpacked: int) -> dict[str, bytes]:
    """Return the parts of a workbook by their names, unpacked."""
    parts: dict[str, bytes] = {}
    size = 0
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for part in dict.fromkeys(packed.namelist()):
            if part.endswith(PARTS):
                with packed.open(part) as stream:
                    parts[part] = stream.read(max_unpacked + 1 - size)
                size += len(parts[part])
                if size > max_unpacked:
                    raise DataError(
                        f"{name} unpacks to more than {max_unpacked} bytes; expected a table of sales. {ADVICE}."
                    )
    return parts


def _not_packed(name: str, parts: dict[str, bytes], max_cells: int, max_unpacked: int) -> io.BytesIO:
    """Return a workbook whose parts are not packed, so that the parser unpacks nothing itself.

    Parameters
    ----------
    name : of the file
    parts : as `_parts` returns them
    max_cells, max_unpacked : as for `visible_sheets`
    """
    texts = b"".join(content for part, content in parts.items() if part.endswith("sharedStrings.xml"))
    longest_text = max(map(len, texts.split(b"<si")))
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        for part, content in parts.items():
            if part.startswith(SHEETS) and part.endswith(".xml"):
                _refuse_large_sheet(name, content, longest_text, max_cells, max_unpacked)
            archive.writestr(part, content)
    plain.seek(0)
    return plain


def _refuse_large_sheet(name: str, xml: bytes, longest_text: int, max_cells: int, max_unpacked: int) -> None:
    """Refuse a sheet with a cell far from all others, or a long text that stands in many cells: neither is large as a file.

    Parameters
    ----------
    name : of the file
    xml : of the sheet
    longest_text : the characters of the longest text of the workbook
    max_cells : of the rectangle that a sheet may span
    max_unpacked : bytes that the texts of its cells may have together
    """
    numbers = (ROW_NUMBER.search(row.partition(b">")[0]) for row in _tags(xml, b"<row "))
    height = max((int(number[1]) for number in numbers if number), default=0)
    width = LETTERS
    letters = max(re.findall(rb' r="([A-Z])[A-Z][0-9]', xml), default=b"")
    if letters:
        width = LETTERS * (ord(letters) - ord("A") + 2)
    if re.search(rb' r="[A-Z]{3}[0-9]', xml):
        width = LETTERS**3
    if height * width > max_cells:
        raise DataError(
            f"{name}: a sheet reaches to row {height} and has {width - LETTERS} columns or more; expected a row for each store and "
            f"day. Remove cells far from the others. {ADVICE}."
        )
    if longest_text * xml.count(b't="s"') > max_unpacked:
        raise DataError(f"{name} repeats a text of {longest_text} characters; expected a table of sales. Shorten it.")


def _chosen(
    file: str, sheets: dict[str, CalamineSheet], header_names: Collection[str], needed: Sequence[str], sheet: str | None
) -> tuple[str, list[list[Any]]]:
    """Return the name and the cells of the sheet that is meant."""
    if sheet in sheets:
        return sheet, sheets[sheet].to_python()
    cells = {name: each.to_python() for name, each in sheets.items()}
    if len(cells) == 1:
        return next(iter(cells.items()))
    headers = {name: _names(rows[_header_row(rows, header_names)]) for name, rows in cells.items()}
    fitting = [name for name, header in headers.items() if needed and {*needed} <= {*header}]
    if sheet is not None or len(fitting) != 1:
        listed = quote(", ".join(sheets))
        what = f"no sheet {quote(sheet)}" if sheet is not None else f"{len(fitting)} sheets with {', '.join(needed)}"
        raise DataError(f'{file}: found {what} among {listed}; expected one. Say sheet = "…" in storecast.toml.')
    log.info("%s: read the sheet %s", file, quote(fitting[0]))
    return fitting[0], cells[fitting[0]]


def _table(name: str, rows: list[list[Any]], sheet: CalamineSheet, header_names: Collection[str]) -> TextTable:
    assert sheet.start is not None
    above = _header_row(rows, header_names)
    first_row, first_column = sheet.start[0] + above + 1, sheet.start[1]
    header = _names(rows[above])
    twice = [column for column, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        raise DataError(
            f"{name}, row {first_row}: the column {quote(twice[0])} stands twice; expected each name once. Rename one."
        )
    columns: dict[str, pl.Series] = {}
    numbers, dates, mixed = set(), set(), {}
    body = rows[above + 1 :]
    for place, column in enumerate(header):
        cells = [None if row[place] == "" else row[place] for row in body]
        kinds = {*map(type, cells)} - {type(None)}
        if not column and not kinds:
            continue
        label = column or f"(column {_letters(first_column + place)})"
        columns[label] = _as_text(label, cells, kinds)
        if kinds and kinds <= NUMBERS:
            numbers.add(label)
        elif kinds & NUMBERS:
            mixed[label] = pl.Series([type(cell) in NUMBERS for cell in cells], dtype=pl.Boolean)
        if kinds and kinds <= DATES:
            dates.add(label)
    frame = pl.DataFrame(columns)
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
    frame = frame.head(int(filled[-1]) + 1 if len(filled) else 0)
    return TextTable(
        name, frame, workbook=True, above=first_row - 1, dates=frozenset(dates), numbers=frozenset(numbers), mixed=mixed
    )


def _header_row(rows: list[list[Any]], header_names: Collection[str]) -> int:
    """Return the place of the header: the first row, unless it holds at most one known name and one below it holds two or more."""
    known = [sum(is_header_name(name, header_names) for name in _names(row)) for row in rows[:TITLE_LINES]]
    headers = [row for row, count in enumerate(known) if count > 1]
    return headers[0] if headers else 0


def _names(row: list[Any]) -> list[str]:
    return [str(cell).strip() for cell in row]


def _as_text(name: str, cells: list[Any], kinds: set[type]) -> pl.Series:
    """Return cells as text: numbers with a decimal point where they need one, dates in ISO form."""
    if kinds <= NUMBERS:
        numbers = pl.Series(name, cells, dtype=pl.Float64, strict=False)
        whole = (numbers == numbers.floor()) & (numbers.abs() <= 10**18)
        texts = (
            pl.when(whole).then(numbers.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(numbers.cast(pl.String))
        )
        return pl.select(texts.alias(name)).to_series()
    if kinds == {str}:
        return pl.Series(name, cells, dtype=pl.String)
    return pl.Series(name, [_cell_text(cell) for cell in cells], dtype=pl.String)


def _cell_text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    if isinstance(cell, (bool, int, float)):
        return str(int(cell)) if cell == int(cell) else repr(cell)
    return str(cell)


def _letters(column: int) -> str:
    """Return the letters of a column of a sheet: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, LETTERS)
        letters = chr(ord("A") + place) + letters
    return letters
