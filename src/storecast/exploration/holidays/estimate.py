"""Before, during and after holidays: what a day sells, against the same weekday with the same promotion on a usual day.

State holidays are measured kind by kind in the regression of the chain's index on all terms of the calendar. School holidays
begin and end on different days in different states, so that a state in holidays is compared with the others on the same day.
"""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, I64, Bool
from storecast.data.panel import Panel
from storecast.exploration.holidays.parts import Part
from storecast.exploration.shared.adjusted import Adjusted, adjust
from storecast.exploration.shared.calendar_regression import fit_calendar
from storecast.exploration.shared.calendar_terms import (
    HOLIDAY_KINDS,
    OPEN_KINDS,
    REACH,
    CalendarTerms,
    Family,
    calendar_terms,
    holiday_positions,
    occasions,
)
from storecast.exploration.shared.estimates import Estimate, Interval, NotAnswerableError, relative_change, tidy_table
from storecast.exploration.shared.evidence import enough_occasions, promotion_estimates
from storecast.exploration.shared.observed import DAYS_AHEAD, SALES, Observed
from storecast.exploration.shared.panel_regression import two_way_effects
from storecast.exploration.shared.regression import NORMAL
from storecast.exploration.shared.two_way import group_codes, two_way

NEAR_DAYS = (-2, -1, 1, 2)  # the days that are shown state by state
MIN_STATES = 3
MIN_DAYS = 3  # on which some states are in school holidays and others are not
MIN_STORES = 3  # behind a state's figures


def estimate_holidays(panel: Panel) -> pl.DataFrame:
    """Measure sales (and customers) from ten days before to ten days after holidays, by kind and state.

    Returns
    -------
    a tidy table with the parts of `Part`; of a curve, Group is public, Easter or Christmas (the same with "open on " before it
    where stores are open), or school, Position the days from the
    holiday: -1 the day before, 1 the day after, 0 the days between (Easter Saturday), the school holidays themselves, or the
    holiday itself where stores are open; N the occasions or, for schools, the store-days

    Raises
    ------
    NotAnswerableError
        where no holiday falls into these days.
    """
    adjusted = adjust(panel)
    estimates = [*_curves(adjusted), *_schools(adjusted), *_states(adjusted)]
    if not estimates:
        raise NotAnswerableError(_reason(adjusted.observed))
    return tidy_table([*estimates, *promotion_estimates(adjusted.observed)])


def _reason(observed: Observed) -> str:
    """Say why no holiday has a figure."""
    days = len(observed.dates) - DAYS_AHEAD
    grid = observed.grid
    if not (grid.holiday[:, :days] > 0).any() and not (grid.school[:, :days] == 1).any():
        return "no public or school holiday is marked in these days"
    besides_sundays = "" if observed.trades_on_sundays else " on a day other than Sunday"
    return f"no public holiday{besides_sundays}, and no school holiday, could be measured in these days"


def _curves(adjusted: Adjusted) -> list[Estimate]:
    """Return the effects of state holidays in the chain's regression."""
    estimates = []
    for kind in (*HOLIDAY_KINDS, *OPEN_KINDS):
        days = occasions(adjusted.observed, kind)
        if not enough_occasions(days, adjusted.observed.stores.height):
            continue
        for measure, fit in adjusted.fits.items():
            around = {term.position: interval for term, interval in fit.intervals.items() if term.family == kind}
            estimates += [
                relative_change(Part.CURVE, kind, measure, interval, position=place, n=days)
                for place, interval in around.items()
                if place is not None and (place != 0 or kind == "Easter" or kind in OPEN_KINDS)
            ]
            if around and kind in HOLIDAY_KINDS:
                estimates.append(_mean_around(adjusted, kind, measure, days))
    return estimates


