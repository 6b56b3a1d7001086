"""Days around closures: what a store sells before it shuts and after it opens again, beside the other stores on the same days.

A closure is a run of days without sales. Sundays and holidays explain days of it; what they leave are the trading days
lost. A closure of 28 days or more is a long absence: see `storecast.questions.absences`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storecast.questions.adjusted import Adjusted
from storecast.questions.calendar import KINDS, PROMO, REACH
from storecast.questions.estimate import clustered
from storecast.questions.levels import CUSTOMERS, SALES, SUNDAY, Floats, Ints
from storecast.questions.tidy import COUNT, Line, change

AROUND, BACK, CLOSURES = "days around a closure", "first day after closed days", "closures"
ONE, SHARED, SHORT, LONGER = "1 day", "1 day, with others", "2 to 3 days", "4 to 27 days"
TOGETHER = 5  # stores that lose the same one day: a local holiday that the data do not mark, such as Carnival
ABSENCE = 28  # days from which a closure is a long absence
BASE = (28, 11)  # days before a closure that are the store's usual
FEWEST_BASE = 8  # days among them with sales
BEFORE, AFTER = "the last day before", "the first day after"
FEWEST_OTHERS = 3  # stores that a day's mean is made of
LONGEST = 5  # closed days in a row; longer runs are counted as these
HOLIDAYS = tuple(KINDS)


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of days without sales, with sales before and after: the store's row, first column, length, trading days lost."""

    row: Ints
    start: Ints
    length: Ints
    lost: Ints

    def where(self, flags: npt.NDArray[np.bool_]) -> "Runs":
        """Return some of the runs."""
        return Runs(self.row[flags], self.start[flags], self.length[flags], self.lost[flags])


def closures(found: Adjusted) -> list[Line]:
    """Measure sales around closures that neither a holiday nor a Sunday explains, and on the first day after holidays."""
    runs = closed_runs(found)
    lines: list[Line] = []
    kinds = _kinds(runs)
    for name, flags in kinds.items():
        if flags.any():
            lines.append(Line(CLOSURES, name, SALES, COUNT, float(flags.sum()), n=len(np.unique(runs.row[flags]))))
    for measure in found.logs:
        rest = beside_others(found, measure)
        for name, flags in kinds.items():
            if flags.any():
                lines += _around(rest, runs.where(flags), runs.where(runs.lost > 0), measure, name)
    return [*lines, *_after_holidays(found, runs)]


