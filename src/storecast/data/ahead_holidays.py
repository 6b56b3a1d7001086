"""State and school holidays of the days ahead: by the law of a store's state where its own past bears it out, else by its past.

Both are published years ahead, so that a backtest learns nothing from them that was not known at its cutoff.
"""

import datetime as dt

import holidays
import numpy as np
from dateutil.easter import easter

from storecast import schema as s
from storecast.arrays import F64, I8, Bool
from storecast.data.grid import NO_ROW, Grid

COUNTRY = "DE"
MOVABLE = (-2, 0, 1, 39, 49, 50, 60)  # days from Easter Sunday; other state holidays keep their date
SPRING = range(-50, 66)  # days from Easter Sunday: the school holidays of carnival, Easter and Whitsun move with it
FEW = 5  # past holidays, about half a year of them, that can speak against the law
BORNE_OUT = 0.95  # of the past schooldays must be as the law says


def state_holidays(grid: Grid, end: int, width: int) -> I8:
    """Return the kind of holiday (its place in ``schema.STATE_HOLIDAYS``) of each store and day after ``end``."""
    days = [grid.day(column) for column in range(width)]
    out = np.zeros((len(grid.open), width - end - 1), np.int8)
    lawless = []
    for state, members in _members(grid):
        law = _law(state, days, "public")
        found = None if law is None else _lawful(grid.holiday[members, : end + 1], law, days)
        if found is None:
            lawless += members
        else:
            out[members] = found
    if lawless:
        out[lawless] = _recurring(grid.holiday[lawless, : end + 1], days)
    return out


def school_holidays(grid: Grid, given: I8, end: int) -> I8:
    """Return the school holidays of each store and day after ``end``.

    Parameters
    ----------
    given : what the calendar holds, ``NO_ROW`` where it holds nothing, (stores, past and days ahead)
    """
    width = given.shape[1]
    days = [grid.day(column) for column in range(width)]
    out = np.zeros((len(given), width - end - 1), np.int8)
    for state, members in _members(grid):
        own = given[members]
        before = _year_before(own, days, end)
        shares, rows = _share(own == 1, own != NO_ROW)
        law = _law(state, days, "school")
        found = None if law is None else _schooled(law, shares, rows, days, end)
        if found is not None:
            before[:, found >= 0] = found[found >= 0]
        neighbours = (rows[end + 1 :] > 0) & (state != "")
        before[:, neighbours] = shares[end + 1 :][neighbours] >= 0.5
        out[members] = before
    return out


def recurs(past: dt.date, ahead: dt.date) -> bool:
    """Say whether a state holiday of the past comes again on a day ahead: by its date, or by its distance from Easter."""
    offset = (past - easter(past.year)).days
    if offset in MOVABLE:
        return bool((ahead - easter(ahead.year)).days == offset)
    return (past.month, past.day) == (ahead.month, ahead.day)


def _members(grid: Grid) -> list[tuple[str, list[int]]]:
    states = grid.stores[s.STATE].to_list()
    return [(state, [k for k, name in enumerate(states) if name == state]) for state in sorted(set(states))]


def _law(state: str, days: list[dt.date], category: str) -> Bool | None:
    """Say which days are holidays by law; None where the state, or the category, is unknown."""
    country = holidays.country_holidays(COUNTRY)
    known = country.subdivisions
    code = next((part.strip() for part in state.replace("/", ",").split(",") if part.strip() in known), None)
    if code is None or category not in country.supported_categories:
        return None
    years = range(days[0].year, days[-1].year + 1)
    law = set(holidays.country_holidays(COUNTRY, subdiv=code, years=years, categories=(category,)))
    return np.array([day in law for day in days])


