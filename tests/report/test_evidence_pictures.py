"""Small pictures of the tests and the data: they show what was measured, and are left out where that says nothing."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from storecast import schema as s
from storecast.report import facts
from storecast.report.day_marks import DayMarks, marks_of, shapes
from storecast.report.evidence_pictures import (
    assumed_stores_by_day,
    coverage_by_weekday,
    error_by_kind_of_day,
    stores_by_week,
)
from storecast.report.report_input import report_words

WORDS = report_words()
MONDAY = dt.date(2015, 6, 1)


def line(day: int, **values: Any) -> dict[str, Any]:
    plain = {"model": "linear", "slice": "weekday", "cutoff": "mean", "key": str(day), "rows": 100, "open_rows": 90}
    return {**plain, "coverage80": 0.75, "coverage95": 0.9, **values}


def test_coverage_is_shown_by_weekday_where_days_are_enough() -> None:
    scores = [
        line(2),
        line(1, coverage80=0.5),
        line(7, open_rows=3),
        line(3, model="naive"),
        line(4, cutoff="2015-05-01"),
    ]
    figure = coverage_by_weekday(scores, "linear", WORDS)
    assert figure is not None
    wide, narrow = figure.data
    assert (list(narrow.x), list(narrow.y), list(wide.y)) == (["Mon", "Tue"], [0.5, 0.75], [0.9, 0.9])
    assert [shape.y0 for shape in figure.layout.shapes] == [0.95, 0.8]
    assert figure.layout.yaxis.range[0] < 0.5, "no mark is cut off"
    assert coverage_by_weekday([line(7, open_rows=3), line(1, coverage80=None)], "linear", WORDS) is None


@pytest.fixture
def calendar() -> pl.DataFrame:
    """Return 40 stores on four days: a plain one, one with a promotion, a day before a holiday, and the holiday."""
    days = [MONDAY + dt.timedelta(days=k) for k in range(4)]
    marks = pl.DataFrame({s.DATE: days, s.OPEN: [1] * 4, s.PROMO: [0, 1, 0, 0], s.STATE_HOLIDAY: ["0", "0", "0", "a"]})
    return pl.DataFrame({s.STORE: range(1, 41)}).join(marks, how="cross")


def test_the_error_is_that_of_each_kind_of_day_and_model(calendar: pl.DataFrame) -> None:
    sales = calendar.select(*s.KEYS, pl.lit(100.0).alias(s.SALES))
    off = pl.col(s.DATE).dt.weekday() * 10.0
    tests = [
        sales.select(pl.lit(name).alias(s.MODEL), *s.KEYS, (100 + off * times).alias(s.FORECAST))
        for times, name in ((2, "naive"), (1, "linear"))
    ]
    figure = error_by_kind_of_day(pl.concat(tests), sales, calendar, ["naive", "linear"], WORDS)
    assert figure is not None
    naive, linear = figure.data
    kinds = ["with a promotion", "without a promotion", "before or after a holiday", "public holiday"]
    assert list(linear.y) == kinds, "there is no Sunday"
    assert list(linear.x) == pytest.approx([0.2, 0.1, 0.3, 0.4])
    assert list(naive.x) == pytest.approx([0.4, 0.2, 0.6, 0.8])
    few = calendar.filter(pl.col(s.STORE) <= 5)
    assert error_by_kind_of_day(pl.concat(tests), sales, few, ["naive"], WORDS) is None
    assert error_by_kind_of_day(tests[0].clear(), sales, calendar, ["naive"], WORDS) is None


def test_stores_that_sold_are_counted_by_week() -> None:
    days = [MONDAY, MONDAY + dt.timedelta(days=6), MONDAY + dt.timedelta(days=7)]
    sales = pl.DataFrame({s.STORE: [1, 2, 2], s.DATE: days, s.SALES: [5.0, 7.0, 0.0]})
    assert (list(stores_by_week(sales, WORDS).data[0].y)) == [2]


def test_assumed_days_show_stores_open_with_and_without_a_promotion_and_closed() -> None:
    ahead = pl.DataFrame(
        {
            s.STORE: [1, 2, 3, 1, 2, 3],
            s.DATE: [MONDAY] * 3 + [MONDAY + dt.timedelta(days=1)] * 3,
            s.OPEN: [1, 1, 0, 1, 1, 1],
            s.PROMO: [1, 0, 1, 0, 0, 0],
            s.ASSUMED: [True] * 6,
        }
    )
    days = facts.assumed_days(ahead, ahead)
    assert [day["promo"] for day in days] == [1, 0], "a promotion of a closed store is none"
    bars = {bar.name: list(bar.y) for bar in assumed_stores_by_day(days, WORDS).data}
    assert bars == {"open, with a promotion": [1, 0], "open": [1, 3], "closed": [1, 0]}
    calm = assumed_stores_by_day(days[1:], WORDS).data
    assert [bar.name for bar in calm] == ["open"], "what never is has no bar"


def test_a_chart_marks_promotions_and_holidays_once_each_in_its_legend(calendar: pl.DataFrame) -> None:
    marks = marks_of(calendar, MONDAY, MONDAY + dt.timedelta(days=3))
    assert marks.promotions == [(MONDAY + dt.timedelta(days=1),) * 2]
    assert marks.holidays == [MONDAY + dt.timedelta(days=3)]
    assert [(each["name"], each["type"]) for each in shapes(marks, report_words("de"))] == [
        ("Aktion", "rect"),
        ("Feiertag", "line"),
    ]
    assert marks_of(calendar, MONDAY, MONDAY) == DayMarks([], [])
