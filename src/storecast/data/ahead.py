"""The calendar ahead, worked out where it is not given, and marked as assumed.

Openings follow the store's own weekdays, holidays the state's law or the store's own past (`ahead_holidays`), promotions the
chain's own rhythm, own columns what is usual (`ahead_own`). Nothing of the sales is looked at, and of the calendar only what lies
before the end of the sales, or is given ahead.
"""

import datetime as dt
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, I8, I64, Bool
from storecast.data.active_stores import are_inactive
from storecast.data.ahead_holidays import state_holidays
from storecast.data.ahead_own import rhythms, with_own_columns
from storecast.data.ahead_school import Unpublished, school_holidays
from storecast.data.grid import NO_ROW, Grid
from storecast.data.panel import Panel
from storecast.data.recurrence import Recurrence
from storecast.data.yearly_closures import MIN_STORES, MOST_STORES, missing_rows, shut_every_year
from storecast.dates import SUNDAY, YEAR, weekday

log = logging.getLogger(__name__)

HABIT_DAYS = 56  # days back that show on which weekdays a store opens
MIN_ROWS = 14  # rows, from which on a weekday without any is one on which a store is closed ...
MIN_WEEKS = 4  # ... and so it is with fewer, where they recur on the same weekdays for so long: a stall on market days
RHYTHM_DAYS = 182  # days back that show how promotions recur
LAGS = (7, 14, 21, 28, 35, 42)  # days after which promotions may recur


@dataclass(frozen=True, eq=False)
class CalendarAhead:
    """A calendar that was worked out, and by what.

    Attributes
    ----------
    panel : with a calendar row for every store and day ahead
    lags : days after which the values of an own column recur, of each column of which they do
    unpublished : where school holidays are those of the year before
    """

    panel: Panel
    lags: Mapping[str, int] = field(default_factory=dict)
    unpublished: tuple[Unpublished, ...] = ()


def extend(panel: Panel, until: dt.date, *, opened: Collection[object] = ()) -> Panel:
    """Return the panel with a calendar row for every store and day after the sales, as `work_out_calendar` does.

    Parameters
    ----------
    panel : the chain
    until : the last day
    opened : stores that are taken as open, inactive or not: new stores that a request asks for
    """
    return work_out_calendar(panel, until, opened=opened).panel


def work_out_calendar(panel: Panel, until: dt.date, *, opened: Collection[object] = ()) -> CalendarAhead:
    """Work out a calendar row for every store and day after the sales, up to ``until``.

    Rows that are given stay as they are; the others are worked out, with Assumed set. An inactive store is taken as closed,
    unless a row that is given opens it.

    Parameters
    ----------
    panel : the chain
    until : the last day
    opened : stores that are taken as open, inactive or not: new stores that a request asks for
    """
    days = (until - panel.end).days
    if days <= 0:
        return CalendarAhead(panel)
    grid = Grid.of(panel)
    end = grid.column(panel.end)
    width = end + 1 + days
    known = _widen(grid.open, width)[:, end + 1 :] != NO_ROW
    if known.all():
        return CalendarAhead(panel)
    unpublished: list[Unpublished] = []
    holiday, opening, school = (np.zeros((len(known), days), np.int8) for _ in range(3))
    for stores, part in grid.by_country():
        recurrence = Recurrence.of(part, end, width, part.country)
        holiday[stores] = state_holidays(part, recurrence)
        opening[stores] = _openings(part, holiday[stores], recurrence)
        school[stores], regions = school_holidays(part, _widen(part.school, width), end, part.country)
        unpublished += regions
    closed = _without_opening(grid, end) & ~panel.stores[s.STORE].is_in(list(opened)).to_numpy()
    columns = {
        s.OPEN: np.where(closed[:, None], np.int8(0), opening),
        s.PROMO: _promotions(_widen(grid.promo, width), end),
        s.SCHOOL_HOLIDAY: school,
    }
    store, day = np.nonzero(~known)
    rows = pl.DataFrame(
        {
            s.STORE: panel.stores[s.STORE].gather(store),
            s.DATE: pl.Series(np.datetime64(panel.end, "D") + 1 + day),
            **{name: values[store, day] for name, values in columns.items()},
            s.STATE_HOLIDAY: pl.Series(s.STATE_HOLIDAYS).gather(holiday[store, day].astype(np.int64)),
            s.ASSUMED: np.ones(len(store), bool),
        }
    )
    lags = rhythms(panel)
    rows = with_own_columns(rows, panel, lags).with_columns(pl.lit(None).alias(name) for name in panel.past_only)
    typed = rows.select(pl.col(name).cast(panel.calendar.schema[name]) for name in panel.calendar.columns)
    log.info("worked out %d store-days of the calendar up to %s", rows.height, until)
    whole = panel.with_calendar(pl.concat([panel.calendar, typed]).sort(*s.KEYS))
    return CalendarAhead(whole, lags, tuple(unpublished))


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


