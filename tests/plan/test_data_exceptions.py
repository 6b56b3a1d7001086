"""Bad and missing data among what needs a look."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.plan.data_exceptions import DAYS_READ, WINDOW, broken_records, few_reports

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
        ("missing:2014-06-17:2", "missing", "2", END, 500.0),
        ("missing:2014-06-17:3", "missing", "3", END, 125.0),
    ]
    assert rows["Text"][0] == (
        "it reported 4 of the 14 days that are usual in two weeks, the last on 2014-06-20: load the sales that lack, or mark the "
        "days as closed"
    )
    closed = SALES.filter(silent).select(s.KEYS)
    assert few_reports(SALES.filter(~silent), closed).is_empty(), "the calendar says why"
    seldom = SALES.filter((pl.col(s.STORE) != 2) | (pl.col(s.DATE) == END - dt.timedelta(days=30)))
    assert few_reports(seldom, NONE).is_empty()
    assert few_reports(SALES.head(0), NONE).is_empty()


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
