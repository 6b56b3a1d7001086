"""The calendar ahead follows habit, law and rhythm, and says what it assumed."""

import datetime as dt

import polars as pl
import pytest

from panels import make_panel
from storecast import schema as s
from storecast.data.ahead import extend, future_table
from storecast.data.panel import Panel


def bare(days: int = 420, stores: int = 4) -> tuple[Panel, Panel]:
    whole = make_panel(stores=stores, days=days, ahead=60)
    return whole.with_calendar(whole.calendar.filter(pl.col(s.DATE) <= whole.end)), whole


def test_what_is_worked_out_is_what_would_have_been_given() -> None:
    past, whole = bare(days=470)
    found = extend(past, whole.end + dt.timedelta(days=60)).calendar.filter(pl.col(s.DATE) > past.end)
    both = found.join(whole.calendar, on=s.KEYS, suffix="_given")
    assert both.height == 4 * 60
    assert found[s.ASSUMED].all()
    assert (both[s.PROMO] == both[s.PROMO + "_given"]).all()
    ordinary = both.filter(pl.col(s.STATE_HOLIDAY) == pl.col(s.STATE_HOLIDAY + "_given"))
    assert (ordinary[s.OPEN] == ordinary[s.OPEN + "_given"]).all()


def test_given_rows_stay_as_they_are() -> None:
    _, whole = bare()
    day = whole.end + dt.timedelta(days=3)
    partly = whole.with_calendar(
        whole.calendar.filter((pl.col(s.DATE) <= whole.end) | ((pl.col(s.DATE) == day) & (pl.col(s.STORE) == 2)))
    )
    found = extend(partly, whole.end + dt.timedelta(days=5)).calendar.filter(pl.col(s.DATE) > whole.end)
    assert found.height == 4 * 5
    assert found.filter(~pl.col(s.ASSUMED)).select(s.KEYS).rows() == [(2, day)]


def test_nothing_is_done_where_all_is_given() -> None:
    _, whole = bare()
    assert extend(whole, whole.end + dt.timedelta(days=60)) is whole
    assert extend(whole, whole.end) is whole


def test_state_holidays_follow_the_law_of_the_state() -> None:
    past, _ = bare(days=100)
    ahead = extend(past, dt.date(2013, 6, 10)).calendar
    corpus_christi = ahead.filter(pl.col(s.DATE) == dt.date(2013, 5, 30))
    assert corpus_christi[s.STATE_HOLIDAY].to_list() == ["a", "a", "a", "a"]  # NW and BY both keep it
    may = ahead.filter(pl.col(s.DATE) == dt.date(2013, 5, 1))
    assert may[s.OPEN].to_list() == [0, 0, 0, 0]


def test_without_states_holidays_recur_from_the_own_past() -> None:
    past, _ = bare(days=470)
    nowhere = Panel(past.sales, past.stores.with_columns(pl.lit("").alias(s.STATE)), past.calendar)
    ahead = extend(nowhere, dt.date(2014, 5, 3)).calendar
    assert ahead.filter(pl.col(s.DATE) == dt.date(2014, 5, 1))[s.STATE_HOLIDAY].unique().to_list() == ["a"]


@pytest.mark.parametrize("days", [1, 5, 13, 40])
def test_tiny_histories_have_a_calendar_too(days: int) -> None:
    past, whole = bare(days=days, stores=1)
    assert extend(past, whole.end + dt.timedelta(days=10)).calendar.filter(pl.col(s.DATE) > past.end).height == 10


def test_leap_day_and_new_year_are_passed() -> None:
    panel = make_panel(stores=2, days=1130, ahead=0)  # until 2016-02-04
    found = extend(panel, dt.date(2016, 3, 3)).calendar.filter(pl.col(s.DATE) == dt.date(2016, 2, 29))
    assert found.height == 2
    late = make_panel(stores=2, days=1090, ahead=0)
    assert extend(late, dt.date(2016, 1, 4)).calendar.filter(pl.col(s.DATE) == dt.date(2016, 1, 1))[
        s.OPEN
    ].to_list() == [0, 0]


def test_a_chain_that_never_closes_stays_open() -> None:
    past, whole = bare()
    always = past.with_calendar(past.calendar.with_columns(pl.lit(1, pl.Int8).alias(s.OPEN)))
    found = extend(always, whole.end + dt.timedelta(days=14)).calendar.filter(pl.col(s.DATE) > past.end)
    assert found[s.OPEN].min() == 1


def test_the_table_to_edit_says_what_is_assumed() -> None:
    past, _ = bare()
    table = future_table(past, 7)
    assert table.columns[:3] == [s.STORE, s.DATE, s.DAY_OF_WEEK]
    assert table.height == 4 * 7
    assert table[s.ASSUMED].to_list() == [1] * 28
