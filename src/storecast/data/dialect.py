"""A file as a table of text: encoding, separator and line ends are found, and nothing is guessed about the values."""

import csv
import io
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from storecast.errors import DataError, quote

SEPARATORS = (",", ";", "\t")
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
    dates: frozenset[str] = frozenset()  # columns of a Parquet file that hold dates; their text is ISO
    numbers: frozenset[str] = frozenset()  # columns of a Parquet file that hold numbers; their text has a decimal point

    def line(self, row: int) -> str:
        """Say where a row stands in the file."""
        if self.parquet:
            return f"row {row + 1}"
        return f"line {row + 2 if self.lines is None else self.lines[row]}"


def find(folder: Path, stem: str) -> Path | None:
    """Return the file of a table, CSV or Parquet; both at once are refused."""
    paths = [path for suffix in (".csv", ".parquet") if (path := folder / f"{stem}{suffix}").exists()]
    if len(paths) == 2:
        raise DataError(f"Found both {stem}.csv and {stem}.parquet; expected one of them. Remove the other.")
    return paths[0] if paths else None


def read_table(path: Path) -> TextTable:
    """Read a CSV or Parquet file as text."""
    data = read_bytes(path)
    if not data:
        raise DataError(f"{path.name} is empty; expected a header and a row a line.")
    if path.suffix == ".parquet":
        return _read_parquet(path.name, data)
    return _read_csv(path.name, _as_utf8(path.name, data))


def read_bytes(path: Path) -> bytes:
    """Return what a plain file holds; a pipe is never opened, since nothing may ever come out of it."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path.name} is not a plain file; expected one. Put the file itself there.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"There is no file {quote(path)}. Name one that is there.") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}. Allow this user to read it.") from error


def _read_parquet(name: str, data: bytes) -> TextTable:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        raise DataError(f"{name} is not a whole Parquet file: {quote(error)}. Write it again.") from error
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


def _read_csv(name: str, data: bytes) -> TextTable:
    head = data[: data.find(b"\n") if b"\n" in data else len(data)].decode().rstrip("\r")
    separator = max(SEPARATORS, key=head.count)
    header = _header(name, head, separator)
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
        _check_lines(name, data, separator, len(header))
        raise DataError(f"{name} cannot be read as a table: {quote(error)}. Write it again as plain CSV.") from error
    if frame.height and frame[header[-1]].null_count():
        _check_lines(name, data, separator, len(header))
    many = data.count(b"\n") + (not data.endswith(b"\n")) != frame.height + 1
    lines = _lines(name, data, separator, frame.height) if many else None
    return TextTable(name, frame, lines=lines)


def _header(name: str, head: str, separator: str) -> list[str]:
    """Return the column names, spaces around them cut off."""
    try:
        header = [cell.strip() for cell in next(csv.reader([head], delimiter=separator, strict=True), [])]
    except csv.Error as error:
        raise DataError(f"{name}, line 1: {quote(error)}. Expected a header such as Store,Date,Sales.") from error
    if not any(header):
        raise DataError(f"{name}, line 1: found no column names; expected a header such as Store,Date,Sales.")
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise DataError(
            f"{name}, line 1: the column {quote(twice[0])} stands twice; expected each name once. Rename one."
        )
    return header


def _check_lines(name: str, data: bytes, separator: str, width: int) -> None:
    """Refuse the first line with too few or too many fields, by its number."""
    for line, fields in _records(name, data, separator):
        if len(fields) != width:
            raise DataError(
                f"{name}, line {line}: found {len(fields)} fields; expected {width}, as in the header. "
                "The line may be cut short, or a field may hold the separator without quotes."
            )


def _lines(name: str, data: bytes, separator: str, height: int) -> pl.Series:
    """Return the line on which each row begins, where cells in quotes run over several lines."""
    lines = pl.Series([line for line, _ in _records(name, data, separator)][1:], dtype=pl.Int64)
    if len(lines) != height:
        raise DataError(
            f"{name}: found {height} or {len(lines)} rows, by how its quotes are read; expected quotes around whole cells. "
            'Write a quote inside a cell as "".'
        )
    return lines


def _records(name: str, data: bytes, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the header and every row as fields, each with the number of the line on which it begins."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), delimiter=separator, strict=True)
    begin = 1
    try:
        for fields in reader:
            yield begin, fields
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {begin}: {quote(error)}. Expected plain CSV.") from error


def _as_utf8(name: str, data: bytes) -> bytes:
    r"""Return the text as UTF-8 with ``\n`` or ``\r\n`` as line ends and no empty lines at its end."""
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
        data = data.decode("latin-1").encode()
    if b"\x00" in data:
        raise DataError(f"{name} holds NUL bytes; expected text. Write it again as UTF-8 CSV.")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    if data.endswith((b"\n\n", b"\n\r\n")):
        data = data.rstrip(b"\r\n")
    if not data.strip():
        raise DataError(f"{name}, line 1: found no column names; expected a header such as Store,Date,Sales.")
    return data
