"""Before, during and after holidays: what a day sells beside the same weekday and promotion on a usual day.

State holidays are told apart by kind and measured on the chain's index, all terms of the calendar at once. School holidays
begin and end on different days in different states, so that a state in holidays is compared with the others on the same day.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
from linearmodels.panel import PanelOLS
from scipy import stats

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.adjusted import Adjusted, adjusted
from storecast.questions.calendar import (
    KINDS,
    REACH,
    SCHOOL,
    CalendarTerms,
    calendar_terms,
    explain,
    holiday_positions,
)
from storecast.questions.levels import SALES, SUNDAY, Floats, Ints, codes, two_way
from storecast.questions.tidy import Interval, Line, NotAnswerableError, change, tidy

CURVE, BY_STATE, OCCASIONS, WHOLE = "curve", "by state", "occasions", "sum of the days around"
NEAR = (-2, -1, 1, 2)  # the days that are shown state by state
FEWEST_STATES = 3
FEWEST_DAYS = 3  # on which some states are in school holidays and others are not
FEWEST_STORES = 3  # behind a state's figures


def holidays(panel: Panel) -> pl.DataFrame:
    """Measure sales (and customers) from ten days before to ten days after holidays, by kind and state.

    Returns
    -------
    curve : Group is the kind (public, Easter, Christmas, school), Position the days from it: -1 the day before, 1 the day after,
        0 the days between (Easter Saturday) or the school holidays themselves; N the occasions or, for schools, the store-days
    by state : the same for the two days before and after, Group "kind, state"
    sum of the days around : Group is the kind; the mean change over the days that were measured
    """
    found = adjusted(panel)
    lines = [*_curves(found), *_schools(found), *_states(found)]
    if not lines:
        raise NotAnswerableError("no store was ever shut by a holiday, and no school holiday falls into these days")
    return tidy(lines)


def _curves(found: Adjusted) -> list[Line]:
    """Read the kinds of state holidays off the chain's regression."""
    lines = []
    for kind in KINDS:
        days = _occasions(found, kind)
        for measure, fit in found.fits.items():
            around = {term.position: got for term, got in fit.intervals.items() if term.family == kind}
            lines += [
                change(CURVE, kind, measure, got, position=place, n=days)
                for place, got in around.items()
                if place is not None and (place != 0 or kind == "Easter")
            ]
            if around:
                lines.append(_whole(found, kind, measure, days))
    return lines


def _whole(found: Adjusted, kind: str, measure: str, occasions: int) -> Line:
    """Average the effects of the days around a holiday: what it moves in all, its own closed day apart."""
    fit = found.fits[measure]
    places = [k for k, term in enumerate(fit.intervals) if term.family == kind and term.position != 0]
    weights = np.zeros(len(fit.intervals))
    weights[places] = 1 / len(places)
    value = float(sum(got.value for got in np.array(list(fit.intervals.values()), object)[places]) / len(places))
    half = 1.96 * float(np.sqrt(weights @ fit.covariance @ weights))
    return change(WHOLE, kind, measure, Interval(value, value - half, value + half), n=occasions)


def _occasions(found: Adjusted, kind: str) -> int:
    """Count the days on which holidays of a kind shut stores."""
    seen = found.seen
    shut = (seen.grid.open != 1) & (seen.weekday != SUNDAY)[None, :] & (seen.grid.holiday == KINDS[kind])
    return int(shut.any(axis=0).sum())


