"""How strong seasons are: what share of the differences between days each explains, and STL's measure of strength."""

from itertools import combinations
from math import comb

import numpy as np
from scipy import linalg

from storecast.arrays import F64
from storecast.exploration.seasons.parts import UNEXPLAINED, WEEKLY, YEARLY, Part
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.calendar_regression import NO_RESIDUAL
from storecast.exploration.shared.calendar_terms import DAYS_PER_YEAR, HOLIDAY_KINDS, OPEN_KINDS, Family
from storecast.exploration.shared.estimates import Estimate, Unit
from storecast.exploration.shared.evidence import DAYS_FOR_GROWTH, sales_span
from storecast.exploration.shared.observed import SALES

FAMILIES = {
    "weekday": (Family.WEEKDAY,),
    "promotions": (Family.PROMOTION,),
    "state holidays": (*HOLIDAY_KINDS, *OPEN_KINDS),
    "school holidays": (Family.SCHOOL,),
    "days of the month": (Family.MONTH_DAY,),
    "time of the year": (Family.SEASON, Family.DECEMBER),
    "trend": (Family.TREND,),
}
YEAR_OR_TREND = "time of the year or trend"  # which of the two, less than two years do not say
# STL's smooth curves are worked out on every third day and interpolated between, as its authors advise (Cleveland et al. 1990):
# a third of the CPU time, and strengths that differ by less than a thousandth.
JUMPS = {"trend_jump": 3, "low_pass_jump": 3}
DRAWS = 4  # of noise; they differ by less than a hundredth
SEED = 20130101


def variance_shares(adjusted: Adjusted) -> list[Estimate]:
    """Share the R² of the chain's days among the families of terms: Shapley shares, which add up to all that is explained.

    They are the mean, over all orders of entry, of what a family adds (Lindeman, Merenda and Gold 1980).
    """
    fit = adjusted.fits[SALES]
    used = ~np.isnan(fit.unexplained)
    y = _usual_store(adjusted)[used]
    y = y - y.mean()
    columns = [k for k, term in enumerate(adjusted.terms.terms) if term in fit.intervals]
    x = adjusted.terms.values[0][used][:, columns].astype(float)
    x = x - x.mean(axis=0)
    x = x / np.maximum(x.std(axis=0), 1e-12)
    families_by_name = dict(FAMILIES)
    if sales_span(adjusted.observed) < DAYS_FOR_GROWTH:
        families_by_name[YEAR_OR_TREND] = (*families_by_name.pop("time of the year"), *families_by_name.pop("trend"))
    members = {
        name: [j for j, term in enumerate(fit.intervals) if term.family in families]
        for name, families in families_by_name.items()
    }
    names = [name for name in members if members[name]]
    gram, cross, total = x.T @ x, x.T @ y, float(y @ y)
    if total < NO_RESIDUAL:
        return []  # days that do not differ have nothing to explain
    r2 = {
        chosen: _explained(gram, cross, [j for name in chosen for j in members[name]]) / total
        for size in range(len(names) + 1)
        for chosen in combinations(names, size)
    }
    estimates = []
    for name in names:
        share = 0.0
        for chosen, value in r2.items():
            if name not in chosen:
                joined = tuple(one for one in names if one in chosen or one == name)
                share += (r2[joined] - value) / (len(names) * comb(len(names) - 1, len(chosen)))
        estimates.append(Estimate(Part.VARIANCE_SHARE, name, SALES, Unit.SHARE, share, n=fit.days))
    return [*estimates, Estimate(Part.VARIANCE_SHARE, UNEXPLAINED, SALES, Unit.SHARE, 1 - r2[tuple(names)], n=fit.days)]


def strengths(adjusted: Adjusted) -> list[Estimate]:
    """Measure the strength of the weekly and the yearly season: 1 - var(rest) / var(season + rest) (Wang, Smith and Hyndman 2006).

    Measured on the chain's mean log sales without promotions, on the usual weekdays; closed days are interpolated from the same
    weekday of the weeks around. Two or three years fit any noise to some degree: that degree is estimated too.
    """
    weekday = adjusted.observed.weekday
    fit = adjusted.fits[SALES]
    used = ~np.isnan(fit.unexplained)
    working_days = [k for k in adjusted.observed.usual_weekdays if used[weekday == k].sum() > 1]
    promotions = fit.explained(adjusted.terms.values[0], adjusted.terms.columns_of(Family.PROMOTION))
    values = np.where(used, _usual_store(adjusted) - promotions, np.nan)
    span = np.flatnonzero(used)[[0, -1]]
    days = np.arange(span[0], span[1] + 1)
    for k in working_days:
        of_day = days[weekday[days] == k]
        known = of_day[used[of_day]]
        values[of_day] = np.interp(of_day, known, values[known])
    series = values[days[np.isin(weekday[days], working_days)]]
    year = round(DAYS_PER_YEAR * len(working_days) / 7)
    periods = {WEEKLY: len(working_days)} | ({YEARLY: year} if len(series) >= 2 * year + len(working_days) else {})
    if len(working_days) < 2 or len(series) < 2 * len(working_days) + 1 or np.ptp(fit.unexplained[used]) < NO_RESIDUAL:
        return []
    strength = _strength(series, list(periods.values()))
    noise = _noise(fit.unexplained[used], len(series))
    chance = np.mean([_strength(one, list(periods.values())) for one in noise], axis=0)
    estimates = []
    for k, name in enumerate(periods):
        estimates.append(Estimate(Part.STRENGTH, name, SALES, Unit.SHARE, strength[k], n=len(series)))
        estimates.append(Estimate(Part.STRENGTH, f"{name}, by chance", SALES, Unit.SHARE, float(chance[k]), n=DRAWS))
    return estimates


def _usual_store(adjusted: Adjusted) -> F64:
    """Return the mean log sales of a usual store by day: the chain's index on the weekday's mean level."""
    split = adjusted.two_way[SALES]
    level = np.array([np.nanmean(column) if not np.isnan(column).all() else np.nan for column in split.level.T])
    logs: F64 = split.index[0] + level[adjusted.observed.weekday]
    return logs


def _explained(gram: F64, cross: F64, chosen: list[int]) -> float:
    if not chosen:
        return 0.0
    part = cross[chosen]
    return float(part @ linalg.lstsq(gram[np.ix_(chosen, chosen)], part)[0])


def _strength(series: F64, periods: list[int]) -> list[float]:
    from statsmodels.tsa.seasonal import MSTL

    parts = MSTL(series, periods=tuple(periods), stl_kwargs=JUMPS).fit()
    season = np.asarray(parts.seasonal).reshape(len(series), -1)
    rest = np.asarray(parts.resid)
    return [max(0.0, 1 - float(np.var(rest) / max(np.var(rest + column), 1e-12))) for column in season.T]


def _noise(residual: F64, length: int) -> F64:
    """Draw noise with the autocorrelation of what the calendar leaves unexplained."""
    from statsmodels.tsa.arima_process import ArmaProcess

    autocorrelation = float(np.clip(np.corrcoef(residual[:-1], residual[1:])[0, 1], -0.9, 0.9))
    rng = np.random.default_rng(SEED)
    process = ArmaProcess([1, -autocorrelation], [1])
    return np.asarray(
        process.generate_sample((DRAWS, length), axis=1, distrvs=rng.standard_normal, burnin=50), dtype=float
    )
