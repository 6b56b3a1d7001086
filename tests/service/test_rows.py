"""Rows of requests: a chain's own column may have any name, whatever a program calls its fields."""

import json

import pytest
from msgspec import Raw

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.service.problems import Problem
from storecast.service.requests.csv_rows import read_csv_rows
from storecast.service.requests.rows import RowType, sale_rows

OWN = ("Footfall plan", "Weather = rain", "class", "Leaflet")
ROW = {
    "Store": 1,
    "Date": "2015-06-12",
    "Sales": 5.0,
    "Footfall plan": 120.5,
    "Weather = rain": 1,
    "class": 2,
    "Leaflet": 3,
}


@pytest.fixture
def rows() -> RowType:
    return sale_rows(int, OWN)


def as_objects(row: dict[str, object]) -> tuple[Raw, Raw]:
    return Raw(json.dumps([row]).encode()), Raw()


def as_columns(row: dict[str, object]) -> tuple[Raw, Raw]:
    return Raw(), Raw(json.dumps({name: [value] for name, value in row.items()}).encode())


@pytest.mark.parametrize("body", [as_objects, as_columns])
def test_own_columns_of_any_name_are_read(rows: RowType, body) -> None:  # type: ignore[no-untyped-def]
    frame = rows.frame(rows.decode(*body(ROW), max_rows=10))
    assert frame.select(OWN).row(0) == (120.5, 1.0, 2.0, 3.0)
    assert frame[s.SALES][0] == 5


def test_own_columns_of_any_name_are_read_from_csv(rows: RowType) -> None:
    body = ",".join(ROW) + "\n" + ",".join(str(value) for value in ROW.values()) + "\n"
    frame = read_csv_rows(body.encode(), rows, ColumnNames(), 10).frame
    assert frame.select(OWN).row(0) == (120.5, 1.0, 2.0, 3.0)
    assert rows.frame(rows.structs(frame)).equals(frame)


@pytest.mark.parametrize("name", ["column_6", "Footfall", "footfall plan"])
def test_other_names_are_refused(rows: RowType, name: str) -> None:
    with pytest.raises(Problem):
        rows.decode(*as_objects(ROW | {name: 1}), max_rows=10)


def test_a_value_that_cannot_be_is_refused_under_the_name_of_the_column(rows: RowType) -> None:
    with pytest.raises(Problem, match="Footfall plan"):
        rows.decode(*as_objects(ROW | {"Footfall plan": "many"}), max_rows=10)


def test_csv_that_is_sent_has_texts_and_columns_of_the_past_as_files_have_them() -> None:
    rows = sale_rows(int, ("Weather = rain", "Weather = sun", "past: Receipts"))
    body = b"Store,Date,Sales,Weather,Receipts\n1,2015-06-12,5,rain,2\n1,2015-06-13,5,fog,\n1,2015-06-14,5,,3\n"
    frame = read_csv_rows(body, rows, ColumnNames(), 10).frame
    assert frame["Weather = rain"].to_list() == [1, 0, None]
    assert frame["Weather = sun"].to_list() == [0, 0, None]
    assert frame["past: Receipts"].to_list() == [2, None, 3]
