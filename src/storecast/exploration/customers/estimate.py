"""Sales and customers: how they correlate over all days, within stores, between stores and within days."""

import numpy as np
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.arrays import F64, Bool
from storecast.data.panel import Panel
from storecast.exploration.customers.parts import Differences, Part, Scale
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
from storecast.exploration.shared.evidence import span_estimate
from storecast.exploration.shared.growth import growth_by_store
from storecast.exploration.shared.like_for_like import competitor_estimates
from storecast.exploration.shared.observed import CUSTOMERS, SALES, SPEND
from storecast.exploration.shared.regression import clustered_regression, demean, mean_interval

DRAWS = 400  # of stores, with replacement
MIN_STORES = 3
MIN_DAYS_IN_MONTH = 5


def estimate_customers(panel: Panel) -> pl.DataFrame:
    """Measure how sales and customers go together, and what one customer spends.

    Returns
    -------
    a tidy table with the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where customers were not counted, or sales or customers never vary.
    """
    adjusted = adjust(panel)
    if CUSTOMERS not in adjusted.logs:
        if not panel.target.is_sales:
            raise NotAnswerableError("one figure alone is known of each day")
        raise NotAnswerableError("customers were not counted, or on less than half of the days with sales")
    sales, counted = _pairs(adjusted)
    both = ~np.isnan(sales)
    if min(np.nanstd(sales), np.nanstd(counted)) == 0:
        raise NotAnswerableError("sales or customers are the same on all days")
    estimates = [
        span_estimate(adjusted.observed),
        *competitor_estimates(adjusted),
        *_correlations(sales, counted),
        *_spread(adjusted),
        *_elasticity(adjusted, both),
        *_levels(adjusted, sales, counted),
        *_months(adjusted),
        *_growth(adjusted),
        *_stores(adjusted, sales, counted),
    ]
    return tidy_table(estimates)


def _pairs(adjusted: Adjusted) -> tuple[F64, F64]:
    grid = adjusted.observed.grid
    both = ~np.isnan(adjusted.observed.logs[CUSTOMERS])
    return np.where(both, grid.sales, np.nan).astype(float), np.where(both, grid.customers, np.nan).astype(float)


def _correlations(sales: F64, counted: F64) -> list[Estimate]:
    """Correlate by moments summed per store, so that stores can be drawn again without going through the rows."""
    estimates = []
    known = ~np.isnan(sales)
    kinds = {
        Scale.PLAIN: (sales, counted),
        Scale.LOGS: (np.log(sales), np.log(counted)),
        Scale.RANKS: (_ranks(sales), _ranks(counted)),
    }
    for measure, (x, y) in kinds.items():
        parts = {Differences.ALL_ROWS: (x, y)}
        if measure != Scale.RANKS:
            parts |= {
                Differences.WITHIN_STORES: (_off_stores(x), _off_stores(y)),
                Differences.BETWEEN_STORES: (_mean(x, known, 1)[:, None], _mean(y, known, 1)[:, None]),
                Differences.WITHIN_DAYS: (_off_days(x, known), _off_days(y, known)),
            }
        for group, (a, b) in parts.items():
            if group in (Differences.BETWEEN_STORES, Differences.WITHIN_DAYS) and len(a) < MIN_STORES:
                continue
            value, low, high = _resampled(a, b)
            if np.isnan(value):
                continue  # one of them never varies
            rows = int((~np.isnan(a)).sum())
            estimates.append(Estimate(Part.CORRELATION, group, measure, Unit.CORRELATION, value, low, high, n=rows))
    return estimates


def _ranks(values: F64) -> F64:
    ranks = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    ranks[known] = stats.rankdata(values[known]) / known.sum()
    return ranks


def _mean(values: F64, known: Bool, axis: int) -> F64:
    mean: F64 = np.where(known, values, 0.0).sum(axis=axis) / np.maximum(known.sum(axis=axis), 1)
    return mean


def _off_stores(values: F64) -> F64:
    """Take each store's mean off its rows."""
    return values - _mean(values, ~np.isnan(values), 1)[:, None]


def _off_days(values: F64, known: Bool) -> F64:
    """Take each day's mean off its column; NaN on days with too few stores."""
    alone = known.sum(axis=0) < MIN_STORES
    return np.where(alone[None, :], np.nan, values - _mean(values, known, 0)[None, :])


def _resampled(x: F64, y: F64) -> tuple[float, float | None, float | None]:
    """Return a correlation and the middle 95% of it when stores are drawn again, with replacement."""
    known = ~np.isnan(x) & ~np.isnan(y)
    a, b = np.where(known, x, 0.0), np.where(known, y, 0.0)
    a, b = np.where(known, a - a.sum() / known.sum(), 0.0), np.where(known, b - b.sum() / known.sum(), 0.0)
    moments = np.stack(
        [
            known.sum(axis=1),
            a.sum(axis=1),
            b.sum(axis=1),
            (a * a).sum(axis=1),
            (b * b).sum(axis=1),
            (a * b).sum(axis=1),
        ],
        axis=-1,
    )
    value = float(_correlation(moments.sum(axis=0)))
    stores = len(moments)
    if stores < MIN_STORES:
        return value, None, None
    weights = np.random.default_rng(0).multinomial(stores, np.full(stores, 1 / stores), DRAWS)
    drawn = _correlation((weights @ moments).T)
    drawn = drawn[np.isfinite(drawn)]  # not where one store was drawn each time
    if len(drawn) == 0:
        return value, None, None
    low, high = np.quantile(drawn, (0.025, 0.975))
    return value, float(low), float(high)


