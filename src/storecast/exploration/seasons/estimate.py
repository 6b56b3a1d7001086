"""Seasons: what weekday, month, year, trend, Christmas, Easter, summer and pay day do to the sales of an open store.

All effects come from one regression of the chain's index (see `storecast.exploration.shared.calendar_regression`), so that the
effect of a promotion in December is not ascribed to December. What happens once a year is judged by how much the years differ.
"""

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl

from storecast.arrays import F64
from storecast.data.panel import Panel
from storecast.dates import MONTHS, WEEKDAYS
from storecast.exploration.seasons.parts import BY_TREND, Part
from storecast.exploration.seasons.strength import strengths, variance_shares
from storecast.exploration.seasons.summer_holidays import summer_holidays
from storecast.exploration.shared.adjusted import Adjusted, adjust
from storecast.exploration.shared.calendar_regression import CalendarFit
from storecast.exploration.shared.calendar_terms import (
    DAYS_PER_YEAR,
    HOLIDAY_KINDS,
    OPEN_KINDS,
    Family,
    Term,
    occasions,
)
from storecast.exploration.shared.estimates import Estimate, Interval, Unit, relative_change, tidy_table
from storecast.exploration.shared.evidence import (
    DAYS_FOR_GROWTH,
    promotion_estimates,
    sales_span,
    span_estimate,
    sunday_estimates,
)
from storecast.exploration.shared.like_for_like import competitor_estimates, like_for_like
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.regression import mean_interval, ols, t_quantile

USUAL_DAYS = "14 to 18"  # of the month, with which the others are compared
MIN_DAYS_IN_MONTH = 15  # trading days of a month that counts
MIN_DAYS_IN_WEEK = 3
MIN_FREEDOM = 5  # degrees of freedom; with fewer, the differences between years mean little
MIN_SHARE_OF_STORES = 0.5  # of the largest number; with fewer, a day's mean is that of unusual stores


def estimate_seasons(panel: Panel) -> pl.DataFrame:
    """Measure what seasons do to the sales of an open store, and how strong each is.

    Returns
    -------
    a tidy table with the parts of `Part`; N is the stores of a weekday,
    the days of the regression, or the years behind a month
    """
    adjusted = adjust(panel)
    fit, days = adjusted.fits[SALES], sales_span(adjusted.observed)
    estimates = [
        span_estimate(adjusted.observed),
        *sunday_estimates(adjusted.observed),
        *promotion_estimates(adjusted.observed),
        *_weekdays(adjusted),
        *_month_days(fit),
    ]
    if days >= DAYS_PER_YEAR:
        estimates += [*_months(adjusted), *_occasions(adjusted), *summer_holidays(adjusted)]
    if days >= DAYS_FOR_GROWTH:
        estimates += [*competitor_estimates(adjusted), *_growth(like_for_like(adjusted))]
    return tidy_table(
        [*estimates, *variance_shares(adjusted), *strengths(adjusted), *_weeks(adjusted), *_calendar(adjusted)]
    )


def contrast(fit: CalendarFit, weights: F64) -> Interval:
    """Return a weighted sum of the estimated terms of a regression.

    Parameters
    ----------
    weights : of the estimated terms, in their order
    """
    value = float(weights @ np.array([interval.value for interval in fit.intervals.values()]))
    freedom = fit.days - len(fit.intervals) - 1
    half = float(t_quantile(freedom) * np.sqrt(weights @ fit.covariance @ weights))
    return Interval(value, value - half, value + half)


def adjusted_index(adjusted: Adjusted, *, holidays: bool) -> F64:
    """Return the chain's index without promotions and days of the month; NaN on days when few stores traded.

    Parameters
    ----------
    holidays : whether the effects of state holidays are left in
    """
    families = {Family.PROMOTION, Family.MONTH_DAY, Family.WEEKDAY} | (
        set() if holidays else {*HOLIDAY_KINDS, *OPEN_KINDS}
    )
    fit = adjusted.fits[SALES]
    effect = fit.explained(adjusted.terms.values[0], adjusted.terms.columns_of(*families))
    return np.where(np.isnan(fit.unexplained), np.nan, adjusted.two_way[SALES].index[0] - effect)


