"""Counterfactuals: what a scenario without the promotion says, the true uplift on a chain whose effects are known, and no answers
that the model was not asked for."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_series_equal

from storecast import Task, backtest
from storecast import schema as s
from storecast.data.generate_effects import NAMES, Effects
from storecast.data.panel import Window
from storecast.evaluate.backtest import calibration_of
from storecast.explain.counterfactuals import NO_PROMOTION, NO_SCHOOL_HOLIDAY, counterfactuals
from storecast.explain.explanations import ChainForecast, explain
from storecast.models import create
from storecast.models.base import Forecaster
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.point import point_forecasts
from support.known_chain import known_chain

HORIZON = 28


@pytest.fixture(scope="module")
def window() -> Window:
    panel = known_chain(stores=24, days=640)
    return panel.window(panel.end, HORIZON)


@pytest.fixture(scope="module")
def calibration(window: Window) -> Calibration:
    cutoff = window.cutoff - dt.timedelta(days=HORIZON)
    return calibration_of(backtest(window.panel, ["linear"], [cutoff], Task(HORIZON)), "linear", window.cutoff)


@pytest.fixture(scope="module")
def model(window: Window) -> Forecaster:
    linear = create("linear")
    linear.fit(window.past, HORIZON)
    return linear


def test_without_its_promotion_a_day_loses_the_true_uplift_and_not_the_contribution(
    model: Forecaster, calibration: Calibration, window: Window
) -> None:
    stores = window.past.stores[s.STORE].to_list()
    days = explain(ChainForecast.of(model, window), calibration, stores).join(
        counterfactuals(model, calibration, window, stores), on=s.KEYS, how="left"
    )
    promoted = days.filter(pl.col(NO_PROMOTION).is_not_null())
    true = np.array([Effects().promo[NAMES[day - 1]] for day in promoted[s.DATE].dt.weekday()])
    uplift = float(np.log(promoted[s.FORECAST] / promoted[NO_PROMOTION]).mean())
    assert uplift == pytest.approx(float(true.mean()), abs=0.06)
    added = float((promoted[s.FORECAST] - promoted[NO_PROMOTION]).mean())
    assert added > 1.2 * float(promoted["Promotion"].mean()), "the usual day has promotions, too"


def test_the_answer_is_that_of_a_calendar_without_the_promotion(
    model: Forecaster, calibration: Calibration, window: Window
) -> None:
    calendar = window.future.filter(pl.col(s.STORE) == 3).sort(s.DATE)
    answers = counterfactuals(model, calibration, window, [3])
    assert answers.filter(calendar[s.PROMO] == 0)[NO_PROMOTION].null_count() == (calendar[s.PROMO] == 0).sum()
    first = calendar.filter(pl.col(s.PROMO) == 1)[s.DATE][0]
    week = pl.col(s.DATE).is_between(first, first + dt.timedelta(days=4 - first.weekday()))
    other = calendar.with_columns(pl.when(week).then(0).otherwise(s.PROMO).cast(pl.Int8).alias(s.PROMO))
    medians = point_forecasts(model, window, other)
    expected = calibration.apply(medians, Task(HORIZON)).filter(week & pl.Series(calendar[s.OPEN] == 1))[s.FORECAST]
    answer = answers.filter(week).drop_nulls(NO_PROMOTION)[NO_PROMOTION]
    assert_series_equal(answer, expected, check_names=False)


def test_a_school_that_is_not_on_holiday_has_its_own_column_and_closed_days_have_no_answer(
    model: Forecaster, calibration: Calibration, window: Window
) -> None:
    monday = window.cutoff + dt.timedelta(days=7 - window.cutoff.weekday())
    holiday = pl.when(pl.col(s.DATE) > monday).then(1).otherwise(0).cast(pl.Int8).alias(s.SCHOOL_HOLIDAY)
    panel = window.panel.with_calendar(
        window.panel.calendar.with_columns(
            pl.when(pl.col(s.DATE) > window.cutoff).then(holiday).otherwise(s.SCHOOL_HOLIDAY)
        )
    )
    other = panel.window(window.cutoff, HORIZON)
    answers = counterfactuals(model, calibration, other, [1])
    days = other.future.filter(pl.col(s.STORE) == 1).sort(s.DATE)
    on_holiday = (days[s.SCHOOL_HOLIDAY] == 1) & (days[s.OPEN] == 1)
    assert answers[NO_SCHOOL_HOLIDAY].is_not_null().to_list() == on_holiday.to_list()


def test_an_own_price_is_compared_with_its_usual_one_and_a_column_that_never_changed_with_nothing(
    calibration: Calibration, window: Window
) -> None:
    ahead = pl.col(s.DATE) > window.cutoff
    day = pl.col(s.DATE).dt.ordinal_day()
    calendar = window.panel.calendar.with_columns(
        pl.when(ahead | (day % 4 == 0)).then(7.5).otherwise(10.0).alias("Price"), pl.lit(1.0).alias("Same")
    )
    sales = window.panel.sales.with_columns(
        pl.when(day % 4 == 0).then(pl.col(s.SALES) * 1.4).otherwise(s.SALES).alias(s.SALES)
    )
    panel = replace(window.panel, sales=sales, calendar=calendar)
    linear = create("linear")
    linear.fit(panel.until(panel.end), HORIZON)
    own = panel.window(panel.end, HORIZON)
    answers = counterfactuals(linear, calibration, own, [2])
    assert "If no Same" not in answers.columns
    assert "If usual Same" not in answers.columns
    forecast = explain(ChainForecast.of(linear, own), calibration, [2])[s.FORECAST]
    ratio = (forecast / answers["If usual Price"]).drop_nulls().median()
    assert ratio == pytest.approx(1.4, abs=0.1)
