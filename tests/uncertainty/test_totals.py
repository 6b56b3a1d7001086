"""Totals by own groups and months: beside the usual ones, which stay as they are; they add up to the chain's."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.arrays import F64
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.uncertainty.totals import totals
from support.panels import make_panel

STORES = make_panel(stores=4, days=20).stores
OWN = Breakdown((StoreGroup("Region", {1: "N", 2: "N", 3: "=cmd"}), StoreGroup("Date", {1: "x"})), ("month", "day"))


@pytest.fixture
def forecast() -> pl.DataFrame:
    """Return six weeks of four stores."""
    days = pl.date_range(dt.date(2015, 6, 17), dt.date(2015, 7, 28), eager=True).alias(s.DATE)
    rows = STORES.select(s.STORE).join(days.to_frame(), how="cross")
    money = np.random.default_rng(0).gamma(3, 1000, rows.height).round(2)
    return rows.with_columns(pl.Series(s.FORECAST, money))


@pytest.fixture
def draws(forecast: pl.DataFrame) -> F64:
    """Return possible sales of each row."""
    return np.random.default_rng(1).gamma(4, forecast[s.FORECAST].to_numpy()[:, None] / 4, (forecast.height, 60))


def test_own_groups_and_periods_stand_beside_totals_that_stay_as_they_are(forecast: pl.DataFrame, draws: F64) -> None:
    usual, more = totals(forecast, STORES, draws), totals(forecast, STORES, draws, OWN)
    added = [
        *("store-month", "type-month", "type-day", "state-month", "state-day", "chain-month", "chain-day"),
        *(f"{name}-{span}" for name in ("Region", "Date") for span in ("week", "month", "day", "horizon")),
    ]
    assert {*more["Level"]} - {*usual["Level"]} == {*added}
    assert_frame_equal(more.filter(~pl.col("Level").is_in(added)), usual)


def test_each_group_and_period_adds_up_to_the_chain(forecast: pl.DataFrame, draws: F64) -> None:
    sums = totals(forecast, STORES, draws, OWN)
    for name in ("Region", "Date", "type", "chain"):
        for span in ("week", "month", "day", "horizon"):
            lines = sums.filter(Level=f"{name}-{span}")
            assert lines[s.FORECAST].sum() == pytest.approx(forecast[s.FORECAST].sum())
            assert (lines["Lower95"] < lines[s.FORECAST]).all()
            assert (lines["Upper80"] > lines[s.FORECAST]).all()
    assert sums.filter(Level="Region-horizon")["Key"].to_list() == ["=cmd", "N", "unknown"]
    months = sums.filter(Level="chain-month").select("Start", "End").rows()
    june, july = dt.date(2015, 6, 30), dt.date(2015, 7, 1)
    assert months == [(dt.date(2015, 6, 17), june), (july, dt.date(2015, 7, 28))]


def test_a_group_of_one_store_is_that_store(forecast: pl.DataFrame, draws: F64) -> None:
    sums = totals(forecast, STORES, draws, OWN)
    store, group = (sums.filter(Level=level, Key=key) for level, key in (("store-week", "3"), ("Region-week", "=cmd")))
    assert_frame_equal(store.drop("Level", "Key"), group.drop("Level", "Key"))
