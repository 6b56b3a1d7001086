"""Summer school holidays: states begin and end them on different days, so that a state is compared with the others."""

import numpy as np

from storecast import schema as s
from storecast.arrays import F64, Bool
from storecast.exploration.seasons.parts import SUMMER, Part
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.calendar_terms import Family, school_holidays
from storecast.exploration.shared.estimates import Estimate, relative_change
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.panel_regression import two_way_effects
from storecast.exploration.shared.two_way import group_codes
from storecast.features.runs import position, remaining

FIRST_MONTH, LAST_MONTH = 6, 9
MIN_DAYS = 21  # weekends included
MIN_STATES = 4


def summer_holidays(adjusted: Adjusted) -> list[Estimate]:
    """Estimate what summer school holidays do, from states that have them on a day on which others do not.

    A panel regression of the calendar-adjusted mean log of a state's stores, with effects of each day and of each state and
    year; standard errors are clustered by state.
    """
    observed = adjusted.observed
    states, names = group_codes(observed.attribute(s.STATE))
    run = school_holidays(observed)
    long = run & (position(run, 99) + remaining(run, 99) - 1 >= MIN_DAYS)
    month = observed.month % 12 + 1
    days = np.flatnonzero((month >= FIRST_MONTH) & (month <= LAST_MONTH) & observed.usual_days)
    if len(names) < MIN_STATES or not long[:, days].any():
        return []
    marked = observed.grid.school == 1
    adjustment = adjusted.coefficient(SALES, Family.SCHOOL)  # taken off with the calendar, and put back here
    logs = adjusted.logs[SALES][:, days] + adjustment * (run & marked)[:, days]
    known = ~np.isnan(logs) & ~(run & ~marked)[:, days]  # weekends within holidays are neither in nor out of them
    member = np.eye(len(names))[states].T
    count = member @ known
    used = count > 0
    divisor = np.maximum(count, 1)
    y = (member @ np.where(known, logs, 0.0)) / divisor
    x = (member @ (long[:, days] & known)) / divisor
    state, day = np.nonzero(used)
    year = observed.dates[days].astype("datetime64[Y]").astype(np.int64)[day]
    if not _differs(x, used):
        return []
    state_year = state * 10_000 + year
    intervals = two_way_effects(y[used], x[used][:, None], state_year, day, cluster=state, weights=count[used])
    return [relative_change(Part.OCCASION, SUMMER, SALES, interval, n=len(names)) for interval in intervals]


def _differs(x: F64, used: Bool) -> bool:
    """Whether on at least one day some states are in holidays and others are not."""
    low, high = np.where(used, x, np.inf).min(axis=0), np.where(used, x, -np.inf).max(axis=0)
    return bool((high - low > 0.5).any())