def _without_opening(grid: Grid, end: int) -> Bool:
    """Return whether a store is inactive and no day that is given ahead opens it, (stores,)."""
    given_open: Bool = (grid.open[:, end + 1 :] == 1).any(axis=1)
    return are_inactive(grid.sales[:, : end + 1] > 0) & ~given_open


def _openings(grid: Grid, holiday: I8, recurrence: Recurrence) -> I8:
    """Open where the store opened on that weekday on most of its last days; on a holiday, as it did when that one last came.

    A day on which it was shut in every year is one on which it is shut again.

    Parameters
    ----------
    grid : the past
    holiday : kinds of holidays ahead, (stores, days ahead)
    recurrence : which days ahead are holidays of the past again
    """
    end = recurrence.marked.shape[1] - 1
    opened, free = grid.open[:, : end + 1], grid.holiday[:, : end + 1] == 0
    weekdays_ahead = weekday(np.datetime64(grid.day(end + 1), "D") + np.arange(holiday.shape[1]))
    past_weekdays = weekday(grid.dates()[: end + 1])
    by_law = np.array([day in recurrence.law for day in recurrence.days[: end + 1]], bool)
    out = np.zeros(holiday.shape, np.int8)
    for day in range(7):
        due = (past_weekdays == day) & ~by_law
        usual = _mostly_open(opened, free & (past_weekdays == day), HABIT_DAYS, default=day < SUNDAY, due=due)
        out[:, weekdays_ahead == day] = usual[:, None]
    on_holidays = _mostly_open(opened, ~free & (opened != NO_ROW), opened.shape[1], default=False)
    # A holiday that fell on a Sunday does not show what the store does on one that falls in the week.
    # A store that keeps no rows of closed days was closed on a holiday by law without a row.
    holidays_of_stores = grid.holiday[:, : end + 1] > 0
    holidays_of_stores |= missing_rows(opened) & by_law
    past_holidays = np.flatnonzero(holidays_of_stores.any(axis=0) & (past_weekdays < SUNDAY))
    again = {int(column): recurrence.again(int(column)) for column in past_holidays}
    for ahead in np.flatnonzero((holiday > 0).any(axis=0)):
        habit, met = on_holidays, np.zeros(len(opened), bool)
        for column, days in again.items():
            if days[ahead]:
                habit = np.where(holidays_of_stores[:, column], opened[:, column] == 1, habit)
                met |= holidays_of_stores[:, column]
        if met.sum() >= MIN_STORES and (~habit[met]).mean() >= MOST_STORES:
            habit = habit & met  # a store that has not met this holiday yet shuts as the others do
        out[:, ahead] = np.where(holiday[:, ahead] > 0, habit & (out[:, ahead] == 1), out[:, ahead])
    out[shut_every_year(grid, end, end + 1 + holiday.shape[1])] = 0
    return out


def _mostly_open(opened: I8, days: Bool, span: int, *, default: bool, due: Bool | None = None) -> Bool:
    """Return for each store whether it was open on most of the chosen days among its last ``span`` days with rows.

    The default is for stores with few rows: one that has many, or has them on the same weekdays of most weeks, and none on such a
    day, keeps no rows of days when it is closed.

    Parameters
    ----------
    opened : 1 open, 0 closed, `NO_ROW`, (stores, days)
    days : those that are looked at, (stores, days)
    span : how many days count, up to the last row of a store
    default : for stores with few rows
    due : the days of this kind, whether they have rows or not, (days,); None: days without a row tell nothing
    """
    rows, day = opened != NO_ROW, np.arange(opened.shape[1])
    last = np.where(rows, day, -1).max(axis=1)
    lately = rows & (day[None, :] > last[:, None] - span)
    recent = lately & days
    count = recent.sum(axis=1).astype(np.float64)
    if due is not None:
        shut = ~(recent & (opened == 0)).any(axis=1)  # whose rows, if any, are of open days: without a row it was shut
        count = np.where(shut, np.maximum(count, _expected_rows(lately, last, due)), count)
    share = (recent & (opened == 1)).sum(axis=1) / np.maximum(count, 1)
    few = (lately.sum(axis=1) < MIN_ROWS) & ~_keep_weekdays(lately)
    mostly: Bool = np.where(recent.any(axis=1), share >= 0.5, default & few)
    return mostly


