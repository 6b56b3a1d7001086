"""Absences: a store without sales for days or months, and what it sells in the weeks before and after.

A store that is shut has rows without sales; a store without rows may have traded all the while. The two are told apart,
and where a whole state is away at once its stores are one case and not many: they are judged by how far other states drift.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from storecast import schema as s
from storecast.questions.adjusted import Adjusted
from storecast.questions.closures import ABSENCE, Runs, beside_others, closed_runs
from storecast.questions.estimate import LEVEL, mean_interval
from storecast.questions.levels import SALES, Floats, Ints, codes
from storecast.questions.tidy import COUNT, Interval, Line, change

WEEKS, SUMMARY, ABSENCES = "weeks around an absence", "around an absence", "absences"
NO_ROWS, SHUT, SHORTER = "no rows", "shut 4 weeks or more", "shut 4 to 27 days"
ALL, SAME_DAY, WHOLE_STATE = "all", "of them began on one day", "of them in states that were away as a whole"
BEFORE, AFTER = 12, 26  # weeks that are looked at
BASE = (26, 13)  # weeks before it that are the store's usual level
FEWEST_BASE = 24  # days of them with sales, below which all days before are the usual
SPANS = {"12 weeks before": (-12, -1), "weeks 1 to 4": (1, 4), "weeks 5 to 26": (5, 26)}
FEWEST_LOST = 4  # trading days, below which the days around say enough
A_STATE = 0.8  # of its stores away on the same day
FEWEST_STATES = 5  # that stayed, to judge by
WEEK = 7


@dataclass(frozen=True, eq=False)
class _Cases:
    """Absences of one kind; ``state_wide`` where they are whole states and no single stores."""

    runs: Runs
    state_wide: bool


def absences(found: Adjusted) -> list[Line]:
    """Compare stores after an absence with themselves before, beside the stores that stayed."""
    runs = closed_runs(found)
    runs = runs.where((runs.length >= ABSENCE) | (runs.lost >= FEWEST_LOST))
    if not len(runs.row):
        return []
    stayed = np.ones(found.seen.stores.height, bool)
    stayed[runs.row] = False
    long, without = runs.length >= ABSENCE, _without_rows(found, runs)
    lines = []
    for name, flags in ((NO_ROWS, long & without), (SHUT, long & ~without), (SHORTER, ~long)):
        if not flags.any():
            continue
        own = runs.where(flags)
        wide, same = _state_wide(found, own), int(np.bincount(own.start).max())
        lines += [
            Line(ABSENCES, f"{name}, {what}", SALES, COUNT, float(count), n=int(flags.sum()))
            for what, count in ((ALL, flags.sum()), (SAME_DAY, same), (WHOLE_STATE, wide.sum()))
        ]
        cases = _Cases(own, bool(wide.all()))
        for measure in found.logs:
            lines += _measured(found, cases, measure, name, stayed)
    return lines


def _without_rows(found: Adjusted, runs: Runs) -> npt.NDArray[np.bool_]:
    """Whether most of a run's days have no row at all."""
    missing = found.seen.grid.open < 0
    total = np.pad(np.cumsum(missing, axis=1), ((0, 0), (1, 0)))
    held = total[runs.row, runs.start + runs.length] - total[runs.row, runs.start]
    return np.asarray(held > runs.length / 2)


def _state_wide(found: Adjusted, runs: Runs) -> npt.NDArray[np.bool_]:
    """Whether an absence is one of nearly all stores of a state, on one day."""
    states, names = codes(found.seen.kinds(s.STATE))
    size = np.bincount(states)
    if len(names) < 2:
        return np.zeros(len(runs.row), bool)
    key = states[runs.row] * (int(runs.start.max()) + 1) + runs.start
    _, place, count = np.unique(key, return_inverse=True, return_counts=True)
    here = size[states[runs.row]]
    return np.asarray((count[place] >= A_STATE * here) & (here > 1))


