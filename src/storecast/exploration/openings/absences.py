"""Absences: a store without sales for days or months, and what it sells in the weeks before and after.

A store that is shut has rows without sales; a store without rows may have traded all the while: the two are different kinds.
Where a whole state is away at once, its stores are one case and not many: they are judged by how far other states drift.
"""

from dataclasses import dataclass

import numpy as np

from storecast import schema as s
from storecast.arrays import F64, I64, Bool
from storecast.dates import WEEK
from storecast.exploration.openings.closures import MIN_ABSENCE_DAYS, Runs, against_other_stores, closed_runs
from storecast.exploration.openings.parts import ALL, SAME_DAY, WHOLE_STATE, Absence, Part
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.estimates import Estimate, Interval, Unit, relative_change
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.regression import mean_interval, t_quantile
from storecast.exploration.shared.two_way import group_codes

WEEKS_BEFORE, WEEKS_AFTER = 12, 26
BASE_WEEKS = (26, 13)  # before the absence: the store's usual level
MIN_BASE_DAYS = 24  # of them with sales; with fewer, all days before are the usual level
SPANS = {"12 weeks before": (-12, -1), "weeks 1 to 4": (1, 4), "weeks 5 to 26": (5, 26)}
MIN_DAYS_LOST = 4  # trading days; shorter closures are those of `closures`
MIN_SHARE_OF_STATE = 0.8  # of its stores, away from the same day on
MIN_STATES_TO_COMPARE = 5  # that stayed


@dataclass(frozen=True, eq=False)
class _Cases:
    """Absences of one kind; ``state_wide`` where all of them are of whole states."""

    runs: Runs
    state_wide: bool


def absence_estimates(adjusted: Adjusted) -> list[Estimate]:
    """Compare stores after an absence with themselves before, and with the stores that stayed."""
    runs = closed_runs(adjusted)
    runs = runs.where((runs.length >= MIN_ABSENCE_DAYS) | ((runs.lost >= MIN_DAYS_LOST) & ~runs.are_gaps))
    if not len(runs.row):
        return []
    stayed = np.ones(adjusted.observed.stores.height, bool)
    stayed[runs.row] = False
    long, without = runs.length >= MIN_ABSENCE_DAYS, _without_rows(adjusted, runs)
    estimates = []
    for name, flags in ((Absence.NO_ROWS, long & without), (Absence.SHUT, long & ~without), (Absence.SHORTER, ~long)):
        if not flags.any():
            continue
        own = runs.where(flags)
        wide, same = _state_wide(adjusted, own), int(np.bincount(own.start).max())
        estimates += [
            Estimate(Part.ABSENCES, f"{name}, {what}", SALES, Unit.COUNT, float(count), n=int(flags.sum()))
            for what, count in ((ALL, flags.sum()), (SAME_DAY, same), (WHOLE_STATE, wide.sum()))
        ]
        cases = _Cases(own, bool(wide.all()))
        for measure in adjusted.logs:
            estimates += _around(adjusted, cases, measure, name, stayed)
    return estimates


def _without_rows(adjusted: Adjusted, runs: Runs) -> Bool:
    """Whether most of a run's days have no row at all."""
    missing = adjusted.observed.grid.open < 0
    total = np.pad(np.cumsum(missing, axis=1), ((0, 0), (1, 0)))
    days: I64 = total[runs.row, runs.stop] - total[runs.row, runs.start]
    return np.asarray(days > runs.length / 2)


def _state_wide(adjusted: Adjusted, runs: Runs) -> Bool:
    """Whether an absence is one of nearly all stores of a state, on one day."""
    states, names = group_codes(adjusted.observed.attribute(s.STATE))
    size = np.bincount(states)
    if len(names) < 2:
        return np.zeros(len(runs.row), bool)
    key = states[runs.row] * (int(runs.start.max()) + 1) + runs.start
    _, place, count = np.unique(key, return_inverse=True, return_counts=True)
    stores = size[states[runs.row]]
    return np.asarray((count[place] >= MIN_SHARE_OF_STATE * stores) & (stores > 1))


