"""State and school holidays of the days ahead: by the law of a store's region where its own past agrees with it, else by its past.

A day that only some keep (15 August in Catholic parts of Bavaria, a bank holiday, half a day) is a holiday where the stores of the
region marked it when it last came.

Both are published years ahead, so that a backtest learns nothing from them that was not known at its cutoff.
"""

import datetime as dt
import logging

import numpy as np
from dateutil.easter import easter

from storecast import schema as s
from storecast.arrays import F64, I8, I64, Bool
from storecast.data.country_holidays import (
    GERMANY,
    PUBLIC,
    SCHOOL,
    Feasts,
    categories,
    feasts,
    kind_of_law,
    region_code,
)
from storecast.data.grid import NO_ROW, Grid
from storecast.data.holiday_dates import MOVABLE, days_from_easter, holiday_kind, recurs
from storecast.data.recurrence import Recurrence
from storecast.dates import SATURDAY, YEAR

log = logging.getLogger(__name__)

SPRING = range(-50, 66)  # days from Easter Sunday: the school holidays of carnival, Easter and Whitsun move with it
MIN_HOLIDAYS_AGAINST_LAW = 5  # past holidays, about half a year of them, that can speak against the law
MIN_AGREEMENT_WITH_LAW = 0.95  # of the past schooldays must be as the law says
DECEMBER = 12


def state_holidays(grid: Grid, recurrence: Recurrence) -> I8:
    """Return the kind of holiday (its place in ``schema.STATE_HOLIDAYS``) of each store and day ahead, (stores, days ahead).

    Parameters
    ----------
    grid : the past
    recurrence : which days ahead are holidays of the past again, and by which country's law
    """
    country, days = recurrence.country, recurrence.days
    kinds = np.zeros((len(grid.open), len(recurrence.ahead)), np.int8)
    stores_without_law = []
    for region, stores in _stores_by_region(grid):
        past, code = recurrence.marked[stores], region_code(country, region)
        law, optional = _law(country, code, days, PUBLIC), _optional(country, code, days)
        by_law = None
        if country == GERMANY:
            by_law = _kinds_by_law(past, _flags(law, days), _flags(optional, days), days)
        elif country:
            by_law = _kinds_by_feast(past, law, optional, recurrence, code)
        if by_law is not None:
            kinds[stores] = by_law
            _tell_believed(by_law, optional, region, recurrence.ahead)
        if by_law is None or (country == GERMANY and code is None):  # of a state's own holidays the past alone can tell
            stores_without_law += stores
    if country != GERMANY and (unconfirmed := recurrence.unconfirmed()):
        dates = ", ".join(map(str, unconfirmed))
        log.warning("not taken as holidays again, as no other year tells whether they recur by date: %s", dates)
    if stores_without_law:
        kinds[stores_without_law] = np.maximum(
            kinds[stores_without_law], _kinds_by_past(recurrence.marked[stores_without_law], recurrence)
        )
    return kinds


def school_holidays(grid: Grid, given: I8, end: int, country: str) -> I8:
    """Return the school holidays of each store and day ahead, (stores, days ahead).

    Parameters
    ----------
    grid : the past, with the stores' regions
    given : what the calendar holds, ``NO_ROW`` where it holds nothing, (stores, past and days ahead)
    end : the column of the last day with sales
    country : ISO code; "" for none
    """
    days = [grid.day(column) for column in range(given.shape[1])]
    closed = np.zeros((len(given), given.shape[1] - end - 1), np.int8)
    for state, stores in _stores_by_region(grid):
        codes = given[stores]
        state_closed = _year_before(codes, days, end)
        shares, rows = _share(codes == 1, codes != NO_ROW)
        law = _law(country, region_code(country, state), days, SCHOOL)
        by_law = None if not law else _school_by_law(law, shares, rows, days, end)
        if by_law is not None:
            state_closed[:, by_law != NO_ROW] = by_law[by_law != NO_ROW]
        neighbours = (rows[end + 1 :] > 0) & (state != "")
        state_closed[:, neighbours] = shares[end + 1 :][neighbours] >= 0.5
        closed[stores] = state_closed
    return closed


