"""The calendar ahead follows habit, law and rhythm, and says what it assumed."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.ahead import extend, future_table
from storecast.data.country_holidays import holiday_codes
from storecast.data.panel import TABLES, Panel
from support.panels import make_panel


def bare(days: int = 420, stores: int = 4) -> tuple[Panel, Panel]:
    whole = make_panel(stores=stores, days=days, ahead=60)
    return whole.with_calendar(whole.calendar.filter(pl.col(s.DATE) <= whole.end)), whole


def changed(panel: Panel, **columns: pl.Expr) -> Panel:
    """Return the panel with other columns in its calendar, each of the type it had."""
    typed = {name: value.cast(panel.calendar.schema.get(name, pl.Float64())) for name, value in columns.items()}
    return panel.with_calendar(panel.calendar.with_columns(**typed))


def on(panel: Panel, day: dt.date, column: str) -> list[object]:
    return panel.calendar.filter(pl.col(s.DATE) == day)[column].to_list()


def without_states(panel: Panel) -> Panel:
    return Panel(panel.sales, panel.stores.with_columns(pl.lit("").alias(s.STATE)), panel.calendar)


def test_what_is_worked_out_is_what_would_have_been_given() -> None:
    past, whole = bare(days=470)
    calendar = extend(past, whole.end + dt.timedelta(days=60)).calendar.filter(pl.col(s.DATE) > past.end)
    both = calendar.join(whole.calendar, on=s.KEYS, suffix="_given")
    assert both.height == 4 * 60
    assert calendar[s.ASSUMED].all()
    assert (both[s.PROMO] == both[s.PROMO + "_given"]).all()
    ordinary = both.filter(pl.col(s.STATE_HOLIDAY) == pl.col(s.STATE_HOLIDAY + "_given"))
    assert (ordinary[s.OPEN] == ordinary[s.OPEN + "_given"]).all()


def test_given_rows_stay_as_they_are() -> None:
    _, whole = bare()
    day = whole.end + dt.timedelta(days=3)
    partly = whole.with_calendar(
        whole.calendar.filter((pl.col(s.DATE) <= whole.end) | ((pl.col(s.DATE) == day) & (pl.col(s.STORE) == 2)))
    )
    calendar = extend(partly, whole.end + dt.timedelta(days=5)).calendar.filter(pl.col(s.DATE) > whole.end)
    assert calendar.height == 4 * 5
    assert calendar.filter(~pl.col(s.ASSUMED)).select(s.KEYS).rows() == [(2, day)]


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
    ahead = extend(without_states(past), dt.date(2014, 5, 3))
    assert on(ahead, dt.date(2014, 5, 1), s.STATE_HOLIDAY) == ["a"] * 4


def test_without_states_movable_holidays_keep_their_distance_from_easter() -> None:
    past, _ = bare(days=470)  # until 2014-04-15
    good_friday = pl.col(s.DATE) == dt.date(2013, 3, 29)
    past = changed(past, StateHoliday=pl.when(good_friday).then(pl.lit("b")).otherwise(s.STATE_HOLIDAY))
    ahead = extend(without_states(past), dt.date(2014, 4, 25))
    assert on(ahead, dt.date(2014, 4, 18), s.STATE_HOLIDAY) == ["b"] * 4
    assert on(ahead, dt.date(2014, 4, 17), s.STATE_HOLIDAY) == ["0"] * 4


def test_easter_and_whit_sunday_are_not_marked() -> None:
    past, _ = bare(days=60)
    hesse = Panel(past.sales, past.stores.with_columns(pl.lit("HE").alias(s.STATE)), past.calendar)
    ahead = extend(hesse, dt.date(2013, 6, 1))
    assert (
        on(ahead, dt.date(2013, 3, 31), s.STATE_HOLIDAY)
        == on(ahead, dt.date(2013, 5, 19), s.STATE_HOLIDAY)
        == ["0"] * 4
    )
    assert (
        on(ahead, dt.date(2013, 3, 29), s.STATE_HOLIDAY) == on(ahead, dt.date(2013, 4, 1), s.STATE_HOLIDAY) == ["b"] * 4
    )


def test_two_states_in_one_cell_are_taken_as_the_first() -> None:
    past, _ = bare(days=60)
    both = Panel(past.sales, past.stores.with_columns(pl.lit("HB,NI").alias(s.STATE)), past.calendar)
    assert on(extend(both, dt.date(2013, 5, 30)), dt.date(2013, 5, 9), s.STATE_HOLIDAY) == ["a"] * 4


def test_a_law_that_the_past_gainsays_is_not_followed() -> None:
    past, whole = bare(days=470)  # marks no movable holiday, and not 3 October
    free = changed(past, StateHoliday=pl.lit("0"))
    calendar = extend(free, whole.end + dt.timedelta(days=60)).calendar
    assert calendar[s.STATE_HOLIDAY].unique().to_list() == ["0"]


def test_a_store_does_on_a_holiday_what_it_did_when_that_one_last_came() -> None:
    past, _ = bare(days=470)
    trades = (pl.col(s.STORE) == 3) & (pl.col(s.DATE) == dt.date(2013, 5, 1))
    past = changed(past, Open=pl.when(trades).then(1).otherwise(s.OPEN))
    assert on(extend(past, dt.date(2014, 5, 3)), dt.date(2014, 5, 1), s.OPEN) == [0, 0, 1, 0]


def test_school_holidays_follow_the_law_where_the_past_bears_it_out() -> None:
    past, _ = bare(days=120)  # until 2013-04-30
    easter_break = pl.date(2013, 3, 25) <= pl.col(s.DATE), pl.col(s.DATE) <= pl.date(2013, 4, 6)
    january = pl.col(s.DATE) <= pl.date(2013, 1, 4)
    schooldays = pl.col(s.DATE).dt.weekday() <= 5
    past = changed(past, SchoolHoliday=((easter_break[0] & easter_break[1]) | january) & schooldays)
    north = Panel(past.sales, past.stores.with_columns(pl.lit("NW").alias(s.STATE)), past.calendar)
    ahead = extend(north, dt.date(2013, 8, 1))
    assert on(ahead, dt.date(2013, 7, 19), s.SCHOOL_HOLIDAY) == [0] * 4
    assert on(ahead, dt.date(2013, 7, 22), s.SCHOOL_HOLIDAY) == [1] * 4  # the summer holidays of 2013 began
    assert on(ahead, dt.date(2013, 7, 27), s.SCHOOL_HOLIDAY) == [0] * 4  # a Saturday: this chain marks none


def test_without_states_school_holidays_in_spring_move_with_easter() -> None:
    past, _ = bare(days=440)  # until 2014-03-16
    break_2013 = (pl.date(2013, 3, 25) <= pl.col(s.DATE)) & (pl.col(s.DATE) <= pl.date(2013, 4, 5))
    ahead = extend(without_states(changed(past, SchoolHoliday=break_2013)), dt.date(2014, 5, 10)).calendar
    school_holidays = ahead.filter((pl.col(s.DATE) > past.end) & (pl.col(s.SCHOOL_HOLIDAY) == 1))[s.DATE]
    assert (school_holidays.min(), school_holidays.max()) == (dt.date(2014, 4, 14), dt.date(2014, 4, 25))


def test_school_holidays_of_a_store_that_was_away_follow_its_state() -> None:
    past, _ = bare(days=420)
    odd = past.stores.with_columns(pl.lit("elsewhere").alias(s.STATE))
    away = past.calendar.filter((pl.col(s.STORE) != 2) | (pl.col(s.DATE) >= dt.date(2013, 10, 1)))
    ahead = extend(Panel(past.sales, odd, away), dt.date(2014, 8, 10))
    assert on(ahead, dt.date(2014, 8, 5), s.SCHOOL_HOLIDAY) == [1] * 4


def test_a_calendar_of_more_than_a_year_goes_back_to_what_is_known() -> None:
    past, _ = bare(days=420)
    ahead = extend(without_states(past), dt.date(2016, 8, 10))
    assert on(ahead, dt.date(2016, 8, 9), s.SCHOOL_HOLIDAY) == [1] * 4


def test_stores_with_their_own_rhythm_each_keep_it() -> None:
    past, whole = bare(days=300)
    turned = (pl.col(s.STORE) % 2 == 0) & (pl.col(s.DATE).dt.weekday() <= 5)
    own = pl.when(turned).then(1 - pl.col(s.PROMO)).otherwise(s.PROMO)
    calendar = extend(changed(past, Promo=own), whole.end + dt.timedelta(days=28)).calendar
    given = changed(whole, Promo=own).calendar
    both = calendar.filter(pl.col(s.DATE) > past.end).join(given, on=s.KEYS, suffix="_given")
    assert both.height == 4 * 28
    assert (both[s.PROMO] == both[s.PROMO + "_given"]).all()


def test_promotions_that_recur_after_a_year_are_continued_so() -> None:
    past, whole = bare(days=730)
    week = (pl.col(s.DATE) - pl.date(2012, 12, 31)).dt.total_days() // 7 % 52
    odd = week.is_in([1, 2, 5, 9, 10, 14, 19, 21, 22, 28, 29, 31, 37, 40, 41, 42, 47, 50]) & (
        pl.col(s.DATE).dt.weekday() <= 5
    )
    calendar = extend(changed(past, Promo=odd), whole.end + dt.timedelta(days=48)).calendar.filter(
        pl.col(s.DATE) > past.end
    )
    both = calendar.join(changed(whole, Promo=odd).calendar, on=s.KEYS, suffix="_given")
    assert both[s.PROMO].sum() > 0
    assert (both[s.PROMO] == both[s.PROMO + "_given"]).all()


def test_a_chain_without_promotions_stays_without() -> None:
    past, whole = bare()
    calendar = extend(changed(past, Promo=pl.lit(0)), whole.end + dt.timedelta(days=48)).calendar
    assert calendar[s.PROMO].sum() == 0


def test_a_store_that_is_not_given_takes_the_promotion_and_school_holidays_of_the_others() -> None:
    _, whole = bare(days=430)
    turned = changed(
        whole,
        Promo=pl.when(pl.col(s.DATE) > whole.end).then(1 - pl.col(s.PROMO)).otherwise(s.PROMO),
        SchoolHoliday=pl.when(pl.col(s.DATE) > whole.end).then(1).otherwise(s.SCHOOL_HOLIDAY),
    )
    fewer = turned.with_calendar(turned.calendar.filter((pl.col(s.DATE) <= whole.end) | (pl.col(s.STORE) != 3)))
    calendar = extend(fewer, whole.end + dt.timedelta(days=14)).calendar.filter(pl.col(s.DATE) > whole.end)
    third = calendar.filter(pl.col(s.STORE) == 3).head(14)
    assert third[s.ASSUMED].all()
    for column in (s.PROMO, s.SCHOOL_HOLIDAY):
        assert third[column].to_list() == calendar.filter(pl.col(s.STORE) == 1).head(14)[column].to_list()


def test_sales_do_not_move_the_calendar() -> None:
    past, whole = bare()
    until = whole.end + dt.timedelta(days=30)
    doubled = Panel(past.sales.with_columns(pl.col(s.SALES) * 2), past.stores, past.calendar)
    assert extend(doubled, until).calendar.equals(extend(past, until).calendar)


def test_stores_may_have_names_and_no_rows_at_all() -> None:
    past, whole = bare(days=90)
    names = {
        table: getattr(past, table).with_columns(pl.format("Markt {}", s.STORE).alias(s.STORE)) for table in TABLES
    }
    new = names["calendar"].filter(pl.col(s.STORE) != "Markt 4")
    chain = Panel(names["sales"].filter(pl.col(s.STORE) != "Markt 4"), names["stores"], new)
    until = whole.end + dt.timedelta(14)
    closed = extend(chain, until).calendar.filter((pl.col(s.DATE) > past.end) & (pl.col(s.STORE) == "Markt 4"))
    assert closed[s.OPEN].to_list() == [0] * 14  # it never sold anything, and nobody asks for it
    extended = extend(chain, until, opened=["Markt 4"])
    ahead = extended.calendar.filter((pl.col(s.DATE) > past.end) & (pl.col(s.STORE) == "Markt 4"))
    assert ahead.height == 14
    assert ahead[s.OPEN].sum() == 11  # closed on two Sundays and on Easter Monday
    other = extended.calendar.filter((pl.col(s.DATE) > past.end) & (pl.col(s.STORE) == "Markt 3"))
    assert ahead[s.PROMO].to_list() == other[s.PROMO].to_list()


@pytest.mark.parametrize("days", [1, 5, 13, 40])
def test_tiny_histories_have_a_calendar_too(days: int) -> None:
    past, whole = bare(days=days, stores=1)
    assert extend(past, whole.end + dt.timedelta(days=10)).calendar.filter(pl.col(s.DATE) > past.end).height == 10


def test_leap_day_and_new_year_are_passed() -> None:
    panel = make_panel(stores=2, days=1130, ahead=0)  # until 2016-02-04
    calendar = extend(panel, dt.date(2016, 3, 3)).calendar.filter(pl.col(s.DATE) == dt.date(2016, 2, 29))
    assert calendar.height == 2
    late = make_panel(stores=2, days=1090, ahead=0)
    assert extend(late, dt.date(2016, 1, 4)).calendar.filter(pl.col(s.DATE) == dt.date(2016, 1, 1))[
        s.OPEN
    ].to_list() == [0, 0]


def test_a_weekday_without_rows_beside_many_with_rows_is_a_closed_one() -> None:
    past, whole = bare(days=120)
    mondays = (pl.col(s.STORE) == 1) & (pl.col(s.DATE).dt.weekday() == 1)
    without_mondays = past.with_calendar(past.calendar.filter(~mondays))
    calendar = extend(without_mondays, whole.end + dt.timedelta(days=28)).calendar.filter(pl.col(s.DATE) > past.end)
    assert calendar.filter(mondays)[s.OPEN].to_list() == [0] * 4
    others = calendar.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE).dt.weekday() == 1))
    assert others[s.OPEN].sum() >= 3


@pytest.mark.parametrize(("weeks", "opened"), [(3, 0), (6, 1)])
def test_a_weekday_whose_rows_came_in_few_of_the_last_weeks_is_a_closed_one(weeks: int, opened: int) -> None:
    past, whole = bare(days=120)
    last = pl.col(s.DATE) > whole.end - dt.timedelta(days=7 * weeks)
    calendar = past.calendar.filter(pl.col(s.OPEN) == 1)  # rows of open days alone
    rare = past.with_calendar(calendar.filter((pl.col(s.DATE).dt.weekday() != 4) | last))
    ahead = extend(rare, whole.end + dt.timedelta(days=7)).calendar.filter(pl.col(s.DATE) > whole.end)
    assert ahead.filter(pl.col(s.DATE).dt.weekday() == 4)[s.OPEN].to_list() == [opened] * 4
    assert ahead.filter(pl.col(s.DATE).dt.weekday() == 5)[s.OPEN].to_list() == [1] * 4


def test_rows_that_are_lost_here_and_there_close_no_weekday() -> None:
    past, whole = bare(days=120)
    row = pl.int_range(pl.len())
    sparse = past.with_calendar(past.calendar.filter((pl.col(s.OPEN) == 1) & (row * 7919 % 10 < 4)))
    ahead = extend(sparse, whole.end + dt.timedelta(days=7)).calendar.filter(pl.col(s.DATE) > whole.end)
    assert ahead.filter(pl.col(s.DATE).dt.weekday() < 6)[s.OPEN].mean() > 0.7


@pytest.mark.parametrize("weekdays", [(6,), (3,), (2, 5)])
def test_a_stall_with_rows_of_market_days_alone_is_open_on_these(weekdays: tuple[int, ...]) -> None:
    past, whole = bare(days=120)
    weekday, stall = pl.col(s.DATE).dt.weekday(), pl.col(s.STORE) == 1
    rows = ~stall | weekday.is_in(weekdays)
    chain = Panel(past.sales.filter(rows), past.stores, past.calendar.filter(rows))
    ahead = extend(chain, whole.end + dt.timedelta(days=28)).calendar.filter(pl.col(s.DATE) > past.end, stall)
    opened = ahead.filter(pl.col(s.OPEN) == 1)
    assert set(opened[s.DATE].dt.weekday()) == set(weekdays)
    assert opened.height >= 3 * len(weekdays)


def test_a_store_with_few_rows_on_any_weekday_is_open_on_all_but_sundays() -> None:
    past, whole = bare(days=121)  # a row every five days
    rows = (pl.col(s.STORE) != 1) | ((pl.col(s.DATE) - past.first).dt.total_days() % 5 == 0)
    chain = Panel(past.sales.filter(rows), past.stores, past.calendar.filter(rows))
    ahead = extend(chain, whole.end + dt.timedelta(days=14)).calendar.filter(
        pl.col(s.DATE) > past.end, pl.col(s.STORE) == 1, pl.col(s.STATE_HOLIDAY) == "0"
    )
    assert set(ahead.filter(pl.col(s.OPEN) == 1)[s.DATE].dt.weekday()) == {1, 2, 3, 4, 5, 6}


def test_a_chain_that_never_closes_stays_open() -> None:
    past, whole = bare()
    always = past.with_calendar(past.calendar.with_columns(pl.lit(1, pl.Int8).alias(s.OPEN)))
    calendar = extend(always, whole.end + dt.timedelta(days=14)).calendar.filter(pl.col(s.DATE) > past.end)
    assert calendar[s.OPEN].min() == 1


def test_the_table_to_edit_says_what_is_assumed() -> None:
    past, _ = bare()
    table = future_table(past, 7)
    assert table.columns[:3] == [s.STORE, s.DATE, s.DAY_OF_WEEK]
    assert table.height == 4 * 7
    assert table[s.ASSUMED].to_list() == [1] * 28


def test_a_holiday_that_only_some_keep_is_one_where_the_stores_marked_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="storecast")
    whole = make_panel(stores=4, days=940, ahead=1)  # until 2015-07-29; stores 2 and 4 in BY
    panel_days = holiday_codes("DE", ["BY"], whole.first, whole.end)[s.DATE].to_list()
    past_law = pl.when(pl.col(s.DATE).is_in(panel_days)).then(pl.lit("a")).otherwise(pl.lit("0"))
    whole = changed(whole, StateHoliday=past_law)
    law = pl.col(s.DATE).is_in([dt.date(2013, 8, 15), dt.date(2014, 8, 15)]) & pl.col(s.STORE).is_in([2, 4])
    shut = law & (pl.col(s.STORE) == 2)
    past = whole.with_calendar(whole.calendar.filter(pl.col(s.DATE) <= whole.end))
    marked = changed(
        past,
        StateHoliday=pl.when(law).then(pl.lit("a")).otherwise(s.STATE_HOLIDAY),
        Open=pl.when(shut).then(0).otherwise(s.OPEN),
    )
    ahead = extend(marked, dt.date(2015, 8, 20))
    assert on(ahead, dt.date(2015, 8, 15), s.STATE_HOLIDAY) == ["0", "a", "0", "a"]
    assert on(ahead, dt.date(2015, 8, 15), s.OPEN) == [1, 0, 1, 1]
    assert "2015-08-15 (Mariä Himmelfahrt, catholic) in BY: a holiday" in caplog.text
    caplog.clear()
    assert on(extend(past, dt.date(2015, 8, 20)), dt.date(2015, 8, 15), s.STATE_HOLIDAY) == ["0"] * 4
    assert "in BY: no holiday" in caplog.text


def test_corpus_christi_is_kept_where_the_stores_of_a_state_marked_it() -> None:
    """The library has it as "catholic" in all of Saxony and Thuringia, where a few places keep it."""
    past, _ = bare(days=500)  # from 2013-01-01 to 2014-05-15
    places = past.stores.with_columns(pl.Series(s.STATE, ["SN", "TH", "SN", "TH"]))
    last_year, day = dt.date(2013, 5, 30), dt.date(2014, 6, 19)
    marks = (pl.col(s.DATE) == last_year) & pl.col(s.STORE).is_in([1, 3])
    marked = changed(past, StateHoliday=pl.when(marks).then(pl.lit("a")).otherwise(s.STATE_HOLIDAY))
    ahead = extend(replace(marked, stores=places, country="DE"), dt.date(2014, 6, 25))
    assert on(ahead, day, s.STATE_HOLIDAY) == ["a", "0", "a", "0"]
    assert on(ahead, day, s.OPEN) == [1] * 4  # stores that were open on it open again


def test_without_states_a_chain_in_germany_keeps_what_the_whole_country_does() -> None:
    marked = holiday_codes("DE", [""], dt.date(2013, 1, 1), dt.date(2013, 9, 20))[s.DATE].to_list()
    past, _ = bare(days=263)  # until 2013-09-20
    past = changed(past, StateHoliday=pl.when(pl.col(s.DATE).is_in(marked)).then(pl.lit("a")).otherwise(pl.lit("0")))
    germany = replace(without_states(past), country="DE")
    assert on(extend(germany, dt.date(2013, 10, 10)), dt.date(2013, 10, 3), s.STATE_HOLIDAY) == ["a"] * 4
    assert on(extend(without_states(past), dt.date(2013, 10, 10)), dt.date(2013, 10, 3), s.STATE_HOLIDAY) == ["0"] * 4
