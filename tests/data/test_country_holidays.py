"""Public holidays by country and region: the same in every process, each feast under one name in every year."""

import datetime as dt
import os
import subprocess
import sys

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.country_holidays import (
    common_feasts,
    country_code,
    feasts,
    holiday_codes,
    kind_of_law,
    region_code,
    unknown_regions,
)
from storecast.errors import DataError


def days_of(country: str, feast: str, first: int, last: int) -> list[dt.date]:
    table = feasts(country, None, dt.date(first, 1, 1), dt.date(last, 12, 31))
    return sorted(day for day, names in table.items() if feast in names)


def test_a_country_is_its_iso_code_in_any_case() -> None:
    assert country_code("ec", "country") == country_code(" EC ", "country") == "EC"


@pytest.mark.parametrize(("value", "meant"), [("Ecuador", "EC"), ("ECU", "EC"), ("UK", "GB"), ("Germny", "DE")])
def test_another_name_of_a_country_is_refused_with_its_code(value: str, meant: str) -> None:
    with pytest.raises(DataError, match=f'country: found .* Did you mean "{meant}"'):
        country_code(value, "country")


@pytest.mark.parametrize("value", ["XX", "", 5, None, True])
def test_what_is_no_country_is_refused(value: object) -> None:
    with pytest.raises(DataError, match="ISO 3166"):
        country_code(value, "country")


def test_a_region_is_known_by_code_and_by_name() -> None:
    assert [region_code("DE", name) for name in ("BY", "DE-BY", "bayern", "HB,NI", "Atlantis", "")] == [
        "BY", "BY", "BY", "HB", None, None,
    ]  # fmt: skip
    assert unknown_regions("DE", ["BY", "Atlantis", ""]) == ["Atlantis"]
    assert unknown_regions("EC", ["Pichincha"]) == []  # the library knows no region of Ecuador


def test_a_feast_that_moves_is_found_in_each_year() -> None:
    assert days_of("US", "Thanksgiving Day", 2015, 2017) == [
        dt.date(2015, 11, 26), dt.date(2016, 11, 24), dt.date(2017, 11, 23),
    ]  # fmt: skip
    assert days_of("EC", "Carnaval", 2017, 2017) == [dt.date(2017, 2, 27), dt.date(2017, 2, 28)]
    assert len(days_of("TR", "Ramazan Bayramı", 2030, 2030)) == 3  # an estimate, under the same name


def test_a_day_off_in_place_of_a_holiday_bears_its_name() -> None:
    assert days_of("US", "Christmas Day", 2021, 2021) == [dt.date(2021, 12, 24), dt.date(2021, 12, 25)]


def test_moved_days_that_the_library_lacks_are_added() -> None:
    assert dt.date(2016, 5, 27) in days_of("EC", "Batalla de Pichincha", 2016, 2016)
    assert dt.date(2015, 1, 2) in days_of("EC", "Año Nuevo", 2015, 2015)
    assert dt.date(2016, 11, 4) in days_of("EC", "Día de Difuntos", 2016, 2016)


def test_a_holiday_whose_day_off_was_moved_is_a_working_day() -> None:
    assert days_of("EC", "Independencia de Guayaquil", 2012, 2016) == [
        dt.date(2012, 10, 12), dt.date(2013, 10, 11), dt.date(2014, 10, 10), dt.date(2015, 10, 9), dt.date(2016, 10, 9),
    ]  # fmt: skip
    assert days_of("EC", "Primer Grito de Independencia", 2016, 2016) == [dt.date(2016, 8, 12)]


def test_where_the_law_moves_a_day_off_the_holiday_itself_is_a_working_day() -> None:
    assert days_of("EC", "Batalla de Pichincha", 2017, 2018) == [dt.date(2017, 5, 26), dt.date(2018, 5, 25)]
    assert days_of("EC", "Primer Grito de Independencia", 2017, 2018) == [dt.date(2017, 8, 11), dt.date(2018, 8, 10)]
    assert days_of("EC", "Independencia de Cuenca", 2019, 2019) == [dt.date(2019, 11, 4)]
    assert days_of("EC", "Navidad", 2022, 2022) == [dt.date(2022, 12, 25), dt.date(2022, 12, 26)], "the law excepts it"
    assert days_of("EC", "Año Nuevo", 2023, 2023) == [dt.date(2023, 1, 1), dt.date(2023, 1, 2)]


def test_names_do_not_follow_the_language_of_the_process() -> None:
    code = (
        "import datetime as dt; from storecast.data.country_holidays import feasts; "
        "print(sorted(feasts('EC', None, dt.date(2016, 1, 1), dt.date(2016, 12, 31)).values(), key=str))"
    )
    replies = set()
    for language in ("en_US", "uk", "es"):
        environment = {**os.environ, "LANGUAGE": language, "PYTHONUTF8": "1"}
        replies.add(
            subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout
        )
    assert len(replies) == 1
    assert "Navidad" in replies.pop().decode()


def test_codes_are_those_of_state_holiday_region_by_region() -> None:
    codes = holiday_codes("DE", ["BY", "BE", "Atlantis"], dt.date(2015, 1, 1), dt.date(2015, 12, 31))
    of = {key[0]: dict(rows.drop("Region").iter_rows()) for key, rows in codes.group_by("Region")}
    assert of["BY"][dt.date(2015, 4, 6)] == "b"
    assert of["BY"][dt.date(2015, 12, 25)] == "c"
    assert of["BY"][dt.date(2015, 6, 4)] == "a"
    assert dt.date(2015, 6, 4) not in of["BE"]
    assert of["Atlantis"].keys() == of["BE"].keys()
    assert codes.schema[s.STATE_HOLIDAY] == pl.String


def test_a_holiday_that_falls_on_easter_by_chance_is_no_day_of_easter() -> None:
    codes = dict(holiday_codes("TR", [""], dt.date(2000, 1, 1), dt.date(2000, 12, 31)).drop("Region").iter_rows())
    children = dt.date(2011, 4, 23)
    assert codes[dt.date(2000, 4, 23)] == "a"
    assert kind_of_law("EC", dt.date(2014, 4, 18)) == "b"
    assert kind_of_law("TR", children) == "a"
    assert kind_of_law("JP", dt.date(2030, 4, 22)) == "a"  # Easter Monday there


def test_feasts_that_most_regions_keep_are_those_of_the_country() -> None:
    days = common_feasts("CH", dt.date(2015, 1, 1), dt.date(2015, 12, 31))
    assert dt.date(2015, 4, 6) in days  # Easter Monday, by the law of most cantons
    assert dt.date(2015, 6, 4) not in days or len(days) < 15
    assert common_feasts("", dt.date(2015, 1, 1), dt.date(2015, 12, 31)) == {}
