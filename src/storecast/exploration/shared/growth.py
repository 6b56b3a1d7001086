"""Each store's growth a year, calendar-adjusted: the trend of all stores, and how far the store departs from it.

The chain's own growth is like for like: without stores that a competitor opened at (`like_for_like`).
"""

from dataclasses import dataclass

import numpy as np

from storecast.arrays import F64, Bool
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.calendar_terms import DAYS_PER_YEAR, Family
from storecast.exploration.shared.estimates import Interval
from storecast.exploration.shared.evidence import DAYS_FOR_GROWTH, sales_span
from storecast.exploration.shared.like_for_like import compared_stores, like_for_like
from storecast.exploration.shared.regression import NORMAL, t_quantile

MIN_MONTHS_APART = 23  # a store's first and last month with sales: two years like for like
MIN_MONTHS = 10
MIN_DAYS_IN_MONTH = 5
MIN_STORES = 3


@dataclass(frozen=True, eq=False)
class Growth:
    """Growth a year, on logs.

    Attributes
    ----------
    chain : of the chain, like for like
    stores, errors : of each store with its standard error; NaN where two years are not seen
    compared : whether each store counts like for like
    chain_error : the standard error of the trend that all stores share; 0 where it is not known
    """

    chain: Interval
    stores: F64
    errors: F64
    compared: Bool
    chain_error: float = 0.0

    @property
    def like_for_like(self) -> F64:
        """The growth of the stores that count like for like; NaN of the others."""
        return np.where(self.compared, self.stores, np.nan)


def growth_by_store(adjusted: Adjusted, measure: str) -> Growth:
    """Fit a line through the monthly means of each store's residuals, and add the chain's trend.

    A store's departures from the chain last longer than a month: the standard errors are widened by their autocorrelation from
    month to month, one for all stores.

    Parameters
    ----------
    measure : sales or customers
    """
    if sales_span(adjusted.observed) < DAYS_FOR_GROWTH:
        unknown = np.full(adjusted.observed.stores.height, np.nan)
        return Growth(Interval(float("nan")), unknown, unknown, np.isnan(unknown))
    trend = _trend(adjusted, measure)
    residual = adjusted.two_way[measure].residual
    month = adjusted.observed.month
    member = np.eye(int(np.ptp(month)) + 1)[month - month[0]]
    sold = ~np.isnan(residual)
    number = sold @ member
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.where(sold, residual, 0.0) @ member) / number
    weights = np.where(number >= MIN_DAYS_IN_MONTH, 1.0, 0.0)
    mean = np.where(weights > 0, np.nan_to_num(mean), 0.0)
    count = np.maximum(weights.sum(axis=1), 1.0)
    time = np.arange(member.shape[1])[None, :] * (DAYS_PER_YEAR / 12) / DAYS_PER_YEAR
    centred = (time - ((weights * time).sum(axis=1) / count)[:, None]) * weights
    spread = np.maximum((centred**2).sum(axis=1), 1e-9)
    slope = (centred * mean).sum(axis=1) / spread
    rest = (mean - (mean.sum(axis=1) / count)[:, None] - slope[:, None] * centred) * weights
    autocorrelation = (rest[:, 1:] * rest[:, :-1]).sum() / max((rest**2).sum(), 1e-9)
    inflation = (1 + autocorrelation) / (1 - autocorrelation) if autocorrelation > 0 else 1.0
    error = np.sqrt(inflation * (rest**2).sum(axis=1) / np.maximum(count - 2, 1.0) / spread)
    months = np.arange(member.shape[1])[None, :]
    first = np.where(weights > 0, months, months.max()).min(axis=1)
    last = np.where(weights > 0, months, 0).max(axis=1)
    enough = (weights.sum(axis=1) >= MIN_MONTHS) & (last - first >= MIN_MONTHS_APART)
    return Growth(
        _trend(like_for_like(adjusted), measure),
        np.where(enough, trend.value + slope, np.nan),
        np.where(enough, error, np.nan),
        compared_stores(adjusted),
        0.0 if trend.high is None else (trend.high - trend.value) / NORMAL,
    )


def _trend(adjusted: Adjusted, measure: str) -> Interval:
    """Return the trend of the calendar regression; 0 where there is none."""
    trends = (interval for term, interval in adjusted.fits[measure].intervals.items() if term.family == Family.TREND)
    return next(trends, Interval(0.0, 0.0, 0.0))


def mean_growth(growth: Growth, stores: F64) -> Interval | None:
    """Average the growth of some stores; the interval holds their spread and the chain's own error.

    Parameters
    ----------
    growth : of the chain
    stores : the growth of the stores to average; NaN where it is not known

    Returns
    -------
    None where it is known of fewer than three stores
    """
    values = stores[~np.isnan(stores)]
    if len(values) < MIN_STORES:
        return None
    own = t_quantile(len(values) - 1) * float(values.std(ddof=1)) / np.sqrt(len(values))
    half = float(np.hypot(own, growth.chain_error * NORMAL))
    value = float(values.mean())
    return Interval(value, value - half, value + half)
