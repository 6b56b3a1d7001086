"""What moved is found, what only follows its season is not."""

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.monitor.drift import INPUTS, drift, stability
from support.panels import make_panel

shares = st.lists(st.sampled_from([0.0, 1.0]), min_size=4, max_size=60)


def chain(days: int = 728) -> Panel:
    return make_panel(stores=8, days=days, ahead=0)


def states(panel: Panel, since: int = 42) -> dict[str, str]:
    drifts = drift(panel.sales, panel.calendar, panel.end - dt.timedelta(days=since))
    return dict(drifts.select("Input", "State").iter_rows())


def changed(panel: Panel, column: str, value: pl.Expr, days: int = 42) -> Panel:
    """Return the chain with other values in its last days."""
    late = pl.col(s.DATE) > panel.end - dt.timedelta(days=days)
    table = panel.sales if column == s.SALES else panel.calendar
    other = table.with_columns(
        pl.when(late).then(value).otherwise(pl.col(column)).cast(table.schema[column]).alias(column)
    )
    return Panel(other, panel.stores, panel.calendar) if column == s.SALES else Panel(panel.sales, panel.stores, other)


def test_when_all_goes_on_then_nothing_has_moved() -> None:
    assert states(chain()) == dict.fromkeys(INPUTS, "as usual")


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        (s.PROMO, pl.lit(0), "promotions"),
        (s.OPEN, (pl.col(s.OPEN) == 1) & (pl.col(s.STORE) % 2 == 0), "openings"),
        (s.SCHOOL_HOLIDAY, pl.lit(1), "school holidays"),
        (s.SALES, pl.col(s.SALES) * 0.5, "sales"),
    ],
)
def test_when_an_input_changes_for_six_weeks_then_it_has_moved(column: str, value: pl.Expr, name: str) -> None:
    state_of = states(changed(chain(), column, value))
    assert state_of.pop(name) == "moved far"
    assert set(state_of.values()) <= {"as usual", "unusual"}


def test_when_the_season_has_been_there_before_then_sales_have_not_moved() -> None:
    panel = chain(800)
    december = pl.col(s.DATE).dt.month() == 12
    sales = panel.sales.with_columns((pl.when(december).then(1.2).otherwise(1.0) * pl.col(s.SALES)).alias(s.SALES))
    panel = Panel(sales.filter(pl.col(s.DATE) <= dt.date(2014, 12, 31)), panel.stores, panel.calendar)
    assert states(panel)["sales"] in {"as usual", "unusual"}


@pytest.mark.parametrize(("days", "since"), [(420, 13), (90, 42)])
def test_when_too_little_has_come_or_gone_before_then_there_is_no_alert(days: int, since: int) -> None:
    panel = chain(days)
    drifts = drift(panel.sales, panel.calendar, panel.end - dt.timedelta(days=since))
    assert drifts.is_empty()
    assert drifts.columns[:3] == ["Input", "First", "Last"]


def test_the_newest_stretch_is_whole_weeks_and_ends_with_the_sales() -> None:
    panel = chain()
    row = drift(panel.sales, panel.calendar, panel.end - dt.timedelta(days=25)).row(0, named=True)
    assert (row["Last"], (row["Last"] - row["First"]).days + 1) == (panel.end, 21)


def test_what_lies_after_the_end_of_the_sales_is_not_looked_at() -> None:
    panel = make_panel(stores=4, days=420, ahead=48)
    closed = panel.calendar.with_columns(
        pl.when(pl.col(s.DATE) > panel.end).then(0).otherwise(pl.col(s.OPEN)).cast(pl.Int8).alias(s.OPEN)
    )
    cutoff = panel.end - dt.timedelta(days=21)
    assert drift(panel.sales, panel.calendar, cutoff).equals(drift(panel.sales, closed, cutoff))


@given(past=shares, recent=shares)
def test_the_index_of_a_yes_or_no_is_the_slow_sum(past: list[float], recent: list[float]) -> None:
    expected = 0.0
    for value in (0.0, 1.0):
        p, r = (max(of.count(value) / len(of), 1e-4) for of in (past, recent))
        expected += (r - p) * math.log(r / p)
    assert math.isclose(stability(np.array(past), np.array(recent)), expected, rel_tol=1e-9, abs_tol=1e-12)


@given(seed=st.integers(0, 50), shift=st.floats(0, 3))
def test_the_index_is_never_negative_and_grows_with_a_shift(seed: int, shift: float) -> None:
    past = np.random.default_rng(seed).standard_normal(2000)
    near, far = stability(past, past + shift), stability(past, past + shift + 1)
    assert 0 <= near < far
    assert stability(past, past) == 0