def _measured(found: Adjusted, cases: _Cases, measure: str, name: str, stayed: npt.NDArray[np.bool_]) -> list[Line]:
    """Average weeks and spans of weeks over the stores that were away."""
    rest = beside_others(found, measure, stayed)
    runs, logs = cases.runs, _Logs(rest)
    base = _base(logs, runs.row, runs)
    spans = {f"{name}: {span}": ends for span, ends in SPANS.items()}
    weeks = {str(week): (week, week) for week in (*range(-BEFORE, 0), *range(1, AFTER + 1))}
    others = _others(found, rest, runs, stayed) if cases.state_wide else None
    lines = []
    for part, picked in ((WEEKS, weeks), (SUMMARY, spans)):
        for label, ends in picked.items():
            values = _weeks_mean(logs, runs.row, runs, ends) - base
            values = values[~np.isnan(values)]
            if not len(values):
                continue
            got = mean_interval(values) if others is None else _beside_states(values, others, runs, ends)
            place = float(label) if part == WEEKS else None
            lines.append(change(part, name if part == WEEKS else label, measure, got, position=place, n=len(values)))
    return lines


def _weeks_mean(logs: "_Logs", rows: Ints, runs: Runs, ends: tuple[int, int]) -> Floats:
    """Return the mean of a span of weeks before or after each absence; NaN where nothing was sold in it."""
    first, last = ends
    if first < 0:
        return logs.mean(rows, runs.start + WEEK * first, runs.start + WEEK * (last + 1))
    back = runs.start + runs.length
    return logs.mean(rows, back + WEEK * (first - 1), back + WEEK * last)


def _base(logs: "_Logs", rows: Ints, runs: Runs) -> Floats:
    """Return the usual level before each absence: weeks 26 to 13 before it, or all that is known before it."""
    whole = logs.mean(rows, np.zeros_like(runs.start), runs.start)
    near = logs.mean(rows, runs.start - WEEK * BASE[0], runs.start - WEEK * (BASE[1] - 1), FEWEST_BASE)
    return np.where(np.isnan(near), whole, near)


class _Logs:
    """Like-for-like logs (rows × days), summed so that the mean of any span is two look-ups."""

    def __init__(self, rest: Floats) -> None:
        there = ~np.isnan(rest)
        edge = ((0, 0), (1, 0))
        self._total = np.pad(np.cumsum(np.where(there, rest, 0.0), axis=1), edge)
        self._count = np.pad(np.cumsum(there, axis=1), edge)
        self._days = rest.shape[1]

    def mean(self, rows: Ints, start: Ints, stop: Ints, fewest: int = 1) -> Floats:
        """Return the mean from ``start`` to the day before ``stop``; NaN with fewer than ``fewest`` days sold on."""
        low, high = (np.clip(end, 0, self._days) for end in (start, stop))
        held = self._count[rows, high] - self._count[rows, low]
        out: Floats = (self._total[rows, high] - self._total[rows, low]) / np.where(held >= fewest, held, np.nan)
        return out


def _others(found: Adjusted, rest: Floats, runs: Runs, stayed: npt.NDArray[np.bool_]) -> tuple[_Logs, int] | None:
    """Average the stores of each state that stayed."""
    states, names = codes(found.seen.kinds(s.STATE))
    kept = [k for k in range(len(names)) if (stayed & (states == k)).sum() > 1 and not (states[runs.row] == k).any()]
    if len(kept) < FEWEST_STATES:
        return None
    means = []
    for k in kept:
        own = rest[stayed & (states == k)]
        there = ~np.isnan(own)
        count = there.sum(axis=0)
        means.append(np.where(there, own, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan))
    return _Logs(np.stack(means)), len(means)


def _beside_states(values: Floats, others: tuple[_Logs, int], runs: Runs, ends: tuple[int, int]) -> Interval:
    """Judge the mean of a state that was away by how far states that stayed drift over the same weeks."""
    logs, count = others
    one = Runs(*(np.full(count, int(np.median(column))) for column in (runs.row, runs.start, runs.length, runs.lost)))
    rows = np.arange(count)
    drift = _weeks_mean(logs, rows, one, ends) - _base(logs, rows, one)
    drift = drift[~np.isnan(drift)]
    value = float(values.mean())
    if len(drift) < FEWEST_STATES:
        return Interval(value)
    half = stats.t.ppf((1 + LEVEL) / 2, len(drift) - 1) * drift.std(ddof=1) * np.sqrt(1 + 1 / len(drift))
    return Interval(value, value - float(half), value + float(half))
