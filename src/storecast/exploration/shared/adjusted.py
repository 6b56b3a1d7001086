"""Calendar-adjusted log sales: less the store's usual weekday, and less the calendar except for promotions."""

import logging
import threading
import weakref
from dataclasses import dataclass

import numpy as np

from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.data.panel import Panel
from storecast.exploration.shared.calendar_regression import CalendarFit, fit_calendar
from storecast.exploration.shared.calendar_terms import CalendarTerms, Family, calendar_terms
from storecast.exploration.shared.observed import CUSTOMERS, SALES, SPEND, Observed, observe
from storecast.exploration.shared.two_way import TwoWay, group_codes, two_way

log = logging.getLogger(__name__)

LEFT_IN = {Family.PROMOTION, Family.AFTER_PROMOTION, Family.WEEKDAY}  # families that the adjustment does not take off

_LOCK = threading.Lock()  # whoever asks while it is worked out waits for it
_by_panel: "weakref.WeakKeyDictionary[Panel, Adjusted]" = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Adjusted:
    """A chain whose days can be compared.

    Attributes
    ----------
    observed : what was sold
    two_way, fits : of the whole chain, by measure: sales and, where counted, customers
    terms : the chain's calendar terms
    logs : by measure, stores × days: log less the store's weekday level and the calendar's part; promotions, and the weeks
        after them, are left in
    """

    observed: Observed
    two_way: dict[str, TwoWay]
    fits: dict[str, CalendarFit]
    terms: CalendarTerms
    logs: dict[str, F64]

    def coefficient(self, measure: str, family: str) -> float:
        """Return the effect of the first estimated term of a family, on logs; 0 where none was estimated."""
        intervals = self.fits[measure].intervals
        return next((interval.value for term, interval in intervals.items() if term.family == family), 0.0)


def adjust(panel: Panel) -> Adjusted:
    """Take weekday levels and the calendar off a chain's sales; the same panel is worked out once.

    Raises
    ------
    NotAnswerableError
        where no store has sold anything, or on too few days.
    """
    with _LOCK:
        adjusted = _by_panel.get(panel)
        if adjusted is None:
            adjusted = _by_panel[panel] = _adjust(observe(panel))
    return adjusted


def one_group(observed: Observed) -> I64:
    """Return the grouping that puts all stores into one group."""
    return np.zeros(observed.stores.height, np.int64)


def _adjust(observed: Observed) -> Adjusted:
    """Take the calendar off by the chain's coefficients and the state's own calendar."""
    chain, terms = one_group(observed), calendar_terms(observed, one_group(observed))
    states, names = group_codes(observed.attribute(s.STATE))
    state_terms = calendar_terms(observed, states)
    splits, fits, logs = {}, {}, {}
    columns = [k for k, term in enumerate(terms.terms) if term.family not in LEFT_IN]
    for measure in (name for name in (SALES, CUSTOMERS) if name in observed.logs):
        split = splits[measure] = two_way(observed.logs[measure], observed.weekday, chain)
        fit = fits[measure] = fit_calendar(split.index[0], split.count[0], observed.usual_days, terms, 0)
        effect = fit.explained(state_terms.values, columns)
        logs[measure] = observed.logs[measure] - split.level[:, observed.weekday] - effect[states]
        log.info("%s: %d trading days explained by %d terms", measure, fit.days, len(fit.intervals))
    if CUSTOMERS in logs:
        logs[SPEND] = logs[SALES] - logs[CUSTOMERS]
    log.info("calendar adjusted: %d stores in %d states", observed.stores.height, len(names))
    return Adjusted(observed, splits, fits, terms, logs)
