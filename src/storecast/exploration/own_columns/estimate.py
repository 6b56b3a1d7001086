"""What own columns move: a regression of calendar-adjusted log sales on all of them at once, within stores.

A column that differs between stores on one day is judged beside the other stores of that day (effects of stores and days); one
that is the same in all of them, such as the weather of one town, against the store's other days alone (effects of stores). Errors
of neighbouring days hang together, and more so the longer a column keeps its value: intervals are clustered by blocks of weeks no
shorter than the column's usual spell, and by store where there are enough. Sales of a few pieces, or with
many days without any, are regressed as counts (`count_regression`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, F64, I64, Bool
from storecast.data.own_categories import flag_name, levels_of_flags
from storecast.data.panel import Panel
from storecast.dates import WEEK
from storecast.exploration.own_columns.count_regression import (
    SMALL_COUNT,
    poisson_regression,
    rows_with_sales_in_each_group,
)
from storecast.exploration.own_columns.parts import Part
from storecast.exploration.shared.adjusted import LEFT_IN, Adjusted, adjust
from storecast.exploration.shared.estimates import (
    Estimate,
    Interval,
    NotAnswerableError,
    Unit,
    relative_change,
    tidy_table,
)
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.regression import clustered_regression, demean, without_group_effects
from storecast.features.own_columns import mean_spell, varies_by_ratio
from storecast.row_medians import row_medians

MIN_BLOCKS = 8  # of weeks in which a column changes in some store; fewer cannot be told from what else happened in them
BLOCK_WEEKS = (1, 2, 4, 8, 13)
MIN_STORES_TO_CLUSTER = 10
MIN_SHARE_BETWEEN_STORES = 0.2  # of a column's variance: below it the stores of a day say nothing about it
MIN_SHARE_SOLD = 0.98  # of open days, below which days without sales are no small part of an effect
TENTH_LESS = float(np.log(0.9))


@dataclass(frozen=True, eq=False)
class Regressor:
    """A column as the regression sees it.

    Attributes
    ----------
    name : of the column
    part : FLAG, NUMBER or ELASTICITY
    values : 0 or 1, a number or its log; NaN where it is not known, (stores, days)
    weeks : the length of the blocks by which its errors are clustered
    """

    name: str
    part: Part
    values: F64
    weeks: int


def estimate_own_columns(panel: Panel) -> pl.DataFrame:
    """Measure what own columns move.

    Returns
    -------
    a tidy table with the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where the chain has no own columns
    """
    if not panel.own:
        raise NotAnswerableError("the chain has no columns of its own")
    adjusted = adjust(panel)
    grid = adjusted.observed.grid
    counted = _counted_days(adjusted)
    used = ~np.isnan(adjusted.logs[SALES]) if counted is None else counted
    estimates: list[Estimate] = []
    regressors: list[Regressor] = []
    for name in sorted({*grid.known} - _usual_levels(grid.known, used)):
        values = np.where(used, grid.known[name], np.nan)
        column = _regressor(name, values)
        if column is None:
            estimates.append(Estimate(Part.NEVER_CHANGES, name, SALES, Unit.COUNT, float(np.isfinite(values).sum())))
        elif (blocks := _blocks_of_changes(column)) < MIN_BLOCKS:
            estimates.append(Estimate(Part.TOO_RARE, name, SALES, Unit.COUNT, float(blocks)))
        else:
            regressors.append(column)
    estimates += _effects(adjusted, used, regressors, small_counts=counted is not None)
    if counted is not None:
        sold = float((grid.sales[counted] > 0).mean())
        estimates.append(Estimate(Part.SOLD, "open days", SALES, Unit.SHARE, sold))
    for name, values in grid.past_only.items():
        known = np.isfinite(values)[used].mean() if used.any() else 0.0
        estimates.append(Estimate(Part.PAST_ONLY, name.removeprefix(s.PAST_ONLY), SALES, Unit.SHARE, float(known)))
    return tidy_table(estimates)


def _counted_days(adjusted: Adjusted) -> Bool | None:
    """Return the open days from each store's first sale to its last; None where nearly all sell, and more than a few pieces."""
    grid = adjusted.observed.grid
    sold = grid.sales > 0
    began = np.maximum.accumulate(sold, axis=1)
    goes_on = np.maximum.accumulate(sold[:, ::-1], axis=1)[:, ::-1]
    days: Bool = (grid.open == 1) & np.isfinite(grid.sales) & began & goes_on
    if not days.any():
        return None
    large = sold[days].mean() >= MIN_SHARE_SOLD and grid.sales[days].mean() >= SMALL_COUNT
    return None if large else days


