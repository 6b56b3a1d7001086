"""A holiday comes again by its feast, or by the rule that the past confirms; a day shut each year is shut again."""

import datetime as dt

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.ahead import extend
from storecast.data.panel import Panel

Days = list[dt.date]


def shop(
    first: dt.date, days: int, marked: Days, shut: Days, *, rows: bool = True, country: str | None = None
) -> Panel:
    """Return a store that opens daily, but for some days; without ``rows``, the shut days have none."""
    dates = [first + dt.timedelta(days=k) for k in range(days)]
    sales = pl.DataFrame(
        {
            s.STORE: [1] * days,
            s.DATE: dates,
            s.SALES: [0.0 if day in shut else 1000.0 for day in dates],
            s.OPEN: [int(day not in shut) for day in dates],
            s.STATE_HOLIDAY: ["a" if day in marked else "0" for day in dates],
        }
    )
    return Panel.from_frames(sales if rows else sales.filter(pl.col(s.OPEN) == 1), country=country)


def ahead(panel: Panel, until: dt.date, what: pl.Expr) -> Days:
    calendar = extend(panel, until).calendar
    return calendar.filter(pl.col(s.DATE) > panel.end, what)[s.DATE].to_list()


SHUT = pl.col(s.OPEN) == 0
MARKED = pl.col(s.STATE_HOLIDAY) != "0"
FIRST = dt.date(2014, 1, 1)
THANKSGIVING = [dt.date(2014, 11, 27), dt.date(2015, 11, 26), dt.date(2016, 11, 24)]
MEMORIAL_DAY = [dt.date(2014, 5, 26), dt.date(2015, 5, 25), dt.date(2016, 5, 30)]
CARNIVAL = [dt.date(2014, 3, 3), dt.date(2015, 2, 16), dt.date(2016, 2, 8)]
CHRISTMAS = [dt.date(year, 12, 25) for year in (2014, 2015, 2016)]


@pytest.mark.parametrize(
    ("feast", "end", "again"),
    [
        (THANKSGIVING, dt.date(2017, 11, 5), dt.date(2017, 11, 23)),
        (MEMORIAL_DAY, dt.date(2017, 5, 10), dt.date(2017, 5, 29)),
        (CARNIVAL, dt.date(2017, 2, 1), dt.date(2017, 2, 27)),
        (CHRISTMAS, dt.date(2017, 12, 1), dt.date(2017, 12, 25)),
    ],
    ids=["fourth Thursday", "last Monday", "Easter", "date"],
)
def test_without_law_a_holiday_recurs_by_the_rule_that_its_years_show(
    feast: Days, end: dt.date, again: dt.date
) -> None:
    panel = shop(FIRST, (end - FIRST).days + 1, feast, feast)
    assert ahead(panel, end + dt.timedelta(days=42), MARKED) == [again]
    assert ahead(panel, end + dt.timedelta(days=42), SHUT) == [again]


def test_a_holiday_of_a_single_year_recurs_where_its_date_is_one_the_world_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    days = [dt.date(2015, 11, 26), dt.date(2015, 12, 25)]
    once = shop(dt.date(2015, 1, 1), 669, days, days)  # until 2016-10-30
    assert ahead(once, dt.date(2016, 12, 31), MARKED) == [dt.date(2016, 12, 25)]
    assert ahead(once, dt.date(2016, 12, 31), SHUT) == [dt.date(2016, 12, 25)]
    assert "no other year tells whether they recur by date: 2015-11-26" in caplog.text


def test_a_holiday_that_another_year_contradicts_does_not_recur() -> None:
    day = dt.date(2015, 11, 12)
    contradicted = shop(FIRST, 1034, [day], [day])
    assert ahead(contradicted, dt.date(2016, 12, 1), MARKED | SHUT) == []


def test_a_holiday_that_was_introduced_lately_recurs() -> None:
    new = [dt.date(2016, 6, 15), dt.date(2017, 6, 15)]
    panel = shop(FIRST, 1612, new, [])  # until 2018-05-31
    assert ahead(panel, dt.date(2018, 7, 1), MARKED) == [dt.date(2018, 6, 15)]


@pytest.mark.parametrize("rows", [True, False])
def test_a_day_that_is_shut_in_every_year_is_shut_again_without_a_mark(rows: bool) -> None:
    panel = shop(FIRST, 1066, [], CHRISTMAS, rows=rows)  # until 2016-12-01
    assert ahead(panel, dt.date(2017, 1, 5), SHUT) == [dt.date(2016, 12, 25)]
    assert extend(panel, dt.date(2017, 1, 5)).calendar.filter(pl.col(s.DATE) > panel.end)[s.ASSUMED].all()


