"""Years of history teach the months, and a chain's noise says how far coefficients are shrunk."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.arrays import F64
from storecast.data.panel import Panel
from storecast.models.base import create

HORIZON = 42
MONTHS = np.array([0.0, 0.1, 0.3, 0.45, 0.5, 0.6, 0.7, 0.5, 0.45, 0.35, 0.45, 0.1])  # of log sales: steps, no wave
WEEKDAYS = np.array([0.0, 0.1, 0.1, 0.2, 0.3, 0.4, 0.3])


def chain(years: float, stores: int, noise: float, months: F64) -> tuple[Panel, F64]:
    """Return a chain without its last six weeks, and what these sell without noise, (stores, days)."""
    first, days = dt.date(2013, 1, 1), int(365.25 * years)
    dates = [first + dt.timedelta(days=day) for day in range(days)]
    logs = np.array([months[date.month - 1] + WEEKDAYS[date.weekday()] for date in dates])
    logs = 6 + logs[None, :] + 0.2 * np.arange(stores)[:, None]
    sales = np.exp(logs + noise * np.random.default_rng(0).standard_normal(logs.shape))
    known = days - HORIZON
    table = pl.DataFrame(
        {
            s.STORE: np.repeat(np.arange(1, stores + 1), known),
            s.DATE: dates[:known] * stores,
            s.SALES: sales[:, :known].ravel(),
        }
    )
    return Panel.from_frames(table), np.exp(logs[:, known:])


def linear_error(years: float, stores: int, noise: float, months: F64) -> float:
    """Return the WAPE of `linear` over the six weeks after the end of a chain, against sales without noise."""
    panel, truth = chain(years, stores, noise, months)
    calendar = pl.DataFrame(
        {
            s.STORE: np.repeat(np.arange(1, stores + 1), HORIZON),
            s.DATE: [panel.end + dt.timedelta(days=day) for day in range(1, HORIZON + 1)] * stores,
        }
    )
    ahead = calendar.with_columns(
        *(
            pl.lit(panel.calendar[name][0], panel.calendar[name].dtype).alias(name)
            for name in panel.calendar.columns[2:]
        )
    )
    window = Panel(panel.sales, panel.stores, pl.concat([panel.calendar, ahead]).sort(s.KEYS)).window(
        panel.end, HORIZON
    )
    model = create("linear", fast=True)
    model.fit(window.past, HORIZON)
    forecast = np.exp(model.predict(model.features(window))).reshape(stores, HORIZON)
    return float(np.abs(forecast - truth).sum() / truth.sum())


@pytest.mark.parametrize("years", [4.05, 4.55, 4.9])
def test_five_years_teach_a_season_that_comes_in_steps(years: float) -> None:
    assert linear_error(years, 4, 0.03, MONTHS) < 0.02


def test_a_noisy_store_alone_is_not_explained_by_chance() -> None:
    """A level and weekdays are all there is: the error stays far below the noise."""
    assert linear_error(1.9, 1, 0.25, np.zeros(12)) < 0.07


def test_months_have_terms_only_where_the_past_is_long_enough() -> None:
    for years, expected in ((2.6, 0), (3.2, 12)):
        panel, _ = chain(years, 1, 0.03, MONTHS)
        model = create("linear", fast=True)
        model.fit(panel, HORIZON)
        assert sum(name.startswith("season: month ") for name in model.terms_) == expected  # type: ignore[attr-defined]
        again = create("linear", fast=True)
        again.restore(model.state())
        assert again.scales_.months == model.scales_.months == bool(expected)  # type: ignore[attr-defined]