def _around(adjusted: Adjusted, cases: _Cases, measure: str, name: str, stayed: Bool) -> list[Estimate]:
    """Average weeks and spans of weeks over the stores that were away."""
    logs = against_other_stores(adjusted, measure, stayed)
    runs, sums = cases.runs, _SpanMeans(logs)
    base = _usual_level(sums, runs.row, runs)
    spans = {f"{name}: {span}": ends for span, ends in SPANS.items()}
    weeks = {str(week): (week, week) for week in (*range(-WEEKS_BEFORE, 0), *range(1, WEEKS_AFTER + 1))}
    states = _states_that_stayed(adjusted, logs, runs, stayed) if cases.state_wide else None
    estimates = []
    for part, periods in ((Part.WEEKS_AROUND_ABSENCE, weeks), (Part.AROUND_ABSENCE, spans)):
        for label, ends in periods.items():
            values = _weeks_mean(sums, runs.row, runs, ends) - base
            values = values[~np.isnan(values)]
            if not len(values):
                continue
            interval = mean_interval(values) if states is None else _against_states(values, states, runs, ends)
            group, place = (name, float(label)) if part == Part.WEEKS_AROUND_ABSENCE else (label, None)
            estimates.append(relative_change(part, group, measure, interval, position=place, n=len(values)))
    return estimates


def _weeks_mean(sums: "_SpanMeans", rows: I64, runs: Runs, ends: tuple[int, int]) -> F64:
    """Return the mean of a span of weeks before or after each absence; NaN where nothing was sold in it."""
    first, last = ends
    if first < 0:
        return sums.mean(rows, runs.start + WEEK * first, runs.start + WEEK * (last + 1))
    return sums.mean(rows, runs.stop + WEEK * (first - 1), runs.stop + WEEK * last)


def _usual_level(sums: "_SpanMeans", rows: I64, runs: Runs) -> F64:
    """Return the usual level before each absence: weeks 26 to 13 before it, or all that is known before it."""
    whole = sums.mean(rows, np.zeros_like(runs.start), runs.start)
    near = sums.mean(rows, runs.start - WEEK * BASE_WEEKS[0], runs.start - WEEK * (BASE_WEEKS[1] - 1), MIN_BASE_DAYS)
    return np.where(np.isnan(near), whole, near)


class _SpanMeans:
    """Cumulated sums of logs (rows × days), so that the mean of any span is two look-ups."""

    def __init__(self, logs: F64) -> None:
        known = ~np.isnan(logs)
        padding = ((0, 0), (1, 0))
        self._total = np.pad(np.cumsum(np.where(known, logs, 0.0), axis=1), padding)
        self._count = np.pad(np.cumsum(known, axis=1), padding)
        self._days = logs.shape[1]

    def mean(self, rows: I64, start: I64, stop: I64, min_days: int = 1) -> F64:
        """Return the mean from ``start`` to the day before ``stop``; NaN with fewer than ``min_days`` days sold on."""
        low, high = (np.clip(end, 0, self._days) for end in (start, stop))
        days = self._count[rows, high] - self._count[rows, low]
        mean: F64 = (self._total[rows, high] - self._total[rows, low]) / np.where(days >= min_days, days, np.nan)
        return mean


def _states_that_stayed(adjusted: Adjusted, logs: F64, runs: Runs, stayed: Bool) -> tuple[_SpanMeans, int] | None:
    """Average the stores of each state that stayed; return the means and their number, or None where there are too few."""
    states, names = group_codes(adjusted.observed.attribute(s.STATE))
    used = [k for k in range(len(names)) if (stayed & (states == k)).sum() > 1 and not (states[runs.row] == k).any()]
    if len(used) < MIN_STATES_TO_COMPARE:
        return None
    means = []
    for k in used:
        own = logs[stayed & (states == k)]
        known = ~np.isnan(own)
        count = known.sum(axis=0)
        means.append(np.where(known, own, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan))
    return _SpanMeans(np.stack(means)), len(means)


def _against_states(values: F64, states: tuple[_SpanMeans, int], runs: Runs, ends: tuple[int, int]) -> Interval:
    """Return the mean of a state that was away; its interval is how far states that stayed drift over the same weeks."""
    sums, count = states
    typical = Runs(
        *(
            np.full(count, int(np.median(column)))
            for column in (runs.row, runs.start, runs.length, runs.lost, runs.without_rows)
        )
    )
    rows = np.arange(count)
    drift = _weeks_mean(sums, rows, typical, ends) - _usual_level(sums, rows, typical)
    drift = drift[~np.isnan(drift)]
    value = float(values.mean())
    if len(drift) < MIN_STATES_TO_COMPARE:
        return Interval(value)
    half = t_quantile(len(drift) - 1) * drift.std(ddof=1) * np.sqrt(1 + 1 / len(drift))
    return Interval(value, value - float(half), value + float(half))