def _schools(found: Adjusted) -> list[Line]:
    """Compare states in school holidays with the others on the same day, by a panel regression with two-way effects."""
    seen = found.seen
    states, names = codes(seen.kinds(s.STATE))
    near = holiday_positions(seen)[SCHOOL]
    if len(names) < FEWEST_STATES or not near(0).any():
        return []
    places = [*range(-REACH, REACH + 1)]
    member = np.eye(len(names))[states].T
    lines = []
    for measure in found.fits:
        there = ~np.isnan(found.logs[measure])
        count = member @ there
        with np.errstate(invalid="ignore", divide="ignore"):
            # The school term of the joint regression was taken off with the calendar: it is put back here.
            own = near(0) * _school_coefficient(found, measure)
            y = (member @ np.where(there, found.logs[measure] + own, 0.0)) / count
            x = np.stack([(member @ (near(place) & there)) / count for place in places], axis=-1)
        y = y - _own_weekdays(y, count, seen.weekday)
        kept = (count >= 1) & (seen.weekday != SUNDAY)[None, :]
        moved = [k for k in range(len(places)) if _differs(x[..., k], kept)]
        if not moved:
            return []
        got = _two_way_effects(y, x[..., moved], kept, count)
        days = int((near(0) & there).sum())
        lines += [
            change(CURVE, SCHOOL, measure, one, position=places[k], n=days) for k, one in zip(moved, got, strict=True)
        ]
    return lines


def _differs(x: Floats, kept: npt.NDArray[np.bool_]) -> bool:
    """Whether states differ in a term on the same day, on enough days to tell it from the days themselves."""
    low, high = (
        np.where(kept, x, end).min(axis=0) if end > 0 else np.where(kept, x, end).max(axis=0) for end in (9.0, -9.0)
    )
    return int((high - low > 0.5).sum()) >= FEWEST_DAYS


def _own_weekdays(y: Floats, count: Floats, weekday: Ints) -> Floats:
    """Return each state's mean of each weekday, which is the state's own and no holiday's."""
    days = np.eye(7)[weekday]
    weights = np.where(count > 0, count, 0.0)
    means = ((np.nan_to_num(y) * weights) @ days) / np.maximum(weights @ days, 1.0)
    out: Floats = means[:, weekday]
    return out


def _two_way_effects(y: Floats, x: Floats, kept: npt.NDArray[np.bool_], count: Floats) -> list[Interval]:
    """Regress a panel of states on its terms, with effects of states and days; a state's errors may hang together."""
    state, day = np.nonzero(kept)
    index = pd.MultiIndex.from_arrays([state, day], names=["state", "day"])
    names = [f"x{k}" for k in range(x.shape[-1])]
    terms = pd.DataFrame(x[kept], columns=names, index=index)
    model = PanelOLS(
        pd.Series(y[kept], index=index, name="y"),
        terms,
        weights=pd.Series(count[kept], index=index, name="w"),
        entity_effects=True,
        time_effects=True,
        drop_absorbed=True,
        check_rank=False,
    )
    fit = model.fit(cov_type="clustered", cluster_entity=True, group_debias=True)
    half = stats.t.ppf(0.975, len(np.unique(state)) - 1) * fit.std_errors
    return [
        Interval(float(value), float(value - half[name]), float(value + half[name]))
        for name, value in fit.params.items()
    ]


def _school_coefficient(found: Adjusted, measure: str) -> float:
    return next((got.value for term, got in found.fits[measure].intervals.items() if term.family == SCHOOL), 0.0)


def _states(found: Adjusted) -> list[Line]:
    """Repeat the regression state by state, for the days next to a holiday."""
    seen = found.seen
    states, names = codes(seen.kinds(s.STATE))
    sizes = np.bincount(states)
    if len(names) < 2:
        return []
    local: CalendarTerms = calendar_terms(seen, states)
    split = two_way(seen.logs[SALES], seen.weekday, states)
    lines = []
    for group, name in enumerate(names):
        if sizes[group] < FEWEST_STORES or name == "?":
            continue
        fit = explain(split.index[group], split.count[group], seen.weekday, local, group)
        lines += [
            change(BY_STATE, f"{term.family}, {name}", SALES, got, position=term.position, n=int(sizes[group]))
            for term, got in fit.intervals.items()
            if term.family in KINDS and term.position in NEAR
        ]
    return lines
