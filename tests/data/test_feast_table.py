"""Retail feasts fall on their days in every year, and belong to countries that there are."""

import datetime as dt

import pytest

from storecast.data.country_holidays import CODES
from storecast.data.feast_table import _table, feast_days, paydays, retail_feasts


@pytest.mark.parametrize(
    ("on", "year", "days"),
    [
        ("05-10", 2017, ["2017-05-10"]),
        ("4 Thursday 11 +1", 2017, ["2017-11-24"]),
        ("2 Sunday 5", 2017, ["2017-05-14"]),
        ("last Sunday 5", 2017, ["2017-05-28"]),
        ("Easter -21", 2017, ["2017-03-26"]),
        ("Easter -50 .. Easter -47", 2017, ["2017-02-25", "2017-02-26", "2017-02-27", "2017-02-28"]),
        ("Chinese New Year", 2016, ["2016-02-08"]),
        ("Eid al-Fitr -1", 2016, ["2016-07-05"]),
        ("Diwali", 2018, ["2018-11-06"]),
    ],
)
def test_a_feast_falls_on_its_days(on: str, year: int, days: list[str]) -> None:
    assert [str(day) for day in feast_days(on, year)] == days


def test_a_feast_of_the_islamic_year_comes_twice_in_some_years() -> None:
    assert len(feast_days("Eid al-Fitr", 2000)) == 2
    assert len(feast_days("Eid al-Fitr -29 .. Eid al-Fitr -1", 2000)) == 2 * 29


def test_every_entry_of_the_table_can_be_read_and_names_countries_that_there_are() -> None:
    table = _table()
    countries = {country for entry in table["feasts"] for country in entry["countries"]}
    assert {*countries, *table["paydays"], *table["moved"]} <= set(CODES)
    for country in countries:
        feasts = retail_feasts(country, range(2015, 2018))
        assert all(2014 <= day.year <= 2017 for feast in feasts for day in feast.days)
        assert len({feast.name for feast in feasts}) == len(feasts)


def test_a_country_without_an_entry_has_no_retail_feast_and_the_usual_pay_day() -> None:
    assert retail_feasts("", [2015]) == []
    assert paydays("") == paydays("DE") == ("last",)
    assert paydays("EC") == (15, "last")


def test_the_day_of_a_feast_is_a_date() -> None:
    assert feast_days("12-24 .. 12-25", 2015) == [dt.date(2015, 12, 24), dt.date(2015, 12, 25)]