def closed_runs(found: Adjusted) -> Runs:
    """Find the runs of days without sales between a store's first and last day with sales."""
    seen = found.seen
    sold = ~np.isnan(seen.logs[SALES])
    shut = ~sold
    edges = np.diff(np.pad(shut.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(edges == 1)
    _, stop = np.nonzero(edges == -1)  # row by row, so that starts and stops pair up
    days = sold.shape[1]
    inside = (start > 0) & (stop < days)
    row, start, stop = row[inside], start[inside], stop[inside]
    plain = shut & (seen.weekday != SUNDAY)[None, :] & ~(seen.grid.holiday > 0)
    total = np.pad(np.cumsum(plain, axis=1), ((0, 0), (1, 0)))
    return Runs(row, start, stop - start, total[row, stop] - total[row, start])


def beside_others(found: Adjusted, measure: str, others: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Return like-for-like logs less the day's mean of other stores; of too few stores, less the chain's promotions.

    Parameters
    ----------
    others : the stores to compare with; all where None
    """
    logs = found.logs[measure]
    pool = logs if others is None else logs[others]
    if len(pool) >= FEWEST_OTHERS:
        there = ~np.isnan(pool)
        count = there.sum(axis=0)
        enough = count >= FEWEST_OTHERS
        mean = np.where(there, pool, 0.0).sum(axis=0) / np.where(enough, count, np.nan)
        return np.asarray(logs - mean[None, :], dtype=float)
    promo = found.terms.of(PROMO)
    part = {name: fit.explained(found.terms.values[0], promo) for name, fit in found.fits.items()}
    usual = part[measure] if measure in part else part[SALES] - part[CUSTOMERS]
    return np.asarray(logs - usual[None, :], dtype=float)


def _kinds(runs: Runs) -> dict[str, npt.NDArray[np.bool_]]:
    """Sort closures by the trading days they lose; one day that many stores lose together stands apart."""
    near = (runs.length < ABSENCE) & (runs.lost > 0)
    one = near & (runs.lost == 1)
    stop = runs.start + runs.length
    same = np.bincount(stop[one], minlength=int(stop.max(initial=0)) + 1)
    together = one & (same[stop] >= TOGETHER)
    return {
        ONE: one & ~together,
        SHARED: together,
        SHORT: near & (runs.lost >= 2) & (runs.lost <= 3),
        LONGER: near & (runs.lost >= 4),
    }


def _around(rest: Floats, runs: Runs, others: Runs, measure: str, name: str) -> list[Line]:
    """Average ten days before and after, beside the store's own usual; days near another closure are left out."""
    days = rest.shape[1]
    own = _usual(rest, runs)
    places = np.r_[-REACH:0, 1 : REACH + 1]
    columns = np.where(places < 0, runs.start[:, None] + places, (runs.start + runs.length)[:, None] + places - 1)
    inside = (columns >= 0) & (columns < days)
    y = np.where(inside, rest[runs.row[:, None], np.clip(columns, 0, days - 1)], np.nan) - own[:, None]
    y[_crossed(columns, runs, others)] = np.nan
    event, place = np.nonzero(~np.isnan(y))
    if not len(event):
        return []
    kept = np.unique(place)
    # Stores that shut together share their days: the day is the cluster. Others shut each on their own.
    cluster = runs.start + runs.length if name == SHARED else runs.row
    found = clustered(y[event, place], (place[:, None] == kept[None, :]).astype(float), cluster[event])
    return [
        change(AROUND, name, measure, got, position=int(places[k]), n=int((place == k).sum()))
        for k, got in zip(kept, found, strict=True)
    ]


def _usual(rest: Floats, runs: Runs) -> Floats:
    """Return the mean of the weeks before a closure, NaN where too few days of them were sold on."""
    columns = runs.start[:, None] - np.arange(BASE[1], BASE[0] + 1)[None, :]
    values = np.where(columns >= 0, rest[runs.row[:, None], np.maximum(columns, 0)], np.nan)
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    return np.where(count >= FEWEST_BASE, np.where(there, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _crossed(columns: Ints, runs: Runs, others: Runs) -> npt.NDArray[np.bool_]:
    """Whether a day lies beyond another closure of the same store that loses trading days."""
    out = np.zeros(columns.shape, bool)
    for k, (row, start) in enumerate(zip(runs.row, runs.start, strict=True)):
        for j in np.flatnonzero((others.row == row) & (others.start != start)):
            first = others.start[j]
            out[k] |= columns[k] < first + others.length[j] if first < start else columns[k] >= first
    return out


def _after_holidays(found: Adjusted, runs: Runs) -> list[Line]:
    """Average the last day before and the first day after holidays, by the days closed in a row; holidays are left in."""
    seen, fit, split = found.seen, found.fits[SALES], found.two_way[SALES]
    taken = [k for k, term in enumerate(found.terms.terms) if term.family not in HOLIDAYS]
    values = found.terms.values[0]
    used = ~np.isnan(fit.unexplained)
    constant = float(np.mean((split.index[0] - fit.explained(values, range(len(fit.terms))) - fit.unexplained)[used]))
    rest = seen.logs[SALES] - split.level[:, seen.weekday] - constant - fit.explained(values, taken)[None, :]
    holiday = (seen.grid.holiday > 0) & (seen.weekday != SUNDAY)[None, :]
    total = np.pad(np.cumsum(holiday, axis=1), ((0, 0), (1, 0)))
    stop = runs.start + runs.length
    held = (total[runs.row, stop] > total[runs.row, runs.start]) & (runs.lost == 0)
    lines = []
    for length in range(1, LONGEST + 1):
        picked = runs.where(held & (np.minimum(runs.length, LONGEST) == length))
        for place, name in ((-1, BEFORE), (1, AFTER)):
            column = picked.start - 1 if place < 0 else picked.start + picked.length
            y = rest[picked.row, column]
            there = ~np.isnan(y)
            if not there.any():
                continue
            got = clustered(y[there], np.ones((int(there.sum()), 1)), column[there])[0]
            group = f"{length} {'day' if length == 1 else 'days'}{' or more' if length == LONGEST else ''}"
            lines.append(change(BACK, f"{group}, {name}", SALES, got, position=place, n=len(np.unique(column[there]))))
    return lines
