"""School holidays of the days ahead: as they are published where the store's own past agrees, else as a year before."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from dateutil.easter import easter

from storecast.arrays import F64, I8
from storecast.data.ahead_holidays import flags_of, share_of, stores_by_region
from storecast.data.cleaning_rules import RULES, Repair
from storecast.data.country_holidays import SCHOOL, feasts, region_code, school_coverage
from storecast.data.grid import NO_ROW, Grid
from storecast.data.holiday_dates import days_from_easter
from storecast.dates import SATURDAY, YEAR

RULE = "school_holidays_ahead"
SPRING = range(-50, 66)  # days from Easter Sunday: the school holidays of carnival, Easter and Whitsun move with it
MIN_AGREEMENT_WITH_LAW = 0.95  # of the past schooldays must be as the law says


@dataclass(frozen=True)
class Unpublished:
    """The stores of a region whose school holidays follow the year before, from a day on that no published ones cover."""

    region: str
    first: dt.date
    stores: int


def school_holidays(grid: Grid, given: I8, end: int, country: str) -> tuple[I8, list[Unpublished]]:
    """Return the school holidays of each store and day ahead, (stores, days ahead), and where they are not published ones.

    Parameters
    ----------
    grid : the past, with the stores' regions
    given : what the calendar holds, ``NO_ROW`` where it holds nothing, (stores, past and days ahead)
    end : the column of the last day with sales
    country : ISO code; "" for none
    """
    days = [grid.day(column) for column in range(given.shape[1])]
    closed = np.zeros((len(given), given.shape[1] - end - 1), np.int8)
    unpublished = []
    are_marked = bool((given[:, : end + 1] == 1).any())  # files that mark none in the past keep no school holidays
    for state, stores in stores_by_region(grid):
        codes = given[stores]
        state_closed = _year_before(codes, days, end)
        shares, rows = share_of(codes == 1, codes != NO_ROW)
        by_law = _by_law(country, region_code(country, state), shares, rows, days, end) if are_marked else None
        if by_law is not None:
            state_closed[:, by_law != NO_ROW] = by_law[by_law != NO_ROW]
        by_habit = np.flatnonzero(by_law == NO_ROW) if by_law is not None else np.arange(closed.shape[1])
        if len(by_habit) and (shares[: end + 1] > 0).any():
            where = "-".join(name for name in (country, state) if name) or "no country is known"
            unpublished.append(Unpublished(where, days[end + 1 + int(by_habit[0])], len(stores)))
        neighbours = (rows[end + 1 :] > 0) & (state != "")
        state_closed[:, neighbours] = shares[end + 1 :][neighbours] >= 0.5
        closed[stores] = state_closed
    return closed, unpublished


def school_holidays_repair(unpublished: Sequence[Unpublished]) -> Repair | None:
    """Return the line that says of which stores the school holidays ahead follow the year before; None if of none."""
    if not unpublished:
        return None
    examples = tuple(f"{each.region}: from {each.first}" for each in unpublished[:3])
    action = "taken as in the year before; give SchoolHoliday in the test file"
    return Repair(RULE, RULES[RULE], action, sum(each.stores for each in unpublished), examples)


def _by_law(country: str, region: str | None, shares: F64, rows: F64, days: list[dt.date], end: int) -> I8 | None:
    """Return one region's school holidays by law, (days ahead,); None where there is none, or the past contradicts it.

    ``NO_ROW`` stands for days that the law does not cover: it is published for some years, the last of them in part. Files differ
    in whether a weekend within the holidays is marked: the region's own habit decides.

    Parameters
    ----------
    country : ISO code
    region : the library's code of one
    shares, rows : of the region's stores with rows on each day, those that are marked; and how many have rows, (days,)
    days : past and ahead
    end : the place of the last day with sales
    """
    coverage = school_coverage(country, region)
    if coverage is None:
        return None
    first, last = coverage
    by_law = flags_of(feasts(country, region, days[0], days[-1], SCHOOL), days)
    weekend = np.array([day.weekday() >= SATURDAY for day in days])
    covered = np.array([first <= day <= last for day in days])
    past = (np.arange(len(days)) <= end) & (rows > 0) & covered
    schooldays = past & ~weekend
    if schooldays.any() and (by_law == (shares >= 0.5))[schooldays].mean() < MIN_AGREEMENT_WITH_LAW:
        return None
    weekends = past & weekend & by_law
    weekends_marked = bool(weekends.any() and shares[weekends].mean() >= 0.5)
    closed = np.where(by_law & (weekends_marked | ~weekend), 1, 0).astype(np.int8)
    closed[~covered] = NO_ROW
    return closed[end + 1 :]


def _year_before(codes: I8, days: list[dt.date], end: int) -> I8:
    """Return the school holidays of the year before, (stores, days ahead).

    A store without a row on that day follows the others of its region; 0 where nobody has one.
    """
    closed = np.zeros((len(codes), len(days) - end - 1), np.int8)
    for place, day in enumerate(days[end + 1 :]):
        earlier = _same_day_of_the_year_before(day)
        while earlier > days[end]:
            earlier = _same_day_of_the_year_before(earlier)
        column = (earlier - days[0]).days
        if column >= 0:
            rows = codes[:, column] != NO_ROW
            others = bool(rows.any()) and (codes[rows, column] == 1).mean() >= 0.5
            closed[:, place] = np.where(rows, codes[:, column], others)
    return closed


def _same_day_of_the_year_before(day: dt.date) -> dt.date:
    """Return the day with the same distance from Easter in spring, else the same weekday 52 weeks back."""
    offset = days_from_easter(day)
    if offset in SPRING:
        sunday: dt.date = easter(day.year - 1)
        return sunday + dt.timedelta(days=offset)
    return day - dt.timedelta(days=YEAR)
