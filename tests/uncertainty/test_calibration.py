"""Intervals come from earlier windows, cover what they should, and never cross."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.config import Task
from storecast.evaluate.scores import rmspe
from storecast.uncertainty.calibration import Calibration, calibrate

STORES = 100


def window(rows: int = 20_000, *, spread: float = 0.1, bias: float = 0.0, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    ahead = rng.integers(1, 49, rows)
    medians = np.full(rows, 1000.0)
    return pl.DataFrame(
        {
            s.STORE: np.arange(rows) % STORES,
            s.DATE: pl.Series(np.datetime64("2014-01-01") + ahead),
            s.PROMO: pl.Series(np.arange(rows) % 2, dtype=pl.Int8),
            s.CUTOFF: pl.repeat(dt.date(2014, 1, 1), rows, dtype=pl.Date, eager=True),
            "Ahead": ahead,
            s.OPEN: np.ones(rows, np.int8),
            "Median": medians,
            "History": np.full(rows, 700),
            s.SALES: medians * np.exp(bias + spread * (0.5 + ahead / 48) * rng.standard_normal(rows)),
        }
    )


def medians_ahead(rows: int = 96) -> pl.DataFrame:
    return pl.DataFrame(
        {
            s.STORE: np.arange(rows),
            s.DATE: pl.Series([dt.date(2014, 3, 1)] * rows, dtype=pl.Date),
            "Ahead": np.arange(rows) % 48 + 1,
            s.PROMO: pl.Series(np.arange(rows) % 2, dtype=pl.Int8),
            s.OPEN: (np.arange(rows) % 3 > 0).astype(np.int8),
            "Median": np.linspace(10, 9000, rows),
            "History": np.full(rows, 700),
        }
    )


@pytest.mark.parametrize(("level", "aim"), [(80, 0.8), (95, 0.95)])
def test_errors_of_the_same_kind_are_covered_as_they_should(level: int, aim: float) -> None:
    fitted, fresh = calibrate([window(seed=1)]), window(seed=2)
    rows = fresh.drop(s.CUTOFF, s.SALES)
    forecast = fitted.apply(rows, Task(48))
    low, high = (forecast[name].to_numpy() for name in s.bound_columns(level))
    inside = (fresh[s.SALES].to_numpy() >= low) & (fresh[s.SALES].to_numpy() <= high)
    assert abs(inside.mean() - aim) < 0.01


def test_quantiles_never_cross_and_the_median_stays() -> None:
    every = tuple(k / 100 for k in range(1, 100))
    forecast = calibrate([window(bias=0.3)]).apply(medians_ahead(), Task(48, every))
    table = forecast.select([s.quantile_column(q) for q in every]).to_numpy()
    assert (np.diff(table, axis=1) >= 0).all()
    opened = medians_ahead()[s.OPEN].to_numpy() == 1
    np.testing.assert_allclose(
        forecast["Q50"].to_numpy()[opened], medians_ahead()["Median"].to_numpy()[opened].round(2)
    )
    for wide, narrow in (("Lower95", "Lower80"), ("Upper80", "Upper95")):
        assert (forecast[wide] <= forecast[narrow]).all()


def test_closed_days_are_exactly_zero() -> None:
    forecast = (
        calibrate([window()]).apply(medians_ahead(), Task(48, (0.9,))).filter(pl.Series(medians_ahead()[s.OPEN] == 0))
    )
    assert forecast.select(pl.exclude(*s.KEYS)).to_numpy().max() == 0


def test_the_expected_value_lies_above_the_median_by_the_spread() -> None:
    fitted = calibrate([window(100_000, spread=0.2)])
    error = np.log(window(100_000, spread=0.2)[s.SALES] / 1000.0)
    assert abs(fitted.mean - np.log(np.exp(error).mean())) < 0.005


def test_the_factor_for_rmspe_has_the_least_rmspe_and_is_lower_where_less_is_known() -> None:
    many = window(100_000, spread=0.2)
    fitted = calibrate([many])
    factor = fitted.rmspe_factor(many)
    forecast, sold = fitted.apply(many, Task(48))[s.FORECAST].to_numpy(), many[s.SALES].to_numpy()
    errors = [rmspe(sold, forecast * factor * shift) for shift in (0.96, 1.0, 1.04)]
    assert errors[1] < min(errors[0], errors[2])
    assert (replace(fitted, cold=3.0).rmspe_factor(many.with_columns(History=pl.lit(0))) < factor).all()


def test_a_store_that_is_hard_to_forecast_gets_wider_intervals_and_its_own_coverage() -> None:
    noisy = pl.when(pl.col(s.STORE) < 5).then(pl.col(s.SALES) ** 2 / pl.col("Median")).otherwise(pl.col(s.SALES))
    fitted, fresh = (calibrate([window(seed=1).with_columns(noisy)]), window(seed=2).with_columns(noisy))
    forecast = fitted.apply(fresh.drop(s.CUTOFF, s.SALES), Task(48))
    inside = (fresh[s.SALES] >= forecast["Lower80"]) & (fresh[s.SALES] <= forecast["Upper80"])
    for of in (fresh[s.STORE] < 5, fresh[s.STORE] >= 5):
        assert abs(inside.filter(of).mean() - 0.8) < 0.06


def test_weeks_further_ahead_get_wider_intervals() -> None:
    by_week = calibrate([window(60_000)]).by_week
    assert (np.diff(by_week[:6]) > 0).all()


@pytest.mark.parametrize("count", [1, 3])
def test_a_level_that_every_window_misses_is_covered(count: int) -> None:
    """Each window misses the chain's level as far as a day differs from the next."""
    levels = 0.05 * np.random.default_rng(11).standard_normal((40, count + 1))
    inside = []
    for seed, (*earlier, last) in enumerate(levels):
        fitted = calibrate([later(window(400, spread=0.05, bias=b, seed=seed + k), k) for k, b in enumerate(earlier)])
        fresh = window(400, spread=0.05, bias=last, seed=seed + 99)
        forecast = fitted.apply(fresh.drop(s.CUTOFF, s.SALES), Task(48))
        inside.append(fresh[s.SALES].is_between(*(forecast[name] for name in s.bound_columns(80))).mean())
    assert abs(np.mean(inside) - 0.8) < 0.06


