"""Store types and assortments: level, growth and weekday profile."""

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, Bool
from storecast.data.panel import Panel
from storecast.dates import SUNDAY, WEEKDAYS
from storecast.exploration.assortment.parts import Part
from storecast.exploration.shared.adjusted import Adjusted, adjust
from storecast.exploration.shared.estimates import (
    Estimate,
    Interval,
    NotAnswerableError,
    Unit,
    from_interval,
    relative_change,
    tidy_table,
)
from storecast.exploration.shared.evidence import span_estimate, sunday_estimates
from storecast.exploration.shared.growth import growth_by_store, mean_growth
from storecast.exploration.shared.like_for_like import competitor_estimates
from storecast.exploration.shared.observed import CUSTOMERS, SALES, SPEND
from storecast.exploration.shared.regression import dummies, mean_interval, ols

Texts = npt.NDArray[np.str_]

COLUMNS = (s.STORE_TYPE, s.ASSORTMENT)
MIN_STORES = 3  # of a kind
MIN_STORES_TO_REGRESS = 20
MIN_DAYS_OF_WEEKDAY = 4
MIN_SHARE_OF_SUNDAYS = 0.5  # with sales, of a store that trades on Sundays


def estimate_assortment(panel: Panel) -> pl.DataFrame:
    """Compare store types and assortments.

    Returns
    -------
    a tidy table with the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where there is only one kind of either, or fewer than three stores of each.
    """
    adjusted = adjust(panel)
    kinds = {column: adjusted.observed.attribute(column) for column in COLUMNS}
    frequent = {column: _frequent_kinds(values) for column, values in kinds.items()}
    if not any(frequent.values()):
        if all((values == "?").all() for values in kinds.values()):
            raise NotAnswerableError("neither the type nor the assortment of any store is given")
        raise NotAnswerableError("there is only one store type and one assortment, or fewer than three stores of each")
    usual = _usual_day(adjusted)
    estimates = [
        span_estimate(adjusted.observed),
        *sunday_estimates(adjusted.observed),
        *competitor_estimates(adjusted),
    ]
    for column, names in frequent.items():
        for name in names:
            estimates += _of_kind(adjusted, usual, column, name, kinds[column] == name)
        estimates += _beside_similar_stores(adjusted, usual[SALES], column, names, kinds)
    return tidy_table(estimates)


def _frequent_kinds(kinds: Texts) -> list[str]:
    """Return the kinds that have enough stores; none where there is only one."""
    names = [str(name) for name in np.unique(kinds) if name != "?" and (kinds == name).sum() >= MIN_STORES]
    return names if len(names) > 1 else []


def _usual_day(adjusted: Adjusted) -> dict[str, F64]:
    """Return each store's mean sales, customers and spend of an open day."""
    grid = adjusted.observed.grid
    sold = ~np.isnan(adjusted.observed.logs[SALES])
    usual = {SALES: np.where(sold, grid.sales, 0.0).sum(axis=1) / sold.sum(axis=1)}
    if CUSTOMERS in adjusted.logs:
        both = ~np.isnan(adjusted.observed.logs[CUSTOMERS])
        count = np.maximum(both.sum(axis=1), 1)
        usual[CUSTOMERS] = np.where(both, grid.customers, 0.0).sum(axis=1) / count
        usual[SPEND] = np.where(both, grid.sales, 0.0).sum(axis=1) / count / np.maximum(usual[CUSTOMERS], 1e-9)
    return usual


def _of_kind(adjusted: Adjusted, usual: dict[str, F64], column: str, name: str, rows: Bool) -> list[Estimate]:
    count = int(rows.sum())
    estimates = [Estimate(f"{Part.STORES} {column}", name, "stores", Unit.COUNT, float(count), n=count)]
    for measure, values in usual.items():
        unit = Unit.COUNT if measure == CUSTOMERS else Unit.MONEY
        mean = mean_interval(values[rows])
        estimates.append(from_interval(f"{Part.USUAL_DAY} {column}", name, measure, unit, mean, n=count))
    sundays = adjusted.observed.weekday == SUNDAY
    sold = ~np.isnan(adjusted.observed.logs[SALES])
    trading = int((sold[rows][:, sundays].mean(axis=1) > MIN_SHARE_OF_SUNDAYS).sum()) if sundays.any() else 0
    estimates.append(Estimate(f"{Part.SUNDAY_STORES} {column}", name, "stores", Unit.COUNT, float(trading), n=count))
    for measure in adjusted.fits:
        trend = growth_by_store(adjusted, measure)
        growth = mean_growth(trend, trend.like_for_like[rows])
        if growth is not None:
            estimates.append(relative_change(f"{Part.GROWTH} {column}", name, measure, growth, n=count))
    return estimates + _profile(adjusted, column, name, rows)


def _profile(adjusted: Adjusted, column: str, name: str, rows: Bool) -> list[Estimate]:
    logs = np.where(adjusted.observed.grid.promo == 0, adjusted.observed.logs[SALES], np.nan)[rows]
    days = np.eye(7)[adjusted.observed.weekday]
    known = ~np.isnan(logs)
    number = known @ days
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(number >= MIN_DAYS_OF_WEEKDAY, (np.where(known, logs, 0.0) @ days) / number, np.nan)
    means = means - means[:, list(adjusted.observed.usual_weekdays)].mean(axis=1, keepdims=True)
    estimates = []
    for k in range(7):
        values = means[:, k][~np.isnan(means[:, k])]
        if len(values) >= MIN_STORES:
            estimates.append(
                relative_change(
                    f"{Part.WEEKDAY_PROFILE} {column}",
                    name,
                    f"sales, {WEEKDAYS[k]}",
                    mean_interval(values),
                    position=k,
                    n=len(values),
                )
            )
    return estimates


def _beside_similar_stores(
    adjusted: Adjusted, usual: F64, column: str, names: list[str], kinds: dict[str, Texts]
) -> list[Estimate]:
    """Compare the kinds of a column among stores of the same kind in the other column and of the same state (OLS, HC3)."""
    used = np.isin(kinds[column], names)
    if used.sum() < MIN_STORES_TO_REGRESS or not names:
        return []
    base = max(names, key=lambda name: int((kinds[column] == name).sum()))
    others = [name for name in names if name != base]
    controls = [
        dummies(values[used], MIN_STORES)
        for values in (*(kinds[other] for other in COLUMNS if other != column), adjusted.observed.attribute(s.STATE))
    ]
    x = np.column_stack(
        [np.ones(used.sum()), *((kinds[column][used] == name).astype(float) for name in others), *controls]
    )
    if np.linalg.matrix_rank(x) < x.shape[1]:
        x = x[:, : 1 + len(others)]
    leverage = np.einsum("ij,jk,ik->i", x, np.linalg.pinv(x.T @ x), x)
    fit = ols(np.log(usual[used]), x).fit(cov_type="HC3" if leverage.max() < 0.99 else "HC1", use_t=True)
    bounds = fit.conf_int()
    intervals = {base: Interval(0.0)} | {
        name: Interval(float(fit.params[k]), *map(float, bounds[k])) for k, name in enumerate(others, start=1)
    }
    return [
        relative_change(f"{Part.SIMILAR_STORES} {column}", name, SALES, interval, n=int((kinds[column] == name).sum()))
        for name, interval in intervals.items()
    ]
