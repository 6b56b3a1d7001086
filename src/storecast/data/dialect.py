"""A file as a table of text: encoding, separator and line ends are found, and nothing is guessed about the values."""

import csv
import io
import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import polars as pl

from storecast.data.column_synonyms import plain
from storecast.data.plain_files import read_bytes, unpack
from storecast.errors import DataError, quote

log = logging.getLogger(__name__)

TITLE_LINES = 30  # among which the header is looked for
LONGEST_TOP = 100_000  # bytes of them
OF_SHEET = ", sheet "  # stands between the name of a workbook and that of its sheet
SEPARATORS = (",", ";", "\t", "|")
BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),  # before UTF-16, whose mark it begins with
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, eq=False)
class TextTable:
    """A file as it was read: every cell text as it stands there, null where it was empty."""

    name: str  # of the file, for messages
    frame: pl.DataFrame
    parquet: bool = False
    lines: pl.Series | None = None  # the line on which each row begins, where that is not simply its number
    above: int = 0  # lines above the header
    dates: frozenset[str] = frozenset()  # columns that hold dates, not text; their text here is ISO
    numbers: frozenset[str] = frozenset()  # columns that hold numbers, not text; their text here has a decimal point
    workbook: bool = False
    mixed: Mapping[str, pl.Series] = field(
        default_factory=dict
    )  # columns with numbers and text: which cells are numbers
    sheet: str = ""  # of a workbook with several
    parts: tuple[tuple[int, "TextTable"], ...] = ()  # of a table of several files: the first row of each, and the file

    @property
    def file(self) -> str:
        """The name of the file, without that of a sheet."""
        return self.name.partition(OF_SHEET)[0] if self.sheet else self.name

    def line(self, row: int) -> str:
        """Say where a row stands in the file."""
        if self.parts:
            start, part = next((start, part) for start, part in reversed(self.parts) if start <= row)
            return f"{part.line(row - start)} of {part.name}"
        if self.lines is not None:
            return f"{'row' if self.parquet or self.workbook else 'line'} {self.lines[row]}"
        if self.parquet:
            return f"row {row + 1}"
        return f"{'row' if self.workbook else 'line'} {row + 2 + self.above}"


def read_table(path: Path, header_names: Collection[str] = ()) -> TextTable:
    """Read a CSV or Parquet file as text.

    Parameters
    ----------
    path : of the file; gzipped and zipped CSV is unpacked
    header_names : names of columns that its header may hold, by which it is found below titles

    Raises
    ------
    DataError
        where the file is empty, or cannot be read as a table
    """
    data = read_bytes(path)
    if not data:
        raise DataError(f"{path.name} is empty; expected a header and a row a line.")
    if path.suffix == ".parquet":
        return _read_parquet(path.name, data)
    return read_csv_text(path.name, as_utf8(path.name, unpack(path.name, data)), header_names)


def _read_parquet(name: str, data: bytes) -> TextTable:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        raise DataError(f"{name} is not a whole Parquet file: {quote(error)}. Write it again.") from error
    return frame_as_text(name, frame)


def frame_as_text(name: str, frame: pl.DataFrame) -> TextTable:
    """Return a frame as a table of text that remembers which columns hold dates and numbers.

    Parameters
    ----------
    name : for messages
    frame : with columns of any type; those that are no text, dates or numbers stay as they are
    """
    flags = [pl.col(column).cast(pl.Int8) for column, dtype in frame.schema.items() if dtype == pl.Boolean]
    odd = [column for column, dtype in frame.schema.items() if dtype.is_nested() or dtype in (pl.Object, pl.Binary)]
    dates = frozenset(column for column, dtype in frame.schema.items() if dtype in (pl.Date, pl.Datetime))
    numbers = frozenset(column for column, dtype in frame.schema.items() if dtype.is_numeric() or dtype == pl.Boolean)
    times = [
        pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%S%.f" if dtype.time_zone is None else "%Y-%m-%dT%H:%M:%S%.f%:z")
        for column, dtype in frame.schema.items()
        if isinstance(dtype, pl.Datetime)
    ]
    # Odd columns stay as they are: only where one is needed is that an error.
    text = frame.with_columns(*flags, *times).with_columns(pl.exclude(odd).cast(pl.String))
    return TextTable(name, text, parquet=True, dates=dates, numbers=numbers)


