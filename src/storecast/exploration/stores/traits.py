"""What is measured of each store: level, growth, volatility, what promotions, Saturdays and December do, spend, competition."""

import numpy as np

from storecast import schema as s
from storecast.arrays import F64
from storecast.dates import SATURDAY, SUNDAY
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.growth import Growth, growth_by_store
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.stores.parts import Trait

MIN_DAYS = 20


def measure_stores(adjusted: Adjusted) -> tuple[dict[str, F64], Growth]:
    """Measure each store.

    Returns
    -------
    each trait by store, changes as shares (0.1 is ten per cent), without the traits that fewer than two stores have; and
    growth with its errors, on logs
    """
    observed, residual, logs = adjusted.observed, adjusted.two_way[SALES].residual, adjusted.logs[SALES]
    sold = ~np.isnan(observed.logs[SALES])
    weekday = np.broadcast_to(observed.weekday, sold.shape)
    month = observed.month % 12
    plain = observed.grid.promo == 0
    trend = growth_by_store(adjusted, SALES)
    raw = np.where(plain, observed.logs[SALES], np.nan)
    promoted = np.isin(weekday, np.unique(weekday[(observed.grid.promo == 1) & sold]))
    index = adjusted.two_way[SALES].index[0]
    advent = (month == 11) & ~np.isnan(index)
    usual_day = np.nan_to_num(index) + residual
    midweek = average(np.where(weekday < SATURDAY, raw, np.nan))
    weekend = {Trait.SATURDAY: SATURDAY} | ({Trait.SUNDAY: SUNDAY} if observed.trades_on_sundays else {})
    traits = {
        Trait.SALES_A_DAY: average(np.where(sold, observed.grid.sales, np.nan)),
        Trait.GROWTH: np.expm1(trend.stores),
        Trait.VOLATILITY: np.expm1(1.4826 * _row_median(np.abs(residual - _row_median(residual)[:, None]))),
        Trait.PROMOTION: np.expm1(
            average(np.where((observed.grid.promo == 1) & promoted, logs, np.nan))
            - average(np.where(plain & promoted, logs, np.nan))
        ),
        **{name: np.expm1(average(np.where(weekday == day, raw, np.nan)) - midweek) for name, day in weekend.items()},
        Trait.DECEMBER: np.expm1(
            average(np.where(advent[None, :], usual_day, np.nan))
            - average(np.where(~advent[None, :], usual_day, np.nan))
        ),
    }
    if CUSTOMERS in adjusted.logs:
        both = ~np.isnan(observed.logs[CUSTOMERS])
        traits[Trait.SPEND] = average(np.where(both, observed.grid.sales, np.nan)) / average(
            np.where(both, observed.grid.customers, np.nan)
        )
    distance = observed.stores[s.COMPETITION_DISTANCE].to_numpy().astype(float)
    if np.isfinite(distance).any():
        traits[Trait.DISTANCE] = distance
    return {name: values for name, values in traits.items() if np.isfinite(values).sum() > 1}, trend


def average(values: F64) -> F64:
    """Return the mean of each row without NaN; NaN where fewer than twenty values are known."""
    known = ~np.isnan(values)
    number = known.sum(axis=1)
    return np.where(number >= MIN_DAYS, np.where(known, values, 0.0).sum(axis=1) / np.maximum(number, 1), np.nan)


def _row_median(values: F64) -> F64:
    """Return the median of each row without NaN; NaN where fewer than twenty values are known."""
    known = ~np.isnan(values)
    filled = np.sort(np.where(known, values, np.inf), axis=1)
    number = known.sum(axis=1)
    rows, middle = np.arange(len(values)), np.maximum(number - 1, 0)
    median = (filled[rows, middle // 2] + filled[rows, (middle + 1) // 2]) / 2
    return np.where(number >= MIN_DAYS, median, np.nan)
