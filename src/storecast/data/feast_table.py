"""What `feasts.toml` says of countries: retail feasts, pay days, and public holidays that the library of holidays lacks."""

import calendar
import datetime as dt
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import holidays
from dateutil.easter import easter

from storecast.dates import DAY_NAMES

FILE = "feasts.toml"
MAX_RUN_UP = 31
USUAL_RUN_UP = 2  # days before a feast on which sales may rise towards it
LAST = "last"
ANCHOR = (
    r"(\d{4}-)?\d\d-\d\d|([1-5]|last) (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day ([1-9]|1[0-2])|Easter|"
    r"Eid al-Fitr|Chinese New Year|Diwali"
)
PART = rf"({ANCHOR})( [+-]\d{{1,3}})?"
LAST_WEEKDAY_OF_MONTH = (LAST,)
LEAP_AND_COMMON_YEARS = range(2012, 2040)
MOON = {  # feasts that follow the moon, as Singapore's law names them
    "Eid al-Fitr": "Hari Raya Puasa",
    "Chinese New Year": "Chinese New Year",
    "Diwali": "Deepavali",
}


@dataclass(frozen=True)
class RetailFeast:
    """A feast that moves sales.

    Attributes
    ----------
    name : of the feast
    days : of some years
    run_up : days before it on which sales may rise towards it
    """

    name: str
    days: tuple[dt.date, ...]
    run_up: int


def retail_feasts(country: str, years: Iterable[int]) -> list[RetailFeast]:
    """Return the retail feasts of a country in some years.

    Parameters
    ----------
    country : ISO code
    years : in which they begin
    """
    wanted = list(years)
    return [
        RetailFeast(
            entry["name"],
            tuple(day for year in wanted for day in feast_days(entry["on"], year)),
            entry.get("run_up", USUAL_RUN_UP),
        )
        for entry in _table()["feasts"]
        if country in entry["countries"]
    ]


def paydays(country: str) -> tuple[int | str, ...]:
    """Return the days of the month on which wages come; "last" is the last Monday to Friday."""
    return tuple(_table()["paydays"].get(country, LAST_WEEKDAY_OF_MONTH))


def moved_holidays(country: str) -> dict[dt.date, str]:
    """Return the public holidays of a country that the library lacks, by day the name of the feast.

    Parameters
    ----------
    country : ISO code
    """
    return {dt.date.fromisoformat(day): name for day, name in _table()["moved"].get(country, {}).items()}


def worked_holidays(country: str) -> frozenset[dt.date]:
    """Return the public holidays of the library on which a country worked, as their day off was moved."""
    return frozenset(map(dt.date.fromisoformat, _table()["worked"].get(country, ())))


def moves_holiday(country: str, name: str, year: int) -> bool:
    """Say whether a country's law moves the day off of a feast, so that its own day is a working day where there is another.

    Parameters
    ----------
    country : ISO code
    name : of the feast
    year : in which it lies
    """
    rule = _table()["moves"].get(country)
    return rule is not None and year >= rule["from"] and name not in rule["but"]


def feast_days(on: str, year: int) -> list[dt.date]:
    """Return the days of a feast in a year, as `feasts.toml` describes them.

    Parameters
    ----------
    on : the description
    year : in which it lies

    Examples
    --------
    >>> feast_days("4 Thursday 11 +1", 2017)
    [datetime.date(2017, 11, 24)]
    """
    begin, _, end = on.partition(" .. ")
    return [
        first + dt.timedelta(days=k)
        for first, last in zip(_days(begin, year), _days(end or begin, year), strict=False)  # one of them may not come
        for k in range((last - first).days + 1)
    ]


def is_description(on: str) -> bool:
    """Say whether a text describes the days of a feast."""
    return re.fullmatch(rf"{PART}( \.\. {PART})?", on) is not None and any(
        feast_days(on, int(on[:4]) if re.match(r"\d{4}-", on) else year) for year in LEAP_AND_COMMON_YEARS
    )


def _days(text: str, year: int) -> list[dt.date]:
    """Return the day that a part of a description means; one that follows the Islamic year may come twice in a year, or never."""
    match = re.fullmatch(r"(.+?)(?: ([+-]\d+))?", text)
    assert match is not None, text
    return [day + dt.timedelta(days=int(match[2] or 0)) for day in _anchors(match[1], year)]


def _anchors(name: str, year: int) -> list[dt.date]:
    if name in MOON:
        law = holidays.country_holidays("SG", years=year, language="en_SG", observed=False)
        days = sorted(day for day in law if any(feast.startswith(MOON[name]) for feast in law.get_list(day)))
        return [day for day in days if day - dt.timedelta(days=1) not in days]
    if name == "Easter":
        return [easter(year)]
    if name[0].isdigit() and "-" in name:
        text = name if name[4] == "-" else f"{year}-{name}"
        return [day] if (day := _date(text)) and day.year == year else []
    place, weekday, month = name.split()
    dates = [
        day
        for week in calendar.Calendar().monthdatescalendar(year, int(month))
        if (day := week[DAY_NAMES.index(weekday)]).month == int(month)
    ]
    return dates[-1:] if place == LAST else dates[int(place) - 1 : int(place)]


def _date(text: str) -> dt.date | None:
    """Return a date; None where there is no such day, 29 February in most years."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(FILE).read_text("utf-8"))
