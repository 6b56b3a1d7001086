"""The calendar ahead, worked out where it is not given, and marked as assumed.

Openings follow the store's own weekdays, holidays the state's law or the store's own past, promotions the chain's own
rhythm, school holidays the same days of the year before. Nothing but the calendar up to the end of the sales, and what is
given ahead, is looked at.
"""

import datetime as dt
import logging

import holidays
import numpy as np
import numpy.typing as npt
import polars as pl
from dateutil.easter import easter

from storecast import schema as s
from storecast.data.grid import NO_ROW, Grid
from storecast.data.panel import Panel

log = logging.getLogger(__name__)

HABIT = 56  # days back that show on which weekdays a store opens
RHYTHM = 364  # days back that show how promotions recur
LAGS = (7, 14, 21, 28, 35, 42)  # days after which promotions may recur
COUNTRY = "DE"
MOVABLE = (-2, 0, 1, 39, 49, 50, 60)  # days from Easter Sunday; other holidays keep their date

Codes = npt.NDArray[np.int8]


def extend(panel: Panel, until: dt.date) -> Panel:
    """Return the panel with a calendar row for every store and day after the sales up to ``until``.

    Rows that are given stay as they are; the others are worked out, with Assumed set.
    """
    days = (until - panel.end).days
    if days <= 0:
        return panel
    grid = Grid.of(panel)
    end = grid.column(panel.end)
    width = end + 1 + days
    given = _widen(grid.open, width)[:, end + 1 :] != NO_ROW
    if given.all():
        return panel
    holiday = _holidays(grid, end, width)
    promo = _promotions(grid, end, width)
    columns = {
        s.OPEN: _openings(grid, end, holiday),
        s.PROMO: promo,
        s.SCHOOL_HOLIDAY: _year_before(grid, end, width),
    }
    store, day = np.nonzero(~given)
    rows = pl.DataFrame(
        {
            s.STORE: panel.stores[s.STORE].gather(store),
            s.DATE: pl.Series(np.datetime64(panel.end, "D") + 1 + day),
            **{name: values[store, day] for name, values in columns.items()},
            s.STATE_HOLIDAY: pl.Series(s.STATE_HOLIDAYS).gather(holiday[store, day].astype(np.int64)),
            s.ASSUMED: np.ones(len(store), bool),
            **{
                name: _last_weekday(values, end, width)[store, day].astype(np.float64)
                for name, values in grid.known.items()
            },
        }
    )
    typed = rows.select(pl.col(name).cast(panel.calendar.schema[name]) for name in panel.calendar.columns)
    log.info("worked out %d store-days of the calendar up to %s", rows.height, until)
    return panel.with_calendar(pl.concat([panel.calendar, typed]).sort(*s.KEYS))


def future_table(panel: Panel, horizon: int) -> pl.DataFrame:
    """Return the calendar ahead as a table to edit: what is given, and what is assumed."""
    until = panel.end + dt.timedelta(days=horizon)
    ahead = extend(panel, until).calendar.filter((pl.col(s.DATE) > panel.end) & (pl.col(s.DATE) <= until))
    return ahead.select(
        *s.KEYS,
        pl.col(s.DATE).dt.weekday().alias(s.DAY_OF_WEEK),
        *s.KNOWN,
        *panel.known,
        pl.col(s.ASSUMED).cast(pl.Int8),
    )


def _openings(grid: Grid, end: int, holiday: Codes) -> Codes:
    """Open where the store opened on that weekday on most of its last days; on holidays, where it opened on most of them."""
    opened, free = grid.open[:, : end + 1], grid.holiday[:, : end + 1] == 0
    weekday = _weekdays(grid, holiday.shape[1], end)
    past_weekday = (grid.dates()[: end + 1].astype(np.int64) + 3) % 7
    out = np.zeros(holiday.shape, np.int8)
    for day in range(7):
        usual = _mostly_open(opened, free & (past_weekday == day), HABIT, default=day < 6)
        out[:, weekday == day] = usual[:, None]
    on_holidays = _mostly_open(opened, ~free & (opened != NO_ROW), opened.shape[1], default=False)
    return np.where(holiday > 0, on_holidays[:, None] & (out == 1), out).astype(np.int8)


def _mostly_open(opened: Codes, days: npt.NDArray[np.bool_], span: int, *, default: bool) -> npt.NDArray[np.bool_]:
    """Say for each store whether it was open on most of the chosen days among its last ``span`` days with rows."""
    seen = days & (opened != NO_ROW)
    last = np.where(opened != NO_ROW, np.arange(opened.shape[1]), -1).max(axis=1)
    recent = seen & (np.arange(opened.shape[1])[None, :] > last[:, None] - span)
    count = recent.sum(axis=1)
    share = (recent & (opened == 1)).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, share >= 0.5, default)


