import polars as pl
import pytest

from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import Estimate, Unit, tidy_table
from storecast.exploration.shared.wording import cross_table, format_value, full_text, interval_text, short_text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, Unit.CHANGE, "+12.3%"), (-0.1, Unit.CHANGE, "−10.0%"), (-0.00001, Unit.CHANGE, "+0.0%"),
        (0.5, Unit.SHARE, "50.0%"), (-0.456, Unit.CORRELATION, "−0.46"), (1234.4, Unit.COUNT, "1,234"),
        (1234567.0, Unit.MONEY, "1.2 million"), (1234.4, Unit.MONEY, "1,234"), (9.617, Unit.MONEY, "9.62"),
        (1.25, Unit.ELASTICITY, "1.25"), (None, Unit.CHANGE, "–"), ("x", Unit.CHANGE, "–"),
    ],
)  # fmt: skip
def test_a_value_is_written_by_its_unit(value: object, unit: str, text: str) -> None:
    assert format_value(value, unit) == text


def test_an_estimate_without_interval_is_written_without_one() -> None:
    estimate = {"Unit": Unit.SHARE, "Value": 0.25, "Low": None, "High": None}
    assert (full_text(estimate), short_text(estimate), interval_text(estimate)) == ("25.0%", "25.0%", "–")
    assert full_text(None) == "unknown"
    assert short_text(None) == "–"


def test_millions_stand_once_in_an_interval() -> None:
    estimate = {"Unit": Unit.MONEY, "Value": 43e6, "Low": 42e6, "High": 45e6}
    assert full_text(estimate) == "43.0 million (95% interval 42.0 to 45.0 million)"


@pytest.fixture
def table() -> pl.DataFrame:
    return tidy_table(
        [
            Estimate("uplift", "Mon", "sales", Unit.CHANGE, 0.4, 0.3, 0.5),
            Estimate("uplift", "Tue", "sales", Unit.CHANGE, 0.2),
            Estimate("uplift", "Mon", "customers", Unit.CHANGE, 0.1),
            Estimate("curve", "all", "sales", Unit.CHANGE, float("nan"), position=1.0),
        ]
    )


def test_a_cross_table_has_a_row_a_group_and_a_column_a_measure(table: pl.DataFrame) -> None:
    result = cross_table(EstimateTable(table).part("uplift"), "Uplift.", "weekday")
    assert result.head == ("weekday", "sales", "customers")
    assert list(result.rows) == [("Mon", "+40.0% (+30.0 to +50.0)", "+10.0%"), ("Tue", "+20.0%", "–")]