def _expected_rows(lately: Bool, last: I64, due: Bool) -> F64:
    """Return how many rows a store would have on some days, did they come as often as on its fullest weekday, (stores,).

    Parameters
    ----------
    lately : the rows that count, (stores, days)
    last : the day of the last one, (stores,)
    due : the days, (days,)
    """
    day = np.arange(lately.shape[1])
    within = (day >= lately.argmax(axis=1)[:, None]) & (day <= last[:, None])
    weekdays = [(lately[:, k::7].sum(axis=1), within[:, k::7].sum(axis=1)) for k in range(7)]
    fullest = np.max([present / np.maximum(possible, 1) for present, possible in weekdays], axis=0)
    expected: F64 = fullest * (within & due).sum(axis=1)
    return expected


def _keep_weekdays(rows: Bool) -> Bool:
    """Return which stores have had rows on the same weekdays of most weeks, for some weeks, (stores,).

    Parameters
    ----------
    rows : which days have one, (stores, days)
    """
    days = rows.shape[1]
    first, last = rows.argmax(axis=1), days - 1 - rows[:, ::-1].argmax(axis=1)
    weeks = (last - first) // 7 + 1
    weekdays = sum(rows[:, day::7].any(axis=1).astype(np.int64) for day in range(7))
    recur: Bool = (weeks >= MIN_WEEKS) & (2 * rows.sum(axis=1) >= weekdays * weeks)
    return recur & rows.any(axis=1)


def _promotions(promo: I8, end: int) -> I8:
    """Continue promotions in the rhythm of the chain.

    In a chain whose stores promote alike, a store follows the others on a day without a row of its own: in the past, and ahead
    where theirs are given. Else each store follows its own past.
    """
    promo = promo.copy()
    chain = _majority(promo)
    rows = promo[:, : end + 1] != NO_ROW
    alike = bool((promo[:, : end + 1] == chain[: end + 1])[rows].mean() > 0.95) if rows.any() else True
    if alike:
        promo = np.where(promo == NO_ROW, chain, promo)
    lag = _rhythm(promo[:, : end + 1])
    for day in range(end + 1, promo.shape[1]):
        guess = promo[:, day - lag] if day >= lag else np.zeros(len(promo), np.int8)
        promo[:, day] = np.where(promo[:, day] == NO_ROW, np.maximum(guess, 0), promo[:, day])
    return promo[:, end + 1 :]


def _majority(promo: I8) -> I8:
    """Return what most stores do on each day; ``NO_ROW`` where no store has a row."""
    rows = (promo != NO_ROW).sum(axis=0)
    return np.where(rows > 0, 2 * (promo == 1).sum(axis=0) >= rows, NO_ROW).astype(np.int8)


def _rhythm(past: I8) -> int:
    """Return the lag after which the last half year repeats best what was before; the shortest of equals."""
    known = past.shape[1]
    # Promotions may recur a year later too, where a year and the days that show the rhythm are known.
    lags = [lag for lag in LAGS if known >= lag + 7] + [YEAR] * (known >= YEAR + RHYTHM_DAYS)
    return max(lags, key=lambda lag: _agreement(past, lag), default=LAGS[0])


def _agreement(past: I8, lag: int) -> float:
    """Return the share of the last half year's days that are as they were ``lag`` days before."""
    begin = max(lag, past.shape[1] - RHYTHM_DAYS)
    now, then = past[:, begin:], past[:, begin - lag : past.shape[1] - lag]
    both = (now != NO_ROW) & (then != NO_ROW)
    return float((now == then)[both].mean()) if both.any() else -1.0


def _widen(values: I8, width: int) -> I8:
    out = np.full((len(values), max(width, values.shape[1])), NO_ROW, np.int8)
    out[:, : values.shape[1]] = values
    return out[:, :width]
