"""Public holidays of a country and its regions, from the library `holidays`: their days, and the feast of each.

A feast is known by its name in the country's own language, whatever the language of the process, and without what a year adds to
it ("observed", "estimated"): so a feast that moves is found in each year. The days of a country that the library lacks stand in
`feasts.toml`.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import holidays
import polars as pl
from dateutil.easter import easter
from holidays.registry import COUNTRIES

from storecast import schema as s
from storecast.data.feast_table import moved_holidays, moves_holiday, worked_holidays
from storecast.data.holiday_dates import EASTER, days_from_easter, holiday_kind
from storecast.errors import DataError, nearest, quote

GERMANY = "DE"
NO_COUNTRY = ""  # none is set, and the data show none
PUBLIC, SCHOOL, UNOFFICIAL = "public", "school", "unofficial"
REGION = "Region"
DECEMBER = 12
CODES = {names[1]: key for key, names in COUNTRIES.items()}  # by ISO 3166 code, the library's name
MIN_SCHOOL_HOLIDAYS = 40  # a year, from which the library has those of the year, and not a few school-free days
SCHOOL_YEARS = range(2000, 2050)
LABELS = ("observed_estimated_label", "observed_label", "estimated_label")

Feasts = dict[dt.date, frozenset[str]]


def country_code(value: object, where: str, *, by_name: bool = False) -> str:
    """Return a country's ISO 3166 code in capitals.

    Parameters
    ----------
    value : what the user wrote
    where : it stands, for the message
    by_name : take the English name of a country, too, and its code of three letters

    Raises
    ------
    DataError
        where it is no code, or the library lacks the country; the message names the nearest
    """
    text = value.strip() if isinstance(value, str) else ""
    if text.upper() in CODES:
        return text.upper()
    named = {alias.casefold(): names[1] for key, names in COUNTRIES.items() for alias in (key, *names)}
    name = text.casefold().replace(" ", "_")
    if by_name and name in named:
        return named[name]
    close = nearest(name, named)
    near = f' Did you mean "{named[close]}"?' if close else ""
    raise DataError(
        f'{where}: found {quote(value)}; expected the two letters of a country in ISO 3166, such as "EC".{near}'
    )


def region_code(country: str, region: str) -> str | None:
    """Return the library's code of a region; None where it does not know it, or there is no country.

    Parameters
    ----------
    country : ISO code
    region : a code ("BY", "DE-BY") or a name ("Bayern"); of several with a comma or a slash between, the first that is known
    """
    if country not in CODES:
        return None
    codes = _region_names(country)
    names = (part.strip().casefold() for part in region.replace("/", ",").split(","))
    return next((codes[name] for name in names if name in codes), None)


def unknown_regions(country: str, regions: Iterable[str]) -> list[str]:
    """Return the regions that the library does not know, though it knows regions of the country."""
    if country not in CODES or not _region_names(country):
        return []
    return sorted({region for region in regions if region and region_code(country, region) is None})


def feasts(country: str, region: str | None, first: dt.date, last: dt.date, category: str = PUBLIC) -> Feasts:
    """Return the holidays of a country from one day to another: by day, the names of the feasts.

    Parameters
    ----------
    country : ISO code
    region : the library's code of one; None: the holidays of the whole country
    first, last : days
    category : of the library; no day where it does not have it for the country
    """
    table = _of_years(country, region, first.year, last.year, category)
    return {day: names for day, names in table.items() if first <= day <= last}


def common_feasts(country: str, first: dt.date, last: dt.date) -> Feasts:
    """Return the public holidays that at least half of the regions of a country keep.

    Parameters
    ----------
    country : ISO code
    first, last : days
    """
    if country not in CODES:
        return {}
    regions = holidays.country_holidays(country).subdivisions or (None,)
    occurrences = Counter(
        (day, name)
        for region in regions
        for day, names in feasts(country, region, first, last).items()
        for name in names
    )
    table: Feasts = {}
    for (day, name), count in occurrences.items():
        if 2 * count >= len(regions):
            table[day] = table.get(day, frozenset()) | {name}
    return table


@lru_cache(maxsize=64)
def categories(country: str) -> tuple[str, ...]:
    """Return the categories of days that the library has for a country, beside public and school holidays."""
    if country not in CODES:
        return ()
    supported = holidays.country_holidays(country).supported_categories
    return tuple(sorted(set(supported) - {PUBLIC, SCHOOL, UNOFFICIAL}))


@lru_cache(maxsize=256)
def school_coverage(country: str, region: str | None) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day of which the library knows the school holidays of a region; None where it knows none.

    They are published for some years, the last of them in part, and end in silence: in 2029 in Germany, in 2030 in the Netherlands.

    Parameters
    ----------
    country : ISO code
    region : the library's code of one
    """
    days = feasts(country, region, dt.date(SCHOOL_YEARS[0], 1, 1), dt.date(SCHOOL_YEARS[-1], 12, 31), SCHOOL)
    counts = Counter(day.year for day in days)
    years = [year for year in counts if counts[year] >= MIN_SCHOOL_HOLIDAYS]
    if not years:
        return None
    last = max(day for day in days if day.year == max(years))
    if last.month == DECEMBER:  # a year that is covered ends in holidays
        last = dt.date(last.year, 12, 31)
    return dt.date(min(years), 1, 1), last


