"""Competition: sales by the distance of the nearest competitor, and what happens when one opens."""

import numpy as np
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.data.panel import Panel
from storecast.exploration.competition.parts import Comparison, Part
from storecast.exploration.shared.adjusted import Adjusted, adjust
from storecast.exploration.shared.calendar_regression import NO_RESIDUAL
from storecast.exploration.shared.estimates import (
    Estimate,
    Interval,
    NotAnswerableError,
    Unit,
    relative_change,
    tidy_table,
)
from storecast.exploration.shared.event_study import NEVER, EventStudy, day_columns, event_study
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.regression import dummies, ols, spearman_interval

BINS = 6  # of 30 days before and after
SETTLED_DAYS = 730  # before the first day, after which a competitor's effect has settled
DISTANCE_EDGES = (0, 100, 250, 500, 1000, 2500, 5000, 10_000, np.inf)  # metres
REFERENCE = "1 to 2.5 km"
DISTANCES = (
    "under 100 m",
    "100 to 250 m",
    "250 to 500 m",
    "0.5 to 1 km",
    "1 to 2.5 km",
    "2.5 to 5 km",
    "5 to 10 km",
    "over 10 km",
)
MIN_STORES = 5  # at a distance, or of a kind
MIN_STORES_IN_ALL = 20


def estimate_competition(panel: Panel) -> pl.DataFrame:
    """Measure sales by the distance of competitors, and what an opening does.

    Returns
    -------
    a tidy table with the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where neither a distance nor a date of any competitor is given.
    """
    adjusted = adjust(panel)
    observed = adjusted.observed
    stores = observed.stores.select(s.STORE).join(panel.stores, on=s.STORE, how="left", maintain_order="left")
    distance = stores[s.COMPETITION_DISTANCE].to_numpy().astype(float)
    since = day_columns(stores[s.COMPETITION_SINCE].to_list(), observed.grid.first)
    if np.isnan(distance).all() and (since == NEVER).all():
        raise NotAnswerableError("neither a distance nor a date of any competitor is given")
    estimates = [*_known(distance, since), *_openings(adjusted, distance, since), *_levels(adjusted, stores, distance)]
    return tidy_table(estimates)


def _known(distance: F64, since: I64) -> list[Estimate]:
    counts = {
        "all": len(distance),
        "distance known": int((~np.isnan(distance)).sum()),
        "date known": int((since != NEVER).sum()),
        "opened within the data": int(((since > 0) & (since != NEVER)).sum()),
    }
    return [Estimate(Part.KNOWN, name, "stores", Unit.COUNT, float(value), n=value) for name, value in counts.items()]


def _openings(adjusted: Adjusted, distance: F64, since: I64) -> list[Estimate]:
    """Compare stores that get a competitor with those that get theirs later."""
    # A competitor without a date may have opened on any day: such a store is compared with nobody.
    starts = np.where((since == NEVER) & ~np.isnan(distance), -1, since)
    dated = since != NEVER
    settled = dated & (since < -SETTLED_DAYS)
    begins = (starts > 0) & (starts != NEVER)
    distances = distance[begins & ~np.isnan(distance)]
    near = distance <= (np.median(distances) if len(distances) else 0.0)
    variants = {
        Comparison.NOT_YET_REACHED: (starts, None),
        Comparison.LONG_SETTLED: (starts, settled),
        Comparison.NEAR: (np.where(begins & ~near, -1, starts), settled),
        Comparison.FAR: (np.where(begins & near, -1, starts), settled),
    }
    estimates = []
    for name, (days, extra) in variants.items():
        for measure in (m for m in (SALES, CUSTOMERS) if m in adjusted.logs):
            study = event_study(adjusted.logs[measure], days.astype(np.int64), bins=BINS, settled=extra)
            if study is not None:
                estimates += _study(name, measure, study)
    return estimates


def _study(name: str, measure: str, study: EventStudy) -> list[Estimate]:
    curve = [
        relative_change(Part.AROUND_OPENING, name, measure, interval, position=k, n=study.starts)
        for k, interval in study.bins
        if name in (Comparison.NOT_YET_REACHED, Comparison.LONG_SETTLED)
    ]
    return [
        relative_change(Part.OPENING, name, measure, study.effect, n=study.starts),
        relative_change(Part.OPENING, f"{name}: drift before", measure, study.drift, n=study.controls),
        *curve,
    ]


def _levels(adjusted: Adjusted, stores: pl.DataFrame, distance: F64) -> list[Estimate]:
    """Compare the levels of stores by distance, with stores of the same type, assortment and state (OLS, HC3)."""
    days = adjusted.two_way[SALES].level[:, :6]
    traded = ~np.isnan(days)
    number = traded.sum(axis=1)
    level = np.where(number > 0, np.where(traded, days, 0.0).sum(axis=1) / np.maximum(number, 1), np.nan)
    known = ~np.isnan(distance) & ~np.isnan(level)
    if known.sum() < MIN_STORES_IN_ALL or np.ptp(distance[known]) == 0 or np.ptp(level[known]) < NO_RESIDUAL:
        return []
    place = np.searchsorted(DISTANCE_EDGES, distance[known], side="right") - 1
    present = [k for k in range(len(DISTANCES)) if (place == k).sum() >= MIN_STORES]
    rank = stats.spearmanr(distance[known], level[known])
    low, high = spearman_interval(float(rank.statistic), int(known.sum()))
    estimates = [
        Estimate(
            Part.RANK_CORRELATION, "all", SALES, Unit.CORRELATION, float(rank.statistic), low, high, n=int(known.sum())
        )
    ]
    if DISTANCES.index(REFERENCE) not in present or len(present) < 2:
        return estimates
    used = np.isin(place, present)
    others = [k for k in present if DISTANCES[k] != REFERENCE]
    same_rows = stores.filter(pl.Series(known)).filter(pl.Series(used))
    controls = [
        dummies(same_rows[column].to_numpy().astype(str), MIN_STORES)
        for column in (s.STORE_TYPE, s.ASSORTMENT, s.STATE)
    ]
    x = np.column_stack([np.ones(used.sum()), *((place[used] == k).astype(float) for k in others), *controls])
    fit = ols(level[known][used], x).fit(cov_type="HC3", use_t=True)
    bounds = fit.conf_int()
    intervals = {
        DISTANCES[k]: Interval(float(fit.params[j]), *map(float, bounds[j])) for j, k in enumerate(others, start=1)
    }
    intervals[REFERENCE] = Interval(0.0)
    return estimates + [
        relative_change(
            Part.LEVEL_BY_DISTANCE,
            DISTANCES[k],
            SALES,
            intervals[DISTANCES[k]],
            position=float(k),
            n=int((place == k).sum()),
        )
        for k in present
    ]