def _regressor(name: str, values: F64) -> Regressor | None:
    """Return a column as the regression sees it; None where it never changes in any store."""
    known = values[np.isfinite(values)]
    with np.errstate(invalid="ignore"):
        logs = varies_by_ratio(values.astype(np.float32))
        terms = np.log(values) if logs else values
    departure = _departure(terms)
    if not len(known) or not (np.abs(np.nan_to_num(departure)) > 0).any():
        return None
    part = Part.FLAG if np.isin(known, (0, 1)).all() else Part.ELASTICITY if logs else Part.NUMBER
    spell = mean_spell(departure.astype(np.float32)) / 6  # trading days of a week
    weeks = next((weeks for weeks in BLOCK_WEEKS if weeks >= spell), BLOCK_WEEKS[-1])
    return Regressor(name, part, terms, weeks)


def _blocks_of_changes(column: Regressor) -> int:
    """Return in how many blocks of weeks the column changes its value in some store."""
    days = [
        known[1:][np.abs(np.diff(row[known])) > 0]
        for row in column.values
        if len(known := np.flatnonzero(np.isfinite(row)))
    ]
    return len(np.unique(_blocks(column.values.shape[1], column.weeks)[np.concatenate(days)]))


def _effects(adjusted: Adjusted, used: Bool, columns: Sequence[Regressor], *, small_counts: bool) -> list[Estimate]:
    """Return the effect of each column on sales and, where they are counted, customers and spend, beside all others.

    Parameters
    ----------
    adjusted : the chain
    used : the days that are looked at, (stores, days)
    columns : what sales are regressed on
    small_counts : whether sales are regressed as counts, days without any among them
    """
    if not columns:
        return []
    store, day = np.nonzero(used)
    raw = np.column_stack([_filled(column.values)[used] for column in columns])
    controls = _promotion(adjusted, used)
    within = demean(np.column_stack([raw, controls]), store)
    beside_others = without_group_effects(np.column_stack([raw, controls]), [day, store])
    share = beside_others.var(axis=0) / np.maximum(within.var(axis=0), 1e-12)
    estimates: list[Estimate] = []
    for measure, logs in adjusted.logs.items():
        counted = small_counts and measure == SALES
        y = adjusted.observed.grid.sales[used].astype(np.float64) if counted else logs[used]
        known = np.isfinite(y)
        for between in (True, False):
            x = beside_others if between else within
            varying = np.flatnonzero(x.std(axis=0) > 1e-9)
            chosen = [
                k for k in range(len(columns)) if (share[k] >= MIN_SHARE_BETWEEN_STORES) == between and k in varying
            ]
            for weeks in sorted({columns[k].weeks for k in chosen}):
                block = _blocks(used.shape[1], weeks)[day]
                clusters = [block[known]]
                if len(np.unique(store)) >= MIN_STORES_TO_CLUSTER:
                    clusters.append(store[known])
                if counted:
                    intervals = _on_counts(adjusted, y, x[:, varying], store, day, clusters, between=between)
                else:
                    level = (
                        without_group_effects(y[known], [day[known], store[known]])
                        if between
                        else demean(y[known], store[known])
                    )
                    intervals = clustered_regression(level, x[known][:, varying], *clusters)
                for k in chosen:
                    if columns[k].weeks == weeks:
                        interval = intervals[int(np.flatnonzero(varying == k)[0])]
                        estimates += _rows_of(columns[k], measure, interval, raw[:, k], within[:, k])
    order = {column.name: place for place, column in enumerate(columns)}
    return sorted(estimates, key=lambda estimate: order[estimate.group])