def _stores_by_region(grid: Grid) -> list[tuple[str, list[int]]]:
    states = grid.stores[s.STATE].to_list()
    return [(state, [k for k, name in enumerate(states) if name == state]) for state in sorted(set(states))]


def _law(country: str, code: str | None, days: list[dt.date], category: str) -> Feasts:
    """Return the holidays of a region by law, to the end of the last year; none where there is no country."""
    return feasts(country, code, days[0], dt.date(days[-1].year, 12, 31), category)


def _optional(country: str, code: str | None, days: list[dt.date]) -> Feasts:
    """Return the days that only some keep: those of the other categories of the country."""
    law: Feasts = {}
    for category in categories(country):
        law |= _law(country, code, days, category)
    return law


def _flags(law: Feasts, days: list[dt.date]) -> Bool:
    return np.array([day in law for day in days], bool)


def _tell_believed(kinds: I8, optional: Feasts, region: str, ahead: list[dt.date]) -> None:
    """Log which of the days ahead that only some keep are taken as holidays of a region."""
    for kind, day in zip(kinds, ahead, strict=True):
        if day in optional:
            verdict = "a holiday, as the stores marked it before" if kind else "no holiday, as before"
            log.info("%s (%s) in %s: %s", day, ", ".join(sorted(optional[day])), region or "all regions", verdict)


def _kinds_by_law(past: I8, law: Bool, optional: Bool, days: list[dt.date]) -> I8 | None:
    """Return the kinds ahead of one state's stores, (days ahead,); None where their past shows that they keep other holidays.

    Parameters
    ----------
    past : kinds of the past, ``NO_ROW`` where there is no row, (stores, past days)
    law : which days are holidays by law, (days,)
    optional : which days only some keep, (days,)
    days : past and ahead
    """
    width = past.shape[1]
    past_days, days_ahead = days[:width], days[width:]
    shares, rows = _share(past > 0, past != NO_ROW)
    seen = np.flatnonzero(law[:width] & (rows > 0))
    if len(seen) >= MIN_HOLIDAYS_AGAINST_LAW and (shares[seen] >= 0.5).mean() < 0.5:
        return None
    kinds = np.zeros(len(days_ahead), np.int8)
    for place, day in enumerate(days_ahead):
        if law[width + place]:
            kinds[place] = _kind_of_law(day, past, past_days, shares, seen)
    # Some keep a holiday beyond the law (Corpus Christi in parts of a state): sure to recur only where it hangs on Easter, or is
    # known as such a day.
    for column in np.flatnonzero((shares >= 0.5) & ~law[:width]):
        if days_from_easter(past_days[column]) in MOVABLE or optional[column]:
            kinds[[recurs(past_days[column], day) for day in days_ahead]] = _most_frequent(past[:, column])
    return kinds


def _kind_of_law(day: dt.date, past: I8, past_days: list[dt.date], shares: F64, seen: I64) -> int:
    """Return the kind of a holiday by law.

    One that came before and was not marked (Easter Sunday, say) is not marked again; one that was marked keeps its letter.

    Parameters
    ----------
    day : ahead
    past : kinds of the past, (stores, past days)
    past_days : of its columns
    shares : of the stores that marked each past day as a holiday
    seen : the columns of past holidays by law
    """
    earlier = [column for column in seen if recurs(past_days[column], day)]
    if not earlier:
        return s.STATE_HOLIDAYS.index(holiday_kind(day))
    latest = earlier[-1]
    return _most_frequent(past[:, latest]) if shares[latest] >= 0.5 else 0


def _most_frequent(kinds: I8) -> int:
    return int(np.bincount(kinds[kinds > 0]).argmax())