def holiday_codes(country: str, regions: Iterable[str], first: dt.date, last: dt.date) -> pl.DataFrame:
    """Return the public holidays of some regions, as the column StateHoliday codes them.

    Parameters
    ----------
    country : ISO code
    regions : values of the column State; one that the library does not know has the holidays of the whole country
    first, last : days

    Returns
    -------
    Region, Date, StateHoliday: a row per region and holiday
    """
    rows = [
        (region, day, kind_of_law(country, day, region_code(country, region)))
        for region in sorted(set(regions))
        for day in sorted(feasts(country, region_code(country, region), first, last))
    ]
    schema = {REGION: pl.String(), s.DATE: pl.Date(), s.STATE_HOLIDAY: s.BY_NAME[s.STATE_HOLIDAY].dtype}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.filter(pl.col(s.STATE_HOLIDAY) != s.NO_HOLIDAY)


def kind_of_law(country: str, day: dt.date, region: str | None = None) -> str:
    """Return the code of a public holiday; German files do not mark those that always fall on a Sunday.

    Parameters
    ----------
    country : ISO code
    day : of the holiday
    region : the library's code of one
    """
    kind = holiday_kind(day)
    if country == GERMANY:
        return kind
    next_easter = easter(day.year + 1) + dt.timedelta(days=days_from_easter(day))
    by_chance = kind == EASTER and not feasts(country, region, next_easter, next_easter)
    return "a" if by_chance or kind == s.NO_HOLIDAY else kind


@lru_cache(maxsize=512)
def _of_years(country: str, region: str | None, first: int, last: int, category: str) -> Feasts:
    if country not in CODES:
        return {}
    base = holidays.country_holidays(country)
    if category not in base.supported_categories:
        return {}
    law = holidays.country_holidays(
        country,
        subdiv=region,
        years=range(first, last + 1),
        categories=(category,),
        language=base.default_language,
    )
    kind = "" if category == PUBLIC else f", {category}"  # half a day before a feast is not the feast
    table = {day: frozenset(_feast(name, law) + kind for name in law.get_list(day)) for day in sorted(law)}
    if category == PUBLIC:
        worked = worked_holidays(country) | _days_with_another_day_off(country, law)
        table = {day: names for day, names in table.items() if day not in worked}
        for day, name in moved_holidays(country).items():
            if first <= day.year <= last:
                table[day] = table.get(day, frozenset()) | {name}
    return table


def _days_with_another_day_off(country: str, law: Any) -> frozenset[dt.date]:
    """Return the holidays whose day off the country's law has moved to another day: that one bears their name, as observed.

    A day that is a holiday in its own right, too, stays.
    """
    moved = {
        (day.year, _feast(name, law))
        for day in law
        for name in law.get_list(day)
        if _feast(name, law) != name and moves_holiday(country, _feast(name, law), day.year)
    }
    return frozenset(day for day in law if all((day.year, name) in moved for name in law.get_list(day)))


def _feast(name: str, law: Any) -> str:
    """Return the name of a feast without what a year adds to it."""
    for label in filter(None, (getattr(law, attribute, None) for attribute in LABELS)):
        match = re.fullmatch(re.escape(label).replace("%s", "(.+)"), name)
        if match:
            name = match[1]
            break
    return re.sub(r"\s*[(（][^()（）]*[)）]$", "", name) or name


@lru_cache(maxsize=64)
def _region_names(country: str) -> dict[str, str]:
    """Return the library's codes of regions by every name of theirs, in small letters."""
    base = holidays.country_holidays(country)
    names = {alias.casefold(): code for alias, code in base.subdivisions_aliases.items()}
    return names | {name.casefold(): code for code in base.subdivisions for name in (code, f"{country}-{code}")}