def _lawful(past: I8, law: Bool, days: list[dt.date]) -> I8 | None:
    """Return the kinds ahead of one state's stores; None where their past shows that they keep other holidays.

    A holiday that came before and was not marked (Easter Sunday, say) is not marked again; one that was marked keeps its letter.
    """
    width = past.shape[1]
    shares, rows = _share(past > 0, past != NO_ROW)
    seen = np.flatnonzero(law[:width] & (rows > 0))
    kept = shares[seen] >= 0.5
    if len(seen) >= FEW and kept.mean() < 0.5:
        return None
    out = np.zeros(len(days) - width, np.int8)
    for k in np.flatnonzero(law[width:]):
        day = days[width + k]
        before = [column for column in seen if recurs(days[column], day)]
        if not before:
            out[k] = _kind(day)
        elif shares[before[-1]] >= 0.5:
            out[k] = _usual(past[:, before[-1]])
    # Some keep a holiday beyond the law (Corpus Christi in parts of a state): sure to recur only where it hangs on Easter.
    for column in np.flatnonzero((shares >= 0.5) & ~law[:width]):
        if (days[column] - easter(days[column].year)).days in MOVABLE:
            again = [recurs(days[column], day) for day in days[width:]]
            out[again] = _usual(past[:, column])
    return out


def _usual(kinds: I8) -> int:
    return int(np.bincount(kinds[kinds > 0]).argmax())


def _kind(day: dt.date) -> int:
    """Return the kind of a holiday that the past does not show; the files do not mark what is always a Sunday."""
    offset = (day - easter(day.year)).days
    if offset in (0, 49):
        return 0
    if offset in (-2, 1):
        return s.STATE_HOLIDAYS.index("b")
    return s.STATE_HOLIDAYS.index("c" if (day.month, day.day) in {(12, 25), (12, 26)} else "a")


def _recurring(past: I8, days: list[dt.date]) -> I8:
    """Return the kinds ahead of stores without law: what they marked recurs by date or by Easter.

    A store without a row on such a day follows the others where most of them marked it.
    """
    width = past.shape[1]
    out = np.zeros((len(past), len(days) - width), np.int8)
    shares, _ = _share(past > 0, past != NO_ROW)
    for column in np.flatnonzero(shares > 0):
        kinds = past[:, column]
        others = _usual(kinds) if shares[column] >= 0.5 else 0
        kinds = np.where(kinds == NO_ROW, others, kinds)
        for k, day in enumerate(days[width:]):
            if recurs(days[column], day):
                out[:, k] = np.maximum(out[:, k], kinds)
    return out


def _schooled(law: Bool, shares: F64, rows: F64, days: list[dt.date], end: int) -> I8 | None:
    """Return one state's school holidays by law, ``NO_ROW`` in years it does not cover; None where the past gainsays it.

    Files differ in whether a weekend within the holidays is marked: the state's own habit decides.
    """
    weekend = np.array([day.weekday() >= 5 for day in days])
    past = (np.arange(len(days)) <= end) & (rows > 0)
    schooldays = past & ~weekend
    if schooldays.any() and (law == (shares >= 0.5))[schooldays].mean() < BORNE_OUT:
        return None
    weekends = past & weekend & law
    marks = bool(weekends.any() and shares[weekends].mean() >= 0.5)
    covered = {day.year for day in np.array(days, dtype=object)[law]}
    out = np.where(law & (marks | ~weekend), 1, 0).astype(np.int8)
    out[[day.year not in covered for day in days]] = NO_ROW
    return out[end + 1 :]


def _year_before(own: I8, days: list[dt.date], end: int) -> I8:
    """Return the year before: the same distance from Easter in spring, the same weekday 52 weeks back else.

    A store without a row on that day follows the others of its state; 0 where nobody has one.
    """
    out = np.zeros((len(own), len(days) - end - 1), np.int8)
    for k, day in enumerate(days[end + 1 :]):
        back = _back(day)
        while back > days[end]:
            back = _back(back)
        column = (back - days[0]).days
        if column >= 0:
            rows = own[:, column] != NO_ROW
            others = bool(rows.any()) and (own[rows, column] == 1).mean() >= 0.5
            out[:, k] = np.where(rows, own[:, column], others)
    return out


def _back(day: dt.date) -> dt.date:
    offset = (day - easter(day.year)).days
    if offset in SPRING:
        sunday: dt.date = easter(day.year - 1)
        return sunday + dt.timedelta(days=offset)
    return day - dt.timedelta(days=364)


def _share(marked: Bool, rows: Bool) -> tuple[F64, F64]:
    """Return for each day the share of stores that are marked, among those with rows, and how many have rows."""
    count = rows.sum(axis=0).astype(np.float64)
    share: F64 = (marked & rows).sum(axis=0) / np.maximum(count, 1)
    return share, count
