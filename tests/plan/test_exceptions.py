"""What needs a look, ranked by the money at stake."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast.plan.comparison import compare
from storecast.plan.exceptions import (
    large_changes,
    out_of_band,
    ranked,
    stale_overrides,
    wide_intervals,
    with_handling,
)
from storecast.plan.store_days import StoreDays
from storecast.plan.versions import PlanVersion

MONDAY = dt.date(2014, 3, 3)
SUNDAY = MONDAY + dt.timedelta(days=6)


def figures(value: int = 1000, stores: int = 3) -> StoreDays:
    forecast = np.full((stores, 7), value, np.int64)
    cents = {"Forecast": forecast, "Lower80": forecast * 9 // 10, "Upper80": forecast * 11 // 10}
    return StoreDays(pl.Series("Store", range(1, stores + 1)), MONDAY, cents)


def test_the_largest_changes_come_first_with_their_money_and_their_reason() -> None:
    after = figures()
    after.cents["Forecast"][1] += 100
    after.cents["Forecast"][2] -= 300
    versions = tuple(PlanVersion(n, "m", MONDAY, 1, MONDAY, SUNDAY, 3, "draft", True, (), (), None) for n in (1, 2))
    drivers = tuple(
        StoreDays(each.stores, MONDAY, {"Promotion": each.cents["Forecast"]}) for each in (figures(), after)
    )
    rows = large_changes(compare(versions, (figures(), after), drivers))  # type: ignore[arg-type]
    assert rows.select("Key", "Start", "End", "Stake").rows() == [
        ("3", MONDAY, SUNDAY, 21.0),
        ("2", MONDAY, SUNDAY, 7.0),
    ]
    assert rows["Text"][0] == "the forecast moved by -21.00 since version 1 (Promotion -21.00)"


def test_an_interval_is_an_exception_where_it_is_far_wider_than_usual() -> None:
    wide = figures()
    assert wide_intervals(wide).is_empty()
    wide.cents["Upper80"][1] += 400
    rows = wide_intervals(wide)
    assert rows.select("Kind", "Key", "Stake", "Text").rows() == [
        ("interval", "2", 21.0, "the interval is ± 30% of the forecast; ± 10% is usual")
    ]


def test_a_store_whose_last_week_lies_outside_its_band_is_an_exception() -> None:
    dates = [MONDAY + dt.timedelta(days=k) for k in range(-3, 7)]
    rows = [(store, day, 10.0, 9.0, 11.0, 8.0 if store == 2 else 10.5) for store in (1, 2) for day in dates]
    names = ["Store", "Date", "Model", "Lower80", "Upper80", "Sales"]
    days = pl.DataFrame(rows, schema=names, orient="row")
    assert out_of_band(days).select("Key", "Start", "End", "Stake", "Text").rows() == [
        ("2", MONDAY, SUNDAY, 14.0, "it sold 56.00, outside 63.00 to 77.00")
    ]
    assert out_of_band(days.head(0)).is_empty()


OVERRIDES = pl.DataFrame(
    {
        "Override": [4, 5], "Level": ["store", "chain"], "Key": ["1", "chain"], "Start": [MONDAY] * 2, "End": [SUNDAY] * 2,
        "Kind": ["figure", "amount"], "Value": [90.0, -10.0], "Forecast": [70.0, 210.0], "Plan": [90.0, 200.0],
        "Stale": ["it moved", ""],
    }
)  # fmt: skip


def test_a_stale_override_is_an_exception_with_what_it_moves() -> None:
    rows = stale_overrides(OVERRIDES)
    assert rows.select("Exception", "Stake", "Text").rows() == [("stale:4", 20.0, "override 4: it moved")]


@pytest.mark.parametrize(
    ("kind", "value", "stake"), [("figure", 90.0, 90.0), ("amount", -15.0, 15.0), ("factor", 2.0, 0.0)]
)
def test_what_an_override_that_cannot_be_met_would_move_is_at_stake(kind: str, value: float, stake: float) -> None:
    unmet = OVERRIDES.head(1).with_columns(
        pl.lit(kind).alias("Kind"),
        pl.lit(value).alias("Value"),
        pl.lit(0.0).alias("Forecast"),
        pl.lit(0.0).alias("Plan"),
    )
    assert stale_overrides(unmet)["Stake"].to_list() == [stake]


HANDLING = {"State": "done", "Owner": "Ada", "Until": None, "Note": "", "By": "Bo", "Handled": 20.0}


@pytest.mark.parametrize(
    ("handled", "state"),
    [
        ({}, "done"),
        ({"Handled": 19.0}, "open"),
        ({"State": "snoozed", "Until": MONDAY}, "open"),
        ({"State": "snoozed", "Until": SUNDAY}, "snoozed"),
        ({"State": "open"}, "open"),
    ],
)  # fmt: skip
def test_done_comes_back_with_more_money_and_snoozed_on_its_day(handled: dict[str, object], state: str) -> None:
    rows = ranked([stale_overrides(OVERRIDES)])
    schema = {"Exception": pl.String, "State": pl.String, "Owner": pl.String, "Until": pl.Date, "Note": pl.String}
    handling = pl.DataFrame(
        [{"Exception": rows["Exception"][0], **HANDLING, **handled}],
        schema={**schema, "By": pl.String, "Handled": pl.Float64},
    )
    assert with_handling(rows, handling, MONDAY)["State"].to_list() == [state]
    assert with_handling(rows, handling.head(0), MONDAY).select("State", "Owner").rows() == [("open", "")]


def test_exceptions_of_all_kinds_are_ranked_by_money() -> None:
    wide = figures()
    wide.cents["Upper80"][1] += 400
    assert ranked([stale_overrides(OVERRIDES), wide_intervals(wide)])["Kind"].to_list() == ["interval", "stale"]
    assert ranked([]).is_empty()
