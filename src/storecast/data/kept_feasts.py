"""Whether a country keeps Easter and Christmas: one answer for the terms of models, the seasons of a past, and the report.

A country keeps a feast that is a public holiday in most of its regions, or a feast of its shops in `feasts.toml`, such as
Christmas in Japan.
"""

import datetime as dt
from collections.abc import Collection
from functools import lru_cache

from storecast.data.country_holidays import NO_COUNTRY, common_feasts
from storecast.data.feast_table import retail_feasts
from storecast.data.holiday_dates import days_from_easter

EASTER_HOLIDAYS = (-3, -2, -1, 0, 1)  # days from Easter Sunday; one that is public shows that a country keeps Easter
CHRISTMAS_DAY = (12, 25)
YEARS = range(2010, 2031)  # by whose holidays a country is judged: the same whatever days a chain has


@lru_cache(maxsize=256)
def keeps_easter(country: str) -> bool:
    """Say whether a day of Easter is a public holiday of a country, or a feast of its shops; True where no country is known."""
    return country == NO_COUNTRY or any(hangs_on_easter(days) for days in (*_public(country), *_retail(country)))


@lru_cache(maxsize=256)
def keeps_christmas(country: str) -> bool:
    """Say whether 25 December is a public holiday of a country, or a feast of its shops; True where no country is known."""
    return has_christmas_holiday(country) or any(_on_christmas(days) for days in _retail(country))


@lru_cache(maxsize=256)
def has_christmas_holiday(country: str) -> bool:
    """Say whether 25 December is a public holiday of a country; True where no country is known."""
    return country == NO_COUNTRY or any(_on_christmas(days) for days in _public(country))


def hangs_on_easter(days: Collection[dt.date]) -> bool:
    """Say whether a feast hangs on Easter: one that keeps its date may fall on it in some years."""
    return 2 * sum(days_from_easter(day) in EASTER_HOLIDAYS for day in days) > len(days)


@lru_cache(maxsize=256)
def days_by_feast(country: str, years: range) -> dict[str, list[dt.date]]:
    """Return the days of each public holiday that most regions of a country keep, by its name.

    Parameters
    ----------
    country : ISO code
    years : in which they lie
    """
    by_name: dict[str, list[dt.date]] = {}
    for day, names in sorted(common_feasts(country, dt.date(years[0], 1, 1), dt.date(years[-1], 12, 31)).items()):
        for name in names:
            by_name.setdefault(name, []).append(day)
    return by_name


def _public(country: str) -> list[list[dt.date]]:
    return list(days_by_feast(country, YEARS).values())


def _retail(country: str) -> list[tuple[dt.date, ...]]:
    return [feast.days for feast in retail_feasts(country, YEARS)]


def _on_christmas(days: Collection[dt.date]) -> bool:
    return any((day.month, day.day) == CHRISTMAS_DAY for day in days)
