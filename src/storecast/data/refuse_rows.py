"""Refuse rows of a file: the first of them by its line and column, with what was found and what was expected."""

import polars as pl

from storecast import schema as s
from storecast.data.dialect import TextTable
from storecast.errors import DataError, quote


def refuse(
    table: TextTable, frame: pl.DataFrame, wrong: pl.Series, column: str, what: str | None, expected: str
) -> None:
    """Raise for the first wrong row, if there is one.

    Parameters
    ----------
    table : the file, which names the line
    frame : holds the values to show
    wrong : marks the rows to refuse
    column : in which they are wrong
    what : what was found, in words; None: the value itself
    expected : what was expected, in words

    Raises
    ------
    DataError
        with file, line, column, what was found and what was expected
    """
    row = wrong.arg_max() if wrong.any() else None
    if row is not None:
        what = quote(frame[column][row]) if what is None else what
        more = f" ({int(wrong.sum())} rows in all)" if wrong.sum() > 1 else ""
        raise DataError(f"{table.name}, {table.line(row)}, column {column}: found {what}; expected {expected}{more}.")


def refuse_values(table: TextTable, column: str, text: pl.Series, valid: pl.Series, expected: str) -> None:
    """Refuse cells that are neither empty nor valid.

    Parameters
    ----------
    table : the file, which names the line
    column : of the cells
    text : the cells; null where they are empty
    valid : marks the cells that can be read; null is not valid
    expected : what was expected, in words

    Raises
    ------
    DataError
        for the first such cell
    """
    if valid.null_count() or not valid.all():  # most columns are whole, and valid
        refuse(table, table.frame, text.is_not_null() & ~valid.fill_null(value=False), column, None, expected)


def refuse_second_value(
    table: TextTable, rows: pl.DataFrame, column: str, expected: str, *, cells: pl.Series | None = None
) -> None:
    """Refuse a row whose value is another one than the first of its store; a row without one is none.

    Parameters
    ----------
    table : the file, which names the line
    rows : Store and the column, in the order of the file
    column : of the values
    expected : what was expected, in words
    cells : what the file holds, where it is not the values themselves
    """
    first = pl.col(column).drop_nulls().first().over(s.STORE)
    other = rows.select((pl.col(column) != first).fill_null(value=False)).to_series()
    shown = rows[column] if cells is None else cells
    refuse(table, shown.to_frame(), other, shown.name, None, expected)
