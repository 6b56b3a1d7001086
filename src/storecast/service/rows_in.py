"""Rows of a request, whatever form they come in: objects, columns, or CSV."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from storecast.service import json_in
from storecast.service.problems import invalid, unreadable

ROWS, COLUMNS = "rows", "columns"


def fields_of(value: Any, allowed: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a body, none of them unknown."""
    if not isinstance(value, dict):
        raise invalid("body", f"expected an object with {', '.join(allowed)}")
    if not value.keys() <= set(allowed):
        raise invalid("body", f"has an unknown field; expected {', '.join(allowed)}")
    return value


def rows_of(fields: Mapping[str, Any], limit: int) -> list[Any]:
    """Return the rows of a body that holds them as ``rows`` or as ``columns``."""
    if (ROWS in fields) == (COLUMNS in fields):
        raise invalid("body", f"expected either {ROWS} or {COLUMNS}")
    rows = fields[ROWS] if ROWS in fields else _turned(fields[COLUMNS])
    if not isinstance(rows, list) or not rows:
        raise invalid(ROWS, "expected a list with at least one row")
    if len(rows) > limit:
        raise json_in.too_many(limit)
    return rows


def csv_rows(body: bytes, kinds: Mapping[str, type], limit: int) -> list[dict[str, Any]]:
    """Return the rows of a CSV file: commas, UTF-8, a header; an empty cell says nothing.

    Parameters
    ----------
    kinds : int, float or str of each column that may be there
    limit : most rows
    """
    if body.count(b"\n") > limit + 1:
        raise json_in.too_many(limit)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise unreadable(f"The body is not UTF-8: byte {error.start} cannot be read.") from error
    if b"\x00" in body:
        raise invalid("body", "holds a zero byte; expected CSV")
    header = body.partition(b"\n")[0]  # looked at before it becomes columns: each costs kilobytes
    if header.count(b",") >= len(kinds) or header.count(b'"') % 2:
        raise invalid("header", f"has more columns than there are, or an open quote; expected {', '.join(kinds)}")
    try:
        frame = pl.read_csv(io.BytesIO(body), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise invalid("body", "is not CSV: expected a header, commas, and as many cells in each line") from error
    if not set(frame.columns) <= kinds.keys():
        raise invalid("header", f"has an unknown column, or one twice; expected {', '.join(kinds)}")
    if frame.is_empty():
        raise invalid(ROWS, "expected at least one row")
    columns = []
    for name in frame.columns:
        text, kind = frame[name], kinds[name]
        if kind is str:
            columns.append(text.to_list())
            continue
        numbers = text.cast(pl.Int64 if kind is int else pl.Float64, strict=False)
        wrong = text.is_not_null() & (numbers.is_null() if kind is int else ~numbers.is_finite().fill_null(value=False))
        if wrong.any():
            what = "a whole number" if kind is int else "a number"
            raise invalid(f"{ROWS}[{wrong.arg_max()}].{name}", f"expected {what}")
        columns.append(numbers.to_list())
    return [dict(zip(frame.columns, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _turned(columns: Any) -> list[dict[str, Any]]:
    """Return columns as rows."""
    if not isinstance(columns, dict) or not columns or not all(isinstance(each, list) for each in columns.values()):
        raise invalid(COLUMNS, "expected an object with a list for each column")
    lengths = {len(each) for each in columns.values()}
    if len(lengths) > 1:
        raise invalid(COLUMNS, "expected lists of one length")
    names = tuple(columns)
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
