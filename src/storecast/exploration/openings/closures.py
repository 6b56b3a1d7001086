"""Days around closures: what a store sells before it shuts and after it opens again, against the other stores on the same days.

A closure is a run of days without sales. Trading days lost are those of its days on which the store usually trades and that are no
holidays. Where most of them have no row, nobody knows whether the store was shut: the run is a gap in the data and no closure. A
closure of 28 days or more is a long absence: see `storecast.exploration.openings.absences`.
"""

from dataclasses import dataclass

import numpy as np

from storecast.arrays import F64, I64, Bool
from storecast.data.grid import NO_ROW
from storecast.dates import WEEK
from storecast.exploration.openings.parts import Closure, Part
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.calendar_terms import HOLIDAY_KINDS, REACH, Family
from storecast.exploration.shared.estimates import Estimate, Unit, relative_change
from storecast.exploration.shared.evidence import enough_occasions
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.regression import clustered_regression

MIN_STORES_SHARED = 5  # that lose the same one day: a local holiday that the data do not mark, such as Carnival
MIN_ABSENCE_DAYS = 28  # of a long absence
BASE_DAYS = (28, 11)  # before a closure: the store's usual level
MIN_BASE_DAYS = 8  # of them with sales
BEFORE, AFTER = "the last day before", "the first day after"
MIN_OTHER_STORES = 3  # behind the mean of a day
MAX_CLOSED_DAYS = 5  # in a row; longer runs are counted as these
HOLIDAYS = tuple(HOLIDAY_KINDS)


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of days without sales, with sales before and after.

    Attributes
    ----------
    row : of the store
    start : the column of the first day
    length : in days
    lost : trading days lost
    without_rows : of these, the days that have no row
    """

    row: I64
    start: I64
    length: I64
    lost: I64
    without_rows: I64

    @property
    def stop(self) -> I64:
        """The column of the day after the last."""
        return self.start + self.length

    def where(self, flags: Bool) -> "Runs":
        """Return some of the runs."""
        return Runs(self.row[flags], self.start[flags], self.length[flags], self.lost[flags], self.without_rows[flags])

    @property
    def are_gaps(self) -> Bool:
        """Whether most of the trading days lost have no row, so that the store may have traded on them."""
        gaps: Bool = 2 * self.without_rows > self.lost
        return gaps


def closure_estimates(adjusted: Adjusted) -> list[Estimate]:
    """Measure sales around closures that neither a holiday nor a Sunday explains, and on the first day after holidays."""
    runs = closed_runs(adjusted)
    estimates: list[Estimate] = []
    kinds = _kinds(runs)
    for name, flags in kinds.items():
        if flags.any():
            estimates.append(
                Estimate(Part.CLOSURES, name, SALES, Unit.COUNT, float(flags.sum()), n=len(np.unique(runs.row[flags])))
            )
    for measure in adjusted.logs:
        logs = against_other_stores(adjusted, measure)
        for name, flags in kinds.items():
            if enough_occasions(int(flags.sum()), 1):
                estimates += _around(logs, runs.where(flags), runs.where(runs.lost > 0), measure, name)
    return [*estimates, *_after_holidays(adjusted, runs)]


def closed_runs(adjusted: Adjusted) -> Runs:
    """Find the runs of days without sales between a store's first and last day with sales.

    A store that is open on most days of a run and sells nothing, as a small one does, was not shut. A day on which it was open is
    no trading day lost.
    """
    observed = adjusted.observed
    sold = ~np.isnan(observed.logs[SALES])
    shut = ~sold
    changes = np.diff(np.pad(shut.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(changes == 1)
    _, stop = np.nonzero(changes == -1)  # row by row, so that starts and stops pair up
    days = sold.shape[1]
    idle = shut & (observed.grid.open[:, :days] == 1)  # nobody came, or its sales are unknown, as when goods ran out
    opened = np.pad(np.cumsum(idle, axis=1), ((0, 0), (1, 0)))
    was_shut = 2 * (opened[row, stop] - opened[row, start]) <= stop - start
    inside = (start > 0) & (stop < days) & was_shut
    row, start, stop = row[inside], start[inside], stop[inside]
    trades = np.stack([sold[:, observed.weekday == k].any(axis=1) for k in range(WEEK)], axis=1)[:, observed.weekday]
    plain = shut & ~idle & observed.usual_days[None, :] & trades & ~(observed.grid.holiday > 0)
    lost, without_rows = (
        total[row, stop] - total[row, start]
        for total in (
            np.pad(np.cumsum(flags, axis=1), ((0, 0), (1, 0)))
            for flags in (plain, plain & (observed.grid.open[:, :days] == NO_ROW))
        )
    )
    return Runs(row, start, stop - start, lost, without_rows)


def against_other_stores(adjusted: Adjusted, measure: str, others: Bool | None = None) -> F64:
    """Return calendar-adjusted logs less the day's mean of other stores; of too few stores, less the chain's promotions.

    Parameters
    ----------
    measure : sales, customers or spend
    others : flags of the stores to compare with; None: all
    """
    logs = adjusted.logs[measure]
    pool = logs if others is None else logs[others]
    if len(pool) >= MIN_OTHER_STORES:
        known = ~np.isnan(pool)
        count = known.sum(axis=0)
        enough = count >= MIN_OTHER_STORES
        mean = np.where(known, pool, 0.0).sum(axis=0) / np.where(enough, count, np.nan)
        return np.asarray(logs - mean[None, :], dtype=float)
    promo = adjusted.terms.columns_of(Family.PROMOTION)
    effects = {name: fit.explained(adjusted.terms.values[0], promo) for name, fit in adjusted.fits.items()}
    effect = effects[measure] if measure in effects else effects[SALES] - effects[CUSTOMERS]
    return np.asarray(logs - effect[None, :], dtype=float)


def _kinds(runs: Runs) -> dict[str, Bool]:
    """Sort closures by the trading days they lose; one day that many stores lose together is a kind of its own."""
    short = (runs.length < MIN_ABSENCE_DAYS) & (runs.lost > 0) & ~runs.are_gaps
    one = short & (runs.lost == 1)
    stop = runs.stop
    same = np.bincount(stop[one], minlength=int(stop.max(initial=0)) + 1)
    shared = one & (same[stop] >= MIN_STORES_SHARED)
    return {
        Closure.ONE_DAY: one & ~shared,
        Closure.ONE_DAY_SHARED: shared,
        Closure.SHORT: short & (runs.lost >= 2) & (runs.lost <= 3),
        Closure.LONG: short & (runs.lost >= 4),
    }


def _around(logs: F64, runs: Runs, others: Runs, measure: str, name: str) -> list[Estimate]:
    """Average ten days before and after, against the store's own usual level; days near another closure are left out.

    Parameters
    ----------
    logs : stores × days, against other stores
    runs : the closures of one kind
    others : all closures that lose trading days
    measure, name : for the table
    """
    days = logs.shape[1]
    usual = _usual_level(logs, runs)
    places = np.r_[-REACH:0, 1 : REACH + 1]
    columns = np.where(places < 0, runs.start[:, None] + places, runs.stop[:, None] + places - 1)
    inside = (columns >= 0) & (columns < days)
    y = np.where(inside, logs[runs.row[:, None], np.clip(columns, 0, days - 1)], np.nan) - usual[:, None]
    y[_beyond_another(columns, runs, others)] = np.nan
    event, place = np.nonzero(~np.isnan(y))
    if not len(event):
        return []
    used = np.unique(place)
    # Stores that shut together share their days: the day is the cluster. Others shut each on their own.
    cluster = runs.stop if name == Closure.ONE_DAY_SHARED else runs.row
    x = (place[:, None] == used[None, :]).astype(float)
    intervals = clustered_regression(y[event, place], x, cluster[event])
    return [
        relative_change(
            Part.AROUND_CLOSURE, name, measure, interval, position=int(places[k]), n=int((place == k).sum())
        )
        for k, interval in zip(used, intervals, strict=True)
    ]


def _usual_level(logs: F64, runs: Runs) -> F64:
    """Return the mean of the weeks before a closure, NaN where too few days of them were sold on."""
    columns = runs.start[:, None] - np.arange(BASE_DAYS[1], BASE_DAYS[0] + 1)[None, :]
    values = np.where(columns >= 0, logs[runs.row[:, None], np.maximum(columns, 0)], np.nan)
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    return np.where(count >= MIN_BASE_DAYS, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _beyond_another(columns: I64, runs: Runs, others: Runs) -> Bool:
    """Whether a day lies beyond another closure of the same store that loses trading days."""
    beyond = np.zeros(columns.shape, bool)
    for k, (row, start) in enumerate(zip(runs.row, runs.start, strict=True)):
        for j in np.flatnonzero((others.row == row) & (others.start != start)):
            other = others.start[j]
            beyond[k] |= columns[k] < others.stop[j] if other < start else columns[k] >= other
    return beyond


def _after_holidays(adjusted: Adjusted, runs: Runs) -> list[Estimate]:
    """Average the last day before and the first day after holidays, by the days closed in a row.

    The calendar is taken off but for the terms of the holidays.
    """
    observed, fit, split = adjusted.observed, adjusted.fits[SALES], adjusted.two_way[SALES]
    columns = [k for k, term in enumerate(adjusted.terms.terms) if term.family not in HOLIDAYS]
    values = adjusted.terms.values[0]
    used = ~np.isnan(fit.unexplained)
    constant = float(np.mean((split.index[0] - fit.explained(values, range(len(fit.terms))) - fit.unexplained)[used]))
    logs = observed.logs[SALES] - split.level[:, observed.weekday] - constant - fit.explained(values, columns)[None, :]
    holiday = (observed.grid.holiday > 0) & observed.usual_days[None, :]
    total = np.pad(np.cumsum(holiday, axis=1), ((0, 0), (1, 0)))
    by_holidays = (total[runs.row, runs.stop] > total[runs.row, runs.start]) & (runs.lost == 0)
    estimates = []
    for length in range(1, MAX_CLOSED_DAYS + 1):
        chosen = runs.where(by_holidays & (np.minimum(runs.length, MAX_CLOSED_DAYS) == length))
        for place, name in ((-1, BEFORE), (1, AFTER)):
            column = chosen.start - 1 if place < 0 else chosen.stop
            y = logs[chosen.row, column]
            known = ~np.isnan(y)
            if not enough_occasions(len(np.unique(column[known])), observed.stores.height):
                continue
            interval = clustered_regression(y[known], np.ones((int(known.sum()), 1)), column[known])[0]
            group = f"{length} {'day' if length == 1 else 'days'}{' or more' if length == MAX_CLOSED_DAYS else ''}"
            estimates.append(
                relative_change(
                    Part.AROUND_CLOSED_DAYS,
                    f"{group}, {name}",
                    SALES,
                    interval,
                    position=place,
                    n=len(np.unique(column[known])),
                )
            )
    return estimates