def _kinds_by_feast(past: I8, law: Feasts, optional: Feasts, recurrence: Recurrence, code: str | None) -> I8:
    """Return the kinds ahead of one region's stores, (days ahead,): feast by feast, as they marked it when it last came.

    A feast by law that did not come before is a holiday where the stores marked most of the others. What they marked beside the
    law recurs as the past shows.

    Parameters
    ----------
    past : kinds of the past, ``NO_ROW`` where there is no row, (stores, past days)
    law, optional : holidays by law, and days that only some keep
    recurrence : of the days
    code : the library's code of the region
    """
    width, days = past.shape[1], recurrence.days
    shares, rows = _share(past > 0, past != NO_ROW)
    seen = [column for column in range(width) if rows[column] > 0 and days[column] in law]
    follows = not seen or (shares[seen] >= 0.5).mean() >= 0.5
    known = {day: law.get(day, frozenset()) | optional.get(day, frozenset()) for day in law | optional}
    known_columns = [column for column in range(width) if rows[column] > 0 and days[column] in known]
    kinds = np.zeros(len(recurrence.ahead), np.int8)
    for place, day in enumerate(recurrence.ahead):
        earlier = [column for column in known_columns if known.get(day, frozenset()) & known[days[column]]]
        latest = [column for column in earlier if days[column].year == days[earlier[-1]].year]
        marked = [column for column in latest if shares[column] >= 0.5]
        if marked:
            kinds[place] = _most_frequent(past[:, marked[-1]])
        elif not latest and follows and day in law:
            kinds[place] = s.STATE_HOLIDAYS.index(kind_of_law(recurrence.country, day, code))
    for column in np.flatnonzero((shares >= 0.5) & ~_flags(known, days[:width])):
        kinds[recurrence.again(int(column))] = _most_frequent(past[:, column])
    return kinds


def _kinds_by_past(past: I8, recurrence: Recurrence) -> I8:
    """Return the kinds ahead of stores without law, (stores, days ahead): what they marked recurs.

    A store without a row on such a day follows the others where most of them marked it.
    """
    kinds = np.zeros((len(past), len(recurrence.ahead)), np.int8)
    shares, _ = _share(past > 0, past != NO_ROW)
    for column in np.flatnonzero(shares > 0):
        marked = past[:, column]
        others = _most_frequent(marked) if shares[column] >= 0.5 else 0
        marked = np.where(marked == NO_ROW, others, marked)
        again = recurrence.again(int(column))
        kinds[:, again] = np.maximum(kinds[:, again], marked[:, None])
    return kinds


def _school_by_law(law: Feasts, shares: F64, rows: F64, days: list[dt.date], end: int) -> I8 | None:
    """Return one state's school holidays by law, (days ahead,); None where the past contradicts it.

    ``NO_ROW`` stands for days that the law does not cover: it is published for some years, the last of them in part. Files differ
    in whether a weekend within the holidays is marked: the state's own habit decides.

    Parameters
    ----------
    law : school holidays by law, to the end of the last year
    shares, rows : of the state's stores with rows on each day, those that are marked; and how many have rows, (days,)
    days : past and ahead
    end : the place of the last day with sales
    """
    by_law = _flags(law, days)
    weekend = np.array([day.weekday() >= SATURDAY for day in days])
    past = (np.arange(len(days)) <= end) & (rows > 0)
    schooldays = past & ~weekend
    if schooldays.any() and (by_law == (shares >= 0.5))[schooldays].mean() < MIN_AGREEMENT_WITH_LAW:
        return None
    weekends = past & weekend & by_law
    weekends_marked = bool(weekends.any() and shares[weekends].mean() >= 0.5)
    years, last = {day.year for day in law}, max(law)
    in_part = last.month < DECEMBER  # a year that is covered ends in holidays
    closed = np.where(by_law & (weekends_marked | ~weekend), 1, 0).astype(np.int8)
    closed[[day.year not in years or (in_part and day > last) for day in days]] = NO_ROW
    return closed[end + 1 :]


def _year_before(codes: I8, days: list[dt.date], end: int) -> I8:
    """Return the school holidays of the year before, (stores, days ahead).

    A store without a row on that day follows the others of its state; 0 where nobody has one.
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


def _share(marked: Bool, rows: Bool) -> tuple[F64, F64]:
    """Return for each day the share of stores that are marked, among those with rows, and how many have rows."""
    count = rows.sum(axis=0).astype(np.float64)
    share: F64 = (marked & rows).sum(axis=0) / np.maximum(count, 1)
    return share, count
