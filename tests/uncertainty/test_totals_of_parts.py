"""Totals of a chain that is forecast part by part are those of the whole, and as uncertain."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.uncertainty.calibration import calibrate
from storecast.uncertainty.joint_errors import JointErrors
from storecast.uncertainty.totals import totals
from storecast.uncertainty.totals_of_parts import sums_of_part, totals_of_parts

DAYS, STORES, PARTS = 28, 60, 3
FIRST = dt.date(2015, 6, 17)
NAMES = pl.DataFrame(
    {
        s.STORE: np.arange(STORES),
        s.STORE_TYPE: ["abc"[k % 3] for k in range(STORES)],
        s.STATE: ["BY" if k < 40 else "HE" for k in range(STORES)],  # the last part alone has another
    }
)
OWN = Breakdown((StoreGroup("Region", dict.fromkeys(range(30), "N")),), ("month",))
ERRORS = JointErrors((0.2, 0.1, 0.1, 0.05, 0.05, 0.5), (0.5, 0.3, 0.1), 10.0, 8, s.STATE)


@pytest.fixture
def medians() -> pl.DataFrame:
    ahead = np.tile(np.arange(1, DAYS + 1), STORES)
    return pl.DataFrame(
        {
            s.STORE: np.repeat(np.arange(STORES), DAYS),
            s.DATE: pl.Series([FIRST + dt.timedelta(days=int(day)) for day in ahead]),
            "Ahead": ahead,
            s.OPEN: np.ones(STORES * DAYS, np.int8),
            s.PROMO: np.zeros(STORES * DAYS, np.int8),
            "Median": np.random.default_rng(0).gamma(20, 5, STORES * DAYS),
            "History": np.full(STORES * DAYS, 500),
        }
    )


def in_parts() -> list[pl.Series]:
    return [NAMES[s.STORE].slice(k * STORES // PARTS, STORES // PARTS) for k in range(PARTS)]


def test_sums_of_parts_are_the_totals_of_the_whole(medians: pl.DataFrame) -> None:
    forecast = medians.select(s.STORE, s.DATE, pl.col("Median").round(2).alias(s.FORECAST))
    late = (forecast[s.STORE] >= 40) & (forecast[s.DATE] <= FIRST + dt.timedelta(days=3))
    forecast = forecast.filter(~late)  # the last part's forecast begins later
    paths = np.random.default_rng(1).gamma(4, forecast[s.FORECAST].to_numpy()[:, None] / 4, (forecast.height, 60))
    parts = []
    for stores in in_parts():
        rows = forecast[s.STORE].is_in(stores.implode())
        own = NAMES.filter(pl.col(s.STORE).is_in(stores.implode()))
        parts.append(sums_of_part(forecast.filter(rows), own, paths[rows.to_numpy()], OWN))
    whole = totals(forecast, NAMES, paths, OWN)
    assert_frame_equal(
        totals_of_parts(parts, OWN), whole.filter(~pl.col("Level").str.starts_with("store-")), abs_tol=0.011
    )


def test_a_chain_in_parts_is_as_uncertain_as_the_whole(medians: pl.DataFrame) -> None:
    error = np.random.default_rng(2).normal(0, 0.1, medians.height)
    window = medians.with_columns((pl.col("Median") * np.exp(error)).alias(s.SALES), pl.lit(FIRST).alias(s.CUTOFF))
    usual = calibrate([window])

    def spread(of_parts: list[JointErrors]) -> float:
        sums = np.zeros(0)
        for errors, stores in zip(of_parts, in_parts(), strict=True):
            rows = medians.filter(pl.col(s.STORE).is_in(stores.implode()))
            own = NAMES.filter(pl.col(s.STORE).is_in(stores.implode()))
            paths = errors.sample_paths(rows, own, usual).sum(axis=0)
            sums = paths if not sums.size else sums + paths
        return float(sums.std())

    whole = float(ERRORS.sample_paths(medians, NAMES, usual).sum(axis=0).std())
    groups = NAMES[s.STATE].unique().to_list()
    together = spread([ERRORS.of_part(part, groups, DAYS) for part in range(PARTS)])
    apart = spread(
        [JointErrors(ERRORS.shares, ERRORS.rho, ERRORS.freedom, 8, s.STATE, seed=10 * k) for k in range(PARTS)]
    )
    assert together == pytest.approx(whole, rel=0.2)  # of 300 paths each
    assert apart < 0.75 * whole


def test_a_part_says_the_same_whichever_others_there_are_and_its_model_file_does_not_change() -> None:
    one, other = (ERRORS.of_part(1, groups, DAYS) for groups in (["HE", "BY"], ["BY", "HE"]))
    assert one.common is not None
    assert other.common is not None
    assert one.common.groups == other.common.groups == ("", "BY", "HE")
    assert np.array_equal(one.common.walks[1], other.common.walks[1])
    assert one.to_json() == ERRORS.to_json()