def _weekdays(adjusted: Adjusted) -> list[Estimate]:
    """Compare weekdays within a store: as sold, and without promotions and holidays, which favour some weekdays."""
    level, weekday, fit = adjusted.two_way[SALES].level, adjusted.observed.weekday, adjusted.fits[SALES]
    sold = ~np.isnan(adjusted.two_way[SALES].index[0])
    columns = [k for k, term in enumerate(adjusted.terms.terms) if term in fit.intervals]
    counted = np.array([term.family != Family.WEEKDAY for term in fit.intervals])
    values = adjusted.terms.values[0][:, columns] * counted
    known = [k for k in range(7) if (sold & (weekday == k)).any() and not np.isnan(level[:, k]).all()]
    noise = {k: _day_noise(fit.unexplained[sold & (weekday == k)]) for k in known}
    means = {k: values[sold & (weekday == k)].mean(axis=0) for k in known}
    working_days = [k for k in known if k in adjusted.observed.usual_weekdays]
    whole = level[:, working_days].mean(axis=1)  # NaN where a store never sells on one of them
    base = np.mean([means[k] for k in working_days], axis=0)
    estimates = []
    for k in known:
        own = level[:, k] - whole
        own = own[~np.isnan(own)]
        if not len(own):
            continue
        as_sold, correction = mean_interval(own), contrast(fit, base - means[k])
        of_stores, of_days = ((one.high or one.value) - one.value for one in (as_sold, correction))
        value, half = as_sold.value + correction.value, float(np.hypot(np.hypot(of_stores, of_days), noise[k]))
        corrected = Interval(value, value - half, value + half)
        for part, interval in ((Part.WEEKDAY_AS_SOLD, as_sold), (Part.WEEKDAY, corrected)):
            estimates.append(relative_change(part, WEEKDAYS[k], SALES, interval, position=k, n=len(own)))
    return sorted(estimates, key=lambda estimate: (estimate.part, estimate.position or 0))


def _day_noise(unexplained: F64) -> float:
    """Return how far the mean of some days may lie off, since what is unexplained of a day is the same in all stores."""
    seen = unexplained[~np.isnan(unexplained)]
    return float(t_quantile(len(seen) - 1) * seen.std(ddof=1) / np.sqrt(len(seen))) if len(seen) > 2 else 0.0


def _month_days(fit: CalendarFit) -> list[Estimate]:
    days = {term.label: interval for term, interval in fit.intervals.items() if term.family == Family.MONTH_DAY}
    if not days:
        return []
    days[USUAL_DAYS] = Interval(0.0)
    first = {label: int(label.split()[0]) for label in days}
    return [
        relative_change(Part.DAYS_OF_MONTH, label, SALES, days[label], position=first[label], n=fit.days)
        for label in sorted(days, key=first.__getitem__)
    ]


def _months(adjusted: Adjusted) -> list[Estimate]:
    """Compare months with the mean of the twelve; their intervals come from how much a month differs from year to year."""
    estimates = []
    for part, holidays in ((Part.MONTH, True), (Part.MONTH_WITHOUT_HOLIDAYS, False)):
        table = _by_month(adjusted, adjusted_index(adjusted, holidays=holidays))
        months, years = table["month"].to_numpy(), table["year"].to_numpy()
        if len(np.unique(months)) < 12:
            continue
        of_month = np.eye(12)[months - 1]
        several = len(np.unique(years)) > 1 and len(table) > 13
        time = (years + (months - 0.5) / 12).astype(float)
        matrix = np.column_stack([of_month, time - time.mean()]) if several else of_month
        fit = ols(table["value"].to_numpy(), matrix).fit()
        against = np.eye(12, matrix.shape[1]) - np.r_[np.full(12, 1 / 12), np.zeros(matrix.shape[1] - 12)]
        values = against @ fit.params
        bounds = fit.t_test(against).conf_int() if fit.df_resid >= MIN_FREEDOM else np.full((12, 2), np.nan)
        for k, name in enumerate(MONTHS):
            interval = Interval(float(values[k]), *(None if np.isnan(end) else float(end) for end in bounds[k]))
            estimates.append(
                relative_change(part, name, SALES, interval, position=k + 1, n=int((months == k + 1).sum()))
            )
        if part == Part.MONTH:
            trend = matrix[:, 12:] @ fit.params[12:] if several else 0.0
            single = table["value"].to_numpy() - fit.params[:12].mean() - trend
            estimates += [
                relative_change(Part.MONTH_OF_ONE_YEAR, str(year), SALES, Interval(float(value)), position=int(month))
                for year, month, value in zip(years, months, single, strict=True)
            ]
    return estimates


