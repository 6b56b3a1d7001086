"""How strong seasons are: what share of the differences between days each explains, and STL's measure of strength."""

from itertools import combinations
from math import comb

import numpy as np
from scipy import linalg
from statsmodels.tsa.arima_process import ArmaProcess
from statsmodels.tsa.seasonal import MSTL

from storecast.questions.adjusted import Adjusted
from storecast.questions.calendar import DECEMBER, EXACT, KINDS, MONTH_DAY, PROMO, SCHOOL, SEASON, TREND, WEEKDAY, YEAR
from storecast.questions.levels import SALES, SUNDAY, Floats
from storecast.questions.tidy import SHARE, Line

VARIANCE, STRENGTH = "share of the variance", "strength of the season"
WEEKLY, YEARLY = "weekly", "yearly"
LEFT = "left unexplained"
FAMILIES = {
    "weekday": (WEEKDAY,),
    "promotions": (PROMO,),
    "state holidays": tuple(KINDS),
    "school holidays": (SCHOOL,),
    "days of the month": (MONTH_DAY,),
    "time of the year": (SEASON, DECEMBER),
    "trend": (TREND,),
}
DRAWS = 4  # of noise; they differ by less than a hundredth
SEED = 20130101


def variance_shares(found: Adjusted) -> list[Line]:
    """Share the R² of the chain's days among the families of terms: Shapley shares, which add up to all that is explained.

    They are the mean, over all orders of entry, of what a family adds (Lindeman, Merenda and Gold 1980).
    """
    fit = found.fits[SALES]
    used = ~np.isnan(fit.unexplained)
    y = _usual_store(found)[used]
    y = y - y.mean()
    places = [k for k, term in enumerate(found.terms.terms) if term in fit.intervals]
    x = found.terms.values[0][used][:, places].astype(float)
    x = x - x.mean(axis=0)
    x = x / np.maximum(x.std(axis=0), 1e-12)
    kept = {
        name: [j for j, term in enumerate(fit.intervals) if term.family in families]
        for name, families in FAMILIES.items()
    }
    names = [name for name in kept if kept[name]]
    gram, cross, whole = x.T @ x, x.T @ y, float(y @ y)
    if whole < EXACT:
        return []  # days that do not differ have nothing to explain
    r2 = {
        chosen: _explained(gram, cross, [j for name in chosen for j in kept[name]]) / whole
        for size in range(len(names) + 1)
        for chosen in combinations(names, size)
    }
    lines = []
    for name in names:
        share = 0.0
        for chosen, value in r2.items():
            if name not in chosen:
                joined = tuple(one for one in names if one in chosen or one == name)
                share += (r2[joined] - value) / (len(names) * comb(len(names) - 1, len(chosen)))
        lines.append(Line(VARIANCE, name, SALES, SHARE, share, n=fit.days))
    return [*lines, Line(VARIANCE, LEFT, SALES, SHARE, 1 - r2[tuple(names)], n=fit.days)]


def strengths(found: Adjusted) -> list[Line]:
    """Measure the strength of the weekly and the yearly season: 1 - var(rest) / var(season + rest) (Wang, Smith and Hyndman 2006).

    The chain's mean log sales without promotions, Monday to Saturday; closed days are filled from the same weekday of
    the weeks about. Two or three years fit any noise to some degree: that degree is given beside it.
    """
    weekday = found.seen.weekday
    fit = found.fits[SALES]
    used = ~np.isnan(fit.unexplained)
    work = [k for k in range(SUNDAY) if used[weekday == k].sum() > 1]
    promo = fit.explained(found.terms.values[0], found.terms.of(PROMO))
    values = np.where(used, _usual_store(found) - promo, np.nan)
    span = np.flatnonzero(used)[[0, -1]]
    days = np.arange(span[0], span[1] + 1)
    for k in work:
        of_day = days[weekday[days] == k]
        known = of_day[used[of_day]]
        values[of_day] = np.interp(of_day, known, values[known])
    series = values[days[np.isin(weekday[days], work)]]
    year = round(YEAR * len(work) / 7)
    periods = {WEEKLY: len(work)} | ({YEARLY: year} if len(series) >= 2 * year + len(work) else {})
    if len(work) < 2 or len(series) < 2 * len(work) + 1 or np.ptp(fit.unexplained[used]) < EXACT:
        return []
    got = _strength(series, list(periods.values()))
    noise = _noise(fit.unexplained[used], len(series))
    chance = np.mean([_strength(one, list(periods.values())) for one in noise], axis=0)
    lines = []
    for k, name in enumerate(periods):
        lines.append(Line(STRENGTH, name, SALES, SHARE, got[k], n=len(series)))
        lines.append(Line(STRENGTH, f"{name}, by chance", SALES, SHARE, float(chance[k]), n=DRAWS))
    return lines


def _usual_store(found: Adjusted) -> Floats:
    """Return the mean log sales of a usual store by day: the chain's index on the weekday's mean level."""
    split = found.two_way[SALES]
    level = np.array([np.nanmean(column) if not np.isnan(column).all() else np.nan for column in split.level.T])
    out: Floats = split.index[0] + level[found.seen.weekday]
    return out


def _explained(gram: Floats, cross: Floats, chosen: list[int]) -> float:
    if not chosen:
        return 0.0
    part = cross[chosen]
    return float(part @ linalg.lstsq(gram[np.ix_(chosen, chosen)], part)[0])


def _strength(series: Floats, periods: list[int]) -> list[float]:
    parts = MSTL(series, periods=tuple(periods)).fit()
    season = np.asarray(parts.seasonal).reshape(len(series), -1)
    rest = np.asarray(parts.resid)
    return [max(0.0, 1 - float(np.var(rest) / max(np.var(rest + column), 1e-12))) for column in season.T]


def _noise(rest: Floats, length: int) -> Floats:
    """Draw noise whose days hang together as those that the calendar leaves unexplained."""
    kept = float(np.clip(np.corrcoef(rest[:-1], rest[1:])[0, 1], -0.9, 0.9))
    rng = np.random.default_rng(SEED)
    process = ArmaProcess([1, -kept], [1])
    return np.asarray(
        process.generate_sample((DRAWS, length), axis=1, distrvs=rng.standard_normal, burnin=50), dtype=float
    )