def _mean_around(adjusted: Adjusted, kind: str, measure: str, occasions: int) -> Estimate:
    """Average the effects of the days around a holiday, without its own closed day."""
    fit = adjusted.fits[measure]
    columns = [k for k, term in enumerate(fit.intervals) if term.family == kind and term.position != 0]
    weights = np.zeros(len(fit.intervals))
    weights[columns] = 1 / len(columns)
    intervals = list(fit.intervals.values())
    value = float(sum(intervals[k].value for k in columns) / len(columns))
    half = NORMAL * float(np.sqrt(weights @ fit.covariance @ weights))
    return relative_change(Part.MEAN_AROUND, kind, measure, Interval(value, value - half, value + half), n=occasions)


def _schools(adjusted: Adjusted) -> list[Estimate]:
    """Compare states in school holidays with the others on the same day, by a panel regression with two-way effects."""
    observed = adjusted.observed
    states, names = group_codes(observed.attribute(s.STATE))
    near = holiday_positions(observed)[Family.SCHOOL]
    if len(names) < MIN_STATES or not near(0).any():
        return []
    places = [*range(-REACH, REACH + 1)]
    member = np.eye(len(names))[states].T
    estimates = []
    for measure in adjusted.fits:
        known = ~np.isnan(adjusted.logs[measure])
        count = member @ known
        with np.errstate(invalid="ignore", divide="ignore"):
            # The school term of the joint regression was taken off with the calendar: it is put back here.
            own = near(0) * adjusted.coefficient(measure, Family.SCHOOL)
            y = (member @ np.where(known, adjusted.logs[measure] + own, 0.0)) / count
            x = np.stack([(member @ (near(place) & known)) / count for place in places], axis=-1)
        y = y - _weekday_means(y, count, observed.weekday)
        used = (count >= 1) & observed.usual_days[None, :]
        columns = [k for k in range(len(places)) if _differs(x[..., k], used)]
        if not columns:
            return []
        state, day = np.nonzero(used)
        intervals = two_way_effects(y[used], x[used][:, columns], state, day, weights=count[used])
        days = int((near(0) & known).sum())
        estimates += [
            relative_change(Part.CURVE, Family.SCHOOL, measure, interval, position=places[k], n=days)
            for k, interval in zip(columns, intervals, strict=True)
        ]
    return estimates


def _differs(x: F64, used: Bool) -> bool:
    """Whether states differ in a term on the same day, on enough days to tell it from the days themselves."""
    low, high = np.where(used, x, 9.0).min(axis=0), np.where(used, x, -9.0).max(axis=0)
    return int((high - low > 0.5).sum()) >= MIN_DAYS


def _weekday_means(y: F64, count: F64, weekday: I64) -> F64:
    """Return each state's mean of each weekday, spread over the days: states × days."""
    days = np.eye(7)[weekday]
    weights = np.where(count > 0, count, 0.0)
    means = ((np.nan_to_num(y) * weights) @ days) / np.maximum(weights @ days, 1.0)
    spread: F64 = means[:, weekday]
    return spread


def _states(adjusted: Adjusted) -> list[Estimate]:
    """Repeat the regression state by state, for the days next to a holiday."""
    observed = adjusted.observed
    states, names = group_codes(observed.attribute(s.STATE))
    sizes = np.bincount(states)
    if len(names) < 2:
        return []
    local: CalendarTerms = calendar_terms(observed, states)
    split = two_way(observed.logs[SALES], observed.weekday, states)
    kinds = [kind for kind in HOLIDAY_KINDS if occasions(observed, kind)]
    estimates = []
    for group, name in enumerate(names):
        if sizes[group] < MIN_STORES or name == "?":
            continue
        fit = fit_calendar(split.index[group], split.count[group], observed.usual_days, local, group)
        estimates += [
            relative_change(
                Part.BY_STATE, f"{term.family}, {name}", SALES, interval, position=term.position, n=int(sizes[group])
            )
            for term, interval in fit.intervals.items()
            if term.family in kinds and term.position in NEAR_DAYS
        ]
    return estimates
