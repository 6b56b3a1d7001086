"""A file as a table of text: encoding, separator and line ends are found, and nothing is guessed about the values."""

import csv
import io
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from storecast.errors import DataError, quote

SEPARATORS = (",", ";", "\t")
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, eq=False)
class TextTable:
    """A file as it was read: every cell text, null where it was empty."""

    name: str  # of the file, for messages
    frame: pl.DataFrame
    decimal_comma: bool
    header_lines: int = 1

    def line(self, row: int) -> str:
        """Say where a row stands in the file."""
        return f"line {row + self.header_lines + 1}" if self.header_lines else f"row {row + 1}"


def find(folder: Path, stem: str) -> Path | None:
    """Return the file of a table, CSV or Parquet; both at once are refused."""
    there = [path for suffix in (".csv", ".parquet") if (path := folder / f"{stem}{suffix}").exists()]
    if len(there) == 2:
        raise DataError(f"Found both {stem}.csv and {stem}.parquet; expected one of them. Remove the other.")
    return there[0] if there else None


def read_table(path: Path) -> TextTable:
    """Read a CSV or Parquet file as text; dates and numbers in Parquet keep their type."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise DataError(f"{path.name} is not a plain file; expected a CSV or Parquet file.")
    if path.stat().st_size == 0:
        raise DataError(f"{path.name} is empty; expected a header and a row a line.")
    if path.suffix == ".parquet":
        return _read_parquet(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}.") from error
    return _read_csv(path.name, _as_utf8(path.name, data))


def _read_parquet(path: Path) -> TextTable:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path.name} is not a whole Parquet file: {quote(error)}. Write it again.") from error
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Object]
    if nested:
        raise DataError(
            f"{path.name}, column {quote(nested[0])}: found nested values; expected text, numbers or dates."
        )
    return TextTable(path.name, frame.with_columns(pl.all().cast(pl.String)), decimal_comma=False, header_lines=0)


def _read_csv(name: str, data: bytes) -> TextTable:
    header_end = data.find(b"\n")
    head = data[: header_end if header_end >= 0 else len(data)].decode().rstrip("\r")
    separator = max(SEPARATORS, key=head.count)
    header = next(csv.reader([head], delimiter=separator), [])
    _check_header(name, header)
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            skip_rows=1,
            new_columns=header,
            separator=separator,
            infer_schema=False,
            schema={column: pl.String() for column in header},
        )
    except pl.exceptions.NoDataError:
        frame = pl.DataFrame(schema=dict.fromkeys(header, pl.String()))
    except pl.exceptions.PolarsError as error:
        _check_lines(name, data, separator, len(header))
        raise DataError(f"{name} cannot be read as a table: {quote(error)}. Write it again as plain CSV.") from error
    if frame.height and frame[header[-1]].null_count():
        _check_lines(name, data, separator, len(header))
    return TextTable(name, frame, decimal_comma=separator == ";")


def _check_header(name: str, header: list[str]) -> None:
    if not any(cell.strip() for cell in header):
        raise DataError(f"{name}, line 1: found no column names; expected a header such as Store,Date,Sales.")
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise DataError(
            f"{name}, line 1: the column {quote(twice[0])} stands twice; expected each name once. Rename one."
        )


def _check_lines(name: str, data: bytes, separator: str, width: int) -> None:
    """Refuse the first line with too few or too many fields, by its number."""
    reader = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator)
    try:
        for fields in reader:
            if fields and len(fields) != width:
                raise DataError(
                    f"{name}, line {reader.line_num}: found {len(fields)} fields; expected {width}, as in the header. "
                    "The line may be cut short, or a field may hold the separator without quotes."
                )
    except csv.Error as error:
        raise DataError(f"{name}, line {reader.line_num}: {quote(error)}. Expected plain CSV.") from error


def _as_utf8(name: str, data: bytes) -> bytes:
    encoding = next((encoding for bom, encoding in BOMS if data.startswith(bom)), None)
    try:
        if encoding is not None:
            return data.decode(encoding).encode()
        data.decode()
    except UnicodeDecodeError as error:
        if encoding is not None:
            raise DataError(f"{name} is not whole {encoding} text: {quote(error)}. Write it again as UTF-8.") from error
        return data.decode("latin-1").encode()
    if b"\x00" in data:
        raise DataError(f"{name} holds NUL bytes; expected text. Write it again as UTF-8 CSV.")
    return data
