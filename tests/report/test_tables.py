"""Totals to the cent, last year like for like, rows as they were asked."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storecast import schema as s
from storecast.report.tables import YEAR, beside_last_year, changes, forecast_table, like_for_like, submission
from storecast.uncertainty.totals import totals

FIRST = dt.date(2014, 3, 5)  # a Wednesday
DAYS = 20
CENTS = st.lists(st.lists(st.integers(0, 10**9), min_size=DAYS, max_size=DAYS), min_size=3, max_size=3)
STORES = pl.DataFrame({s.STORE: [1, 2, 3], s.STORE_TYPE: ["a", "", "a"], s.STATE: ["HE", "", "BY"]})


def forecast_of(cents: list[list[int]]) -> pl.DataFrame:
    rows = [
        (store, FIRST + dt.timedelta(days=k), c / 100)
        for store, line in enumerate(cents, 1)
        for k, c in enumerate(line)
    ]
    return pl.DataFrame(rows, schema=[s.STORE, s.DATE, s.FORECAST], orient="row")


def sales_of(forecast: pl.DataFrame, *, but: pl.Expr) -> pl.DataFrame:
    """Return sales of 2.00 on the same weekdays a year before, without the rows of ``but``."""
    return forecast.filter(~but).select(s.STORE, pl.col(s.DATE) - YEAR, pl.lit(2.0).alias(s.SALES))


@settings(max_examples=30)
@given(CENTS)
def test_totals_are_the_sums_of_the_days_to_the_cent(cents: list[list[int]]) -> None:
    result = totals(forecast_of(cents), STORES)
    for name in ("store", "type", "state", "chain"):
        for part in ("week", "horizon"):
            lines = result.filter(pl.col("Level") == f"{name}-{part}")
            assert sum(round(value * 100) for value in lines[s.FORECAST]) == sum(map(sum, cents))
    of_type = {key: total for level, key, *_, total in result.rows() if level == "type-horizon"}
    assert {key: round(total * 100) for key, total in of_type.items()} == {
        "a": sum(cents[0]) + sum(cents[2]),
        "unknown": sum(cents[1]),
    }


def test_weeks_run_from_monday_to_sunday_and_are_cut_at_the_ends() -> None:
    result = totals(forecast_of([[100] * DAYS] * 3), STORES).filter(pl.col("Level") == "chain-week")
    ends = ((3, 5), (3, 9)), ((3, 10), (3, 16)), ((3, 17), (3, 23)), ((3, 24), (3, 24))
    assert result.select("Start", "End").rows() == [(dt.date(2014, *a), dt.date(2014, *b)) for a, b in ends]
    assert result[s.FORECAST].to_list() == [15.0, 21.0, 21.0, 3.0]


def test_weeks_across_new_year_stay_whole() -> None:
    forecast = forecast_of([[100] * 7]).with_columns(pl.col(s.DATE) + dt.timedelta(days=299))  # Mon 2014-12-29
    result = totals(forecast, STORES).filter(pl.col("Level") == "chain-week")
    assert result.select("Start", "End").rows() == [(dt.date(2014, 12, 29), dt.date(2015, 1, 4))]


def test_a_store_that_was_shut_with_rows_of_nothing_is_no_growth_either() -> None:
    forecast = forecast_of([[300] * DAYS, [300] * DAYS])
    sales = sales_of(forecast, but=pl.lit(value=False)).with_columns(
        pl.when(pl.col(s.STORE) == 2).then(0.0).otherwise(s.SALES).alias(s.SALES)
    )
    weeks = beside_last_year(forecast, sales)
    assert weeks.filter(pl.col(s.STORE) == 2)["LastYear"].is_null().all()
    assert like_for_like(weeks)["Change"].to_list() == pytest.approx([0.5])


def test_a_store_that_was_shut_last_year_counts_in_the_total_and_in_no_change() -> None:
    forecast = forecast_of([[300] * DAYS, [300] * DAYS, [300] * DAYS])
    shut = (pl.col(s.STORE) == 3) & (pl.col(s.DATE) >= dt.date(2014, 3, 17))
    weeks = beside_last_year(forecast, sales_of(forecast, but=shut))
    assert weeks.filter(pl.col("LastYear").is_null()).select(s.STORE, "Week").rows() == [
        (3, dt.date(2014, 3, 17)),
        (3, dt.date(2014, 3, 24)),
    ]
    chain = like_for_like(weeks).row(0, named=True)
    assert chain[s.FORECAST] == 3 * DAYS * 3.0
    assert chain["Like"] == (3 * DAYS - 8) * 3.0
    assert chain["LastYear"] == (3 * DAYS - 8) * 2.0
    assert chain["Change"] == pytest.approx(0.5)
    assert like_for_like(weeks, "Week")["Change"].to_list() == pytest.approx([0.5] * 4)


def test_a_closed_day_without_a_row_last_year_does_not_hide_its_week() -> None:
    cents = [[0 if (FIRST + dt.timedelta(days=k)).weekday() == 6 else 300 for k in range(DAYS)]]
    forecast = forecast_of(cents)
    weeks = beside_last_year(forecast, sales_of(forecast, but=pl.col(s.FORECAST) == 0))
    assert weeks["LastYear"].to_list() == [8.0, 12.0, 12.0, 2.0]


@pytest.mark.parametrize(("days", "sold"), [(1, 12.0), (2, None)])
def test_a_holiday_without_a_row_last_year_does_not_hide_its_week(days: int, sold: float | None) -> None:
    forecast = forecast_of([[300] * DAYS, [300] * DAYS])
    monday = dt.date(2014, 3, 10)
    shut = (pl.col(s.STORE) == 1) & pl.col(s.DATE).is_between(monday, monday + dt.timedelta(days=days - 1))
    weeks = beside_last_year(forecast, sales_of(forecast, but=shut))
    assert weeks.filter((pl.col(s.STORE) == 1) & (pl.col("Week") == monday))["LastYear"].to_list() == [sold]
    with_rows = sales_of(forecast, but=shut).with_columns(
        pl.when((pl.col(s.STORE) == 1) & (pl.col(s.DATE).dt.weekday() == 7)).then(0.0).otherwise(s.SALES).alias(s.SALES)
    )
    weeks = beside_last_year(forecast, with_rows)  # closed days have rows: a day without one is unknown
    assert weeks.filter((pl.col(s.STORE) == 1) & (pl.col("Week") == monday))["LastYear"].to_list() == [None]


def test_without_last_year_nothing_is_compared() -> None:
    forecast = forecast_of([[300] * DAYS])
    chain = like_for_like(beside_last_year(forecast, sales_of(forecast, but=pl.lit(value=True)))).row(0, named=True)
    assert (chain["Like"], chain["LastYear"], chain["Change"]) == (None, None, None)
    assert chain[s.FORECAST] == DAYS * 3.0


def test_rows_stand_in_the_order_of_the_request() -> None:
    forecast = forecast_of([[100, 200], [300, 400]])
    requested = pl.DataFrame({s.ID: ["9", "8"], s.STORE: [2, 1], s.DATE: [FIRST, FIRST]})
    assert forecast_table(forecast, requested)[s.FORECAST].to_list() == [3.0, 1.0]
    assert forecast_table(forecast.reverse(), None)[s.FORECAST].to_list() == [1.0, 2.0, 3.0, 4.0]
    assert submission(forecast, requested, np.array([0.5, 1.0, 0.5, 1.0])).rows() == [("9", 1.5), ("8", 0.5)]


def test_changes_tell_what_moved_largest_first() -> None:
    before, now = forecast_of([[100, 200, 300, 0]]), forecast_of([[100, 250, 100, 50, 70]])
    result = changes(before, now)
    assert result["Change"].to_list() == [-2.0, 0.5, 0.5]
    assert result["ChangePercent"].to_list() == [-66.7, 25.0, None]
    assert result["Before"].to_list() == [3.0, 2.0, 0.0]
