"""The rebuild of fev-bench's tasks: weekly sums, seasonal naive of a series with gaps, and what is said of the published figure."""

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import fev
from fev_scores import (
    DECILES,
    daily_sales,
    naive_scores,
    quantile_scores,
    seasonal_naive,
    weekly_quantiles,
    weekly_sales,
)

TUESDAY = dt.date(2013, 1, 1)
NAN = np.nan


def rows(sales: dict[str, list[float]]) -> pl.DataFrame:
    """Return a row for each store and day from Tuesday on that is not missing."""
    return pl.DataFrame(
        [
            {"Store": store, "Date": TUESDAY + dt.timedelta(days=day), "Sales": value}
            for store, values in sales.items()
            for day, value in enumerate(values)
            if np.isfinite(value)
        ]
    )


def test_a_week_is_the_sum_of_its_days_and_missing_where_all_are() -> None:
    daily = daily_sales(rows({"a": [1.0] * 6 + [2.0] * 7 + [5.0], "b": [1.0] * 6 + [NAN] * 7 + [NAN, 3.0]}))
    weekly = weekly_sales(daily)
    assert weekly.first == dt.date(2012, 12, 31)
    assert weekly.last == dt.date(2013, 1, 20)
    np.testing.assert_array_equal(weekly.values, [[6, 14, 5], [6, NAN, 3]])


def test_the_quantiles_of_a_week_are_those_of_the_sums_of_each_draw() -> None:
    weekly = weekly_sales(daily_sales(rows({"a": [1.0] * 20, "b": [1.0] * 20})))
    days = pl.DataFrame({"Store": ["b", "a", "a", "a"], "Date": [dt.date(2013, 1, day) for day in (7, 6, 13, 7)]})
    up = np.arange(11.0)
    table = weekly_quantiles(days, np.stack([up, up, 10 - up, up]), weekly)
    assert table["Store"].to_list() == ["a", "a", "b"]
    assert table["Date"].to_list() == [dt.date(2012, 12, 31), dt.date(2013, 1, 7), dt.date(2013, 1, 7)]
    assert table["Q10"].to_list() == [1, 10, 1]  # what one day wins the other loses: the sum of the week is certain
    assert table["Q90"].to_list() == [9, 10, 9]


def test_the_seasonal_naive_forecast_carries_the_last_value_over_gaps() -> None:
    past = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, NAN, 10, NAN, NAN, 13, 14]])
    np.testing.assert_array_equal(seasonal_naive(past, 7, 9), [[8, 8, 10, 10, 10, 13, 14, 8, 8]])


def test_naive_scores_leave_missing_days_out_of_scale_and_errors() -> None:
    sales = daily_sales(rows({"a": [10.0, 20, 12, 26, 14, NAN, NAN, 30]}))
    # Differences of two days: 2, 6, 2, of which the mean is 10/3; carried: 14, 14; actual: 30 on the second day alone.
    ((mase, wape),) = naive_scores(sales, [TUESDAY + dt.timedelta(days=5)], 2, 2)
    assert mase == pytest.approx(16 / (10 / 3))
    assert wape == pytest.approx(16 / 30)


def test_quantiles_that_all_are_the_truth_lose_nothing_and_one_too_low_loses_its_share() -> None:
    sales = daily_sales(rows({"a": [1.0, 3, 1, 3, 5]}))
    table = pl.DataFrame(
        {"Store": ["a"], "Date": [TUESDAY + dt.timedelta(days=4)], **{name: [5.0] for name in DECILES}}
    )
    assert quantile_scores(table, sales, 1)[:3] == [0, 0, 0]
    low = table.with_columns(pl.lit(4.0).alias("Q90"))
    assert quantile_scores(low, sales, 1)[0] == pytest.approx(2 * 0.9 * 1 / 2 / 9)  # the scale is 2


@pytest.mark.parametrize(("mase", "match"), [(1.77829, True), (1.61, False)])
def test_a_rebuild_says_whether_it_matches_the_published_figure(mase: float, match: bool) -> None:
    matches, (sentence, _) = fev.prove(fev.TASKS["rohlik_orders_1D"], np.tile([mase, 0.08272], (5, 1)))
    assert matches is match
    assert ("matches" if match else "DOES NOT MATCH") in sentence


def test_the_windows_in_reach_are_those_of_which_all_days_are_there() -> None:
    cutoffs = fev.TASKS["rossmann_1W"].cutoffs(dt.date(2015, 6, 13))
    assert (len(cutoffs), cutoffs[0], cutoffs[-1]) == (7, dt.date(2013, 8, 4), dt.date(2015, 2, 1))
    assert len(fev.TASKS["rohlik_orders_1D"].cutoffs(dt.date(2024, 3, 15))) == 5
