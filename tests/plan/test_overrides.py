"""The plan that follows from a forecast and its overrides."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.errors import DataError
from storecast.plan.overrides import NOBODY, Resolution, describe, resolve, stale_reasons
from storecast.plan.scopes import StoreGroups
from storecast.plan.store_days import StoreDays

MONDAY = dt.date(2014, 3, 3)
DAYS, STORES = 14, 4
GROUPS = StoreGroups.of(
    pl.DataFrame({"Store": [1, 2, 3, 4], "StoreType": ["a", "a", "b", "b"], "State": ["", "BY", "BY", None]}),
    Breakdown((StoreGroup("Region", {1: "north", 2: "south"}),)),
)


def figures(cells: Any = 1000, first: dt.date = MONDAY, days: int = DAYS) -> StoreDays:
    forecast = np.full((STORES, days), 0, np.int64) + np.array(cells, np.int64)
    cents = {"Forecast": forecast, "Lower80": forecast * 8 // 10, "Upper80": forecast * 12 // 10}
    return StoreDays(pl.Series("Store", [1, 2, 3, 4]), first, cents)


def override(level: str, key: object, begin: int, end: int, kind: str, value: float, added: int = 1) -> dict[str, Any]:
    return {
        "level": level, "key": str(key), "first": MONDAY + dt.timedelta(begin), "last": MONDAY + dt.timedelta(end),
        "kind": kind, "value": value, "added": added, "plan": 1, "id": added,
    }  # fmt: skip


def plan_of(*rows: dict[str, Any], on: StoreDays | None = None) -> Resolution:
    base = figures()
    return resolve(on or base, GROUPS, pl.DataFrame(list(rows)), {1: base})


def test_each_kind_means_what_it_says() -> None:
    figure = plan_of(override("chain", "chain", 0, 6, "figure", 140.0)).plan
    assert figure[:, :7].sum() == 14000
    assert (figure[:, 7:] == 1000).all()
    amount = plan_of(override("store", 2, 0, 6, "amount", -7.0)).plan
    assert (amount[1, :7] == 900).all()
    factor = plan_of(override("type", "b", 3, 3, "factor", 1.5)).plan
    assert factor[:, 3].tolist() == [1000, 1000, 1500, 1500]
    assert plan_of(override("Region", "unknown", 0, 0, "factor", 0)).plan[:, 0].tolist() == [1000, 1000, 0, 0]
    assert plan_of(override("state", "BY", 0, 0, "figure", 1)).plan[:, 0].tolist() == [1000, 50, 50, 1000]


def test_narrower_overrides_are_kept_and_the_broader_one_is_met_by_the_rest() -> None:
    narrow, broad = override("store", 1, 2, 2, "figure", 99.0, 1), override("type", "a", 0, 6, "figure", 300.0, 2)
    for rows in ((narrow, broad), (broad, narrow)):
        resolution = plan_of(*rows)
        assert resolution.plan[0, 2] == 9900
        assert resolution.plan[:2, :7].sum() == 30000
        assert resolution.trouble == {}
        assert resolution.holder[0, 2] == rows.index(narrow)
        assert resolution.holder[1, 2] == rows.index(broad)
        assert resolution.holder[2, 2] == NOBODY


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((override("store", 1, 2, 2, "figure", 99.0), override("type", "a", 0, 6, "figure", 50.0)), "hold 99.00 of its 50.00"),
        ((override("store", 1, 2, 2, "figure", 99.0), override("store", 1, 2, 2, "amount", 2.0, 2)), "every day of it is held"),
        ((override("store", 1, 0, 1, "amount", -20.01),), "takes more away than the forecast of its days, 20.00"),
        ((override("store", 1, 0, 0, "amount", -20.01),), "takes more away than the forecast of its days, 10.00"),
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_said_and_the_forecast_stays(rows: tuple[dict[str, Any], ...], words: str) -> None:
    resolution = plan_of(*rows)
    assert [words in text for text in resolution.trouble.values()] == [True]
    free = resolution.holder == NOBODY
    assert (resolution.plan[free] == 1000).all()


def test_a_closed_day_takes_nothing_of_a_week_and_a_week_without_any_shape_is_refused() -> None:
    cells = np.tile([1000] * 6 + [0], (STORES, 2))
    week = plan_of(override("store", 1, 0, 6, "figure", 600.0), on=figures(cells))
    assert week.plan[0, :7].tolist() == [10000] * 6 + [0]
    closed = plan_of(override("chain", "chain", 6, 6, "figure", 600.0), on=figures(cells))
    assert "no shape to spread it by" in closed.trouble[0]
    opened = plan_of(override("store", 1, 6, 6, "figure", 600.0), on=figures(cells))
    assert opened.plan[0, 6] == 60000, "of a single day no shape is needed"


LEVELS = st.sampled_from(
    [("store", 1), ("store", 3), ("type", "a"), ("state", "BY"), ("Region", "north"), ("chain", "chain")]
)


@st.composite
def overrides(draw: Any) -> list[dict[str, Any]]:
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for added in range(1, draw(st.integers(1, 8)) + 1):
        (level, key), begin = draw(LEVELS), draw(st.integers(0, DAYS - 1))
        kind, value = draw(
            st.one_of(
                st.tuples(st.just("figure"), st.integers(0, 10**8).map(lambda cents: cents / 100)),
                st.tuples(st.just("amount"), st.integers(-(10**4), 10**6).map(lambda cents: cents / 100)),
                st.tuples(st.just("factor"), st.floats(0, 3)),
            )
        )
        row = override(level, key, begin, draw(st.integers(begin, DAYS - 1)), kind, value, added)
        rows[row["level"], row["key"], row["first"], row["last"]] = row
    return list(rows.values())


@given(overrides(), st.integers(0, 2**32 - 1))
def test_every_figure_that_can_be_met_is_met_to_the_cent_at_its_level(rows: list[dict[str, Any]], seed: int) -> None:
    base = figures(np.random.default_rng(seed).integers(0, 10**6, (STORES, DAYS)))
    forecast = base.cents["Forecast"]
    resolution = resolve(base, GROUPS, pl.DataFrame(rows), {1: base})
    assert (resolution.plan >= 0).all()
    assert (resolution.plan[resolution.holder == NOBODY] == forecast[resolution.holder == NOBODY]).all()
    for number, row in enumerate(rows):
        cells = resolution.cells[number]
        block = np.ix_(cells.rows, np.arange(cells.begin, cells.end))
        own = resolution.holder[block] == number
        if number in resolution.trouble:
            assert not own.any()
        elif row["kind"] == "figure":
            # A broader override never moves what a narrower one holds, so a figure is met over all of its scope.
            outer = resolution.holder[block]
            if all(resolution.cells[k].count <= cells.count for k in set(outer.ravel().tolist()) - {NOBODY, number}):
                assert resolution.plan[block].sum() == round(row["value"] * 100)
        else:
            was, now = int(forecast[block][own].sum()), int(resolution.plan[block][own].sum())
            assert now == (was + round(row["value"] * 100) if row["kind"] == "amount" else round(row["value"] * was))


def test_a_figure_some_of_whose_days_are_over_keeps_its_share_by_the_shape_of_its_own_forecast() -> None:
    cells = np.tile([3000] * 3 + [1000] * 11, (STORES, 1))
    later = figures(2000, MONDAY + dt.timedelta(3))
    rows = pl.DataFrame(
        [override("chain", "chain", 0, 6, "figure", 1300.0), override("chain", "chain", 7, 7, "factor", 2.0)]
    )
    plan = resolve(later, GROUPS, rows, {1: figures(cells)}).plan
    assert plan[:, :4].sum() == 40000, "four days of 1000 out of 13000"
    assert (plan[:, 4] == 4000).all()


def test_an_override_is_stale_where_the_forecast_has_moved_past_it_or_out_of_its_band() -> None:
    rows = pl.DataFrame([override("store", 1, 0, 6, "amount", 7.0)])  # 10% of 70
    texts = {}
    for value in (1000, 1090, 1110, 1250):
        new = figures(value)
        base = {1: figures()}
        texts[value] = stale_reasons(new, resolve(new, GROUPS, rows, base), rows, base)[0]
    assert (texts[1000], texts[1090]) == ("", "")
    assert "from 70.00 to 77.70, by more than the override" in texts[1110]
    assert "went from 70.00 to 87.50, out of the band from 56.00 to 84.00" in texts[1250]
    rows = pl.DataFrame([override("store", 1, 0, 6, "figure", 77.0)])
    for value, words in ((1090, ""), (1110, "from 70.00 to 77.70, by more than the override")):
        new = figures(value)
        text = stale_reasons(new, resolve(new, GROUPS, rows, {1: figures()}), rows, {1: figures()})[0]
        assert (words in text, bool(text)) == (True, bool(words))


def test_only_days_and_stores_that_both_forecasts_have_make_an_override_stale() -> None:
    rows = pl.DataFrame([override("chain", "chain", 0, 6, "factor", 1.05)])
    new = figures(np.array([[1000], [1000], [1000], [9000]]), MONDAY + dt.timedelta(3), DAYS)
    new.cents["Forecast"][:, 4:] = 9000
    older = figures()
    base = StoreDays(older.stores.head(3), older.first, {name: cells[:3] for name, cells in older.cents.items()})
    assert stale_reasons(new, resolve(new, GROUPS, rows, {1: base}), rows, {1: base}) == [""]


def test_a_group_that_is_none_is_refused_with_what_was_meant() -> None:
    with pytest.raises(DataError, match=r"no such level\. Did you mean store"):
        GROUPS.check("stor", "1")
    with pytest.raises(DataError, match="no such type"):
        GROUPS.check("type", "c")
    GROUPS.check("Region", "unknown")


def test_an_override_is_described_in_words() -> None:
    assert (
        describe(override("store", 3, 0, 6, "figure", 12000)) == "store 3, 2014-03-03 to 2014-03-09: figure 12,000.00"
    )
    assert describe(override("chain", "chain", 0, 0, "factor", 1.1)) == "all stores, 2014-03-03: factor 1.1"
