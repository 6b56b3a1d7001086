"""Each score against a slow, obvious loop."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from utilsforecast import losses

from storecast.errors import ConfigError
from storecast.evaluate import scores

values = arrays(np.float64, 12, elements=st.integers(0, 10**6).map(lambda cents: cents / 100))
positive = arrays(np.float64, 12, elements=st.integers(100, 10**6).map(lambda cents: cents / 100))


@given(actual=values, forecast=values)
def test_rmspe_is_the_slow_loop(actual: np.ndarray, forecast: np.ndarray) -> None:
    errors = [((y - f) / y) ** 2 for y, f in zip(actual, forecast, strict=True) if y > 0]
    score = scores.rmspe(actual, forecast)
    assert (not errors and math.isnan(score)) or math.isclose(score, math.sqrt(sum(errors) / len(errors)), rel_tol=1e-9)


@given(actual=positive, forecast=values)
def test_without_its_worst_rows_rmspe_is_no_larger(actual: np.ndarray, forecast: np.ndarray) -> None:
    assert scores.rmspe(actual, forecast, leave_out=5) <= scores.rmspe(actual, forecast) + 1e-12


@pytest.mark.parametrize("rows", [1, 3, 5, 6])
def test_without_more_worst_rows_than_there_are_nothing_is_left(rows: int) -> None:
    actual, forecast = np.full(rows, 10.0), np.arange(11.0, 11.0 + rows)
    score = scores.rmspe(actual, forecast, leave_out=5)
    assert np.isnan(score) if rows <= 5 else score == pytest.approx(0.1)


@given(actual=values, median=values)
def test_wape_is_the_slow_loop(actual: np.ndarray, median: np.ndarray) -> None:
    total = sum(actual)
    if total > 0:
        expected = sum(abs(y - m) for y, m in zip(actual, median, strict=True)) / total
        assert math.isclose(scores.wape(actual, median), expected, rel_tol=1e-9)


@given(actual=values, forecast=values)
def test_bias_is_the_slow_loop(actual: np.ndarray, forecast: np.ndarray) -> None:
    if sum(actual) > 0:
        expected = sum(forecast) / sum(actual) - 1
        assert math.isclose(scores.bias(actual, forecast), expected, rel_tol=1e-9, abs_tol=1e-9)


@given(actual=values, quantile=values, scale=positive)
def test_the_quantile_loss_is_the_slow_loop(actual: np.ndarray, quantile: np.ndarray, scale: np.ndarray) -> None:
    rows = list(zip(actual, quantile, scale, strict=True))
    expected = sum(2 * abs((y - q) * ((1 if y <= q else 0) - 0.3)) / c for y, q, c in rows) / len(rows)
    assert math.isclose(scores.sql(actual, {0.3: quantile}, scale), expected, rel_tol=1e-9, abs_tol=1e-12)


def test_missing_days_are_not_scored() -> None:
    actual, forecast = np.array([100.0, np.nan, 0.0]), np.array([90.0, 5.0, 3.0])
    assert math.isclose(scores.rmspe(actual, forecast), 0.1)
    assert math.isclose(scores.wape(actual, forecast), 0.13)
    assert math.isclose(scores.bias(actual, forecast), -0.07)
    assert math.isclose(scores.mase(actual, forecast, np.array([10.0, 10.0, 1.0])), 2.0)


def test_the_item_scale_counts_closed_days_and_skips_missing_ones() -> None:
    past = np.array([[10.0, 0, 0, 0, 0, 0, 0, 14.0, np.nan, 6.0]], np.float32)
    np.testing.assert_allclose(scores.item_scale(past), [(4 + 6) / 2])


def test_coverage_counts_days_with_sales_alone() -> None:
    actual = np.array([5.0, 0.0, 9.0])
    assert scores.coverage(actual, np.array([4.0, 1, 10]), np.array([6.0, 2, 11])) == 0.5


def test_scores_are_those_of_another_library() -> None:
    """Every score against utilsforecast's, on two stores: the mean over both, since they have as many rows."""
    draw = np.random.default_rng(1)
    stores, days = 2, 40
    actual, forecast = draw.integers(50, 200, (2, stores * days)).astype(np.float64)
    lower, upper = forecast - 30, forecast + 40
    history = draw.integers(50, 200, (stores, 60)).astype(np.float32)
    frame = pl.DataFrame(
        {
            "unique_id": np.repeat(["a", "b"], days),
            "ds": np.tile(np.arange(days), stores),
            "y": actual,
            "m": forecast,
            "m-lo-80": lower,
            "m-hi-80": upper,
        }
    )
    train = pl.DataFrame(
        {
            "unique_id": np.repeat(["a", "b"], 60),
            "ds": np.tile(np.arange(60), stores),
            "y": history.ravel().astype(np.float64),
        }
    )
    scale = np.repeat(scores.item_scale(history), days)

    def mean(losses: pl.DataFrame) -> float:
        return float(losses["m"].mean())

    assert scores.mape(actual, forecast) == pytest.approx(mean(losses.mape(frame, ["m"])))
    assert scores.mase(actual, forecast, scale) == pytest.approx(mean(losses.mase(frame, ["m"], 7, train)))
    assert scores.coverage(actual, lower, upper) == pytest.approx(mean(losses.coverage(frame, ["m"], 80)))
    quantile = 2 * mean(losses.scaled_quantile_loss(frame, {"m": "m-lo-80"}, 7, train, q=0.1))
    assert scores.sql(actual, {0.1: lower}, scale) == pytest.approx(quantile)
    one = frame.with_columns(pl.lit("a").alias("unique_id"))
    total = mean(losses.mae(one, ["m"])) / actual.mean()
    assert scores.wape(actual, forecast) == pytest.approx(total)


def test_a_score_may_be_named_in_any_case_or_by_its_short_form() -> None:
    assert [scores.score_name(name) for name in ("RMSPE", "Cover80", "coverage95", "sql")] == [
        "rmspe",
        "coverage80",
        "coverage95",
        "sql",
    ]
    with pytest.raises(ConfigError, match=r"no score 'rmse'.*Did you mean rmspe"):
        scores.score_name("rmse")
