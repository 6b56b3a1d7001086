"""Every column declares what it may hold, and marks what it may not."""

import datetime as dt

import msgspec
import polars as pl
import pytest
from jsonschema_rs import Draft202012Validator

from storecast import schema as s
from storecast.service.requests.rows import json_type

VALUES: dict[str, tuple[list[object], list[object]]] = {
    "flag": ([0, 1, None], [2, -1]),
    "category": (["0", "a", None], ["d", ""]),
    "text": (["", "a", "x" * s.MAX_TEXT_LENGTH, None], ["x" * (s.MAX_TEXT_LENGTH + 1), "a\x00"]),
    "months": (["", "Jan,Apr,Sept", None], ["Jan,", "January", "Sep"]),
    "id": ([0, 7, s.MAX_STORE_ID, None], [-1, s.MAX_STORE_ID + 1]),
}


def values(column: s.Column) -> tuple[list[object], list[object]]:
    """Return values that a column may hold, and some that it may not."""
    if column.kind not in ("number", "date"):
        return VALUES[column.kind]
    assert column.low is not None
    assert column.high is not None
    if column.kind == "number":
        return [column.low, column.high, None], [-1, 1e12]
    first, last = int(column.low), int(column.high)
    return [dt.date(first, 1, 1), dt.date(last, 12, 31), None], [dt.date(first - 1, 12, 31), dt.date(last + 1, 1, 1)]


@pytest.mark.parametrize("column", s.COLUMNS, ids=lambda column: column.name)
def test_a_column_marks_the_values_that_have_no_meaning(column: s.Column) -> None:
    good, bad = values(column)
    dtype = pl.Int64() if column.kind == "flag" else column.dtype
    frame = pl.DataFrame({column.name: pl.Series(good + bad, dtype=dtype)})
    assert frame.select(column.invalid()).to_series().to_list() == [False] * len(good) + [True] * len(bad)


def test_ids_that_are_text_are_checked_as_text() -> None:
    frame = pl.DataFrame({s.STORE: ["a", "x" * s.MAX_ID_LENGTH, "", "x" * (s.MAX_ID_LENGTH + 1)]})
    invalid = frame.select(s.BY_NAME[s.STORE].invalid(pl.String())).to_series()
    assert invalid.to_list() == [False, False, True, True]


def test_names_are_declared_once() -> None:
    assert len(s.BY_NAME) == len(s.COLUMNS)


def test_an_own_column_is_any_number() -> None:
    frame = pl.DataFrame({"Price": [-3.5, 0.0, 2e9, None]})
    assert frame.select(s.own_column("Price").invalid()).to_series().to_list() == [False, False, True, False]


@pytest.mark.parametrize("column", s.COLUMNS, ids=lambda column: column.name)
def test_the_json_schema_of_a_column_takes_what_the_column_may_hold_and_nothing_else(column: s.Column) -> None:
    good, bad = values(column)
    as_json = [str(value) if isinstance(value, dt.date) else value for value in good]
    kind = json_type(column, None)
    validator = Draft202012Validator(msgspec.json.schema(kind | None))
    assert [value for value in as_json if not validator.is_valid(value)] == []
    assert not Draft202012Validator(msgspec.json.schema(kind)).is_valid(None)
    if column.kind not in ("date", "months"):  # a JSON Schema says of these that they are text
        assert [value for value in bad if validator.is_valid(value) and value != "a\x00"] == []