def later(rows: pl.DataFrame, windows: int) -> pl.DataFrame:
    return rows.with_columns(pl.col(s.CUTOFF, s.DATE) + dt.timedelta(days=48 * windows))


def sundays(seed: int) -> pl.DataFrame:
    """Return a window in which one store of three opens on Sundays, whose sales spread twice as much as those of other days."""
    rng = np.random.default_rng(seed)
    ahead = np.tile(np.arange(1, 43), STORES)
    rows = pl.DataFrame(
        {
            s.STORE: np.repeat(np.arange(STORES), 42),
            s.DATE: [dt.date(2014, 1, 5) + dt.timedelta(days=int(day)) for day in ahead],
            s.PROMO: pl.Series(np.zeros(len(ahead)), dtype=pl.Int8),
            s.CUTOFF: [dt.date(2014, 1, 5)] * len(ahead),
            "Ahead": ahead,
            s.OPEN: np.ones(len(ahead), np.int8),
            "Median": np.full(len(ahead), 1000.0),
            "History": np.full(len(ahead), 700),
        }
    )
    sunday = pl.col(s.DATE).dt.weekday() == 7
    noise = pl.Series(rng.standard_normal(len(ahead)))
    sold = rows.with_columns((1000 * (0.1 * noise * (1 + sunday.cast(pl.Int8))).exp()).alias(s.SALES))
    return sold.filter(~sunday | (pl.col(s.STORE) % 3 == 0))


def test_rare_weekdays_with_larger_errors_are_covered_like_others() -> None:
    earlier = sundays(1).with_columns(pl.col(s.CUTOFF, s.DATE).dt.offset_by("-6w"))
    fitted, fresh = calibrate([earlier, sundays(2)]), sundays(3)
    forecast = fitted.apply(fresh.drop(s.CUTOFF, s.SALES), Task(42)).with_columns(fresh[s.SALES])
    low, high = s.bound_columns(80)
    inside = forecast.filter(pl.col(s.DATE).dt.weekday() == 7).select(pl.col(s.SALES).is_between(low, high).mean())
    assert abs(inside.item() - 0.8) < 0.06


def test_all_windows_count_and_are_named() -> None:
    old = window(seed=3).with_columns(pl.lit(dt.date(2013, 1, 1)).alias(s.CUTOFF))
    both = calibrate([old, window()])
    assert both.windows == ("2013-01-01", "2014-01-01")
    assert both.rows == 40_000


def test_few_errors_change_a_factor_little() -> None:
    few, many = (calibrate([window(rows).with_columns(odd_store())]) for rows in (STORES, 100 * STORES))
    assert 1 < few.by_store[0] < 1.5 < many.by_store[0]


def odd_store() -> pl.Expr:
    return pl.when(pl.col(s.STORE) == 0).then(3 * pl.col("Median")).otherwise(pl.col(s.SALES)).alias(s.SALES)


def test_without_a_single_error_intervals_are_points() -> None:
    fitted = calibrate([window(700).with_columns(pl.lit(0).alias(s.OPEN))])
    forecast = fitted.apply(medians_ahead(), Task(48))
    assert (forecast["Lower95"] == forecast["Upper95"]).all()


def test_the_less_history_a_store_has_the_wider_are_its_intervals() -> None:
    fitted = calibrate([window()], cold=3.0)
    width = []
    for days in (0, 7, 28, 700):
        forecast = fitted.apply(medians_ahead().with_columns(pl.lit(days).alias("History")), Task(48)).filter(
            medians_ahead()[s.OPEN] == 1
        )
        width.append((forecast["Upper80"].log() - forecast["Lower80"].log()).mean())
    assert width[0] == pytest.approx(3 * width[3], rel=0.01)
    assert width == sorted(width, reverse=True)


def test_expected_sums_of_new_stores_are_those_of_their_own_spread() -> None:
    rng = np.random.default_rng(5)
    fitted = calibrate([window(spread=0.1, seed=k) for k in range(3)], cold=4.0)
    new = medians_ahead(40_000).with_columns(pl.lit(0).alias("History"), pl.lit(1).cast(pl.Int8).alias(s.OPEN))
    ahead = new["Ahead"].to_numpy()
    sold = new["Median"].to_numpy() * np.exp(4.0 * 0.1 * (0.5 + ahead / 48) * rng.standard_normal(len(ahead)))
    assert fitted.apply(new, Task(48))[s.FORECAST].sum() == pytest.approx(sold.sum(), rel=0.015)


def test_what_is_written_is_read() -> None:
    fitted = calibrate([window()])
    again = Calibration.from_json(fitted.to_json())
    assert again.apply(medians_ahead(), Task(48)).equals(fitted.apply(medians_ahead(), Task(48)))