def _on_counts(
    adjusted: Adjusted, y: F64, x: F64, store: I64, day: I64, clusters: Sequence[I64], *, between: bool
) -> list[Interval]:
    """Regress counts of sales on columns, beside the calendar and the store's weekday.

    Parameters
    ----------
    adjusted : the chain
    y, x : sales and columns, (rows,) and (rows, columns)
    store, day : of each row
    clusters : of each row, one or two
    between : whether a store is compared with the others of its day
    """
    columns = [k for k, term in enumerate(adjusted.terms.terms) if term.family not in LEFT_IN]
    calendar = adjusted.fits[SALES].explained(adjusted.terms.values[0], columns)[day]
    groups = [store * WEEK + adjusted.observed.weekday[day], *([day] if between else [])]
    sells = rows_with_sales_in_each_group(y, groups)
    return poisson_regression(
        y[sells], x[sells], calendar[sells], [codes[sells] for codes in groups], *(codes[sells] for codes in clusters)
    )


def _rows_of(column: Regressor, measure: str, interval: Interval, raw: F64, within: F64) -> list[Estimate]:
    """Return the rows of a column's effect on a measure, by what kind of column it is."""
    count = int((np.abs(within) > 0).sum()) if column.part != Part.FLAG else int((raw == 1).sum())
    if column.part == Part.FLAG:
        return [relative_change(Part.FLAG, column.name, measure, interval, n=count)]
    if column.part == Part.NUMBER:
        size = float(within.std())
        rows = [relative_change(Part.NUMBER, column.name, measure, _times(interval, size), n=count)]
        if measure == SALES:
            rows.append(Estimate(Part.DEPARTURE, column.name, SALES, Unit.SCORE, size))
        return rows
    elasticity = Estimate(
        Part.ELASTICITY, column.name, measure, Unit.ELASTICITY, interval.value, interval.low, interval.high, n=count
    )
    return [elasticity, relative_change(Part.TENTH_LESS, column.name, measure, _times(interval, TENTH_LESS), n=count)]


def _times(interval: Interval, factor: float) -> Interval:
    """Return an interval times a factor; a negative one changes its ends."""
    if interval.low is None or interval.high is None:
        return Interval(interval.value * factor)
    low, high = sorted((interval.low * factor, interval.high * factor))
    return Interval(interval.value * factor, low, high)


def _promotion(adjusted: Adjusted, used: Bool) -> F64:
    """Return a flag of days with a promotion for each weekday, of which logs still hold the effect, (rows, 7)."""
    promo = (adjusted.observed.grid.promo == 1)[used]
    weekday = adjusted.observed.weekday[np.nonzero(used)[1]]
    flags: F64 = np.stack([promo & (weekday == k) for k in range(7)], axis=1).astype(np.float64)
    return flags


def _usual_levels(known: dict[str, F32], used: Bool) -> set[str]:
    """Return the most frequent flag of each text column, beside which the others are seen."""
    usual = set()
    for column, texts in levels_of_flags(known).items():
        flags = [flag_name(column, text) for text in texts]
        usual.add(max(flags, key=lambda flag: float(np.nan_to_num(known[flag])[used].sum())))
    return usual


def _filled(values: F64) -> F64:
    """Return values with the store's mean, or the chain's, where none is known: a gap counts as usual."""
    known = np.isfinite(values)
    sums, counts = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), sums.sum() / max(int(counts.sum()), 1))
    filled: F64 = np.where(known, values, means[:, None])
    return filled


def _departure(values: F64) -> F64:
    """Return how far each day lies from the median of its store, NaN where it is not known."""
    departure: F64 = values - row_medians(values.astype(np.float32))[:, None]
    return np.where(np.abs(departure) > 1e-6 * np.maximum(np.abs(values), 1.0), departure, 0.0 * departure)


def _blocks(days: int, weeks: int) -> I64:
    """Return the block of weeks that each day lies in."""
    blocks: I64 = np.arange(days) // (7 * weeks)
    return blocks
