"""Parse columns of text into typed ones, by their declaration. A value that cannot be read is refused, never guessed."""

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import TextTable
from storecast.data.file_columns import file_column
from storecast.errors import DataError, quote

THOUSANDS = r"^\d{1,3}(\.\d{3})+$"
NO_HOLIDAY_ELSEWHERE = {"0.0": s.NO_HOLIDAY, "false": s.NO_HOLIDAY}  # what spreadsheets and databases make of "0"


def parse_column(table: TextTable, name: str, names: ColumnNames) -> pl.Series:
    """Return a column in its type; null where a cell is empty.

    Parameters
    ----------
    table : the file, under our names
    name : of the column
    names : what `storecast.toml` says of ids and dates

    Raises
    ------
    DataError
        with file, line, column, what was found and what was expected
    """
    column = file_column(name)
    given = table.frame[name]
    if given.dtype != pl.String:
        raise DataError(f"{table.name}, column {name}: found {given.dtype} values; expected text, numbers or dates.")
    if name == s.ID:  # kept as given
        return given.replace("", None)
    text = given.str.strip_chars().replace("", None)
    if column.kind == "date":
        return _dates(table, column, text, names)
    if column.kind == "category":
        return _categories(table, column, text)
    if column.kind == "months":
        return _months(table, column, text)
    if column.kind == "id":
        return text if names.text_ids else _store_numbers(table, text)
    return text if column.kind == "text" else _numbers(table, column, text)


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


def _refuse_values(table: TextTable, column: str, text: pl.Series, valid: pl.Series, expected: str) -> None:
    """Refuse cells that are neither empty nor valid; null in ``valid`` is not valid."""
    refuse(table, table.frame, text.is_not_null() & ~valid.fill_null(value=False), column, None, expected)


def _categories(table: TextTable, column: s.Column, text: pl.Series) -> pl.Series:
    categories = text.str.to_lowercase().replace(NO_HOLIDAY_ELSEWHERE)
    _refuse_values(table, column.name, text, categories.is_in(column.categories), column.expected)
    return categories


def _numbers(table: TextTable, column: s.Column, text: pl.Series) -> pl.Series:
    if table.decimal_comma:
        text = _with_points(table, column.name, text)
    value = text.cast(pl.Float64, strict=False)
    value = value.set(value == 0, 0.0)  # minus zero is zero
    valid = value.is_finite() & ~pl.DataFrame({column.name: value}).select(column.invalid()).to_series()
    if column.dtype.is_integer():
        valid &= value == value.round()
    _refuse_values(table, column.name, text, valid, column.expected)
    return value.cast(column.dtype)


def _with_points(table: TextTable, name: str, text: pl.Series) -> pl.Series:
    """Return numbers with decimal points; refuse a point where it may stand between thousands."""
    dotted = text.str.contains(".", literal=True).fill_null(value=False)
    if not dotted.any():
        return text.str.replace(",", ".", literal=True)
    commas = text.str.contains(",", literal=True).fill_null(value=False).any()
    thousands = text.str.contains(THOUSANDS).fill_null(value=False)
    if commas or thousands.sum() == dotted.sum():
        expected = "a number without points between thousands, such as 1234 or 1234,50"
        refuse(table, table.frame, dotted, name, None, expected)
    return text


def _months(table: TextTable, column: s.Column, text: pl.Series) -> pl.Series:
    """Return a list of months as in ``Jan,Apr,Jul,Oct``, whatever its case and spaces."""
    names = {month.lower(): month for month in s.PROMO_MONTHS} | {"sep": "Sept"}
    lists = {
        given: [names.get(part.strip().lower()) for part in given.split(",")] for given in text.unique().drop_nulls()
    }
    wrong = [given for given, months in lists.items() if None in months]
    _refuse_values(table, column.name, text, ~text.is_in(wrong), column.expected)
    return text.replace({given: ",".join(month or "" for month in months) for given, months in lists.items()})


def _store_numbers(table: TextTable, text: pl.Series) -> pl.Series:
    valid = text.str.contains(rf"^(0|[1-9][0-9]{{0,{len(str(s.MAX_STORE_ID)) - 1}}})$")
    _refuse_values(table, s.STORE, text, valid, 'a whole number, or store_ids = "text" in storecast.toml')
    return text.cast(pl.Int64)


def _dates(table: TextTable, column: s.Column, text: pl.Series, names: ColumnNames) -> pl.Series:
    if names.date_format is None or column.name in table.dates:
        day = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        shape = text.str.contains(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$")
        what = 'an ISO date such as 2015-06-13, or date_format = "%d.%m.%Y" in storecast.toml'
    else:
        day = text.str.to_date(names.date_format, strict=False)
        shape = day.is_not_null()
        what = f"a date as date_format in storecast.toml says: {names.date_format}"
    valid = shape & day.dt.year().is_between(s.FIRST_YEAR, s.LAST_YEAR)
    _refuse_values(table, column.name, text, valid, f"{what}, from {s.FIRST_YEAR} to {s.LAST_YEAR}")
    return day
