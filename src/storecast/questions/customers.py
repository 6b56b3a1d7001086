"""Sales and customers: how they hang together over all days, within stores, between stores and within days."""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.adjusted import Adjusted, adjusted
from storecast.questions.estimate import clustered, mean_interval, within
from storecast.questions.growth import growth
from storecast.questions.levels import CUSTOMERS, SALES, SPEND, Floats
from storecast.questions.tidy import CHANGE, CORRELATION, COUNT, MONEY, Interval, Line, NotAnswerableError, change, tidy

CORRELATE, SPREAD, ELASTICITY, LEVEL, MONTHS, GROWTH, STORES = (
    "correlation", "spread of spend", "elasticity", "spend by", "spend by month", "growth a year", "stores",
)  # fmt: skip
OVERALL, WITHIN_STORES, BETWEEN, WITHIN_DAYS = "all rows", "within stores", "between stores", "within days"
PLAIN, LOGS, RANKS = "sales and customers", "their logs", "their ranks"
DRAWS = 400
FEWEST_STORES = 3


def customers(panel: Panel) -> pl.DataFrame:
    """Measure how sales and customers hang together, and what one customer spends.

    Returns
    -------
    correlation : Group tells which differences are looked at, Measure of what; intervals by resampling stores
    spread of spend : how far spend per customer differs between stores, and within a store between days
    elasticity : change of sales in per cent for one per cent more customers, within stores
    spend by StoreType, Assortment : mean of the stores
    spend by month : Position is year · 100 + month; same stores
    growth a year, stores : of sales, customers and spend; usual sales and customers of each store
    """
    found = adjusted(panel)
    if CUSTOMERS not in found.logs:
        raise NotAnswerableError("customers were not counted, or on less than half of the days with sales")
    sales, counted = _pairs(found)
    both = ~np.isnan(sales)
    if min(np.nanstd(sales), np.nanstd(counted)) == 0:
        raise NotAnswerableError("sales or customers are the same on all days")
    lines = [
        *_correlations(sales, counted),
        *_spread(found),
        *_elasticity(found, both),
        *_levels(found, sales, counted),
        *_months(found),
        *_growth(found),
        *_stores(found, sales, counted),
    ]
    return tidy(lines)


def _pairs(found: Adjusted) -> tuple[Floats, Floats]:
    grid = found.seen.grid
    both = ~np.isnan(found.seen.logs[CUSTOMERS])
    return np.where(both, grid.sales, np.nan).astype(float), np.where(both, grid.customers, np.nan).astype(float)


def _correlations(sales: Floats, counted: Floats) -> list[Line]:
    """Correlate by moments summed per store, so that stores can be drawn again without going through the rows."""
    lines = []
    there = ~np.isnan(sales)
    kinds = {PLAIN: (sales, counted), LOGS: (np.log(sales), np.log(counted)), RANKS: (_ranks(sales), _ranks(counted))}
    for measure, (x, y) in kinds.items():
        parts = {OVERALL: (x, y)}
        if measure != RANKS:
            parts |= {
                WITHIN_STORES: (_off_stores(x), _off_stores(y)),
                BETWEEN: (_mean(x, there, 1)[:, None], _mean(y, there, 1)[:, None]),
                WITHIN_DAYS: (_off_days(x, there), _off_days(y, there)),
            }
        for group, (a, b) in parts.items():
            if group in (BETWEEN, WITHIN_DAYS) and len(a) < FEWEST_STORES:
                continue
            value, low, high = _resampled(a, b)
            if np.isnan(value):
                continue  # one of them never varies
            rows = int((~np.isnan(a)).sum())
            lines.append(Line(CORRELATE, group, measure, CORRELATION, value, low, high, n=rows))
    return lines


def _ranks(values: Floats) -> Floats:
    out = np.full(values.shape, np.nan)
    there = ~np.isnan(values)
    out[there] = stats.rankdata(values[there]) / there.sum()
    return out


def _mean(values: Floats, there: npt.NDArray[np.bool_], axis: int) -> Floats:
    out: Floats = np.where(there, values, 0.0).sum(axis=axis) / np.maximum(there.sum(axis=axis), 1)
    return out


def _off_stores(values: Floats) -> Floats:
    return values - _mean(values, ~np.isnan(values), 1)[:, None]


def _off_days(values: Floats, there: npt.NDArray[np.bool_]) -> Floats:
    alone = there.sum(axis=0) < FEWEST_STORES
    return np.where(alone[None, :], np.nan, values - _mean(values, there, 0)[None, :])


