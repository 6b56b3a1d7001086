"""Rows of a write as a table, every value checked for its type and its range."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.service.problems import invalid
from storecast.service.rows_in import ROWS

FLAGS = (s.OPEN, s.PROMO, s.SCHOOL_HOLIDAY)


def kinds_of(columns: Sequence[str], store: type) -> dict[str, type]:
    """Return int, float or str for each column that a write may have.

    Parameters
    ----------
    columns : beside Store and Date
    store : of the chain's store ids
    """
    kinds: dict[str, type] = {s.STORE: store, s.DATE: str}
    for name in columns:
        kinds[name] = int if name in FLAGS else str if name == s.STATE_HOLIDAY else float
    return kinds


def frame(rows: Sequence[Any], kinds: Mapping[str, type], needed: Sequence[str]) -> pl.DataFrame:
    """Return rows as a table with the columns that some row has.

    Parameters
    ----------
    kinds : of the columns that may be there
    needed : columns that no row may lack

    Raises
    ------
    Problem
        at the first value that has no meaning
    """
    there: set[str] = set()
    for number, row in enumerate(rows):
        if type(row) is not dict:
            raise invalid(f"{ROWS}[{number}]", f"expected an object with {', '.join(needed)}")
        there.update(row)
    if not there <= kinds.keys():
        number = next(k for k, row in enumerate(rows) if not row.keys() <= kinds.keys())
        raise invalid(f"{ROWS}[{number}]", f"has an unknown field; expected {', '.join(kinds)}")
    columns = {}
    for name in (name for name in kinds if name in there or name in needed):
        values = [row.get(name) for row in rows]
        if name in needed and None in values:
            raise invalid(f"{ROWS}[{values.index(None)}]", f"lacks {name}; expected {', '.join(needed)} in each row")
        columns[name] = _column(name, values, kinds[name])
    return pl.DataFrame(columns)


def _column(name: str, values: list[Any], kind: type) -> pl.Series:
    allowed = {type(None), kind} | ({int} if kind is float else set())
    if not set(map(type, values)) <= allowed:
        number = next(k for k, value in enumerate(values) if type(value) not in allowed)
        raise invalid(f"{ROWS}[{number}].{name}", f"expected {_expected(name, kind)}")
    if name == s.DATE:
        days = {text: _day(text) for text in set(values)}
        if None in days.values():
            number = next(k for k, text in enumerate(values) if days[text] is None)
            raise invalid(f"{ROWS}[{number}].{name}", f"expected {_expected(name, kind)}")
        return pl.Series([days[text] for text in values], dtype=pl.Date)
    dtype = pl.Int64 if kind is int else pl.Float64 if kind is float else pl.String
    series = pl.Series(name, values, dtype=dtype, strict=False)
    wrong = _outside(name, series)
    if wrong.any():
        raise invalid(f"{ROWS}[{wrong.arg_max()}].{name}", f"expected {_expected(name, kind)}")
    return series


def _outside(name: str, series: pl.Series) -> pl.Series:
    """Mark values that have no meaning."""
    if name in FLAGS:
        fits = series.is_between(0, 1)
    elif name == s.STATE_HOLIDAY:
        fits = series.is_in(s.STATE_HOLIDAYS)
    elif name == s.STORE:
        is_text = series.dtype == pl.String
        fits = (
            series.str.len_chars().is_between(1, s.MAX_ID_LENGTH) if is_text else series.is_between(0, s.MAX_STORE_ID)
        )
    elif name in (s.SALES, s.CUSTOMERS):
        fits = series.is_between(0, s.MAX_MONEY)
    else:
        fits = series.is_between(-s.MAX_MONEY, s.MAX_MONEY)
    return ~fits.fill_null(value=True)


def _expected(name: str, kind: type) -> str:
    if name == s.DATE:
        return f"a date such as 2015-06-14, from {s.FIRST_YEAR} to {s.LAST_YEAR}"
    if name in FLAGS:
        return "0 or 1"
    if name == s.STATE_HOLIDAY:
        return 'one of "' + '", "'.join(s.STATE_HOLIDAYS) + '"'
    if name == s.STORE:
        return "the id of a store, " + ("a text" if kind is str else "a whole number")
    return f"a number from {0 if name in (s.SALES, s.CUSTOMERS) else -s.MAX_MONEY:g} to {s.MAX_MONEY:g}"


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text) if len(text) == len("2015-06-14") else None
    except ValueError:
        return None
    return day if day is not None and s.FIRST_YEAR <= day.year <= s.LAST_YEAR else None
