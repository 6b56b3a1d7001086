"""Parse columns of text into typed ones, by their declaration. A value that cannot be read is refused, never guessed."""

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.day_column import read_days
from storecast.data.dialect import TextTable
from storecast.data.file_columns import BY_NAME, REPLACES, file_column
from storecast.data.flag_words import are_flag_words, read_flag_words, refuse_mixed_words
from storecast.data.numbers import read_numbers
from storecast.data.refuse_rows import refuse_values
from storecast.errors import DataError

MIN_SHARE_OF_KINDS = 0.05  # of the cells of Promo, from which those that are no flags are no slips
IN_WORDS = r"\p{L}|^[^0-9]*$"  # a letter, or no digit at all
HOLIDAYS_ELSEWHERE = {  # what spreadsheets and databases make of "0", and flags of holidays that have no kinds
    "0.0": s.NO_HOLIDAY,
    "false": s.NO_HOLIDAY,
    **dict.fromkeys(("1", "1.0", "true"), s.PUBLIC_HOLIDAY),
}


def parse_column(table: TextTable, name: str, names: ColumnNames) -> pl.Series:
    """Return a column in its type; null where a cell is empty.

    Parameters
    ----------
    table : the file, under our names
    name : of the column
    names : what `storecast.toml` says of ids, dates and numbers

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
    text = table.frame.select(pl.col(name).str.strip_chars().replace("", None)).to_series()
    if column.kind in ("id", "text"):
        no_zero_byte = ~text.str.contains("\x00", literal=True)  # which CSV never holds, and no database keeps
        refuse_values(table, name, text, no_zero_byte, "a text without zero bytes")
    if column.kind == "date":
        return read_days(table, column, text, names)
    if column.kind == "category":
        return _categories(table, column, text)
    if column.kind == "months":
        return _months(table, column, text)
    if column.kind == "id":
        return text if names.text_ids else _store_numbers(table, name, text)
    if column.kind == "text":
        return text
    if name in table.numbers or (column.kind != "flag" and name in BY_NAME):
        return _numbers(table, column, text, names)
    return _flags_or_numbers(table, column, text, names)


def _flags_or_numbers(table: TextTable, column: s.Column, text: pl.Series, names: ColumnNames) -> pl.Series:
    """Return flags, or an own column: as words of a flag where the whole column holds them, else as numbers."""
    if text.str.contains(IN_WORDS).any():
        flags = read_flag_words(text)
        if flags is not None:
            return flags.cast(column.dtype).alias(column.name)
        if column.name == s.PROMO:
            _refuse_kinds_of_promotions(table, text)
        if column.kind == "flag":
            refuse_mixed_words(table, column.name, text)
    if column.name == s.PROMO:
        _refuse_kinds_of_promotions(table, text)
    return _numbers(table, column, text, names)


def _refuse_kinds_of_promotions(table: TextTable, text: pl.Series) -> None:
    """Refuse amounts or kinds of promotions under the name of the flag, and say how they are read."""
    filled = text.drop_nulls()
    others = filled.filter(~filled.str.contains(r"^[01]([.,]0*)?$") & ~are_flag_words(filled))
    if len(others) and len(others) >= MIN_SHARE_OF_KINDS * len(filled):
        expected = (
            "0 or 1. Where it holds amounts or several kinds of promotions, they are a column of your own that is known ahead: say "
            f'known = ["Promotions"] in storecast.toml, and Promotions = "{s.PROMO}" under [columns]'
        )
        refuse_values(table, s.PROMO, text, ~text.is_in(others.implode()), expected)


def _categories(table: TextTable, column: s.Column, text: pl.Series) -> pl.Series:
    flags = read_flag_words(text) if column.name == s.STATE_HOLIDAY else None
    if flags is not None:
        text = flags.cast(pl.String).alias(column.name)
    categories = text.str.to_lowercase().replace(HOLIDAYS_ELSEWHERE)
    refuse_values(table, column.name, text, categories.is_in(column.categories), column.expected)
    return categories


def _numbers(table: TextTable, column: s.Column, text: pl.Series, names: ColumnNames) -> pl.Series:
    value = read_numbers(table, column, text, names.decimal)
    value = value.set(value == 0, 0.0)  # minus zero is zero
    cell = pl.col(column.name)
    valid = cell.is_finite() & ~column.invalid()
    if column.dtype.is_integer():
        valid &= cell == cell.round()
    refuse_values(
        table, column.name, text, pl.DataFrame({column.name: value}).select(valid).to_series(), column.expected
    )
    return value.cast(column.dtype)


def _months(table: TextTable, column: s.Column, text: pl.Series) -> pl.Series:
    """Return a list of months as in ``Jan,Apr,Jul,Oct``, whatever its case and spaces."""
    names = {month.lower(): month for month in s.PROMO_MONTHS} | {"sep": "Sept"}
    lists = {
        given: [names.get(part.strip().lower()) for part in given.split(",")] for given in text.unique().drop_nulls()
    }
    wrong = [given for given, months in lists.items() if None in months]
    refuse_values(table, column.name, text, ~text.is_in(wrong), column.expected)
    return text.replace({given: ",".join(month or "" for month in months) for given, months in lists.items()})


def _store_numbers(table: TextTable, name: str, text: pl.Series) -> pl.Series:
    # Many programs write whole numbers with a decimal zero where the column has gaps, or had some.
    if name == REPLACES or text.str.ends_with(".0").all():
        text = text.str.replace(r"\.0$", "")
    valid = text.str.contains(rf"^(0|[1-9][0-9]{{0,{len(str(s.MAX_STORE_ID)) - 1}}})$")
    refuse_values(table, name, text, valid, 'a whole number, or store_ids = "text" in storecast.toml')
    return text.cast(pl.Int64)