def _resampled(x: Floats, y: Floats) -> tuple[float, float | None, float | None]:
    """Return a correlation and the middle 95 % of it when stores are drawn again, with replacement."""
    there = ~np.isnan(x) & ~np.isnan(y)
    a, b = np.where(there, x, 0.0), np.where(there, y, 0.0)
    a, b = np.where(there, a - a.sum() / there.sum(), 0.0), np.where(there, b - b.sum() / there.sum(), 0.0)
    moments = np.stack(
        [
            there.sum(axis=1),
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
    if stores < FEWEST_STORES:
        return value, None, None
    weights = np.random.default_rng(0).multinomial(stores, np.full(stores, 1 / stores), DRAWS)
    drawn = _correlation((weights @ moments).T)
    drawn = drawn[np.isfinite(drawn)]  # not where one store was drawn each time
    if len(drawn) == 0:
        return value, None, None
    low, high = np.quantile(drawn, (0.025, 0.975))
    return value, float(low), float(high)


def _correlation(moments: Floats) -> Floats:
    n, a, b, aa, bb, ab = moments
    spread = np.sqrt(np.maximum((aa - a * a / n) * (bb - b * b / n), 0.0))
    out: Floats = np.where(spread > 1e-9 * np.sqrt(aa * bb), (ab - a * b / n) / np.maximum(spread, 1e-300), np.nan)
    return out


def _spread(found: Adjusted) -> list[Line]:
    spend = found.seen.logs[SPEND]
    there = ~np.isnan(spend)
    means = _mean(spend, there, 1)
    within_store = float(np.nanstd(spend - means[:, None]))
    lines = [Line(SPREAD, WITHIN_STORES, SPEND, CHANGE, float(np.expm1(within_store)), n=int(there.sum()))]
    if len(means) >= FEWEST_STORES:
        lines.append(Line(SPREAD, BETWEEN, SPEND, CHANGE, float(np.expm1(means.std(ddof=1))), n=len(means)))
    return lines


def _elasticity(found: Adjusted, both: npt.NDArray[np.bool_]) -> list[Line]:
    store, _ = np.nonzero(both)
    y, x = (within(found.seen.logs[name][both], store) for name in (SALES, CUSTOMERS))
    got = clustered(y, x[:, None], store)[0]
    return [Line(ELASTICITY, WITHIN_STORES, SALES, "elasticity", got.value, got.low, got.high, n=int(both.sum()))]


def _levels(found: Adjusted, sales: Floats, counted: Floats) -> list[Line]:
    spend = np.nansum(sales, axis=1) / np.maximum(np.nansum(counted, axis=1), 1)
    lines = [_money(LEVEL, "all", SPEND, spend)]
    for column in (s.STORE_TYPE, s.ASSORTMENT):
        kinds = found.seen.kinds(column)
        lines += [
            _money(f"{LEVEL} {column}", str(kind), SPEND, spend[kinds == kind])
            for kind in np.unique(kinds)
            if kind != "?"
        ]
    return lines


def _money(part: str, group: str, measure: str, values: Floats) -> Line:
    got = mean_interval(values)
    return Line(part, group, measure, MONEY, got.value, got.low, got.high, n=len(values))


def _months(found: Adjusted) -> list[Line]:
    """Average each type's spend by month over the same stores: a store that is away moves no month."""
    spend = found.seen.logs[SPEND]
    there = ~np.isnan(spend)
    means = _mean(spend, there, 1)
    apart = np.where(there, spend - means[:, None], 0.0)
    month = found.seen.dates.astype("datetime64[M]").astype(np.int64)
    member = np.eye(int(np.ptp(month)) + 1)[month - month[0]]
    kinds = found.seen.kinds(s.STORE_TYPE)
    lines = []
    for kind in np.unique(kinds):
        rows = kinds == kind
        days = there[rows] @ member
        with np.errstate(invalid="ignore", divide="ignore"):
            store_months = np.where(days >= 5, (apart[rows] @ member) / days, np.nan)
        for k in range(member.shape[1]):
            values = store_months[:, k][~np.isnan(store_months[:, k])]
            if len(values) == 0:
                continue
            got = mean_interval(values + means[rows].mean())
            at = month[0] + k
            low, high = (None if end is None else float(np.exp(end)) for end in (got.low, got.high))
            place = float((1970 + at // 12) * 100 + at % 12 + 1)
            lines.append(Line(MONTHS, str(kind), SPEND, MONEY, float(np.exp(got.value)), low, high, place, len(values)))
    return lines


def _growth(found: Adjusted) -> list[Line]:
    trends = {measure: growth(found, measure) for measure in (SALES, CUSTOMERS)}
    lines = [change(GROWTH, "all", measure, got.chain) for measure, got in trends.items() if got.chain.high]
    apart = trends[SALES].stores - trends[CUSTOMERS].stores
    values = apart[~np.isnan(apart)]
    if len(values) >= FEWEST_STORES and lines:
        got = mean_interval(values)
        lines.append(change(GROWTH, "all", SPEND, Interval(got.value, got.low, got.high), n=len(values)))
    return lines


def _stores(found: Adjusted, sales: Floats, counted: Floats) -> list[Line]:
    names = found.seen.stores[s.STORE].cast(pl.String).to_list()
    there = ~np.isnan(sales)
    usual = {SALES: (_mean(sales, there, 1), MONEY), CUSTOMERS: (_mean(counted, there, 1), COUNT)}
    return [
        Line(STORES, name, measure, unit, float(values[k]))
        for k, name in enumerate(names)
        for measure, (values, unit) in usual.items()
    ]
