"""State and school holidays of the days ahead: by the law of a store's state where its own past agrees with it, else by its past.

Both are published years ahead, so that a backtest learns nothing from them that was not known at its cutoff.
"""

import datetime as dt

import holidays
import numpy as np
from dateutil.easter import easter

from storecast import schema as s
from storecast.arrays import F64, I8, I64, Bool
from storecast.data.grid import NO_ROW, Grid
from storecast.data.holiday_dates import MOVABLE, days_from_easter, holiday_kind, recurs
from storecast.dates import SATURDAY, YEAR

COUNTRY = "DE"
SPRING = range(-50, 66)  # days from Easter Sunday: the school holidays of carnival, Easter and Whitsun move with it
MIN_HOLIDAYS_AGAINST_LAW = 5  # past holidays, about half a year of them, that can speak against the law
MIN_AGREEMENT_WITH_LAW = 0.95  # of the past schooldays must be as the law says


def state_holidays(grid: Grid, end: int, width: int) -> I8:
    """Return the kind of holiday (its place in ``schema.STATE_HOLIDAYS``) of each store and day ahead, (stores, days ahead).

    Parameters
    ----------
    grid : the past
    end : the column of the last day with sales
    width : the number of columns, past and ahead
    """
    days = [grid.day(column) for column in range(width)]
    kinds = np.zeros((len(grid.open), width - end - 1), np.int8)
    stores_without_law = []
    for state, stores in _stores_by_state(grid):
        law = _law(state, days, "public")
        by_law = None if law is None else _kinds_by_law(grid.holiday[stores, : end + 1], law, days)
        if by_law is None:
            stores_without_law += stores
        else:
            kinds[stores] = by_law
    if stores_without_law:
        kinds[stores_without_law] = _kinds_by_past(grid.holiday[stores_without_law, : end + 1], days)
    return kinds


def school_holidays(grid: Grid, given: I8, end: int) -> I8:
    """Return the school holidays of each store and day ahead, (stores, days ahead).

    Parameters
    ----------
    grid : the past, with the stores' states
    given : what the calendar holds, ``NO_ROW`` where it holds nothing, (stores, past and days ahead)
    end : the column of the last day with sales
    """
    days = [grid.day(column) for column in range(given.shape[1])]
    closed = np.zeros((len(given), given.shape[1] - end - 1), np.int8)
    for state, stores in _stores_by_state(grid):
        codes = given[stores]
        state_closed = _year_before(codes, days, end)
        shares, rows = _share(codes == 1, codes != NO_ROW)
        law = _law(state, days, "school")
        by_law = None if law is None else _school_by_law(law, shares, rows, days, end)
        if by_law is not None:
            state_closed[:, by_law != NO_ROW] = by_law[by_law != NO_ROW]
        neighbours = (rows[end + 1 :] > 0) & (state != "")
        state_closed[:, neighbours] = shares[end + 1 :][neighbours] >= 0.5
        closed[stores] = state_closed
    return closed


def _stores_by_state(grid: Grid) -> list[tuple[str, list[int]]]:
    states = grid.stores[s.STATE].to_list()
    return [(state, [k for k, name in enumerate(states) if name == state]) for state in sorted(set(states))]


def _law(state: str, days: list[dt.date], category: str) -> Bool | None:
    """Return which days are holidays by law, (days,); None where the state, or the category, is unknown."""
    country = holidays.country_holidays(COUNTRY)
    known = country.subdivisions
    code = next((part.strip() for part in state.replace("/", ",").split(",") if part.strip() in known), None)
    if code is None or category not in country.supported_categories:
        return None
    years = range(days[0].year, days[-1].year + 1)
    law = set(holidays.country_holidays(COUNTRY, subdiv=code, years=years, categories=(category,)))
    return np.array([day in law for day in days])


def _kinds_by_law(past: I8, law: Bool, days: list[dt.date]) -> I8 | None:
    """Return the kinds ahead of one state's stores, (days ahead,); None where their past shows that they keep other holidays.

    Parameters
    ----------
    past : kinds of the past, ``NO_ROW`` where there is no row, (stores, past days)
    law : which days are holidays by law, (days,)
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
    # Some keep a holiday beyond the law (Corpus Christi in parts of a state): sure to recur only where it hangs on Easter.
    for column in np.flatnonzero((shares >= 0.5) & ~law[:width]):
        if days_from_easter(past_days[column]) in MOVABLE:
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


def _kinds_by_past(past: I8, days: list[dt.date]) -> I8:
    """Return the kinds ahead of stores without law, (stores, days ahead): what they marked recurs by date or by Easter.

    A store without a row on such a day follows the others where most of them marked it.
    """
    width = past.shape[1]
    kinds = np.zeros((len(past), len(days) - width), np.int8)
    shares, _ = _share(past > 0, past != NO_ROW)
    for column in np.flatnonzero(shares > 0):
        marked = past[:, column]
        others = _most_frequent(marked) if shares[column] >= 0.5 else 0
        marked = np.where(marked == NO_ROW, others, marked)
        again = [recurs(days[column], day) for day in days[width:]]
        kinds[:, again] = np.maximum(kinds[:, again], marked[:, None])
    return kinds


def _school_by_law(law: Bool, shares: F64, rows: F64, days: list[dt.date], end: int) -> I8 | None:
    """Return one state's school holidays by law, (days ahead,); None where the past contradicts it.

    ``NO_ROW`` stands for the days of a year that the law does not cover. Files differ in whether a weekend within the holidays
    is marked: the state's own habit decides.

    Parameters
    ----------
    law : which days are school holidays by law, (days,)
    shares, rows : of the state's stores with rows on each day, those that are marked; and how many have rows, (days,)
    days : past and ahead
    end : the place of the last day with sales
    """
    weekend = np.array([day.weekday() >= SATURDAY for day in days])
    past = (np.arange(len(days)) <= end) & (rows > 0)
    schooldays = past & ~weekend
    if schooldays.any() and (law == (shares >= 0.5))[schooldays].mean() < MIN_AGREEMENT_WITH_LAW:
        return None
    weekends = past & weekend & law
    weekends_marked = bool(weekends.any() and shares[weekends].mean() >= 0.5)
    covered = {day.year for day, holiday in zip(days, law, strict=True) if holiday}
    closed = np.where(law & (weekends_marked | ~weekend), 1, 0).astype(np.int8)
    closed[[day.year not in covered for day in days]] = NO_ROW
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