def read_csv_text(name: str, data: bytes, header_names: Collection[str]) -> TextTable:
    """Read CSV as a table of text.

    Parameters
    ----------
    name : of the file, for messages
    data : from `as_utf8`
    header_names : names of columns that its header may hold, by which it is found below titles

    Raises
    ------
    DataError
        where the text is no table
    """
    above, begin, separator = find_header(name, data, header_names)
    data = data[begin:]
    head = data[: data.find(b"\n") if b"\n" in data else len(data)].decode().rstrip("\r")
    separator = separator or max(SEPARATORS, key=head.count)
    header = read_header(name, head, separator, above)
    data, lines = _without_empty_lines(data, above)
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            skip_lines=1,
            separator=separator,
            schema=dict.fromkeys(header, pl.String()),
        )
    except pl.exceptions.NoDataError:
        frame = pl.DataFrame(schema=dict.fromkeys(header, pl.String()))
    except pl.exceptions.PolarsError as error:
        check_lines(name, io.BytesIO(data), separator, above, len(header))
        raise DataError(f"{name} cannot be read as a table: {quote(error)}. Write it again as plain CSV.") from error
    if frame.height and frame[header[-1]].null_count():
        check_lines(name, io.BytesIO(data), separator, above, len(header))
    many = data.count(b"\n") + (not data.endswith(b"\n")) != frame.height + 1
    lines = _lines(name, data, separator, above, frame.height) if many else lines
    return TextTable(name, frame, lines=lines, above=above)


def _without_empty_lines(data: bytes, above: int) -> tuple[bytes, pl.Series | None]:
    """Return CSV without the empty lines among its rows, and the line of each row where there are any.

    In a file with quotes an empty line may belong to a cell; there it is refused as a line that is cut short.
    """
    if b'"' in data or not (b"\n\n" in data or b"\n\r\n" in data):
        return data, None
    rows = [(line, row) for line, row in enumerate(data.splitlines(keepends=True), start=above + 1) if row.strip()]
    lines = pl.Series([line for line, _ in rows][1:], dtype=pl.Int64)
    return b"".join(row for _, row in rows), lines


def find_header(name: str, data: bytes, header_names: Collection[str]) -> tuple[int, int, str]:
    """Return the lines above the header, the byte where it begins, and its separator where titles above it hide it.

    A file begins with its header, unless its first line holds none or one of the names and exactly one of the next does hold two.

    Parameters
    ----------
    name : of the file, for messages
    data : UTF-8 text, at least its first lines
    header_names : names of columns that the header may hold

    Raises
    ------
    DataError
        where several lines look like the header, or titles stand above one that is not known
    """
    lines = data[:LONGEST_TOP].split(b"\n")[:TITLE_LINES]
    known = [_known_names(line.decode(errors="replace"), header_names) for line in lines]
    headers = [row for row, (count, _) in enumerate(known) if count > 1]
    if not headers:
        _refuse_titles(name, lines)
    if not headers or headers[0] == 0:
        return 0, 0, ""
    if len(headers) > 1:
        raise DataError(
            f"{name}, line 1: found no column names; line {headers[0] + 1} and line {headers[1] + 1} look like the header. "
            "Expected one, on the first line. Remove the lines above it, and the other."
        )
    above = headers[0]
    log.info("%s: the header stands on line %d; the lines above it are left out", name, above + 1)
    return above, sum(len(line) + 1 for line in lines[:above]), known[above][1]


def _refuse_titles(name: str, lines: list[bytes]) -> None:
    """Refuse a first line without a separator above lines with many: a title above a header whose names are not known."""
    if any(
        len({line.count(mark.encode()) for line in lines[:2]}) == 1 and mark.encode() in lines[0] for mark in SEPARATORS
    ):
        return  # the first lines have as many fields by another separator: no title
    for mark in (mark.encode() for mark in SEPARATORS):
        counts = [line.count(mark) for line in lines]
        row = next((row for row, count in enumerate(counts) if count > 1), 0)
        if row and not any(counts[:row]) and counts[row : row + 2] == [counts[row]] * 2:
            raise DataError(
                f"{name}, line 1: found {quote(lines[0].decode(errors='replace').strip())}; expected a header such as "
                f"Store,Date,Sales, which seems to stand on line {row + 1}. Remove the lines above it, or name its columns "
                "under [columns] in storecast.toml."
            )


