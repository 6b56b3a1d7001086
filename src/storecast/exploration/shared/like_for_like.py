"""Growth like for like: what a competitor that opened within the sales took is no growth, so stores that got one come off.

Where too few stores are left to tell growth by, all are counted, and the sentence says so.
"""

import weakref
from dataclasses import replace

import numpy as np

from storecast import schema as s
from storecast.arrays import Bool
from storecast.exploration.shared.adjusted import Adjusted, one_group
from storecast.exploration.shared.calendar_regression import fit_calendar
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import VALUE, Estimate, NotAnswerableError, Unit
from storecast.exploration.shared.event_study import NEVER, day_columns
from storecast.exploration.shared.evidence import DAYS_FOR_GROWTH
from storecast.exploration.shared.observed import SALES, Observed
from storecast.exploration.shared.two_way import two_way
from storecast.exploration.shared.wording import count_text

MIN_STORES_LEFT = 3
NEW_COMPETITORS = "new competitors"  # a part of tables: how many stores got one within the sales
LEFT_OUT, COUNTED = "left out", "counted"

_by_adjusted: "weakref.WeakKeyDictionary[Adjusted, Adjusted]" = weakref.WeakKeyDictionary()


def has_new_competitor(observed: Observed) -> Bool:
    """Return whether a competitor opened at each store within the days of the sales, (stores,)."""
    since = day_columns(observed.stores[s.COMPETITION_SINCE].to_list(), observed.grid.first)
    has: Bool = (since > 0) & (since != NEVER)
    return has


def like_for_like(adjusted: Adjusted) -> Adjusted:
    """Return a chain without the stores that a competitor opened at; the chain itself where too few are left.

    The stores that come off stay as rows without days, so that rows mean the same stores.

    Parameters
    ----------
    adjusted : the whole chain
    """
    rest = _by_adjusted.get(adjusted)
    if rest is None:
        rest = _by_adjusted[adjusted] = _without_new_competitors(adjusted)
    return rest


def compared_stores(adjusted: Adjusted) -> Bool:
    """Return which stores growth is told by, (stores,)."""
    every = np.ones(adjusted.observed.stores.height, bool)
    return every if like_for_like(adjusted) is adjusted else ~has_new_competitor(adjusted.observed)


def competitor_estimates(adjusted: Adjusted) -> list[Estimate]:
    """Return how many stores got a competitor, for sections to read; nothing where none did."""
    count = int(has_new_competitor(adjusted.observed).sum())
    what = COUNTED if like_for_like(adjusted) is adjusted else LEFT_OUT
    return [Estimate(NEW_COMPETITORS, what, SALES, Unit.COUNT, float(count))] if count else []


def competitor_sentence(estimates: EstimateTable) -> str:
    """Say how growth treats stores with a new competitor; empty where there are none."""
    counted, left_out = (estimates.first(NEW_COMPETITORS, name) for name in (COUNTED, LEFT_OUT))
    if left_out is not None:
        return (
            f"Growth is of the stores without a new competitor: {_stores(left_out[VALUE])} got one within these days."
        )
    if counted is not None:
        number = f"{_stores(counted[VALUE])} got one within these days"
        return f"Growth holds what new competitors took: {number}, and too few others are left."
    return ""


def _stores(count: float) -> str:
    return "1 store" if count == 1 else f"{count_text(count)} stores"


def _without_new_competitors(adjusted: Adjusted) -> Adjusted:
    observed = adjusted.observed
    rest = ~has_new_competitor(observed)
    sold = np.flatnonzero((~np.isnan(observed.logs[SALES][rest])).any(axis=0))
    if rest.all() or rest.sum() < MIN_STORES_LEFT or not len(sold) or np.ptp(sold) + 1 < DAYS_FOR_GROWTH:
        return adjusted
    splits, fits = {}, {}
    for measure in adjusted.fits:
        logs = np.where(rest[:, None], observed.logs[measure], np.nan)
        split = splits[measure] = two_way(logs, observed.weekday, one_group(observed))
        try:
            fits[measure] = fit_calendar(split.index[0], split.count[0], observed.usual_days, adjusted.terms, 0)
        except NotAnswerableError:  # customers may be counted in the others alone
            return adjusted
    return replace(adjusted, two_way=splits, fits=fits)
