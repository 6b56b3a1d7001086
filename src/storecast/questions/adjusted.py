"""Log sales as they would be on a usual day: less the store's usual weekday, and less the calendar but for promotions."""

import logging
import weakref
from dataclasses import dataclass

import numpy as np

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.calendar import AFTER, PROMO, WEEKDAY, CalendarFit, CalendarTerms, calendar_terms, explain
from storecast.questions.levels import CUSTOMERS, SALES, SPEND, Floats, Ints, Observed, TwoWay, codes, observed, two_way

log = logging.getLogger(__name__)

_made: "weakref.WeakKeyDictionary[Panel, Adjusted]" = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Adjusted:
    """A chain, like with like.

    Attributes
    ----------
    two_way, fits : of the whole chain, by measure: sales and, where counted, customers
    terms : the chain's calendar terms
    logs : by measure, stores × days: log less the store's weekday level and the calendar's part; promotions, and what follows
        them, are left in
    """

    seen: Observed
    two_way: dict[str, TwoWay]
    fits: dict[str, CalendarFit]
    terms: CalendarTerms
    logs: dict[str, Floats]


def adjusted(panel: Panel) -> Adjusted:
    """Compare like with like; the same panel is worked out once."""
    found = _made.get(panel)
    if found is None:
        found = _made[panel] = _adjust(observed(panel))
    return found


def chain(seen: Observed) -> Ints:
    """Return the grouping that puts all stores into one group."""
    return np.zeros(seen.stores.height, np.int64)


def _adjust(seen: Observed) -> Adjusted:
    """Take the calendar off by the chain's coefficients and the state's own calendar."""
    whole, terms = chain(seen), calendar_terms(seen, chain(seen))
    states, names = codes(seen.kinds(s.STATE))
    local = calendar_terms(seen, states)
    splits, fits, logs = {}, {}, {}
    taken = [k for k, term in enumerate(terms.terms) if term.family not in {PROMO, AFTER, WEEKDAY}]
    for measure in (name for name in (SALES, CUSTOMERS) if name in seen.logs):
        split = splits[measure] = two_way(seen.logs[measure], seen.weekday, whole)
        fit = fits[measure] = explain(split.index[0], split.count[0], seen.weekday, terms, 0)
        part = fit.explained(local.values, taken)
        logs[measure] = seen.logs[measure] - split.level[:, seen.weekday] - part[states]
        log.info("%s: %d trading days explained by %d terms", measure, fit.days, len(fit.intervals))
    if CUSTOMERS in logs:
        logs[SPEND] = logs[SALES] - logs[CUSTOMERS]
    log.info("like with like: %d stores in %d states", seen.stores.height, len(names))
    return Adjusted(seen, splits, fits, terms, logs)
