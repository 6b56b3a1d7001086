"""Which mark is the decimal one, decided for all parts of a chain by every number that holds a mark.

A part alone could be read in another way than the chain: `12.5` in one part, `1.234.567` in another.
"""

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import TextTable
from storecast.data.file_columns import file_column
from storecast.data.flag_words import read_flag_words
from storecast.data.numbers import read_numbers
from storecast.data.own_categories import LETTER
from storecast.errors import DataError, quote
from storecast.parts.scan import ScannedFile, text_columns

MOST_NUMBERS = 100_000  # different ones with a mark, that are looked at


def decimal_mark(files: list[ScannedFile], names: ColumnNames) -> str | None:
    """Return the decimal mark of the sales and all other numbers; None where no number has one that decides.

    Parameters
    ----------
    files : of the sales
    names : what storecast.toml says, a decimal mark among it

    Raises
    ------
    DataError
        where a number could be read in two ways, or two columns have different marks
    """
    if names.decimal is not None:
        return names.decimal
    column_of: dict[str, str] = {}
    for file in files:
        for name in text_columns(file):
            if name in (s.SALES, s.CUSTOMERS, *names.known, *names.past, *names.facts):
                mark = _mark_of(file, name)
                if mark is not None:
                    column_of.setdefault(mark, name)
    if len(column_of) > 1:
        raise DataError(
            f"The column {quote(column_of['.'])} has a decimal point and {quote(column_of[','])} a decimal comma; a chain that is "
            "cut into parts needs one mark. Write one of them again."
        )
    return next(iter(column_of), None)


def refuse_texts(files: list[ScannedFile], names: ColumnNames) -> None:
    """Refuse own columns that hold texts: their flags would differ from part to part.

    Parameters
    ----------
    files : of sales and stores
    names : what storecast.toml says

    Raises
    ------
    DataError
        for the first such column
    """
    for file in files:
        for name in text_columns(file):
            if name not in (*names.known, *names.past, *names.facts):
                continue
            in_words = file.frame.select(name).filter(pl.col(name).str.contains(LETTER)).unique().head(MOST_NUMBERS)
            texts = in_words.collect(engine="streaming")[name].str.strip_chars()
            if len(texts) and read_flag_words(texts) is None:
                raise DataError(
                    f"{file.name}: the own column {quote(name)} holds texts such as {quote(texts.sort()[0])}, and a chain that is "
                    "cut into parts needs numbers. Write a column of 0 and 1 for each text."
                )


def _mark_of(file: ScannedFile, name: str) -> str | None:
    """Return the mark that alone reads the numbers of a column, None where both read them alike."""
    marked = file.frame.select(name).filter(_is_marked(name)).unique(maintain_order=True)
    text = marked.head(MOST_NUMBERS).collect(engine="streaming")[name].str.strip_chars()
    if text.is_empty():
        return None
    column = file_column(name)
    table = TextTable(file.name, text.to_frame())
    values = read_numbers(table, column, text, None)
    readings = {}
    for mark in ".,":
        try:
            readings[mark] = read_numbers(table, column, text, mark)
        except DataError:
            continue
    same = [mark for mark, reading in readings.items() if reading.equals(values)]
    return same[0] if len(same) == 1 else None


def _is_marked(name: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).str.contains(mark, literal=True) for mark in ".,")
