"""Text columns among a chain's own known-ahead columns: each level that the past has becomes a flag, `Weather = rain`.

From there on the flags are own columns as any other: models, the calendar ahead, the database and requests know nothing of texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from storecast.data.dialect import TextTable
from storecast.data.flag_words import read_both_words
from storecast.errors import DataError, quote

IS = " = "  # stands between the name of the column and the level
MIN_LEVEL_DAYS = 5  # store-days of the past, below which a level is no flag: nothing can be learned from it
MAX_LEVELS = 20
NUMBER = r"^[-+]?[0-9.,]*[0-9][0-9.,]*([eE][-+]?[0-9]+)?$"
LETTER = r"\p{L}"


def flag_name(column: str, level: str) -> str:
    """Name the flag of a level.

    Examples
    --------
    >>> flag_name("Weather", "rain")
    'Weather = rain'
    """
    return f"{column}{IS}{level}"


def column_of_flag(name: str) -> str:
    """Return the text column that a flag was made of; any other name as it is.

    Examples
    --------
    >>> column_of_flag("Weather = rain"), column_of_flag("Price")
    ('Weather', 'Price')
    """
    return name.partition(IS)[0]


def with_flags(
    tables: Mapping[str, TextTable], known: tuple[str, ...]
) -> tuple[dict[str, TextTable], tuple[str, ...], Mapping[str, int]]:
    """Put flags in place of the text columns of train and test.

    Parameters
    ----------
    tables : the files, under our names
    known : the chain's own known-ahead columns

    Returns
    -------
    the files, the own columns with flags in place of text, and how many cells of each text column hold no level

    Raises
    ------
    DataError
        where a column has too many levels
    """
    days = tables["train"]
    levels = {name: levels_of(days, name, least=MIN_LEVEL_DAYS) for name in known if is_text(days.frame[name])}
    if not levels:
        return dict(tables), known, {}
    flagged = {
        stem: table_with_flags(table, levels) if stem in ("train", "test") else table for stem, table in tables.items()
    }
    frames = [tables[stem].frame for stem in ("train", "test") if stem in tables]
    return flagged, flags_of(known, levels), cells_without_level(frames, levels)


def table_with_flags(table: TextTable, levels: Mapping[str, tuple[str, ...]], empty: str | None = "0") -> TextTable:
    """Return a file with a flag for each level in place of text columns.

    Parameters
    ----------
    table : the file, under our names
    levels : of each text column
    empty : what an empty cell is in each flag; none of the levels holds, unless another calendar leaves it as it is
    """
    columns: list[pl.Series] = []
    for column in table.frame.get_columns():
        if column.name not in levels:
            columns.append(column)
            continue
        text = column.str.strip_chars().fill_null("")
        for level in levels[column.name]:
            cells = (text == level).cast(pl.Int8).cast(pl.String).alias(flag_name(column.name, level))
            columns.append(cells.set(text == "", empty))
    return replace(table, frame=pl.DataFrame(columns))


def levels_of_flags(known: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the levels of the text columns that a chain's own columns were made of.

    Examples
    --------
    >>> levels_of_flags(("Price", "Weather = rain", "Weather = sun"))
    {'Weather': ('rain', 'sun')}
    """
    levels: dict[str, tuple[str, ...]] = {}
    for name in known:
        column, is_flag, level = name.partition(IS)
        if is_flag:
            levels[column] = (*levels.get(column, ()), level)
    return levels


def is_text(cells: pl.Series) -> bool:
    """Say whether a column holds texts: each cell that is not empty has a letter, and none is a number such as 1e5.

    A flag in words, such as ja and nein, is none.
    """
    text = cells.str.strip_chars()
    if read_both_words(text.replace("", None)) is not None:
        return False
    filled = text.filter((text != "").fill_null(value=False))
    return filled.len() > 0 and bool((filled.str.contains(LETTER) & ~filled.str.contains(NUMBER)).all())


def levels_of(table: TextTable, name: str, *, least: int) -> tuple[str, ...]:
    """Return the texts of a column, sorted.

    Parameters
    ----------
    table : the file, under our names
    name : of the column
    least : rows on which a text must stand

    Raises
    ------
    DataError
        where there are too many, or none
    """
    text = table.frame[name].str.strip_chars()
    counts = text.filter((text != "").fill_null(value=False)).value_counts(sort=True)
    frequent = counts.filter(pl.col("count") >= least)
    if frequent.height > MAX_LEVELS:
        raise DataError(
            f"{table.name}, column {quote(name)}: found {frequent.height} different texts, such as {quote(frequent[name][0])}; "
            f"expected numbers, or at most {MAX_LEVELS} texts that recur. Put rare ones together, or leave the column out of "
            "storecast.toml."
        )
    if frequent.is_empty():
        raise DataError(
            f"{table.name}, column {quote(name)}: no text stands in {least} rows or more, so nothing can be learned from it. "
            "Leave the column out of storecast.toml."
        )
    return tuple(frequent[name].sort())


def flags_of(names: Iterable[str], levels: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names of columns with those of their flags in place of text columns.

    Parameters
    ----------
    names : of the columns
    levels : of each text column

    Examples
    --------
    >>> flags_of(("Price", "Weather"), {"Weather": ("rain", "sun")})
    ('Price', 'Weather = rain', 'Weather = sun')
    """
    return tuple(
        flag
        for name in names
        for flag in ([flag_name(name, level) for level in levels[name]] if name in levels else [name])
    )


def cells_without_level(frames: Sequence[pl.DataFrame], levels: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Return how many cells of each text column hold none of its levels; columns without such cells are left out.

    Parameters
    ----------
    frames : tables of text, under our names
    levels : of each text column
    """
    counts = {
        name: sum(_other(frame[name], texts) for frame in frames if name in frame.columns)
        for name, texts in levels.items()
    }
    return {name: count for name, count in counts.items() if count}


def _other(cells: pl.Series, levels: tuple[str, ...]) -> int:
    text = cells.str.strip_chars()
    return int(((text != "") & ~text.is_in(levels)).fill_null(value=False).sum())
