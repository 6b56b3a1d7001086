"""Promotions: what they add to sales, customers and spend per customer, where it comes from, and what they take from later weeks.

``Promo`` runs by the week. Weeks with a promotion are compared with weeks without one, store by store and weekday by weekday,
on calendar-adjusted logs. A chain that promotes in all its stores at once has as many observations as it had spells, and not as
many as it has rows: standard errors are clustered by spell (with the weeks off that follow it) and by store.
"""

import math

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, Bool
from storecast.data.panel import Panel
from storecast.dates import WEEKDAYS
from storecast.exploration.promotions.parts import (
    ALL_WEEKDAYS,
    FIRST_WEEK,
    LATER_WEEKS,
    PROMO2_STORES,
    WEEK_AFTER,
    Part,
)
from storecast.exploration.promotions.promo2 import promo2_estimates
from storecast.exploration.shared.adjusted import Adjusted, adjust
from storecast.exploration.shared.calendar_terms import Family
from storecast.exploration.shared.estimates import (
    Estimate,
    Interval,
    NotAnswerableError,
    Unit,
    relative_change,
    tidy_table,
)
from storecast.exploration.shared.observed import CUSTOMERS, SALES, SPEND
from storecast.exploration.shared.promotion_weeks import PromotionWeeks, promotion_weeks
from storecast.exploration.shared.regression import clustered_regression, demean

ATTRIBUTES = (s.STORE_TYPE, s.ASSORTMENT, s.STATE)
MIN_STORES = 3  # of a kind
MIN_WEEKS = 3  # first weeks of a spell, and later ones
MIN_STORES_TO_CLUSTER = 10  # with fewer, errors are clustered by spell alone


def estimate_promotions(panel: Panel) -> pl.DataFrame:
    """Measure what promotions do.

    Returns
    -------
    a tidy table with the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where there is no week with a promotion, or none without, to compare, and no start of Promo2.
    """
    adjusted = adjust(panel)
    joined = panel.stores[s.PROMO2_SINCE].is_not_null().sum()
    estimates: list[Estimate] = []
    try:
        weeks = promotion_weeks(adjusted)
    except NotAnswerableError as error:
        weeks, reason = None, str(error)
    if weeks is not None:
        estimates += [*_facts(weeks), *_uplifts(adjusted, weeks), *_borrowed(adjusted, weeks)]
    estimates += promo2_estimates(adjusted, panel)
    if not estimates:
        promo2 = ", and no store began Promo2 within these days" if joined else ""
        raise NotAnswerableError(f"{reason}{promo2}")
    if joined:
        estimates.append(Estimate(Part.FACTS, PROMO2_STORES, SALES, Unit.COUNT, float(joined)))
    return tidy_table(estimates)


def _facts(weeks: PromotionWeeks) -> list[Estimate]:
    promoted = weeks.week_in_spell > 0
    facts = {
        "spells": int(weeks.spell.max()),
        "weeks with a promotion": int(promoted.sum()),
        "weeks without": int((~promoted).sum()),
        "all stores together": int(weeks.all_together),
    }
    return [Estimate(Part.FACTS, name, SALES, Unit.COUNT, float(value)) for name, value in facts.items()]


def _uplifts(adjusted: Adjusted, weeks: PromotionWeeks) -> list[Estimate]:
    estimates: list[Estimate] = []
    overall: dict[str, Interval] = {}
    for measure, logs in adjusted.logs.items():
        mean = weeks.means(logs)
        overall[measure] = _uplift(mean, weeks)
        estimates.append(
            relative_change(Part.UPLIFT, ALL_WEEKDAYS, measure, overall[measure], n=int(weeks.spell.max()))
        )
        for k in weeks.weekdays:
            day = weeks.means(logs, [k])
            estimates.append(relative_change(Part.UPLIFT, WEEKDAYS[k], measure, _uplift(day, weeks), position=k))
            estimates += _by_week_of_spell(day, weeks, measure, k)
        for column in ATTRIBUTES:
            estimates += _by_attribute(adjusted, weeks, mean, measure, column)
    low, high = overall[SALES].low, overall[SALES].high
    if SPEND in overall and low is not None and high is not None and low * high > 0:  # a share of nothing means nothing
        estimates.append(_new_customers(overall))
    return estimates


