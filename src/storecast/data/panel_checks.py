"""What every Panel promises: its columns and their types, no gaps in required ones, rows sorted by unique keys."""

import polars as pl

from storecast import schema as s
from storecast.errors import DataError, quote


def check_tables(sales: pl.DataFrame, stores: pl.DataFrame, calendar: pl.DataFrame) -> None:
    """Refuse tables that make no Panel.

    Parameters
    ----------
    sales, stores, calendar : the tables of a Panel

    Raises
    ------
    DataError
        a column is missing or has another type, a required value is missing, or rows are not sorted by unique keys
    """
    tables: dict[s.Table, pl.DataFrame] = {"sales": sales, "stores": stores, "calendar": calendar}
    for table, frame in tables.items():
        _check_columns(table, frame)
        _check_stores_dtype(table, frame, stores.schema[s.STORE])
        _check_required(table, frame)
        _check_order(table, frame)


def _check_columns(table: s.Table, frame: pl.DataFrame) -> None:
    for column in s.columns_of(table):
        dtype = frame.schema.get(column.name)
        if dtype is None:
            present = quote(", ".join(frame.columns))
            raise DataError(
                f"Panel.{table}: the column {column.name} is missing. Found {present}. Add it, of type {column.dtype}."
            )
        if dtype != column.dtype and not (column.kind == "id" and dtype == pl.String):
            expected = f"{column.dtype} or String" if column.kind == "id" else str(column.dtype)
            raise DataError(
                f"Panel.{table}, column {column.name}: found values of type {dtype}; expected {expected}. Cast the column."
            )


def _check_stores_dtype(table: s.Table, frame: pl.DataFrame, expected: pl.DataType) -> None:
    if frame.schema[s.STORE] != expected:
        raise DataError(
            f"Panel.{table}, column {s.STORE}: found values of type {frame.schema[s.STORE]}; expected {expected}, as in "
            "Panel.stores. Cast the column."
        )


def _check_required(table: s.Table, frame: pl.DataFrame) -> None:
    for column in s.columns_of(table):
        missing = frame[column.name].null_count() if column.required else 0
        if missing:
            raise DataError(
                f"Panel.{table}, column {column.name}: found {missing} missing values; expected {column.expected} "
                "in each row. Fill them in, or remove the rows."
            )


def _check_order(table: s.Table, frame: pl.DataFrame) -> None:
    """Refuse rows that are not sorted by their keys, or share one; a comparison of each row with the one before."""
    keys = s.TABLE_KEYS[table]
    wrong = _out_of_order(frame, keys)
    if not wrong.any():
        return
    names = " and ".join(keys)
    twice = frame.filter(pl.struct(keys).is_duplicated())
    if twice.height:
        key = ", ".join(f"{name} {quote(value)}" for name, value in zip(keys, twice.select(keys).row(0), strict=True))
        raise DataError(f"Panel.{table}: found two rows for {key}; expected one for each {names}. Remove the other.")
    raise DataError(
        f"Panel.{table}: row {wrong.arg_max()} is out of order; expected rows sorted by {names}. Sort the table by them."
    )


def _out_of_order(frame: pl.DataFrame, keys: tuple[str, ...]) -> pl.Series:
    """Mark each row whose key is not greater than that of the row before."""
    now, before = frame.select(keys).slice(1), frame.select(keys).head(max(frame.height - 1, 0))
    *first, last = keys
    wrong = before[last] >= now[last]
    for key in reversed(first):
        wrong = (before[key] > now[key]) | ((before[key] == now[key]) & wrong)
    return pl.concat([pl.Series([False], dtype=pl.Boolean), wrong])
