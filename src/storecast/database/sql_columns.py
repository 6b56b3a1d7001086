"""The SQL columns of a chain, generated from the columns of a Panel that `schema` declares."""

import re
from typing import Any

import polars as pl
import sqlalchemy as sa

from storecast import schema as s

STORE_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorted as bytes, on both


def sql_name(name: str) -> str:
    """Return the name of a Panel's column in the database.

    Examples
    --------
    >>> sql_name("StateHoliday"), sql_name("Promo2Since")
    ('state_holiday', 'promo2_since')
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def sql_names(table: s.Table) -> dict[str, str]:
    """Return the name in the database of each column of a Panel's table, its keys first, with the Panel's name for it."""
    return {sql_name(column.name): column.name for column in s.columns_of(table)}


def sql_columns(table: s.Table) -> list[sa.Column[Any]]:
    """Return the columns of a Panel's table beside its keys.

    Days are checked by the database too, whoever writes them; attributes of stores only by `writes`.
    """
    return [_sql_column(column) for column in s.COLUMNS if column.table == table]


def _sql_column(column: s.Column) -> sa.Column[Any]:
    name = sql_name(column.name)
    condition = None if column.table == "stores" else _condition(name, column)
    checks = [] if condition is None else [sa.CheckConstraint(condition)]
    return sa.Column(name, _sql_type(column), *checks, nullable=not column.required and column.default is None)


def _sql_type(column: s.Column) -> Any:
    if column.dtype == pl.Boolean():
        return sa.Boolean
    if column.kind == "flag":
        return sa.SmallInteger
    return {"number": sa.Double, "date": sa.Date}.get(column.kind, sa.Text)


def _condition(name: str, column: s.Column) -> str | None:
    if column.kind == "number":
        return f"{name} >= {_sql_number(column.low)} AND {name} <= {_sql_number(column.high)}"
    if column.kind == "category":
        return f"{name} IN ({', '.join(repr(category) for category in column.categories)})"
    return f"{name} IN (0, 1)" if column.dtype == pl.Int8() else None


def _sql_number(value: float | None) -> str:
    return f"{value:g}".replace("e+0", "e")
