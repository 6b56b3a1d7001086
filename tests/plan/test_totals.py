"""Totals of a version: the interval is that of the forecast's own sum, and the plan lies in it or does not."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast.data.breakdown import Breakdown
from storecast.plan.overrides import PLAN
from storecast.plan.scopes import StoreGroups
from storecast.plan.store_days import StoreDays
from storecast.plan.totals import (
    PlanTotal,
    TotalInterval,
    chain_total,
    from_text,
    in_words,
    plan_totals,
    to_text,
    total_intervals,
)
from storecast.uncertainty.totals import group_totals

MONDAY = dt.date(2014, 3, 3)
STORES = pl.DataFrame(
    {"Store": [1, 2], "StoreType": ["a", "b"], "State": [None, None]}, schema_overrides={"State": pl.String}
)
DAYS = [MONDAY, MONDAY + dt.timedelta(days=1)]
ROWS = pl.DataFrame({"Store": [1, 1, 2, 2], "Date": DAYS * 2, "Forecast": [100.0] * 4})
FACTORS = np.linspace(0.5, 1.5, 11)  # one path each: a tenth of them lies below 0.6, a tenth above 1.4
OPPOSITE = 100 * np.stack(
    [FACTORS, FACTORS, 2 - FACTORS, 2 - FACTORS]
)  # what one store sells more, the other sells less
ALIKE = 100 * np.stack([FACTORS] * 4)


def figures(first_store: int) -> StoreDays:
    forecast = np.full((2, 2), 100_00)
    plan = forecast.copy()
    plan[0] = first_store * 100 // 2
    return StoreDays(STORES["Store"], MONDAY, {"Forecast": forecast, PLAN: plan})


@pytest.mark.parametrize(("paths", "of_chain"), [(ALIKE, (240.0, 560.0)), (OPPOSITE, (400.0, 400.0))])
def test_the_interval_of_a_total_is_that_of_the_sums_and_not_the_sum_of_intervals(
    paths: np.ndarray, of_chain: tuple[float, float]
) -> None:
    totals = total_intervals(group_totals(ROWS, STORES, paths, Breakdown()))
    assert totals == (
        TotalInterval("type", "a", 200.0, 120.0, 280.0),
        TotalInterval("type", "b", 200.0, 120.0, 280.0),
        TotalInterval("chain", "chain", 400.0, *of_chain),
    )
    assert from_text(to_text(totals)) == totals


def test_an_overridden_total_says_whose_the_interval_is_and_whether_the_plan_lies_in_it() -> None:
    totals = total_intervals(group_totals(ROWS, STORES, OPPOSITE, Breakdown()))
    groups = StoreGroups.of(STORES, Breakdown())
    beside = plan_totals(totals, figures(250), groups)
    assert [(each.key, each.plan, each.overridden, each.inside) for each in beside] == [
        ("a", 250.0, True, True),
        ("b", 200.0, False, True),
        ("chain", 450.0, True, False),
    ]
    assert [in_words(each) for each in beside] == [
        "200.00 are expected, in four of five cases 120.00 to 280.00. That is an interval of the forecast; the plan of 250.00 lies "
        "in it.",
        "200.00 are expected, in four of five cases 120.00 to 280.00.",
        "400.00 are expected, in four of five cases 400.00 to 400.00. That is an interval of the forecast; the plan of 450.00 lies "
        "outside it.",
    ]
    assert isinstance(chain_total(beside), PlanTotal)
    assert [each.inside for each in plan_totals(totals, figures(280), groups)] == [True, True, False]


def test_no_interval_is_told_where_none_was_measured_or_the_stores_are_others() -> None:
    assert total_intervals(group_totals(ROWS, STORES, None, Breakdown())) == ()
    assert (to_text(()), from_text(None), chain_total(())) == (None, (), None)
    totals = total_intervals(group_totals(ROWS, STORES, ALIKE, Breakdown()))
    moved = StoreGroups.of(STORES.with_columns(StoreType=pl.lit("a")), Breakdown())
    assert [each.key for each in plan_totals(totals, figures(200), moved)] == ["chain"]
