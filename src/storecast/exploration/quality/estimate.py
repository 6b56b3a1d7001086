"""Data quality: what is missing and odd, outliers by store and by day, and how sales and customers are distributed."""

from contextlib import suppress

import numpy as np
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.arrays import F64, I64, Bool
from storecast.data.cleaning_rules import MIN_GAP_DAYS
from storecast.data.grid import NO_ROW
from storecast.data.panel import Panel
from storecast.data.target import Target
from storecast.dates import WEEK
from storecast.errors import HistoryError
from storecast.exploration.quality.outliers import outlier_estimates
from storecast.exploration.quality.parts import Count, Part
from storecast.exploration.shared.adjusted import adjust
from storecast.exploration.shared.estimates import Estimate, Unit, tidy_table
from storecast.exploration.shared.observed import CUSTOMERS, SALES, Observed, observe

BINS = 30  # of a histogram
HISTOGRAM_END = 0.995  # quantile
QUARTILES = {"lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75, "95th percentile": 0.95}


def estimate_quality(panel: Panel) -> pl.DataFrame:
    """Count what is missing and odd, and describe how sales and customers are distributed.

    Returns
    -------
    a tidy table with the parts of `Part`
    """
    observed = observe(panel)
    estimates = [*_counts(observed, panel.target), *_attributes(panel, observed), *_trading(observed)]
    with suppress(HistoryError):  # a history too short to adjust has no outliers to name
        estimates += outlier_estimates(adjust(panel))
    for measure in (m for m in (SALES, CUSTOMERS) if m in observed.logs):
        estimates += _distributions(observed, measure)
    return tidy_table(estimates)


def _counts(observed: Observed, target: Target) -> list[Estimate]:
    grid = observed.grid
    last = int(np.flatnonzero((grid.open != NO_ROW).any(axis=0) & ~np.isnan(grid.sales).all(axis=0))[-1]) + 1
    empty = np.isnan(grid.sales[:, :last])
    runs, outside = _long_runs(empty), _outside_own_rows(empty)
    away = (runs & ~outside).sum(axis=1)
    apart = int((runs & outside).sum())
    idle = (grid.open[:, :last] == 1) & (grid.sales[:, :last] == 0)
    sold = grid.sales[:, :last] > 0
    counted = grid.customers[:, :last] > 0
    counts = {
        Count.STORE_DAYS: empty.size,
        Count.WITHOUT_ROW: int(empty.sum()),
        Count.IN_LONG_GAPS: int(away.sum()),
        Count.STORES_WITH_LONG_GAPS: int((away > 0).sum()),
        Count.USUAL_DAYS_IN_GAPS: int(np.quantile(away[away > 0], 0.5, method="inverted_cdf")) if away.any() else 0,
        Count.LATE_STORES: int(empty[:, 0].sum()),
        Count.EARLY_STORES: int(empty[:, -1].sum()),
        Count.OPEN_WITHOUT_SALES: int(idle.sum()),
    }
    never = _weekdays_without_rows(empty, observed.weekday[:last])
    if never:
        counts[Count.WEEKDAYS_WITHOUT_ROWS] = never
    if apart:
        counts[Count.BEFORE_OR_AFTER] = apart
    if target.is_sales:
        counts[Count.WITHOUT_CUSTOMERS] = int((sold & ~counted).sum())
    size = empty.size
    return [Estimate(Part.COUNTS, name, SALES, Unit.COUNT, float(value), n=size) for name, value in counts.items()]


def _weekdays_without_rows(empty: Bool, weekdays: I64) -> int:
    """Count the days without a row on weekdays on which their store never has one: it is closed on them, and nothing is missing."""
    days = np.eye(WEEK)[weekdays]
    gaps = empty @ days
    return int(gaps[gaps == days.sum(axis=0)].sum())


def _outside_own_rows(empty: Bool) -> Bool:
    """Return the days before each store's first row and after its last: it opened late or closed, which is no gap."""
    rows = ~empty
    began = np.maximum.accumulate(rows, axis=1)
    goes_on = np.maximum.accumulate(rows[:, ::-1], axis=1)[:, ::-1]
    outside: Bool = ~(began & goes_on)
    return outside


def _long_runs(flags: Bool) -> Bool:
    """Return the flags in runs of MIN_GAP_DAYS days or more, along each row."""
    days = np.arange(flags.shape[1])
    begin = np.maximum.accumulate(np.where(flags, -1, days), axis=1)
    ahead = np.where(flags, len(days), days)
    end = np.minimum.accumulate(ahead[:, ::-1], axis=1)[:, ::-1]
    long: Bool = flags & (end - begin - 1 >= MIN_GAP_DAYS)
    return long


def _attributes(panel: Panel, observed: Observed) -> list[Estimate]:
    """Count unknown attributes in the files: a competitor that has yet to open is known."""
    stores = panel.stores.join(observed.stores.select(s.STORE), on=s.STORE, how="semi")
    estimates = []
    for column in (s.STORE_TYPE, s.ASSORTMENT, s.STATE, s.COMPETITION_DISTANCE, s.COMPETITION_SINCE):
        unknown = int((stores[column].cast(pl.String).fill_null("") == "").sum())
        estimates.append(
            Estimate(Part.UNKNOWN_ATTRIBUTES, column, "stores", Unit.SHARE, unknown / stores.height, n=unknown)
        )
    return estimates


def _trading(observed: Observed) -> list[Estimate]:
    sold = (~np.isnan(observed.logs[SALES])).sum(axis=0)
    mondays = [k for k in np.flatnonzero(observed.weekday == 0) if k + 6 <= len(sold)]
    return [
        Estimate(Part.STORES_WITH_SALES, str(observed.dates[k]), SALES, Unit.COUNT, float(np.max(sold[k : k + 6])))
        for k in mondays
        if sold[k : k + 6].any()
    ]


def _distributions(observed: Observed, measure: str) -> list[Estimate]:
    """Describe open days with sales, of all stores and by attribute; the bins are the same for all."""
    values = observed.grid.sales if measure == SALES else observed.grid.customers
    known = ~np.isnan(observed.logs[measure])
    every = values[known].astype(float)
    edges = np.linspace(0.0, float(np.quantile(every, HISTOGRAM_END)), BINS + 1)
    unit = Unit.MONEY if measure == SALES else Unit.COUNT
    groups: list[tuple[str, F64]] = [("all", every)]
    for column, word in ((s.STORE_TYPE, "type"), (s.ASSORTMENT, "assortment")):
        kinds = observed.attribute(column)
        if len(np.unique(kinds)) > 1:
            groups += [
                (f"{word} {kind}", values[kinds == kind][known[kinds == kind]].astype(float))
                for kind in np.unique(kinds)
                if kind != "?"
            ]
    estimates = []
    for name, part in groups:
        counts, _ = np.histogram(part, edges)
        estimates += [
            Estimate(
                f"{Part.HISTOGRAM} {measure}",
                name,
                measure,
                Unit.SHARE,
                float(count / len(part)),
                position=float(edge),
                n=int(count),
            )
            for count, edge in zip(counts, edges, strict=False)
        ]
        estimates += [
            Estimate(f"{Part.DISTRIBUTION} {measure}", name, word, unit, float(np.quantile(part, at)), n=len(part))
            for word, at in QUARTILES.items()
        ]
        estimates.append(
            Estimate(
                f"{Part.DISTRIBUTION} {measure}",
                name,
                "skewness",
                Unit.SCORE,
                float(stats.skew(part)) if np.ptp(part) > 0 else 0.0,
                n=len(part),
            )
        )
    return estimates
