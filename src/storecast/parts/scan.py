"""The files of a folder as streams: nothing but their first lines is in memory.

The dialect of a CSV file is found on its first lines as `data.dialect` finds it, and every later line is held to it. What would
need the whole file at once, an old encoding or a packed file, is refused in one sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import BOMS, SEPARATORS, TextTable, check_lines, find_header, frame_as_text, read_header
from storecast.data.file_layout import TOTALS
from storecast.data.file_tables import (
    LONGEST_END,
    find_files,
    header_names,
    need_columns,
    refuse_absent_names,
    with_our_names,
)
from storecast.data.plain_files import GZIP, ZIP
from storecast.data.target import BESIDE_TARGET
from storecast.errors import DataError, quote

HEAD_BYTES = 1_000_000  # of a file, on which its dialect is found
HEAD_ROWS = 1000
KEY = "part key"  # the id of a store as text, however it is written
ROW = "part row"
REMEDY = "Write it again as a plain CSV in UTF-8, or as Parquet."


@dataclass(frozen=True, eq=False)
class ScannedFile:
    """A file as a stream.

    Attributes
    ----------
    path : of the file
    frame : its rows, every cell of a CSV text
    head : its first rows as a table of text
    separator : of a CSV; empty for Parquet
    above : lines above the header
    """

    path: Path
    frame: pl.LazyFrame
    head: TextTable
    separator: str = ""
    above: int = 0

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    def where(self, row: int) -> str:
        """Say where a row stands, counted from 0."""
        if not self.separator:
            return f"row {row + 1}"
        return f"line {row + 2 + self.above}, or later where cells hold line ends"


def scan_files(data: Path, names: ColumnNames) -> dict[str, list[ScannedFile]]:
    """Open the files of each table as streams.

    Parameters
    ----------
    data : the folder of a chain's files, or the one file that holds its sales
    names : what storecast.toml says of them

    Raises
    ------
    DataError
        where a file is missing, lacks a column, or cannot be read as a stream
    """
    if names.layout.wide is not None or names.layout.one_store is not None:
        setting = "wide" if names.layout.wide is not None else "one_store"
        raise DataError(
            f"storecast.toml says {setting}; a chain that is cut into parts needs a row per store and day, and a column Store."
        )
    paths = find_files(data, names.layout)
    opened = {
        stem: [_open(path, names.of(stem, path.name)) for path in files] for stem, files in paths.items() if files
    }
    refuse_absent_names(names, {stem: [file.head for file in files] for stem, files in opened.items()})
    tables = {
        stem: [_with_our_names(file, names.of(stem, file.name)) for file in files] for stem, files in opened.items()
    }
    needed: Mapping[str, Sequence[str]] = {
        "train": (*s.KEYS, s.SALES, *names.known, *names.past),
        "test": s.KEYS,
        "store": (s.STORE,),
        "store_states": (s.STORE, s.STATE),
    }
    need_columns([(file.head, needed[stem]) for stem, files in tables.items() for file in files if stem in needed])
    return tables


def store_key(column: str = s.STORE) -> pl.Expr:
    """Return the id of a store as text, however it is written; null where a row has none."""
    store = pl.col(column).cast(pl.String).str.strip_chars().str.strip_suffix(".0")
    return pl.when(store != "").then(store).alias(KEY)


def text_columns(file: ScannedFile) -> list[str]:
    """Return the columns of a file that are text: those of a CSV."""
    schema = file.frame.collect_schema()
    return [name for name, dtype in schema.items() if dtype == pl.String and name not in (KEY, BESIDE_TARGET)]


def check_end(file: ScannedFile) -> int:
    """Return how many rows at the end of a file are totals or empty; a row without a store anywhere else is refused.

    Parameters
    ----------
    file : of sales, days ahead or stores

    Raises
    ------
    DataError
        for the first row without a store that is not one of totals, and for a line that is cut short
    """
    columns = [name for name in file.frame.collect_schema() if name != KEY]
    keys = [key for key in s.KEYS if key in columns]
    short = pl.col(columns[-1]).is_null() & pl.all_horizontal(pl.col([KEY, *keys]).is_not_null())
    try:
        counts = file.frame.select(pl.len().alias("rows"), short.any().alias("short"), pl.col(KEY).null_count())
        rows, cut_short, nameless = counts.collect(engine="streaming").row(0)
    except pl.exceptions.PolarsError as error:
        _check_lines(file, len(columns))
        raise DataError(f"{file.name} cannot be read as a table: {quote(error)}. {REMEDY}") from error
    if cut_short:
        _check_lines(file, len(columns))
    if not nameless:
        return 0
    of_no_store = file.frame.with_row_index(ROW).filter(pl.col(KEY).is_null()).head(HEAD_ROWS)
    strange = of_no_store.collect(engine="streaming").with_columns(pl.col(ROW).cast(pl.Int64))
    total = pl.all_horizontal(_bare(key).is_in(["", *TOTALS]) for key in keys) & (pl.col(ROW) >= rows - LONGEST_END)
    empty = pl.all_horizontal(pl.exclude(ROW).is_null()) & (pl.col(ROW) >= rows - nameless)
    wrong = strange.filter(~(total | empty))
    if wrong.height or nameless == rows:
        row = (wrong if wrong.height else strange)[ROW][0]
        raise DataError(
            f"{file.name}, {file.where(row)}, column Store: found an empty cell; expected a value in each row."
        )
    return int(nameless)


def _bare(name: str) -> pl.Expr:
    """Return a cell as it is compared with the names of totals."""
    return pl.col(name).cast(pl.String).fill_null("").str.strip_chars().str.strip_chars(":*= ").str.to_lowercase()


def _check_lines(file: ScannedFile, width: int) -> None:
    if not file.separator:
        return
    with file.path.open("rb") as stream:
        for _ in range(file.above):
            stream.readline()
        check_lines(file.name, stream, file.separator, file.above, width)


def _open(path: Path, names: ColumnNames) -> ScannedFile:
    """Return a file under its own names."""
    if path.suffix == ".xlsx":
        raise DataError(f"{path.name} is a workbook, which cannot be read as a stream. Save its sheet as CSV in UTF-8.")
    if path.suffix == ".parquet":
        try:
            frame = pl.scan_parquet(path, glob=False)
            head = frame.head(HEAD_ROWS).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"{path.name} is not a whole Parquet file: {quote(error)}. Write it again.") from error
        return ScannedFile(path, frame, frame_as_text(path.name, head))
    with path.open("rb") as stream:
        start = stream.read(HEAD_BYTES)
    if start.startswith((GZIP, ZIP)):
        raise DataError(f"{path.name} is packed, so it cannot be read as a stream. Unpack it, or write it as Parquet.")
    text = _utf8(path.name, start)
    above, begin, separator = find_header(path.name, text, header_names(names))
    line = text[begin:].split(b"\n", 1)[0].decode().rstrip("\r")
    separator = separator or max(SEPARATORS, key=line.count)
    header = read_header(path.name, line, separator, above)
    frame = pl.scan_csv(
        path,
        has_header=False,
        skip_lines=above + 1,
        separator=separator,
        schema=dict.fromkeys(header, pl.String()),
        glob=False,
    )
    file = ScannedFile(path, frame, TextTable(path.name, pl.DataFrame(), above=above), separator, above)
    try:
        head = frame.head(HEAD_ROWS).collect()
    except pl.exceptions.PolarsError as error:
        _check_lines(file, len(header))
        raise DataError(f"{path.name} cannot be read as a table: {quote(error)}. {REMEDY}") from error
    return replace(file, head=TextTable(path.name, head, above=above))


def _with_our_names(file: ScannedFile, names: ColumnNames) -> ScannedFile:
    """Return a file under our names, with `KEY` where it has a column Store."""
    head = with_our_names(file.head, names)
    frame = file.frame.rename(names.rename(file.head.frame.columns))
    if s.STORE in head.frame.columns:
        frame = frame.with_columns(store_key())
    return replace(file, frame=frame, head=head)


def _utf8(name: str, start: bytes) -> bytes:
    """Return the first bytes of a file as UTF-8 without its mark; another encoding is refused."""
    mark = next((bom for bom, encoding in BOMS if start.startswith(bom) and encoding == "utf-8-sig"), b"")
    text = start.removeprefix(mark)
    if not text.strip():
        raise DataError(f"{name} is empty; expected a header and a row a line.")
    whole_lines = text[: text.rfind(b"\n") + 1] or text
    try:
        whole_lines.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not in UTF-8, so it cannot be read as a stream. {REMEDY}") from error
    if b"\x00" in text or b"\n" not in text:
        raise DataError(f"{name} is not plain text with lines, so it cannot be read as a stream. {REMEDY}")
    return whole_lines