def _correlation(moments: F64) -> F64:
    """Return Pearson's correlation from the count, sums, sums of squares and sum of products."""
    n, a, b, aa, bb, ab = moments
    spread = np.sqrt(np.maximum((aa - a * a / n) * (bb - b * b / n), 0.0))
    varies = spread > 1e-9 * np.sqrt(aa * bb)
    correlation: F64 = np.where(varies, (ab - a * b / n) / np.maximum(spread, 1e-300), np.nan)
    return correlation


def _spread(adjusted: Adjusted) -> list[Estimate]:
    spend = adjusted.observed.logs[SPEND]
    known = ~np.isnan(spend)
    means = _mean(spend, known, 1)
    within_store = float(np.nanstd(spend - means[:, None]))
    estimates = [
        Estimate(
            Part.SPREAD_OF_SPEND,
            Differences.WITHIN_STORES,
            SPEND,
            Unit.CHANGE,
            float(np.expm1(within_store)),
            n=int(known.sum()),
        )
    ]
    if len(means) >= MIN_STORES:
        estimates.append(
            Estimate(
                Part.SPREAD_OF_SPEND,
                Differences.BETWEEN_STORES,
                SPEND,
                Unit.CHANGE,
                float(np.expm1(means.std(ddof=1))),
                n=len(means),
            )
        )
    return estimates


def _elasticity(adjusted: Adjusted, both: Bool) -> list[Estimate]:
    store, _ = np.nonzero(both)
    y, x = (demean(adjusted.observed.logs[name][both], store) for name in (SALES, CUSTOMERS))
    interval = clustered_regression(y, x[:, None], store)[0]
    return [
        from_interval(Part.ELASTICITY, Differences.WITHIN_STORES, SALES, Unit.ELASTICITY, interval, n=int(both.sum()))
    ]


def _levels(adjusted: Adjusted, sales: F64, counted: F64) -> list[Estimate]:
    spend = np.nansum(sales, axis=1) / np.maximum(np.nansum(counted, axis=1), 1)
    estimates = [_money(Part.SPEND_BY, "all", SPEND, spend)]
    for column in (s.STORE_TYPE, s.ASSORTMENT):
        kinds = adjusted.observed.attribute(column)
        estimates += [
            _money(f"{Part.SPEND_BY} {column}", str(kind), SPEND, spend[kinds == kind])
            for kind in np.unique(kinds)
            if kind != "?"
        ]
    return estimates


def _money(part: str, group: str, measure: str, values: F64) -> Estimate:
    return from_interval(part, group, measure, Unit.MONEY, mean_interval(values), n=len(values))


def _months(adjusted: Adjusted) -> list[Estimate]:
    """Average each type's spend by month over the same stores, so that a store that is away changes no month."""
    spend = adjusted.observed.logs[SPEND]
    known = ~np.isnan(spend)
    means = _mean(spend, known, 1)
    departures = np.where(known, spend - means[:, None], 0.0)
    month = adjusted.observed.month
    member = np.eye(int(np.ptp(month)) + 1)[month - month[0]]
    kinds = adjusted.observed.attribute(s.STORE_TYPE)
    estimates = []
    for kind in np.unique(kinds):
        rows = kinds == kind
        days = known[rows] @ member
        with np.errstate(invalid="ignore", divide="ignore"):
            store_months = np.where(days >= MIN_DAYS_IN_MONTH, (departures[rows] @ member) / days, np.nan)
        for k in range(member.shape[1]):
            values = store_months[:, k][~np.isnan(store_months[:, k])]
            if len(values) == 0:
                continue
            interval = mean_interval(values + means[rows].mean())
            low, high = (None if end is None else float(np.exp(end)) for end in (interval.low, interval.high))
            money = Interval(float(np.exp(interval.value)), low, high)
            year, month_of_year = divmod(int(month[0]) + k, 12)
            place = float((1970 + year) * 100 + month_of_year + 1)
            estimates.append(
                from_interval(Part.SPEND_BY_MONTH, str(kind), SPEND, Unit.MONEY, money, position=place, n=len(values))
            )
    return estimates


def _growth(adjusted: Adjusted) -> list[Estimate]:
    trends = {measure: growth_by_store(adjusted, measure) for measure in (SALES, CUSTOMERS)}
    estimates = [
        relative_change(Part.GROWTH, "all", measure, trend.chain)
        for measure, trend in trends.items()
        if trend.chain.high
    ]
    difference = trends[SALES].like_for_like - trends[CUSTOMERS].like_for_like
    values = difference[~np.isnan(difference)]
    if len(values) >= MIN_STORES and estimates:
        estimates.append(relative_change(Part.GROWTH, "all", SPEND, mean_interval(values), n=len(values)))
    return estimates


def _stores(adjusted: Adjusted, sales: F64, counted: F64) -> list[Estimate]:
    names = adjusted.observed.stores[s.STORE].cast(pl.String).to_list()
    known = ~np.isnan(sales)
    usual = {SALES: (_mean(sales, known, 1), Unit.MONEY), CUSTOMERS: (_mean(counted, known, 1), Unit.COUNT)}
    return [
        Estimate(Part.STORES, name, measure, unit, float(values[k]))
        for k, name in enumerate(names)
        for measure, (values, unit) in usual.items()
    ]
