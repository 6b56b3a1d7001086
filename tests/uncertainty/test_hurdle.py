"""Stores that often sell nothing get an expected value, and bounds that can be 0; every other store keeps its forecast."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.bundle.fitting import fit
from storecast.config import Task
from storecast.data.ahead import extend
from storecast.data.panel import Panel
from storecast.evaluate.backtest import backtest
from storecast.uncertainty.point import point_forecasts
from support.panels import make_panel, with_sales

HORIZON = 28


def with_zeros(panel: Panel, share: float, *, stores: tuple[int, ...], size: float | None = None) -> Panel:
    """Return the panel with no sale on a share of the open days of some stores."""
    rng = np.random.default_rng(11)
    zero = pl.Series(rng.random(panel.sales.height) < share) & panel.sales[s.STORE].is_in(list(stores))
    sales = panel.sales[s.SALES] if size is None else (panel.sales[s.SALES] > 0) * size
    return Panel(
        panel.sales.with_columns(pl.when(zero).then(0.0).otherwise(sales).alias(s.SALES)), panel.stores, panel.calendar
    )


def mean_by_store(panel: Panel) -> dict[int, float]:
    """Return the mean of each store's open days in the last year."""
    days = panel.sales.join(panel.calendar.filter(pl.col(s.OPEN) == 1), on=s.KEYS, how="semi")
    days = days.filter(pl.col(s.DATE) > panel.end - dt.timedelta(days=364))
    return dict(days.group_by(s.STORE).agg(pl.col(s.SALES).mean()).iter_rows())


@pytest.mark.parametrize(
    ("share", "size", "model"),
    [
        pytest.param(0.7, 10.0, "naive", marks=pytest.mark.long),  # either model has a case of its own below
        (0.7, 10.0, "linear"),
        pytest.param(0.4, None, "linear", marks=pytest.mark.long),
        (0.15, 25.0, "naive"),
    ],
)
def test_the_forecast_is_the_expected_value_and_bounds_can_be_zero(
    share: float, size: float | None, model: str
) -> None:
    every = tuple(range(1, 7))
    panel = with_zeros(make_panel(stores=6, days=500, ahead=0), share, stores=every, size=size)
    bundle = fit(panel, model, horizon=HORIZON)
    rows = bundle.predict(quantiles=(0.1, 0.5, 0.9))
    opened = rows.filter(pl.col("Q90") > 0)
    expected = np.mean(list(mean_by_store(panel).values()))
    assert opened[s.FORECAST].mean() == pytest.approx(expected, rel=0.12)
    assert (opened["Lower95"] == 0).all()
    if share > 0.6:
        assert (opened["Q50"] == 0).all()
    totals = bundle.totals().filter(pl.col("Level") == "chain-horizon")
    assert totals[s.FORECAST].item() == pytest.approx(rows[s.FORECAST].sum(), abs=0.05)


@pytest.mark.parametrize(
    ("pieces", "model"),
    [
        (0.8, "linear"),
        pytest.param(0.8, "naive", marks=pytest.mark.long),
        pytest.param(1.2, "linear", marks=pytest.mark.long),
    ],
)
def test_counts_of_a_piece_or_two_are_expected_as_often_as_they_come(pieces: float, model: str) -> None:
    """The middle of such counts says little about their mean: it once made the forecast of `linear` 19% too high."""
    panel = make_panel(stores=24, days=400, ahead=0)
    counts = pl.Series(np.random.default_rng(4).poisson(pieces, panel.sales.height).astype(float))
    panel = with_sales(panel, pl.when(pl.col(s.SALES) > 0).then(counts).otherwise(0.0))
    opened = fit(panel, model, horizon=HORIZON).predict().filter(pl.col(s.FORECAST) > 0)
    assert opened[s.FORECAST].mean() == pytest.approx(pieces, rel=0.1)


@pytest.mark.parametrize("zeros", [(), (3,)])
def test_stores_that_always_sell_keep_their_forecast_to_the_byte(zeros: tuple[int, ...]) -> None:
    panel = with_zeros(make_panel(stores=4, days=250, ahead=0), 0.4, stores=zeros)
    bundle = fit(panel, "naive", horizon=HORIZON)
    whole = extend(panel, panel.end + dt.timedelta(days=HORIZON))
    medians = point_forecasts(bundle.model, whole.window(whole.end, HORIZON))
    with_hurdle = bundle.calibration.apply(medians, Task(HORIZON, (0.1, 0.5)))
    without = bundle.calibration.apply(medians.drop("Chance"), Task(HORIZON, (0.1, 0.5)))
    others = ~pl.col(s.STORE).is_in(list(zeros))
    assert with_hurdle.filter(others).equals(without.filter(others))
    assert with_hurdle.equals(without) is (not zeros)


def test_coverage_counts_the_days_without_sales_and_says_how_many() -> None:
    panel = with_zeros(make_panel(stores=6, days=500, ahead=0, noise=0.3), 0.5, stores=tuple(range(1, 7)))
    result = backtest(panel, ["naive"], task=Task(HORIZON), windows=1)
    line = result.scores.filter(pl.col("Slice") == "all").row(0, named=True)
    assert line["SoldRows"] < 0.7 * line["OpenRows"] < line["Rows"]
    assert line["coverage80"] > 0.75
    assert line["coverage95"] > 0.85
    window = result.windows[0]
    rows = result.forecasts.join(window.actual(), on=s.KEYS).join(window.future.select(*s.KEYS, s.OPEN), on=s.KEYS)
    opened = rows.filter(pl.col(s.OPEN) == 1)
    inside = opened.select(pl.col(s.SALES).is_between("Lower80", "Upper80").mean()).item()
    assert line["coverage80"] == pytest.approx(inside, abs=1e-6)


def test_an_explanation_of_a_day_that_may_sell_nothing_adds_up() -> None:
    panel = with_zeros(make_panel(stores=6, days=500, ahead=0), 0.5, stores=(1, 2, 3))
    bundle = fit(panel, "linear", horizon=HORIZON)
    days = bundle.explain([2])
    parts = days.select(pl.exclude(*s.KEYS, s.FORECAST))
    assert np.abs(parts.to_numpy().sum(axis=1) - days[s.FORECAST].to_numpy()).max() < 0.006
    predicted = bundle.predict().filter(pl.col(s.STORE) == 2)[s.FORECAST]
    assert days[s.FORECAST].to_list() == predicted.to_list()
