"""New days of sales move the next forecast at once, without a fit."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.models import create
from storecast.uncertainty.point import point_forecasts
from support.panels import make_panel, with_sales

HORIZON = 41


@pytest.mark.parametrize("name", ["linear", "lstm", "blend", pytest.param("boosting", marks=pytest.mark.long)])
def test_when_a_store_sells_more_after_the_fit_then_its_next_forecast_is_higher_and_no_others(name: str) -> None:
    panel = make_panel(stores=6, days=460, ahead=HORIZON)
    fitted_at = panel.end - dt.timedelta(days=42)
    risen = with_sales(
        panel,
        pl.when((pl.col(s.DATE) > fitted_at) & (pl.col(s.STORE) == 2))
        .then(pl.col(s.SALES) * 1.3)
        .otherwise(pl.col(s.SALES)),
    )
    model = create(name, fast=True)
    model.fit(panel.until(fitted_at), HORIZON)
    usual, now = (
        point_forecasts(model, each.window(panel.end, HORIZON)).filter(pl.col(s.OPEN) == 1) for each in (panel, risen)
    )
    change = np.log(now["Median"].to_numpy() / usual["Median"].to_numpy())
    of = (now[s.STORE] == 2).to_numpy()
    assert change[of].mean() > 0.05
    assert np.abs(change[~of]).mean() < 0.02
