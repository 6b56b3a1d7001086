"""Bad and missing data among what needs a look."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.plan.data_exceptions import DAYS_READ, WINDOW, broken_records, few_reports, missing_days, missing_reports

END = dt.date(2014, 6, 30)
DAYS = [END - dt.timedelta(days=day) for day in range(DAYS_READ)]
SALES = pl.DataFrame({s.STORE: [1, 2, 3], s.SALES: [100.0, 50.0, 10.0]}).join(pl.DataFrame({s.DATE: DAYS}), how="cross")
NONE = SALES.select(s.KEYS).head(0)


def test_a_store_that_reports_few_days_lately_is_an_exception_with_what_it_usually_sells() -> None:
    assert few_reports(SALES, NONE).is_empty()
    silent = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) > END - dt.timedelta(days=10))
    gone = (pl.col(s.STORE) == 3) & (pl.col(s.DATE) > END - dt.timedelta(days=20))
    rows = few_reports(SALES.filter(~silent & ~gone), NONE)
    assert rows.select("Exception", "Kind", "Key", "End", "Stake").rows() == [
        ("missing:2014-06-21:2", "missing", "2", END, 500.0),
        ("missing:2014-06-11:3", "missing", "3", END, 125.0),
    ]
    assert rows["Text"][0] == (
        "it reported 4 of the 14 days that are usual in two weeks, the last on 2014-06-20: load the missing sales, or mark the "
        "days as closed"
    )
    a_day_before = few_reports(SALES.filter(~silent & ~gone & (pl.col(s.DATE) < END)), NONE)
    assert a_day_before["Exception"].to_list() == rows["Exception"].to_list(), (
        "its name stays, and who has dealt with it"
    )
    closed = SALES.filter(silent).select(s.KEYS)
    assert few_reports(SALES.filter(~silent), closed).is_empty(), "the calendar says why"
    seldom = SALES.filter((pl.col(s.STORE) != 2) | (pl.col(s.DATE) == END - dt.timedelta(days=30)))
    assert few_reports(seldom, NONE).is_empty()
    assert few_reports(SALES.head(0), NONE).is_empty()


def test_a_single_day_without_a_row_is_an_exception_with_what_the_store_sells_on_such_a_weekday() -> None:
    friday = dt.date(2014, 6, 27)
    fridays = pl.col(s.DATE).dt.weekday() == 5
    sales = SALES.with_columns(pl.when(fridays).then(pl.col(s.SALES) * 3).otherwise(s.SALES).alias(s.SALES))
    assert missing_days(sales, NONE, NONE).is_empty()
    lacks = sales.filter(~((pl.col(s.STORE) == 2) & (pl.col(s.DATE) == friday)))
    rows = missing_reports(lacks, NONE, NONE)
    assert rows.select("Exception", "Kind", "Key", "Start", "End", "Stake").rows() == [
        ("missing:2014-06-27:2", "missing", "2", friday, friday, 150.0)
    ]
    assert rows["Text"][0] == (
        "it reported nothing on 2014-06-27, where 150.00 is usual: load the missing sales, or mark the day as closed"
    )
    newest = lacks.filter(~((pl.col(s.STORE) == 2) & (pl.col(s.DATE) > END - dt.timedelta(days=2))))
    row = missing_reports(newest, NONE, NONE).row(0, named=True)
    assert (row["Exception"], row["End"], row["Stake"]) == ("missing:2014-06-27:2", END, 250.0)
    assert row["Text"].startswith("it reported nothing on 3 days from 2014-06-27 to 2014-06-30, where 250.00 is usual")


def test_a_day_without_a_row_is_none_where_it_is_closed_a_holiday_unusual_or_nobody_has_it() -> None:
    friday = dt.date(2014, 6, 27)
    of_store = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) == friday)
    lacks, lacking = SALES.filter(~of_store), SALES.filter(of_store).select(s.KEYS)
    assert missing_days(lacks, NONE, NONE).height == 1
    assert missing_days(lacks, lacking, NONE).is_empty(), "the calendar has it as closed"
    elsewhere = SALES.filter((pl.col(s.STORE) == 1) & (pl.col(s.DATE) == friday)).select(s.KEYS)
    assert missing_days(lacks, NONE, elsewhere).is_empty(), "a holiday, perhaps its own"
    never = (pl.col(s.STORE) == 2) & (pl.col(s.DATE).dt.weekday() == 5)
    assert missing_days(SALES.filter(~never), NONE, NONE).is_empty(), "it is closed on that weekday, without a row"
    zero = SALES.with_columns(pl.when(never).then(0.0).otherwise(s.SALES).alias(s.SALES))
    assert missing_days(zero.filter(~of_store), NONE, NONE).is_empty(), (
        "it is closed on that weekday, with rows of zero"
    )
    most = SALES.filter((pl.col(s.STORE) == 1) | (pl.col(s.DATE) != friday))
    assert missing_days(most, NONE, NONE).is_empty(), "the day has not been loaded yet"
    assert missing_days(SALES.head(0), NONE, NONE).is_empty()


def test_a_store_that_closed_for_good_has_one_exception_at_first_and_none_later() -> None:
    for days, names in ((10, ["missing:2014-06-21:2"]), (90, [])):
        gone = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) > END - dt.timedelta(days=days))
        assert missing_reports(SALES.filter(~gone), NONE, NONE)["Exception"].to_list() == names


def test_days_that_no_model_learns_are_an_exception_unless_they_are_holidays_or_long_ago() -> None:
    assert broken_records(SALES, NONE).is_empty()
    cents = (pl.col(s.STORE) == 1) & (pl.col(s.DATE) > END - dt.timedelta(days=2))
    long_ago = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) == END - dt.timedelta(days=WINDOW))
    wrong = SALES.with_columns(pl.when(cents | long_ago).then(pl.col(s.SALES) * 100).otherwise(s.SALES).alias(s.SALES))
    rows = broken_records(wrong, NONE)
    assert rows.select("Exception", "Start", "End").rows() == [("broken:2014-06-29:1", END - dt.timedelta(days=1), END)]
    assert abs(rows["Stake"][0] - 2 * 9900) < 1
    assert rows["Text"][0].startswith("it sold 10,000.00 on 2014-06-")
    assert "where 100.00 is usual, and 1 more such days" in rows["Text"][0]
    assert broken_records(wrong, wrong.filter(cents).select(s.KEYS)).is_empty()
    assert broken_records(SALES.head(0), NONE).is_empty()
