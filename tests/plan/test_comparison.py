"""What moved between two versions adds up, and no cause is named that is not known."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast.errors import ConflictError, DataError
from storecast.plan.comparison import because, compare
from storecast.plan.store_days import StoreDays
from storecast.plan.versions import STATES, PlanVersion, check_step

MONDAY = dt.date(2014, 3, 3)


def version(number: int, model: str = "m", first: dt.date = MONDAY) -> PlanVersion:
    return PlanVersion(number, model, MONDAY, 1, first, first, 2, "draft", True, (), (), None)


def figures(
    value: int, stores: tuple[int, ...] = (1, 2), first: dt.date = MONDAY, days: int = 14, **drivers: int
) -> StoreDays:
    names = drivers or {"Forecast": value}
    cents = {name: np.full((len(stores), days), each, np.int64) for name, each in names.items()}
    return StoreDays(pl.Series("Store", stores), first, cents)


def test_changes_of_drivers_add_up_to_the_change_of_the_forecast_at_every_level() -> None:
    before, after = figures(1000), figures(1300)
    drivers = figures(0, Usual=900, Promotion=100), figures(0, Usual=850, Promotion=400, Trend=50)
    compared = compare((version(1), version(2)), (before, after), drivers)
    assert compared.explained
    assert compared.notices == ()
    assert compared.changes["Level"].value_counts(sort=True).rows() == [
        ("store-week", 4), ("chain-week", 2), ("chain-horizon", 1),
    ]  # fmt: skip
    for row in compared.changes.iter_rows(named=True):
        assert round(sum(row["Drivers"].values()), 2) == round(row["After"] - row["Before"], 2) == row["Change"]
    chain = compared.changes.row(0, named=True)
    assert (chain["Before"], chain["After"]) == (280.0, 364.0)
    assert str(because(chain["Drivers"])) == "Promotion +84.00, the chain's usual day -14.00, Trend +14.00"


def test_only_common_days_and_stores_are_compared_and_a_reader_is_told() -> None:
    late = MONDAY + dt.timedelta(days=7)
    compared = compare(
        (version(1), version(2)), (figures(1000), figures(1100, stores=(2, 3), first=late)), (figures(0, Usual=1), None)
    )
    assert compared.changes.filter(pl.col("Level") == "store-week").select("Key", "Start", "Change").rows() == [
        ("2", late, 7.0)
    ]
    assert not compared.explained
    assert "Drivers" not in compared.changes.columns
    notices = " ".join(compared.notices)
    for words in ("days that both versions have", "2 stores are in one", "not known: version 2 was published without"):
        assert words in notices
    with pytest.raises(DataError, match="no store and day in common"):
        compare((version(1), version(2)), (figures(1), figures(1, first=MONDAY + dt.timedelta(days=99))), (None, None))


def test_a_change_of_the_model_is_told_and_the_largest_change_stands_first() -> None:
    after = figures(1000)
    after.cents["Forecast"][1, 8] += 500
    after.cents["Forecast"][0, 1] -= 700
    compared = compare(
        (version(1), version(2, "other")), (figures(1000), after), (figures(0, Usual=1), figures(0, Usual=1))
    )
    assert "of two models" in compared.notices[0]
    stores = compared.changes.filter(pl.col("Level") == "store-week")
    assert stores.select("Key", "Change").rows() == [("1", -7.0), ("2", 5.0), ("1", 0.0), ("2", 0.0)]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wanted", STATES)
def test_a_state_follows_the_one_before_and_only_a_locked_plan_never_goes_back(state: str, wanted: str) -> None:
    allowed = {
        ("draft", "reviewed"), ("reviewed", "approved"), ("approved", "locked"), ("reviewed", "draft"), ("approved", "draft"),
    }  # fmt: skip
    if (state, wanted) in allowed:
        check_step(1, state, wanted)
    else:
        with pytest.raises(ConflictError):
            check_step(1, state, wanted)


def test_a_state_that_is_none_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(DataError, match="Did you mean approved"):
        check_step(1, "reviewed", "aproved")
