"""State holidays of the days ahead: by the law of a store's region where its own past agrees with it, else by its past.

A day that only some keep (15 August in Catholic parts of Bavaria, a bank holiday, half a day) is a holiday where the stores of the
region marked it when it last came.

Both are published years ahead, so that a backtest learns nothing from them that was not known at its cutoff.
"""

import datetime as dt
import logging

import numpy as np

from storecast import schema as s
from storecast.arrays import F64, I8, I64, Bool
from storecast.data.country_holidays import (
    GERMANY,
    PUBLIC,
    Feasts,
    categories,
    feasts,
    kind_of_law,
    region_code,
)
from storecast.data.grid import NO_ROW, Grid
from storecast.data.holiday_dates import MOVABLE, days_from_easter, holiday_kind, recurs
from storecast.data.recurrence import Recurrence

log = logging.getLogger(__name__)

MIN_HOLIDAYS_AGAINST_LAW = 5  # past holidays, about half a year of them, that can speak against the law


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
    for region, stores in stores_by_region(grid):
        past, code = recurrence.marked[stores], region_code(country, region)
        law, optional = law_to_end_of_year(country, code, days, PUBLIC), _optional(country, code, days)
        by_law = None
        if country == GERMANY:
            by_law = _kinds_by_law(past, flags_of(law, days), flags_of(optional, days), days)
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


def stores_by_region(grid: Grid) -> list[tuple[str, list[int]]]:
    """Return the places of the stores of each region, in the order of its name."""
    states = grid.stores[s.STATE].to_list()
    return [(state, [k for k, name in enumerate(states) if name == state]) for state in sorted(set(states))]


def law_to_end_of_year(country: str, code: str | None, days: list[dt.date], category: str) -> Feasts:
    """Return the holidays of a region by law, to the end of the last year; none where there is no country.

    Parameters
    ----------
    country : ISO code
    code : the library's code of the region; None: those of the whole country
    days : the first and the last of them bound the years
    category : of the library
    """
    return feasts(country, code, days[0], dt.date(days[-1].year, 12, 31), category)


def _optional(country: str, code: str | None, days: list[dt.date]) -> Feasts:
    """Return the days that only some keep: those of the other categories of the country."""
    law: Feasts = {}
    for category in categories(country):
        law |= law_to_end_of_year(country, code, days, category)
    return law


def flags_of(law: Feasts, days: list[dt.date]) -> Bool:
    """Return which days are holidays, (days,)."""
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
    shares, rows = share_of(past > 0, past != NO_ROW)
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
    shares, rows = share_of(past > 0, past != NO_ROW)
    seen = [column for column in range(width) if rows[column] > 0 and days[column] in law]
    follows = not seen or (shares[seen] >= 0.5).mean() >= 0.5
    known = optional | law  # a public holiday bears its own name alone, as in `Recurrence.names`
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
    for column in np.flatnonzero((shares >= 0.5) & ~flags_of(known, days[:width])):
        kinds[recurrence.again(int(column))] = _most_frequent(past[:, column])
    return kinds


def _kinds_by_past(past: I8, recurrence: Recurrence) -> I8:
    """Return the kinds ahead of stores without law, (stores, days ahead): what they marked recurs.

    A store without a row on such a day follows the others where most of them marked it.
    """
    kinds = np.zeros((len(past), len(recurrence.ahead)), np.int8)
    shares, _ = share_of(past > 0, past != NO_ROW)
    for column in np.flatnonzero(shares > 0):
        marked = past[:, column]
        others = _most_frequent(marked) if shares[column] >= 0.5 else 0
        marked = np.where(marked == NO_ROW, others, marked)
        again = recurrence.again(int(column))
        kinds[:, again] = np.maximum(kinds[:, again], marked[:, None])
    return kinds


def share_of(marked: Bool, rows: Bool) -> tuple[F64, F64]:
    """Return for each day the share of stores that are marked, among those with rows, and how many have rows."""
    count = rows.sum(axis=0).astype(np.float64)
    share: F64 = (marked & rows).sum(axis=0) / np.maximum(count, 1)
    return share, count
