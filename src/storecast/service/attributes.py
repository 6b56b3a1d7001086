"""What is known of stores, as a request sends it."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.service.problems import invalid
from storecast.service.rows_in import ROWS

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2100, 12, 31)


def attributes(rows: list[Any], kind: type, store_type: pl.DataType, where: str = ROWS) -> pl.DataFrame:
    """Return stores as a table: Store and some of the columns of `schema.STORES_SCHEMA`.

    Parameters
    ----------
    rows : objects
    kind : int or str, of the chain's store ids
    store_type : the same, as a type of a column
    where : what the rows are called in the request

    Raises
    ------
    Problem
        where a store is no such object, stands twice, or a value has no meaning
    """
    seen: set[Any] = set()
    for number, row in enumerate(rows):
        place = f"{where}[{number}]"
        if not isinstance(row, dict) or type(row.get(s.STORE)) is not kind:
            raise invalid(place, f"expected an object with {s.STORE}, a {'text' if kind is str else 'whole number'}")
        if not row.keys() <= {s.STORE, *s.STORES_SCHEMA}:
            raise invalid(place, f"has an unknown field; expected {', '.join((s.STORE, *s.STORES_SCHEMA))}")
        if row[s.STORE] in seen:
            raise invalid(place, "names a store that stands before; expected each once")
        seen.add(row[s.STORE])
        if not _is_id(row[s.STORE]):
            raise invalid(
                f"{place}.{s.STORE}",
                f"expected a whole number from 0, or a text of 1 to {s.MAX_TEXT_LENGTH} characters",
            )
        for name, value in row.items():
            if name != s.STORE and value is not None:
                check, expected = _CHECKS[name]
                if not check(value):
                    raise invalid(f"{place}.{name}", f"expected {expected}")
    given = [name for name in s.STORES_SCHEMA if any(row.get(name) is not None for row in rows)]
    columns = {s.STORE: pl.Series([row[s.STORE] for row in rows], dtype=store_type)}
    for name in given:
        dtype = s.STORES_SCHEMA[name]
        values = [row.get(name) for row in rows]
        if dtype == pl.Date:
            values = [None if value is None else dt.date.fromisoformat(value) for value in values]
        columns[name] = pl.Series(values, dtype=dtype, strict=False)
    return pl.DataFrame(columns)


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return _is_text(value) and bool(value)
    return isinstance(value, int) and 0 <= value <= s.MAX_STORE_ID


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= s.MAX_TEXT_LENGTH and "\x00" not in value


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and FIRST <= dt.date.fromisoformat(value) <= LAST
    except ValueError:
        return False


def _is_metres(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= s.MAX_METRES


def _is_months(value: object) -> bool:
    return isinstance(value, str) and (not value or all(part in s.PROMO_MONTHS for part in value.split(",")))


_TEXT = (_is_text, f"a text of at most {s.MAX_TEXT_LENGTH} characters")
_DAY = (_is_day, "a date such as 2012-01-02")
_CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    s.STORE_TYPE: _TEXT,
    s.ASSORTMENT: _TEXT,
    s.STATE: _TEXT,
    s.COMPETITION_DISTANCE: (_is_metres, f"metres, from 0 to {s.MAX_METRES:g}"),
    s.COMPETITION_SINCE: _DAY,
    s.PROMO2: (lambda value: type(value) is int and value in (0, 1), "0 or 1"),
    s.PROMO2_SINCE: _DAY,
    s.PROMO_INTERVAL: (_is_months, f"months with commas between, of {' '.join(s.PROMO_MONTHS)}"),
}
