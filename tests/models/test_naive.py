"""The baseline is a store's usual day at its recent level, and learns from the past alone."""

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.models.base import create
from support.panels import make_panel

HORIZON = 14


def forecast_of(panel: Panel) -> pl.DataFrame:
    """Return sales that the baseline expects over the days ahead, by store and date."""
    model = create("naive", fast=True)
    window = panel.window(panel.end, HORIZON)
    model.fit(window.past, HORIZON)
    return window.future.select(s.KEYS).with_columns(
        pl.Series("Expected", np.exp(model.predict(model.features(window))))
    )


def chain(level: pl.Expr) -> Panel:
    """Return stores that sell twice as much on Saturdays, at a level by date; open on all days, and without promotions."""
    panel = make_panel(stores=3, days=420, ahead=HORIZON)
    saturday = pl.when(pl.col(s.DATE).dt.weekday() == 6).then(2.0).otherwise(1.0)
    calendar = panel.calendar.with_columns(pl.lit(1, pl.Int8).alias(s.OPEN), pl.lit(0, pl.Int8).alias(s.PROMO))
    return Panel(panel.sales.with_columns((100 * level * saturday).alias(s.SALES)), panel.stores, calendar)


@pytest.mark.parametrize(("weeks_ago", "least", "most"), [(4, 1.36, 1.38), (8, 1.36, 1.38), (0, 1.0, 1.0)])
def test_the_baseline_stands_at_the_recent_level(weeks_ago: int, least: float, most: float) -> None:
    last = make_panel(stores=3, days=420, ahead=HORIZON).end
    since = pl.lit(last) - pl.duration(weeks=weeks_ago)
    rows = forecast_of(chain(pl.when(pl.col(s.DATE) > since).then(1.6).otherwise(1.0)))
    weekday = rows.filter(pl.col(s.DATE).dt.weekday() != 6)["Expected"] / 100
    saturday = rows.filter(pl.col(s.DATE).dt.weekday() == 6)["Expected"] / 200
    assert weekday.min() == pytest.approx(saturday.max(), rel=1e-6)
    assert least - 1e-4 <= weekday.mean() <= most + 1e-4


def test_a_store_that_was_away_in_the_last_weeks_stands_at_its_usual_level() -> None:
    panel = chain(pl.lit(1.0))
    away = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) > panel.end - pl.duration(weeks=5))
    rows = forecast_of(
        Panel(panel.sales.filter(~away), panel.stores, panel.calendar.filter(~away | (pl.col(s.DATE) > panel.end)))
    )
    second = rows.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE).dt.weekday() != 6))["Expected"]
    assert second.to_numpy() == pytest.approx(100, rel=1e-4)
