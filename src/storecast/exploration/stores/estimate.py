"""Stores: what is measured of each, and those that stand out."""

import numpy as np
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.arrays import F64
from storecast.data.panel import Panel
from storecast.exploration.shared.adjusted import Adjusted, adjust
from storecast.exploration.shared.estimates import (
    Estimate,
    Interval,
    NotAnswerableError,
    Unit,
    from_interval,
    tidy_table,
)
from storecast.exploration.shared.evidence import chance_of_no_difference, span_estimate
from storecast.exploration.shared.growth import Growth
from storecast.exploration.shared.like_for_like import has_new_competitor
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.regression import NORMAL, between_store_variance, spearman_interval
from storecast.exploration.stores.grouping import group_stores
from storecast.exploration.stores.parts import Part, Trait
from storecast.exploration.stores.traits import average, measure_stores

UNITS: dict[str, Unit] = {  # the others are changes
    Trait.SALES_A_DAY: Unit.MONEY,
    Trait.SPEND: Unit.MONEY,
    Trait.DISTANCE: Unit.METRES,
}
STORES_LISTED = 10
MIN_STORES_TO_CORRELATE = 10
MIN_STORES_TO_RANK_GROWTH = 3


def estimate_stores(panel: Panel) -> pl.DataFrame:
    """Measure every store, group similar ones and rank those that stand out.

    Returns
    -------
    a tidy table with the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where there is only one store.
    """
    adjusted = adjust(panel)
    names = adjusted.observed.stores[s.STORE].cast(pl.String).to_list()
    if len(names) < 2:
        raise NotAnswerableError("there is only one store, which stands beside no other")
    traits, growth = measure_stores(adjusted)
    estimates = [span_estimate(adjusted.observed)]
    estimates += _new_competitors(adjusted, names)
    estimates += [
        Estimate(Part.STORE, name, trait, UNITS.get(trait, Unit.CHANGE), float(values[k]))
        for trait, values in traits.items()
        for k, name in enumerate(names)
        if np.isfinite(values[k])
    ]
    estimates += [
        *_by_size(adjusted, names, traits[Trait.SALES_A_DAY]),
        *_by_growth(names, growth),
        *_by_volatility(adjusted, names, traits),
        *group_stores(adjusted, traits),
        *_correlations(traits),
    ]
    return tidy_table(estimates)


def _new_competitors(adjusted: Adjusted, names: list[str]) -> list[Estimate]:
    """Name the stores that a competitor opened at: what it took is part of their growth."""
    has = has_new_competitor(adjusted.observed)
    return [Estimate(Part.NEW_COMPETITOR, names[k], SALES, Unit.COUNT, 1.0) for k in np.flatnonzero(has)]


def _by_size(adjusted: Adjusted, names: list[str], level: F64) -> list[Estimate]:
    """Return the largest and the smallest stores."""
    sold = ~np.isnan(adjusted.observed.logs[SALES])
    days = sold.sum(axis=1)
    squares = (np.where(sold, adjusted.observed.grid.sales, np.nan) - level[:, None]) ** 2
    error = np.sqrt(average(squares) / np.maximum(days, 1))
    chance = chance_of_no_difference(level, error)
    estimates = [Estimate(Part.DIFFERENCES, Trait.SALES_A_DAY, Trait.SALES_A_DAY, Unit.SHARE, chance, n=len(level))]
    for part, order in (
        (Part.LARGEST, np.argsort(-level, kind="stable")),
        (Part.SMALLEST, np.argsort(level, kind="stable")),
    ):
        for k in order[np.isfinite(level[order])][:STORES_LISTED]:
            value, half = float(level[k]), NORMAL * float(error[k])
            interval = Interval(value, value - half, value + half)
            estimates.append(from_interval(part, names[k], Trait.SALES_A_DAY, Unit.MONEY, interval, n=int(days[k])))
    return estimates


def _by_volatility(adjusted: Adjusted, names: list[str], traits: dict[str, F64]) -> list[Estimate]:
    """Return the most volatile stores."""
    if Trait.VOLATILITY not in traits:
        return []
    volatility = traits[Trait.VOLATILITY]
    days = (~np.isnan(adjusted.observed.logs[SALES])).sum(axis=1)
    order = np.argsort(-volatility, kind="stable")
    estimates = []
    for k in order[np.isfinite(volatility[order])][:STORES_LISTED]:
        # The relative error of a standard deviation is 1 / sqrt(2 n); of one from the median deviation, 1.65 times that.
        half = NORMAL * 1.65 / np.sqrt(2 * days[k])
        log = np.log1p(volatility[k])
        low, high = (float(np.expm1(log * (1 + side * half))) for side in (-1, 1))
        interval = Interval(float(volatility[k]), low, high)
        estimates.append(
            from_interval(Part.MOST_VOLATILE, names[k], Trait.VOLATILITY, Unit.CHANGE, interval, n=int(days[k]))
        )
    return estimates


def _by_growth(names: list[str], trend: Growth) -> list[Estimate]:
    """Rank stores by growth, shrunk to the chain's mean by as much as their standard errors demand.

    A store surely grows where its interval lies above 0; that holds the error of the chain's trend, which all stores share.
    """
    growth, error = trend.stores, trend.errors
    known = np.flatnonzero(np.isfinite(growth) & (error > 0))
    if len(known) < MIN_STORES_TO_RANK_GROWTH:
        return []
    variance = between_store_variance(growth[known], error[known] ** 2)
    mean = float(growth[known].mean())
    weight = variance / (variance + error[known] ** 2)
    shrunk = mean + weight * (growth[known] - mean)
    half = NORMAL * np.hypot(np.sqrt(weight) * error[known], trend.chain_error)
    low, high = np.expm1(shrunk - half), np.expm1(shrunk + half)
    order = np.argsort(-shrunk, kind="stable")
    ends = ((Part.FASTEST_GROWING, order[:STORES_LISTED]), (Part.FASTEST_SHRINKING, order[::-1][:STORES_LISTED]))
    estimates = []
    for part, chosen in ends:
        for k in chosen:
            interval = Interval(float(np.expm1(shrunk[k])), float(low[k]), float(high[k]))
            estimates.append(from_interval(part, names[known[k]], Trait.GROWTH, Unit.CHANGE, interval))
    chance = chance_of_no_difference(growth[known], error[known])
    estimates.append(Estimate(Part.DIFFERENCES, Trait.GROWTH, Trait.GROWTH, Unit.SHARE, chance, n=len(known)))
    for name, count in (("growing", (low > 0).sum()), ("shrinking", (high < 0).sum())):
        estimates.append(Estimate(Part.SURE_DIRECTION, name, Trait.GROWTH, Unit.COUNT, float(count), n=len(known)))
    return estimates


def _correlations(traits: dict[str, F64]) -> list[Estimate]:
    estimates = []
    for one, x in traits.items():
        for other, y in traits.items():
            both = np.isfinite(x) & np.isfinite(y)
            count = int(both.sum())
            if count < MIN_STORES_TO_CORRELATE or min(np.ptp(x[both]), np.ptp(y[both])) == 0:
                continue
            if one == other:
                estimates.append(Estimate(Part.RANK_CORRELATION, one, other, Unit.CORRELATION, 1.0, n=count))
                continue
            rank = float(stats.spearmanr(x[both], y[both]).statistic)
            low, high = spearman_interval(rank, count)
            estimates.append(Estimate(Part.RANK_CORRELATION, one, other, Unit.CORRELATION, rank, low, high, n=count))
    return estimates
