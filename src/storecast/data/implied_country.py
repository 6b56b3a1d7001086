"""The country whose holidays a chain keeps, where no setting says it: Germany if the data show it, else none."""

import datetime as dt
from collections.abc import Collection

import polars as pl

from storecast import schema as s
from storecast.data.country_holidays import GERMANY, NO_COUNTRY, feasts, kind_of_law, region_code
from storecast.dates import SUNDAY, as_date

MIN_HOLIDAYS = 3  # German holidays in the past, which the chain may mark or not
MIN_SHARE_MARKED = 0.8  # of them
UNITY_DAY = (10, 3)  # which no other country keeps


def implied_country(stores: pl.DataFrame, calendar: pl.DataFrame) -> str:
    """Return Germany where all regions are German states, or StateHoliday marks the German holidays; else no country.

    Parameters
    ----------
    stores : with the column State
    calendar : Store, Date, StateHoliday
    """
    regions = [region for region in stores[s.STATE].unique() if region]
    return country_of(regions, marked_days(calendar))


def country_of(regions: Collection[str], days: pl.DataFrame) -> str:
    """Return Germany where all regions are German states, or most stores mark the German holidays; else no country.

    Parameters
    ----------
    regions : of the stores that have one
    days : as `marked_days` returns them, of the whole chain
    """
    if not regions:
        return GERMANY if _marks_german_holidays(days) else NO_COUNTRY
    return GERMANY if all(region_code(GERMANY, region) for region in regions) else NO_COUNTRY


def marked_days(calendar: pl.DataFrame) -> pl.DataFrame:
    """Return Date, rows and marked, the rows that StateHoliday marks; the counts of groups of stores add up.

    Parameters
    ----------
    calendar : Store, Date, StateHoliday
    """
    marked = pl.col(s.STATE_HOLIDAY) != s.NO_HOLIDAY
    return calendar.group_by(s.DATE).agg(pl.len().alias("rows"), marked.sum().alias("marked"))


def _marks_german_holidays(marked_by_day: pl.DataFrame) -> bool:
    """Say whether most stores mark nearly all holidays that are kept in the whole of Germany, 3 October among them."""
    if marked_by_day.is_empty():
        return False
    first, last = as_date(marked_by_day[s.DATE].min()), as_date(marked_by_day[s.DATE].max())
    days = [day for day in feasts(GERMANY, None, first, last) if _can_be_marked(day)]
    shares = marked_by_day.filter(pl.col(s.DATE).is_in(days))
    holidays = set(shares.filter(2 * pl.col("marked") >= pl.col("rows"))[s.DATE])
    if shares.height < MIN_HOLIDAYS or len(holidays) < MIN_SHARE_MARKED * shares.height:
        return False
    return any((day.month, day.day) == UNITY_DAY for day in holidays)


def _can_be_marked(day: dt.date) -> bool:
    return day.weekday() != SUNDAY and kind_of_law(GERMANY, day) != s.NO_HOLIDAY
