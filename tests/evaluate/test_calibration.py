"""Intervals come from earlier windows, cover what they should, and never cross."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.config import Task
from storecast.evaluate.calibration import PERCENTS, Calibration, calibrate


def window(rows: int = 20_000, *, spread: float = 0.1, bias: float = 0.0, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    ahead = rng.integers(1, 49, rows)
    medians = np.full(rows, 1000.0)
    return pl.DataFrame(
        {
            s.CUTOFF: pl.Series([dt.date(2014, 1, 1)] * rows, dtype=pl.Date),
            "Ahead": ahead,
            s.OPEN: np.ones(rows, np.int8),
            "Median": medians,
            s.SALES: medians * np.exp(bias + spread * (0.5 + ahead / 48) * rng.standard_normal(rows)),
        }
    )


def asked(rows: int = 96) -> pl.DataFrame:
    return pl.DataFrame(
        {
            s.STORE: np.arange(rows),
            s.DATE: pl.Series([dt.date(2014, 3, 1)] * rows, dtype=pl.Date),
            "Ahead": np.arange(rows) % 48 + 1,
            s.OPEN: (np.arange(rows) % 3 > 0).astype(np.int8),
            "Median": np.linspace(10, 9000, rows),
        }
    )


@pytest.mark.parametrize(("level", "aim"), [(80, 0.8), (95, 0.95)])
def test_errors_of_the_same_kind_are_covered_as_they_should(level: int, aim: float) -> None:
    fitted, fresh = calibrate([window(seed=1)]), window(seed=2)
    rows = fresh.select(
        pl.int_range(pl.len()).alias(s.STORE), pl.lit(dt.date(2014, 3, 1)).alias(s.DATE), "Ahead", s.OPEN, "Median"
    )
    found = fitted.apply(rows, Task(48))
    low, high = (found[name].to_numpy() for name in s.bound_columns(level))
    inside = (fresh[s.SALES].to_numpy() >= low) & (fresh[s.SALES].to_numpy() <= high)
    assert abs(inside.mean() - aim) < 0.01


def test_quantiles_never_cross_and_the_median_stays() -> None:
    every = tuple(k / 100 for k in range(1, 100))
    found = calibrate([window(bias=0.3)]).apply(asked(), Task(48, every))
    table = found.select([s.quantile_column(q) for q in every]).to_numpy()
    assert (np.diff(table, axis=1) >= 0).all()
    opened = asked()[s.OPEN].to_numpy() == 1
    np.testing.assert_allclose(found["Q50"].to_numpy()[opened], asked()["Median"].to_numpy()[opened].round(2))
    for wide, narrow in (("Lower95", "Lower80"), ("Upper80", "Upper95")):
        assert (found[wide] <= found[narrow]).all()


def test_closed_days_are_exactly_zero() -> None:
    found = calibrate([window()]).apply(asked(), Task(48, (0.9,))).filter(pl.Series(asked()[s.OPEN] == 0))
    assert found.select(pl.exclude(*s.KEYS)).to_numpy().max() == 0


def test_the_expected_value_lies_above_the_median_by_the_spread() -> None:
    fitted = calibrate([window(200_000, spread=0.2)])
    error = np.log(window(200_000, spread=0.2)[s.SALES] / 1000.0)
    assert abs(fitted.mean - np.log(np.exp(error).mean())) < 0.005
    assert 0.9 < fitted.factor < 1


def test_the_last_window_alone_counts() -> None:
    old = window(spread=5.0).with_columns(pl.lit(dt.date(2013, 1, 1)).alias(s.CUTOFF))
    one, two = calibrate([window()]), calibrate([old, window()])
    np.testing.assert_array_equal(one.offsets, two.offsets)
    assert two.window == "2014-01-01"


def test_small_cells_join_their_neighbours() -> None:
    assert len(calibrate([window(700)]).weeks) == 1
    assert len(calibrate([window(20_000)]).weeks) == 7
    assert calibrate([window(700).with_columns(pl.lit(0).alias(s.OPEN))]).offsets.shape == (1, len(PERCENTS))


def test_what_is_written_is_read() -> None:
    fitted = calibrate([window()])
    again = Calibration.from_json(fitted.to_json())
    assert again.apply(asked(), Task(48)).equals(fitted.apply(asked(), Task(48)))
