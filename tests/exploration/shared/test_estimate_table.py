import polars as pl
import pytest

from storecast.exploration.shared.estimate_table import EstimateTable, chart_series, chart_series_by_measure
from storecast.exploration.shared.estimates import Estimate, Unit, tidy_table


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


def test_the_first_estimate_that_fits_is_returned(table: pl.DataFrame) -> None:
    estimates = EstimateTable(table)
    result = estimates.first("uplift", "Mon", "customers")
    assert result is not None
    assert result["Value"] == 0.1
    assert estimates.first("uplift", "Wed") is None
    assert estimates.has("curve")
    assert not estimates.has("nothing")
    curve = estimates.first("curve", position=1.0)
    assert curve is not None
    assert curve["Value"] is None


def test_estimates_become_series_with_their_intervals(table: pl.DataFrame) -> None:
    rows = EstimateTable(table).part("uplift", "sales")
    series = chart_series("sales", rows)
    assert (list(series.x), list(series.y)) == (["Mon", "Tue"], [0.4, 0.2])
    assert series.low == [0.3, None]
    assert chart_series("sales", rows, "Position", bounds=False).low is None
    assert chart_series("sales", rows, ["a", "b"]).x == ["a", "b"]


def test_each_measure_is_a_series_of_its_own(table: pl.DataFrame) -> None:
    series = chart_series_by_measure(EstimateTable(table).part("uplift"))
    assert [one.name for one in series] == ["sales", "customers"]
