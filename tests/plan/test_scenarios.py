"""Scenarios in few words: the changes of a calendar, what they come to, and several beside each other."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from storecast import schema as s
from storecast.errors import DataError
from storecast.plan.scenarios import (
    CalendarChange,
    SavedScenario,
    ScenarioSpan,
    change_rows,
    changes_between,
    check_name,
    compare_weeks,
    comparison_notices,
)
from storecast.plan.scopes import StoreGroups

MONDAY = dt.date(2015, 6, 15)
STORES = pl.Series(s.STORE, [1, 2, 3, 4])
GROUPS = StoreGroups(
    STORES,
    {
        "store": STORES.cast(pl.String),
        "type": pl.Series(["a", "a", "b", "b"]),
        "chain": pl.Series(["chain"] * 4),
    },
)
CALENDAR = pl.DataFrame(
    {
        s.STORE: STORES.gather([store for store in range(4) for _ in range(7)]),
        s.DATE: [MONDAY + dt.timedelta(days=day) for _ in range(4) for day in range(7)],
        s.OPEN: pl.Series([1] * 28, dtype=pl.Int8),
        s.PROMO: pl.Series([0] * 28, dtype=pl.Int8),
        s.STATE_HOLIDAY: ["0"] * 28,
        "Price": [2.5] * 28,
    }
)


def day(number: int) -> dt.date:
    return MONDAY + dt.timedelta(days=number)


CHANGES = (
    CalendarChange("chain", "chain", day(0), day(1), s.PROMO, 1),
    CalendarChange("type", "b", day(2), day(4), "Price", 1.25),
    CalendarChange("store", "1", day(2), day(4), "Price", 1.25),
    CalendarChange("store", "2", day(3), day(3), s.STATE_HOLIDAY, "a"),
    CalendarChange("store", "2", day(6), day(6), s.OPEN, 0),
)


def test_the_changes_of_a_calendar_come_back_from_the_calendar_that_they_make() -> None:
    rows = change_rows(CHANGES, GROUPS, CALENDAR.schema)
    joined = CALENDAR.join(rows, on=s.KEYS, how="left", suffix=" new", maintain_order="left")
    changed = joined.select(
        *s.KEYS, *(pl.coalesce(f"{name} new", name).alias(name) for name in CALENDAR.columns if name not in s.KEYS)
    )
    assert set(changes_between(CALENDAR, changed, GROUPS)) == set(CHANGES)
    assert changes_between(CALENDAR, CALENDAR, GROUPS) == ()


def test_the_later_of_two_changes_of_a_cell_holds_and_strange_stores_are_refused() -> None:
    later = CalendarChange("store", "1", day(1), day(1), s.PROMO, 0)
    rows = change_rows((CHANGES[0], later), GROUPS, CALENDAR.schema)
    assert rows.filter(pl.col(s.STORE) == 1)[s.PROMO].to_list() == [1, 0]
    with pytest.raises(DataError, match="no such store"):
        change_rows((replace(later, key="9"),), GROUPS, CALENDAR.schema)


def scenario(number: int, *differences: float, model: str = "m") -> SavedScenario:
    """Return a scenario with what it changes in each week."""
    weeks = tuple(
        ScenarioSpan(day(7 * week), day(7 * week + 6), 100.0, 100.0 + value, value, value - 1, value + 1)
        for week, value in enumerate(differences)
    )
    at = dt.datetime(2015, 6, 14, tzinfo=dt.UTC)
    return SavedScenario(number, f"S{number}", model, day(-1), 1, 4, weeks[0], weeks, CHANGES, (), "", "Ada", at)


def test_scenarios_stand_beside_each_other_by_week_and_different_forecasts_are_named() -> None:
    one, other = scenario(1, 5.0, 6.0), scenario(2, 7.0)
    assert [week.differences for week in compare_weeks([one, other])] == [(5.0, 7.0), (6.0, None)]
    assert len(comparison_notices([one, other])) == 1
    assert "S2: n after" in comparison_notices([one, replace(other, model="n")])[1]


@pytest.mark.parametrize("name", ["", " ", "12", "a\nb", "x" * 101])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="in one line, and no number"):
        check_name(name)
    assert check_name(" Easter ") == "Easter"
