"""A regression of small counts is that of statsmodels with a dummy for each group, and its intervals hold the truth."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from storecast import Panel
from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.exploration.own_columns import QUESTION
from storecast.exploration.own_columns.count_regression import poisson_regression, rows_with_sales_in_each_group
from storecast.exploration.own_columns.estimate import estimate_own_columns
from storecast.exploration.own_columns.parts import Part
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, PART, VALUE

UPLIFT = 0.25


def counts_of(rng: np.random.Generator, stores: int, weeks: int) -> tuple[F64, F64, I64, I64]:
    """Return counts of about two pieces a day, a flag that lifts them by a quarter, and the store and week of each row."""
    store, week, _ = (codes.ravel() for codes in np.indices((stores, weeks, 6)))
    flag = (rng.random((stores, weeks)) < 0.3)[store, week].astype(float)
    mean = np.exp(0.3 * rng.standard_normal(stores)[store] + 0.2 * rng.standard_normal(weeks)[week]) * 2
    return rng.poisson(mean * (1 + UPLIFT * flag)).astype(float), flag, store, week


def test_a_poisson_regression_is_that_of_statsmodels_with_dummies() -> None:
    y, flag, store, week = counts_of(np.random.default_rng(4), 5, 12)
    noise = np.random.default_rng(5).standard_normal(len(y))
    interval = poisson_regression(y, np.column_stack([flag, noise]), np.full(len(y), 0.5), [store, week], week)[0]
    dummies = np.column_stack([flag, noise, np.eye(5)[store], np.eye(12)[week][:, 1:]])
    model = sm.GLM(y, dummies, family=sm.families.Poisson(), offset=np.full(len(y), 0.5))
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": week})
    assert interval.value == pytest.approx(fit.params[0], abs=1e-5)
    assert interval.low is not None
    half = (interval.value - interval.low) / 2.201  # Student's t with eleven degrees of freedom
    assert half == pytest.approx(fit.bse[0], rel=0.05)  # statsmodels corrects for the dummies' number, too


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    inside = 0
    for seed in range(60):
        y, flag, store, week = counts_of(np.random.default_rng(seed), 6, 20)
        interval = poisson_regression(y, flag[:, None], np.zeros(len(y)), [store, week], week)[0]
        assert interval.low is not None
        assert interval.high is not None
        inside += interval.low < np.log1p(UPLIFT) < interval.high
    assert 53 <= inside <= 60  # 57 are expected


def test_groups_that_never_sell_are_left_out() -> None:
    y = np.array([0.0, 0.0, 2.0, 0.0, 0.0, 3.0])
    assert rows_with_sales_in_each_group(y, [np.array([0, 0, 1, 1, 2, 2])]).tolist() == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]


def test_an_effect_on_a_few_pieces_a_day_comes_out_as_it_was_planted() -> None:
    rng = np.random.default_rng(11)
    days = [dt.date(2022, 1, 3) + dt.timedelta(days=k) for k in range(420)]
    rows = [
        (store, day, float(rng.poisson(2.5 * (1 + UPLIFT * flag))), flag)
        for store in range(8)
        for k, day in enumerate(days)
        if (flag := int((k // 7 + store) % 4 == 0)) in (0, 1)
    ]
    table = pl.DataFrame(rows, [*s.KEYS, s.SALES, "Leaflet"], orient="row")
    calendar = table.select(*s.KEYS, "Leaflet", pl.lit(1).alias(s.OPEN))
    estimates = estimate_own_columns(Panel.from_frames(table.select(*s.KEYS, s.SALES), calendar=calendar))
    row = estimates.filter((pl.col(PART) == Part.FLAG) & (pl.col(GROUP) == "Leaflet")).row(0, named=True)
    assert row[LOW] < UPLIFT < row[HIGH]
    assert row[VALUE] == pytest.approx(UPLIFT, abs=0.06)
    assert "regressed as counts" in QUESTION.section(estimates).method
