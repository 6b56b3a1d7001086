"""Each store's growth a year, calendar-adjusted: the chain's trend, and how far the store departs from it."""

from dataclasses import dataclass

import numpy as np

from storecast.arrays import F64
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.calendar_terms import DAYS_PER_YEAR, Family
from storecast.exploration.shared.estimates import Interval
from storecast.exploration.shared.evidence import DAYS_FOR_GROWTH, sales_span
from storecast.exploration.shared.regression import NORMAL, t_quantile

MIN_MONTHS_APART = 23  # a store's first and last month with sales: two years like for like
MIN_MONTHS = 10
MIN_DAYS_IN_MONTH = 5
MIN_STORES = 3


@dataclass(frozen=True, eq=False)
class Growth:
    """Growth a year on logs: of the chain, and of each store with its standard error; NaN where two years are not seen."""

    chain: Interval
    stores: F64
    errors: F64

    @property
    def chain_error(self) -> float:
        """The standard error of the chain's trend, which all stores share; 0 where it is not known."""
        return 0.0 if self.chain.high is None else (self.chain.high - self.chain.value) / NORMAL


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
        return Growth(Interval(float("nan")), unknown, unknown)
    trends = (interval for term, interval in adjusted.fits[measure].intervals.items() if term.family == Family.TREND)
    chain = next(trends, Interval(0.0, 0.0, 0.0))
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
    return Growth(chain, np.where(enough, chain.value + slope, np.nan), np.where(enough, error, np.nan))


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
