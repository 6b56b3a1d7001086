"""Holidays keep their date or their distance from Easter, and have the kind that files give them."""

import datetime as dt

import pytest

from storecast.data.holiday_dates import days_from_easter, holiday_kind, recurs


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (dt.date(2015, 1, 1), "a"),
        (dt.date(2015, 4, 3), "b"),
        (dt.date(2015, 4, 5), "0"),
        (dt.date(2015, 4, 6), "b"),
        (dt.date(2015, 5, 24), "0"),
        (dt.date(2015, 5, 25), "a"),
        (dt.date(2015, 12, 26), "c"),
    ],
)
def test_a_holiday_has_the_kind_that_files_give_it(day: dt.date, kind: str) -> None:
    assert holiday_kind(day) == kind


def test_a_movable_holiday_recurs_by_its_distance_from_easter_and_another_by_its_date() -> None:
    assert days_from_easter(dt.date(2014, 4, 20)) == 0
    assert recurs(dt.date(2014, 4, 18), dt.date(2015, 4, 3))
    assert not recurs(dt.date(2014, 4, 18), dt.date(2015, 4, 18))
    assert recurs(dt.date(2014, 10, 3), dt.date(2015, 10, 3))
    assert not recurs(dt.date(2014, 10, 3), dt.date(2015, 10, 2))