def _promotions(grid: Grid, end: int, width: int) -> Codes:
    """Continue promotions in the rhythm of the chain; on a day for which other stores' promotions are given, take theirs."""
    promo = _widen(grid.promo, width)
    past = promo[:, max(0, end + 1 - RHYTHM) : end + 1]
    lag = max(LAGS, key=lambda days: _agreement(past, days))
    for day in range(end + 1, width):
        column = promo[:, day]
        given = column[column != NO_ROW]
        guess = promo[:, day - lag] if day >= lag else np.zeros(len(promo), np.int8)
        if len(given):
            guess = np.full(len(promo), np.int8(given.mean() >= 0.5))
        promo[:, day] = np.where(column == NO_ROW, np.maximum(guess, 0), column)
    return promo[:, end + 1 :]


def _agreement(promo: Codes, lag: int) -> float:
    """Return the share of days that are as they were ``lag`` days before."""
    if promo.shape[1] <= lag:
        return -lag / 1000  # nothing to compare: the shortest rhythm
    now, then = promo[:, lag:], promo[:, :-lag]
    both = (now != NO_ROW) & (then != NO_ROW)
    return float((now == then)[both].mean()) if both.any() else -1.0


def _holidays(grid: Grid, end: int, width: int) -> Codes:
    """Return the kind of holiday of each store and day ahead: by the law of its state where that is known, else by its past."""
    ahead = [grid.day(column) for column in range(end + 1, width)]
    out = np.zeros((len(grid.open), len(ahead)), np.int8)
    states = grid.stores[s.STATE].to_list()
    for state in sorted(set(states)):
        kinds = _by_law(state, ahead)
        if kinds is not None:
            out[[k for k, name in enumerate(states) if name == state]] = kinds
    lawless = [k for k, name in enumerate(states) if _by_law(name, ahead[:1]) is None]
    past = grid.holiday[:, : end + 1]
    for column in np.flatnonzero((past[lawless] > 0).any(axis=0)):
        kinds = np.maximum(past[lawless, column], 0)
        for k in _recurrences(grid.day(int(column)), ahead):
            out[lawless, k] = np.maximum(out[lawless, k], kinds)
    return out


def _by_law(state: str, days: list[dt.date]) -> Codes | None:
    """Return the kinds of holiday by the public holidays of a German state; None where the state is unknown."""
    known = holidays.country_holidays(COUNTRY).subdivisions
    code = next((part.strip() for part in state.replace("/", ",").split(",") if part.strip() in known), None)
    if code is None:
        return None
    law = holidays.country_holidays(COUNTRY, subdiv=code, years=sorted({day.year for day in days}))
    return np.array([_kind(day) if day in law else 0 for day in days], np.int8)


def _kind(day: dt.date) -> int:
    if (day - easter(day.year)).days in (-2, 0, 1):
        return s.STATE_HOLIDAYS.index("b")
    return s.STATE_HOLIDAYS.index("c" if (day.month, day.day) in {(12, 25), (12, 26)} else "a")


def _recurrences(day: dt.date, ahead: list[dt.date]) -> list[int]:
    """Return the places among the days ahead on which a past holiday recurs."""
    offset = (day - easter(day.year)).days
    if offset in MOVABLE:
        return [k for k, other in enumerate(ahead) if (other - easter(other.year)).days == offset]
    return [k for k, other in enumerate(ahead) if (other.month, other.day) == (day.month, day.day)]


def _year_before(grid: Grid, end: int, width: int) -> Codes:
    """Return the school holidays of the same dates a year before; 0 where that year is unknown."""
    out = np.zeros((len(grid.open), width - end - 1), np.int8)
    for k in range(out.shape[1]):
        day = grid.day(end + 1 + k)
        back = 1
        while (column := grid.column(_years_back(day, back))) > end:
            back += 1
        if column >= 0:
            out[:, k] = np.maximum(grid.school[:, column], 0)
    return out


def _years_back(day: dt.date, years: int) -> dt.date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - years, day=28 if leap_day else day.day)


def _last_weekday(values: npt.NDArray[np.float32], end: int, width: int) -> npt.NDArray[np.float32]:
    """Return the last known value of the same store and weekday."""
    out = np.full((len(values), width - end - 1), np.nan, np.float32)
    for k in range(out.shape[1]):
        back = np.arange(end + 1 + k - 7, -1, -7)
        for column in back[back <= end][:8]:
            out[:, k] = np.where(np.isnan(out[:, k]), values[:, column], out[:, k])
    return out


def _weekdays(grid: Grid, days: int, end: int) -> npt.NDArray[np.int64]:
    first = np.datetime64(grid.day(end + 1), "D").astype(np.int64)
    out: npt.NDArray[np.int64] = (first + np.arange(days) + 3) % 7
    return out


def _widen(values: Codes, width: int) -> Codes:
    out = np.full((len(values), max(width, values.shape[1])), NO_ROW, np.int8)
    out[:, : values.shape[1]] = values
    return out[:, :width]
