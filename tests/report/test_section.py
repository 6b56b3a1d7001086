import polars as pl
import pytest

from storecast.questions.tidy import CHANGE, CORRELATION, COUNT, MONEY, SHARE, Line, tidy
from storecast.report.section import Reader, cell, crossed, interval, number, said


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, CHANGE, "+12.3 %"), (-0.1, CHANGE, "−10.0 %"), (-0.00001, CHANGE, "+0.0 %"), (0.5, SHARE, "50.0 %"),
        (-0.456, CORRELATION, "−0.46"), (1234.4, COUNT, "1,234"), (1234567.0, MONEY, "1.2 million"), (1234.4, MONEY, "1,234"),
        (9.617, MONEY, "9.62"), (1.25, "elasticity", "1.25"), (None, CHANGE, "–"), ("x", CHANGE, "–"),
    ],
)  # fmt: skip
def test_a_value_is_written_by_its_unit(value: object, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_an_estimate_without_interval_is_said_without_one() -> None:
    line = {"Unit": SHARE, "Value": 0.25, "Low": None, "High": None}
    assert (said(line), cell(line), interval(line)) == ("25.0 %", "25.0 %", "–")
    assert said(None) == "unknown"
    assert cell(None) == "–"


def test_millions_stand_once_in_an_interval() -> None:
    line = {"Unit": MONEY, "Value": 43e6, "Low": 42e6, "High": 45e6}
    assert said(line) == "43.0 million (95 % interval 42.0 to 45.0 million)"


@pytest.fixture
def table() -> pl.DataFrame:
    return tidy(
        [
            Line("uplift", "Mon", "sales", CHANGE, 0.4, 0.3, 0.5),
            Line("uplift", "Tue", "sales", CHANGE, 0.2),
            Line("uplift", "Mon", "customers", CHANGE, 0.1),
            Line("curve", "all", "sales", CHANGE, float("nan"), position=1.0),
        ]
    )


def test_a_reader_finds_the_first_estimate_that_fits(table: pl.DataFrame) -> None:
    read = Reader(table)
    found = read.line("uplift", "Mon", "customers")
    assert found is not None
    assert found["Value"] == 0.1
    assert read.line("uplift", "Wed") is None
    assert read.has("curve")
    assert not read.has("nothing")
    curve = read.line("curve", position=1.0)
    assert curve is not None
    assert curve["Value"] is None


def test_a_crossed_table_has_a_row_a_group_and_a_column_a_measure(table: pl.DataFrame) -> None:
    found = crossed(Reader(table).part("uplift"), "Uplift.", "weekday")
    assert found.head == ("weekday", "sales", "customers")
    assert list(found.rows) == [("Mon", "+40.0 % (+30.0 to +50.0)", "+10.0 %"), ("Tue", "+20.0 %", "–")]