def _known_names(line: str, header_names: Collection[str]) -> tuple[int, str]:
    """Return how many known names of columns a line holds, and by which separator."""
    counts = [
        (sum(is_header_name(cell.strip().strip('"').strip(), header_names) for cell in line.split(mark)), mark)
        for mark in SEPARATORS
    ]
    return max(counts, key=lambda pair: pair[0])


def is_header_name(cell: str, header_names: Collection[str]) -> bool:
    """Say whether a cell holds one of the names, as it stands or without its case, accents and marks."""
    return cell in header_names or plain(cell) in header_names


def read_header(name: str, head: str, separator: str, above: int) -> list[str]:
    """Return the column names, spaces around them cut off.

    Parameters
    ----------
    name : of the file, for messages
    head : the line of the header
    separator : of its cells
    above : lines above it

    Raises
    ------
    DataError
        where it holds no names, or one of them twice
    """
    line = f"{name}, line {above + 1}"
    try:
        header = [cell.strip() for cell in next(csv.reader([head], delimiter=separator, strict=True), [])]
    except csv.Error as error:
        raise DataError(f"{line}: {quote(error)}. Expected a header such as Store,Date,Sales.") from error
    if not any(map(str.isalpha, "".join(header))):
        raise DataError(f"{line}: found no column names; expected a header such as Store,Date,Sales.")
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise DataError(f"{line}: the column {quote(twice[0])} stands twice; expected each name once. Rename one.")
    return header


def check_lines(name: str, stream: BinaryIO, separator: str, above: int, width: int) -> None:
    """Refuse the first line with too few or too many fields, by its number.

    Parameters
    ----------
    name : of the file, for messages
    stream : its text as UTF-8, from the header on
    separator : of its cells
    above : lines above the header
    width : fields of the header

    Raises
    ------
    DataError
        for the first such line
    """
    for line, fields in _records(name, stream, separator, above):
        if len(fields) != width:
            raise DataError(
                f"{name}, line {line}: found {len(fields)} fields; expected {width}, as in the header. "
                "The line may be cut short, or a field may hold the separator without quotes."
            )


def _lines(name: str, data: bytes, separator: str, above: int, height: int) -> pl.Series:
    """Return the line on which each row begins, where cells in quotes run over several lines."""
    lines = pl.Series([line for line, _ in _records(name, io.BytesIO(data), separator, above)][1:], dtype=pl.Int64)
    if len(lines) != height:
        raise DataError(
            f"{name}: found {height} or {len(lines)} rows, by how its quotes are read; expected quotes around whole cells. "
            'Write a quote inside a cell as "".'
        )
    return lines


def _records(name: str, stream: BinaryIO, separator: str, above: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the header and every row as fields, each with the number of the line on which it begins."""
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    reader = csv.reader(text, delimiter=separator, strict=True)
    begin = above + 1
    try:
        for fields in reader:
            yield begin, fields
            begin = above + reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {begin}: {quote(error)}. Expected plain CSV.") from error
    finally:
        text.detach()  # whoever opened the stream closes it


def as_utf8(name: str, data: bytes) -> bytes:
    r"""Return the text as UTF-8 with ``\n`` or ``\r\n`` as line ends and no empty lines at its end.

    Raises
    ------
    DataError
        where the text has no header, holds NUL bytes, or is not in the encoding that its first bytes name
    """
    encoding = next((encoding for bom, encoding in BOMS if data.startswith(bom)), None)
    try:
        if encoding is not None:
            data = data.decode(encoding).encode()
        elif not data.isascii():
            data.decode()
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data" and not data[: error.start].isascii()
        if encoding is not None or cut:
            raise DataError(
                f"{name} is not whole {encoding or 'UTF-8'} text: {quote(error)}. Write it again as UTF-8."
            ) from error
        data = _western_text(data).encode()
    if b"\x00" in data:
        raise DataError(f"{name} holds NUL bytes; expected text. Write it again as UTF-8 CSV.")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    if data.endswith((b"\n\n", b"\n\r\n")):
        data = data.rstrip(b"\r\n")
    if not data.strip():
        raise DataError(f"{name}, line 1: found no column names; expected a header such as Store,Date,Sales.")
    return data


def _western_text(data: bytes) -> str:
    """Return text that is no UTF-8: Windows-1252, which has signs such as € where Latin-1 has none, or else Latin-1."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")