@pytest.mark.parametrize("rows", [True, False])
@pytest.mark.parametrize(
    ("shut", "first", "end", "again"),
    [
        # The fourth Thursdays of December were Boxing Day and Christmas Day, and its last Wednesdays are no holiday either.
        (
            [(12, 25), (12, 26), (1, 1)],
            dt.date(2013, 1, 1),
            dt.date(2015, 11, 25),
            ["2015-12-25", "2015-12-26", "2016-01-01"],
        ),
        ([(5, 26), (5, 25)], None, dt.date(2016, 5, 10), ["2016-05-30"]),
        ([(11, 27), (11, 26)], None, dt.date(2016, 11, 10), ["2016-11-24"]),
    ],
    ids=["dates", "last Monday", "fourth Thursday"],
)
def test_a_closure_that_comes_again_by_one_rule_shuts_no_day_by_another(
    rows: bool, shut: list[tuple[int, int]], first: dt.date | None, end: dt.date, again: list[str]
) -> None:
    if first is None:  # one day a year
        days = [dt.date(2014 + k, *day) for k, day in enumerate(shut)]
    else:
        days = [dt.date(year, *day) for year in range(first.year, end.year + 1) for day in shut]
    first = first or FIRST
    panel = shop(first, (end - first).days + 1, [], [day for day in days if day <= end], rows=rows)
    assert list(map(str, ahead(panel, end + dt.timedelta(days=42), SHUT))) == again


def test_a_day_that_was_shut_once_or_in_a_long_closure_is_not() -> None:
    panel = shop(FIRST, 1066, [], [dt.date(2015, 12, 25)])
    assert ahead(panel, dt.date(2017, 1, 5), SHUT) == []
    away = [dt.date(year, 12, 5) + dt.timedelta(days=k) for year in (2014, 2015) for k in range(14)]
    assert ahead(shop(FIRST, 1066, [], away), dt.date(2017, 1, 5), SHUT) == []


def test_by_law_a_feast_keeps_what_the_store_did_when_it_last_came() -> None:
    eid = [dt.date(2018, 6, 15), dt.date(2018, 6, 16), dt.date(2018, 6, 17), dt.date(2019, 6, 4)]
    eid += [dt.date(2019, 6, 5), dt.date(2019, 6, 6)]
    panel = shop(dt.date(2018, 1, 1), 850, eid, eid, country="TR")  # until 2020-04-29; marks nothing else
    openings = ahead(panel, dt.date(2020, 6, 10), MARKED)
    assert openings == [dt.date(2020, 5, 24), dt.date(2020, 5, 25), dt.date(2020, 5, 26)]
    assert ahead(panel, dt.date(2020, 6, 10), SHUT) == openings


def test_by_law_holidays_are_known_before_they_ever_came() -> None:
    panel = shop(dt.date(2016, 1, 1), 100, [], [], country="EC")  # marks no day: the law does
    assert ahead(panel, dt.date(2016, 5, 28), MARKED) == [
        dt.date(2016, 5, 1),
        dt.date(2016, 5, 27),  # in place of 24 May
    ]


def test_a_store_without_a_row_on_a_holiday_by_law_was_shut_on_it() -> None:
    shut = [dt.date(2015, 12, 25)]
    panel = shop(
        dt.date(2015, 6, 1), 549, [], shut, rows=False, country="EC"
    )  # until 2016-11-30, open on all other days
    assert ahead(panel, dt.date(2017, 1, 3), MARKED) == [
        dt.date(2016, 12, 25),
        dt.date(2017, 1, 1),
        dt.date(2017, 1, 2),
    ]
    assert ahead(panel, dt.date(2017, 1, 3), SHUT) == [dt.date(2016, 12, 25)]


def test_bank_holidays_of_one_name_do_not_tell_what_a_store_does_on_new_years_day() -> None:
    new_year = [dt.date(year, 1, 1) for year in (2021, 2022, 2023)]
    marked = [*new_year, dt.date(2023, 1, 2)]  # the day off for a Sunday; banks close on it each year
    panel = shop(dt.date(2021, 1, 1), 1064, marked, new_year, country="JP")  # until 2023-11-30
    assert ahead(panel, dt.date(2024, 1, 5), SHUT) == [dt.date(2024, 1, 1)]
    assert ahead(panel, dt.date(2024, 1, 5), MARKED) == [dt.date(2024, 1, 1)]


@pytest.mark.parametrize("country", [None, "US"], ids=["no holiday", "holidays of a country"])
@pytest.mark.parametrize(("open_before", "expected"), [(False, [0]), (True, [1])])
def test_a_new_store_shuts_on_a_day_on_which_all_others_always_were(
    country: str | None, open_before: bool, expected: list[int]
) -> None:
    old = shop(FIRST, 1066, [], CHRISTMAS)  # until 2016-12-01
    rows = old.sales.join(old.calendar, on=s.KEYS).drop(s.STORE, s.ASSUMED)
    begins = dt.date(2015, 12, 1) if open_before else dt.date(2016, 9, 1)
    new = rows.filter(pl.col(s.DATE) >= begins).with_columns(
        pl.lit(1, pl.Int8).alias(s.OPEN), pl.lit(1000.0).alias(s.SALES)
    )
    stores = [(store, rows) for store in (1, 2, 3)] + [(4, new)]
    chain = Panel.from_frames(
        pl.concat(frame.with_columns(pl.lit(store).alias(s.STORE)) for store, frame in stores), country=country
    )
    christmas = extend(chain, dt.date(2017, 1, 5)).calendar.filter(
        (pl.col(s.STORE) == 4) & (pl.col(s.DATE) == dt.date(2016, 12, 25))
    )
    assert christmas[s.OPEN].to_list() == expected
