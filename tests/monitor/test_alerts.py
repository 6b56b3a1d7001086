"""What leaves its band is told, with the day since when and an advice; chance alone is not."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storecast import schema as s
from storecast.monitor import alerts as module
from storecast.monitor.accuracy import scored
from storecast.monitor.alerts import LEAST_DAYS, WAPE, Alert, ExpectedScores, measure, store_days
from storecast.monitor.drift import SCHEMA
from support.sample_forecasts import CUTOFF, sample_forecasts

EXPECTED = {"model-a": ExpectedScores(CUTOFF, {"coverage80": 0.81, "coverage95": 0.95, WAPE: 0.08})}


def alerts(
    table: pl.DataFrame, expected: dict[str, ExpectedScores], drifted: pl.DataFrame | None = None
) -> list[Alert]:
    return module.alerts(scored(table), expected, drifted)


def whats(forecasts: pl.DataFrame, expected: dict[str, ExpectedScores] | None = None) -> set[str]:
    return {alert.what for alert in alerts(forecasts, EXPECTED if expected is None else expected)}


def test_when_all_is_as_promised_then_there_is_no_alert() -> None:
    assert alerts(sample_forecasts(40), EXPECTED) == []


@pytest.mark.parametrize("seed", range(20))
def test_when_the_whole_chain_errs_together_as_it_usually_does_then_there_is_no_alert(seed: int) -> None:
    assert alerts(sample_forecasts(40, bias=0.02 * (-1) ** seed, seed=seed), EXPECTED) == []


def test_when_forecasts_are_far_too_high_then_every_figure_is_outside() -> None:
    assert whats(sample_forecasts(40, bias=0.3)) == {"coverage80", "coverage95", WAPE}


def test_when_intervals_are_far_too_wide_then_coverage_raises_an_alert() -> None:
    raised = alerts(sample_forecasts(40, spread=0.02), EXPECTED)
    assert [alert.what for alert in raised] == ["coverage80"]
    assert raised[0].value > raised[0].high


def test_when_the_backtest_promised_as_bad_then_its_wape_is_no_alert() -> None:
    worse = {"model-a": ExpectedScores(CUTOFF, {"coverage80": 0.1, "coverage95": 0.1, WAPE: 0.4})}
    assert whats(sample_forecasts(40, bias=0.3), worse) == set()


def test_when_the_model_file_is_gone_then_coverage_is_compared_with_its_nominal_share() -> None:
    assert whats(sample_forecasts(40, bias=0.3), {}) == {"coverage80", "coverage95"}


def test_when_less_than_a_week_has_come_then_there_is_no_alert() -> None:
    assert alerts(sample_forecasts(40, bias=0.5, come=LEAST_DAYS - 1), EXPECTED) == []
    assert alerts(sample_forecasts(40).with_columns(pl.lit(None, pl.Float64).alias(s.SALES)), EXPECTED) == []


def test_when_one_store_day_is_absurd_then_there_is_no_alert() -> None:
    table = sample_forecasts(40)
    first = (pl.col(s.STORE) == 3) & (pl.col("Ahead") == 9)
    assert (
        alerts(table.with_columns(pl.when(first).then(0.5).otherwise(pl.col(s.SALES)).alias(s.SALES)), EXPECTED) == []
    )


def test_when_sales_fall_in_the_middle_then_since_lies_behind_the_fall() -> None:
    fallen = (pl.when(pl.col("Ahead") > 70).then(0.6).otherwise(1.0) * pl.col(s.SALES)).alias(s.SALES)
    table = sample_forecasts(40, 112).with_columns(fallen)
    raised = next(alert for alert in alerts(table, EXPECTED) if alert.what == "coverage80")
    fall = CUTOFF + dt.timedelta(days=71)
    assert fall <= raised.since <= fall + dt.timedelta(days=20)
    days = store_days(scored(table))
    before = measure(days, "coverage80", EXPECTED["model-a"], raised.since - dt.timedelta(days=1))
    assert before is not None
    assert not before.outside
    assert (raised.advice, raised.days) == ("retrain", 36)


def test_the_advice_is_to_wait_while_it_may_pass_or_little_is_new() -> None:
    passing = alerts(sample_forecasts(40, bias=0.3, come=9), EXPECTED)
    assert {alert.advice for alert in passing} == {"wait"}
    fresh = {"model-a": ExpectedScores(CUTOFF + dt.timedelta(days=35), EXPECTED["model-a"].scores)}
    waiting = alerts(sample_forecasts(40, bias=0.3), fresh)
    assert {alert.advice for alert in waiting} == {"wait"}
    assert "only 7 days of sales" in waiting[0].reason


@settings(max_examples=6)  # each asks for alerts of some thirty days
@given(seed=st.integers(0, 99), bias=st.floats(-0.4, 0.4), factor=st.sampled_from([0.01, 0.5, 100.0]))
def test_alerts_do_not_look_at_currency_order_or_the_names_of_stores(seed: int, bias: float, factor: float) -> None:
    table = sample_forecasts(6, 30, bias=bias, seed=seed)
    money = pl.col(s.FORECAST, s.SALES, "Lower80", "Upper80", "Lower95", "Upper95") * factor
    other = table.with_columns(money, pl.format("Store {}", s.STORE).alias(s.STORE)).sample(
        fraction=1, shuffle=True, seed=seed
    )
    for one, two in zip(alerts(table, EXPECTED), alerts(other, EXPECTED), strict=True):
        assert (one.what, one.since, one.advice, one.days) == (two.what, two.since, two.advice, two.days)
        assert one.value == pytest.approx(two.value)
        assert one.high == pytest.approx(two.high)


@settings(max_examples=40)
@given(seed=st.integers(0, 99), days=st.integers(7, 42))
def test_the_band_of_fewer_days_is_no_narrower(seed: int, days: int) -> None:
    table = store_days(scored(sample_forecasts(6, 42, seed=seed)))
    widths = []
    for count in (days, 42):
        measured = measure(table, "coverage80", EXPECTED["model-a"], CUTOFF + dt.timedelta(days=count))
        assert measured is None or measured.low < 0.8 < measured.high
        widths.append(1.0 if measured is None else measured.high - measured.low)
    assert widths[0] >= widths[1] - 1e-9


def test_when_a_model_has_forecast_nothing_for_six_weeks_then_it_is_let_be() -> None:
    old = sample_forecasts(40, bias=0.3)
    new = sample_forecasts(40, cutoff=CUTOFF + dt.timedelta(days=50), model="model-b")
    assert alerts(pl.concat([old, new]), EXPECTED) == []


@pytest.mark.parametrize(("bias", "advice"), [(0.0, "wait"), (0.3, "retrain")])
def test_a_drift_asks_for_training_only_where_the_forecasts_are_worse_too(bias: float, advice: str) -> None:
    line = ["sales", CUTOFF, CUTOFF + dt.timedelta(days=41), -0.3, 0.0, -0.1, 0.1, -9.0, 0.6, "moved far"]
    calm = ["openings", *line[1:-1], "unusual"]
    drifted = pl.DataFrame([line, calm], schema=SCHEMA, orient="row").with_columns(pl.lit("model-a").alias(s.MODEL))
    raised = [
        alert for alert in alerts(sample_forecasts(40, bias=bias), EXPECTED, drifted) if alert.what.startswith("drift")
    ]
    assert [(alert.what, alert.advice) for alert in raised] == [("drift of sales", advice)]


def test_an_alert_is_a_sentence_and_plain_data() -> None:
    alert = alerts(sample_forecasts(40, bias=0.3), EXPECTED)[0]
    assert alert.sentence().startswith(f"model-a: coverage80 is {alert.value:.3f}, outside ")
    assert "Advice: retrain" in alert.sentence()
    assert alert.to_plain()["since"] == alert.since.isoformat()


def test_when_a_store_sells_next_to_nothing_for_a_week_then_wape_raises_no_alert() -> None:
    table = sample_forecasts(40)
    week = (pl.col(s.STORE) == 3) & pl.col("Ahead").is_between(8, 14)
    slow = table.with_columns(pl.when(week).then(pl.col(s.SALES) * 0.01).otherwise(pl.col(s.SALES)).alias(s.SALES))
    assert WAPE not in whats(slow)


def test_when_open_days_come_without_sales_then_coverage_raises_an_alert() -> None:
    table = sample_forecasts(40)
    idle = (pl.col(s.STORE) <= 16) & (pl.col("Ahead") > 10)
    assert "coverage80" in whats(table.with_columns(pl.when(idle).then(0.0).otherwise(pl.col(s.SALES)).alias(s.SALES)))
