"""Outliers: days on which a store sold far more or less than on comparable days, by store and by day of a whole state."""

import datetime as dt

import numpy as np
import polars as pl
from dateutil.easter import easter
from scipy import stats

from storecast import schema as s
from storecast.arrays import F64, Bool
from storecast.data.country_holidays import GERMANY, common_feasts
from storecast.data.feast_table import retail_feasts
from storecast.data.kept_feasts import keeps_easter
from storecast.data.store_countries import law_of
from storecast.dates import SUNDAY
from storecast.exploration.quality.parts import BELOW_USUAL, WITHIN_THREE_MONTHS, Part
from storecast.exploration.shared.adjusted import Adjusted, one_group
from storecast.exploration.shared.calendar_terms import Family
from storecast.exploration.shared.estimates import Estimate, Unit
from storecast.exploration.shared.observed import SALES, Observed
from storecast.exploration.shared.two_way import two_way
from storecast.features.runs import days_since

MAX_DEVIATIONS = 5.0  # robust standard deviations of the store, beyond which a day is an outlier
OUTLIER_COUNTS = {
    "0": 0,
    "1": 1,
    "2": 2,
    "3 to 5": 5,
    "6 to 10": 10,
    "11 to 20": 20,
    "over 20": 10**9,
}  # the most of each
QUARTER_DAYS = 91
LISTED = 10
MIN_STORES = 5
EASTER_SATURDAY = {-1: "Easter Saturday"}  # days from Easter
GERMAN_FEASTS = {-52: "carnival Thursday", -48: "Rose Monday", -47: "Shrove Tuesday", **EASTER_SATURDAY}
EVES = {(12, 24): "Christmas Eve", (12, 31): "New Year's Eve"}
MAX_DAYS_TO_SCHOOL = 3  # from the last day of school holidays to the first day of school


def outlier_estimates(adjusted: Adjusted) -> list[Estimate]:
    """Count the days far from comparable ones, in robust standard deviations of the store; name the stores and days with most."""
    observed, residual = adjusted.observed, _residual(adjusted)
    known = ~np.isnan(residual)
    residual = np.where(
        known.any(axis=1, keepdims=True), residual, 0.0
    )  # a store that never sold while open has no median
    deviation = residual - np.nanmedian(residual, axis=1, keepdims=True)
    spread = stats.median_abs_deviation(residual, axis=1, scale="normal", nan_policy="omit")
    with np.errstate(invalid="ignore"):
        far = known & (np.abs(deviation) > MAX_DEVIATIONS * np.maximum(spread, 1e-6)[:, None])
    below = far & (deviation < 0)
    count, days = far.sum(axis=1), np.maximum(known.sum(axis=1), 1)
    total = int(count.sum())
    estimates = [Estimate(Part.OUTLIERS, "all", SALES, Unit.SHARE, float(total / known.sum()), n=total)]
    kinds = np.searchsorted(list(OUTLIER_COUNTS.values()), count)
    estimates += [
        Estimate(Part.STORES_BY_OUTLIERS, name, "stores", Unit.COUNT, float((kinds == k).sum()), n=len(count))
        for k, name in enumerate(OUTLIER_COUNTS)
    ]
    names = observed.stores[s.STORE].cast(pl.String).to_list()
    share = count / days
    for k in np.argsort(-share, kind="stable")[:LISTED]:
        if n := int(count[k]):
            places = np.flatnonzero(far[k])
            within = int((np.searchsorted(places, places + QUARTER_DAYS) - np.arange(n)).max())
            estimates += [
                Estimate(Part.OUTLIERS_BY_STORE, names[k], SALES, Unit.SHARE, float(share[k]), n=n),
                Estimate(Part.OUTLIERS_BY_STORE, names[k], BELOW_USUAL, Unit.SHARE, float(below[k].sum() / n), n=n),
                Estimate(Part.OUTLIERS_BY_STORE, names[k], WITHIN_THREE_MONTHS, Unit.SHARE, within / n, n=n),
            ]
    return estimates + _by_day(observed, far, below, known)


def _residual(adjusted: Adjusted) -> F64:
    """Return log sales less the store's usual weekday, the calendar and promotions, and what all stores did on that day.

    The last only where there are enough stores: one store alone would be the whole chain, and would have no residuals.
    """
    promotions = adjusted.fits[SALES].explained(
        adjusted.terms.values[0], adjusted.terms.columns_of(Family.PROMOTION, Family.AFTER_PROMOTION)
    )
    logs = adjusted.logs[SALES] - promotions
    if len(logs) < MIN_STORES:
        return logs
    return two_way(logs, adjusted.observed.weekday, one_group(adjusted.observed)).residual


def _by_day(observed: Observed, far: Bool, below: Bool, known: Bool) -> list[Estimate]:
    """Return the days with the largest share of outliers among a state's stores: local events that no column names."""
    kinds = observed.attribute(s.STATE)
    since = days_since(observed.grid.school == 1, MAX_DAYS_TO_SCHOOL + 1)
    days = []
    for kind in np.unique(kinds):
        rows = kinds == kind
        if rows.sum() < MIN_STORES:
            continue
        traded, part = known[rows].sum(axis=0), far[rows].sum(axis=0)
        after_holidays = ((since[rows] > 0) & (since[rows] <= MAX_DAYS_TO_SCHOOL)).mean(axis=0) > 0.5
        for k in np.flatnonzero((traded >= max(MIN_STORES, rows.sum() / 2)) & (part >= 2)):
            day = dt.date.fromisoformat(str(observed.dates[k]))
            state = "" if kind == "?" else f", {kind}"
            feast = feast_of(day, law_of("" if kind == "?" else kind, observed.grid.country)[0])
            name = f"{day:%a} {day}{state}{_name_of(day, feast, after_school_holidays=bool(after_holidays[k]))}"
            days.append((float(part[k] / traded[k]), name, float(below[rows, k].sum() / part[k]), int(part[k])))
    days.sort(key=lambda row: (-row[0], row[1]))
    estimates = []
    for share, name, down, n in days[:LISTED]:
        estimates += [
            Estimate(Part.OUTLIERS_BY_DAY, name, SALES, Unit.SHARE, share, n=n),
            Estimate(Part.OUTLIERS_BY_DAY, name, BELOW_USUAL, Unit.SHARE, down, n=n),
        ]
    return estimates


def feast_of(day: dt.date, country: str) -> str | None:
    """Return the feast of a day on which shops of a country sell more or less, as `feasts.toml` or its law names it."""
    from_easter = (day - easter(day.year)).days
    retail = [feast.name for feast in retail_feasts(country, (day.year,)) if day in feast.days]
    if country == GERMANY:
        return GERMAN_FEASTS.get(from_easter, retail[0] if retail else None)
    named = [*retail, *sorted(common_feasts(country, day, day).get(day, ()))]
    return named[0] if named else EASTER_SATURDAY.get(from_easter) if keeps_easter(country) else None


def _name_of(day: dt.date, feast: str | None, *, after_school_holidays: bool) -> str:
    """Return, in brackets, the name of a day that no column marks; nothing where it has none."""
    name = EVES.get((day.month, day.day)) or feast
    if name is None and after_school_holidays and day.weekday() < SUNDAY - 1:
        name = "first day after school holidays"
    return f" ({name})" if name else ""