def _uplift(mean: F64, weeks: PromotionWeeks, rows: Bool | None = None) -> Interval:
    """Return the effect of a promotion on logs, of some stores, or of all where None."""
    return _compare(mean, weeks, weeks.promoted[..., None], rows)[0]


def _compare(mean: F64, weeks: PromotionWeeks, x: F64, rows: Bool | None = None) -> list[Interval]:
    """Compare weeks within stores.

    Parameters
    ----------
    mean : stores × weeks
    x : stores × weeks × terms
    rows : of stores; None: all
    """
    used = ~np.isnan(mean) & ~np.isnan(x).any(axis=-1)
    if rows is not None:
        used &= rows[:, None]
    store, week = np.nonzero(used)
    y, terms = demean(mean[used], store), demean(x[used], store)
    clusters = [weeks.spell[week] if weeks.all_together else week]
    if len(np.unique(store)) >= MIN_STORES_TO_CLUSTER:
        clusters.append(store)
    return clustered_regression(y, terms, *clusters)


def _by_week_of_spell(day: F64, weeks: PromotionWeeks, measure: str, weekday: int) -> list[Estimate]:
    """Compare the first week of a spell, and the weeks that follow it without a break, with weeks off."""
    first, later = weeks.week_in_spell == 1, weeks.week_in_spell > 1
    if min(first.sum(), later.sum()) < MIN_WEEKS:
        return []
    x = np.stack([weeks.promoted * first, weeks.promoted * later], axis=-1)
    intervals = _compare(day, weeks, x)
    parts = zip((FIRST_WEEK, LATER_WEEKS), intervals, (first, later), strict=True)
    return [
        relative_change(
            Part.UPLIFT_BY_DAY,
            f"{WEEKDAYS[weekday]}, {name}",
            measure,
            interval,
            position=weekday + 7 * k,
            n=int(flags.sum()),
        )
        for k, (name, interval, flags) in enumerate(parts)
    ]


def _by_attribute(adjusted: Adjusted, weeks: PromotionWeeks, mean: F64, measure: str, column: str) -> list[Estimate]:
    kinds = adjusted.observed.attribute(column)
    names = [str(name) for name in np.unique(kinds) if name != "?" and (kinds == name).sum() >= MIN_STORES]
    if len(names) < 2:
        return []
    part = f"{Part.UPLIFT_BY} {column}"
    return [
        relative_change(part, name, measure, _uplift(mean, weeks, kinds == name), n=int((kinds == name).sum()))
        for name in names
    ]


def _new_customers(overall: dict[str, Interval]) -> Estimate:
    """Divide the uplift in customers by the uplift in sales; the error by the delta method.

    Sales are customers times spend, so that the covariance follows from the three variances.
    """
    total, part = overall[SALES].value, overall[CUSTOMERS].value
    share = part / total
    half = {
        name: None if interval.high is None else interval.high - interval.value for name, interval in overall.items()
    }
    sales, customers, spend = half[SALES], half[CUSTOMERS], half[SPEND]
    if sales is None or customers is None or spend is None:
        return Estimate(Part.NEW_CUSTOMERS, ALL_WEEKDAYS, CUSTOMERS, Unit.SHARE, share)
    shared = (sales**2 + customers**2 - spend**2) / 2
    width = math.sqrt(max(customers**2 - 2 * share * shared + share**2 * sales**2, 0.0)) / abs(total)
    return Estimate(Part.NEW_CUSTOMERS, ALL_WEEKDAYS, CUSTOMERS, Unit.SHARE, share, share - width, share + width)


def _borrowed(adjusted: Adjusted, weeks: PromotionWeeks) -> list[Estimate]:
    """Compare weeks off next to a promotion with others, and days that no promotion reaches in weeks with and without one."""
    estimates = [
        relative_change(Part.BORROWED, WEEK_AFTER, measure, interval, n=int((weeks.weeks_off > 1).sum()))
        for measure, fit in adjusted.fits.items()
        for term, interval in fit.intervals.items()
        if term.family == Family.AFTER_PROMOTION
    ]
    free = [k for k in adjusted.observed.usual_weekdays if k not in weeks.weekdays]
    for measure, logs in adjusted.logs.items() if free else ():
        interval = _uplift(weeks.means(logs, free[-1:]), weeks)
        estimates.append(
            relative_change(
                Part.BORROWED,
                f"{WEEKDAYS[free[-1]]} of a week with a promotion",
                measure,
                interval,
                n=int(weeks.spell.max()),
            )
        )
    return estimates