def _by_month(adjusted: Adjusted, values: F64) -> pl.DataFrame:
    """Return the mean of each full month."""
    table = pl.DataFrame({"day": adjusted.observed.dates, "value": values}).filter(pl.col("value").is_not_nan())
    return (
        table.group_by(pl.col("day").dt.year().alias("year"), pl.col("day").dt.month().alias("month"))
        .agg(pl.col("value").mean(), pl.len())
        .filter(pl.col("len") >= MIN_DAYS_IN_MONTH)
        .sort("year", "month")
    )


def _occasions(adjusted: Adjusted) -> list[Estimate]:
    """Average the terms of December, Christmas and Easter over the days they span; those that have not come yet have none."""
    fit = adjusted.fits[SALES]
    ahead = {kind for kind in HOLIDAY_KINDS if not occasions(adjusted.observed, kind)}
    names: dict[str, Callable[[Term], bool]] = {
        "1 to 14 December": lambda term: term.family == Family.DECEMBER,
        "10 days before Christmas": lambda term: term.family == "Christmas" and (term.position or 0) < 0,
        "10 days after Christmas": lambda term: term.family == "Christmas" and (term.position or 0) > 0,
        "week before Easter": lambda term: term.family == "Easter" and -7 <= (term.position or 0) < 0,
        "Easter Saturday": lambda term: term.family == "Easter" and term.position == 0,
        "week after Easter": lambda term: term.family == "Easter" and 0 < (term.position or 0) <= 7,
    }
    estimates = []
    for name, includes in names.items():
        flags = np.array([includes(term) and term.family not in ahead for term in fit.intervals])
        if flags.any():
            mean = contrast(fit, flags / flags.sum())
            estimates.append(relative_change(Part.OCCASION, name, SALES, mean, n=fit.days))
    return estimates


def _growth(adjusted: Adjusted) -> list[Estimate]:
    estimates = []
    for measure in (SALES, CUSTOMERS):
        fit = adjusted.fits.get(measure)
        for term, interval in fit.intervals.items() if fit else ():
            if term.family == Family.TREND:
                estimates.append(relative_change(Part.GROWTH, BY_TREND, measure, interval, n=fit.days if fit else 0))
    table = _by_month(adjusted, adjusted_index(adjusted, holidays=False))
    later = table.with_columns(pl.col("year") - 1)
    pairs = table.join(later, on=["year", "month"], suffix="_next").sort("year", "month")
    for year in pairs["year"].unique().sort():
        rows = pairs.filter(pl.col("year") == year)
        gain = mean_interval((rows["value_next"] - rows["value"]).to_numpy())
        estimates.append(relative_change(Part.GROWTH, f"{year + 1} over {year}", SALES, gain, n=rows.height))
    return estimates


def _weeks(adjusted: Adjusted) -> list[Estimate]:
    values = adjusted_index(adjusted, holidays=False)
    dates = adjusted.observed.dates
    table = pl.DataFrame({"day": dates, "value": values - np.nanmean(values)}).filter(pl.col("value").is_not_nan())
    weeks = table.group_by(pl.col("day").dt.truncate("1w")).agg(pl.col("value").mean(), pl.len()).sort("day")
    return [
        relative_change(Part.WEEK, day.isoformat(), SALES, Interval(value), n=n)
        for day, value, n in weeks.iter_rows()
        if n >= MIN_DAYS_IN_WEEK
    ]


def _calendar(adjusted: Adjusted) -> list[Estimate]:
    """Return the mean sales of an open store day by day, where enough stores were open for the mean to compare."""
    observed, count = adjusted.observed, adjusted.two_way[SALES].count[0]
    money = np.where(np.isnan(observed.logs[SALES]), 0.0, np.nan_to_num(observed.grid.sales)).sum(axis=0)
    first: dt.date = observed.grid.first
    days = [(first + dt.timedelta(days=k)).isoformat() for k in range(len(money))]
    return [
        Estimate(Part.DAY, days[k], SALES, Unit.MONEY, float(money[k] / count[k]), n=int(count[k]))
        for k in np.flatnonzero((count > 0) & (count >= MIN_SHARE_OF_STORES * count.max()))
    ]
