"""Seasons: what weekday, month, year, trend, Christmas, Easter, summer and pay day do to the sales of an open store.

All effects come from one regression of the chain's day (see `storecast.questions.calendar`), so that a promotion in December
is not taken for December. What happens only once a year is judged by how much the years differ, and by nothing less.
"""

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import statsmodels.api as sm
from scipy import stats

from storecast.data.panel import Panel
from storecast.questions.adjusted import Adjusted, adjusted
from storecast.questions.calendar import DECEMBER, KINDS, MONTH_DAY, PROMO, TREND, WEEKDAY, YEAR, CalendarFit, Term
from storecast.questions.estimate import LEVEL, mean_interval
from storecast.questions.levels import CUSTOMERS, SALES, SUNDAY, WEEKDAYS, Floats
from storecast.questions.seasons_strength import strengths, variance_shares
from storecast.questions.seasons_summer import summer
from storecast.questions.tidy import MONEY, Interval, Line, change, tidy

AS_SOLD, PLAIN = "weekday as sold", "weekday without promotions"
MONTH, QUIET_MONTH, ONE_MONTH = "month", "month without holidays", "month of one year"
MONTH_DAYS, OCCASION, GROWTH, WEEK, DAY = "days of the month", "occasion", "growth", "week", "calendar"
BY_TREND = "a year, by the trend"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
USUAL_DAYS = "14 to 18"  # of the month, with which the others are compared
FULL_MONTH = 15  # trading days from which a month of a year counts
SPARE = 5  # months of years beyond the unknowns, below which the years' differences say nothing
TO_GROW = 1.25 * YEAR  # days from which growth and season can be told apart
BLANK = 0.5  # of the usual number of stores, below which a day's mean is that of odd stores


def seasons(panel: Panel) -> pl.DataFrame:
    """Measure what seasons do to the sales of an open store, and how strong each is.

    Returns
    -------
    weekday as sold, weekday without promotions : beside the mean of Monday to Saturday; N the stores
    days of the month : beside the 14th to 18th, Position the first of the days; N the days of the regression
    month, month without holidays : beside the mean of the twelve, promotions taken off, Position 1 to 12; N the years behind it
    month of one year : Group the year, Position the month
    occasion : December, Christmas, Easter, summer school holidays
    growth : a year by the trend, and year over year in the same months; N the days, or the months compared
    share of the variance : Shapley shares of what explains the differences between the chain's days
    strength of the season : weekly and yearly; "by chance" is what noise alone would show
    week : Group the Monday, beside the mean of all weeks: promotions, holidays and days of the month taken off
    calendar : Group the day, mean sales of an open store; N the stores
    """
    found = adjusted(panel)
    fit, days = found.fits[SALES], (panel.end - panel.first).days + 1
    lines = [*_weekdays(found), *_month_days(fit)]
    if days >= YEAR:
        lines += [*_months(found), *_occasions(fit), *summer(found)]
    if days >= TO_GROW:
        lines += _growth(found)
    return tidy([*lines, *variance_shares(found), *strengths(found), *_weeks(found), *_calendar(found)])


def contrast(fit: CalendarFit, weights: Floats) -> Interval:
    """Weigh the estimated terms of a regression, in their order, and return the sum with its interval."""
    value = float(weights @ np.array([got.value for got in fit.intervals.values()]))
    freedom = fit.days - len(fit.intervals) - 1
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom) * np.sqrt(weights @ fit.covariance @ weights))
    return Interval(value, value - half, value + half)


def bare(found: Adjusted, *, holidays: bool) -> Floats:
    """Return the chain's index without promotions and days of the month, and with or without holidays; NaN on odd days."""
    families = {PROMO, MONTH_DAY, WEEKDAY} | (set() if holidays else set(KINDS))
    fit = found.fits[SALES]
    part = fit.explained(found.terms.values[0], found.terms.of(*families))
    return np.where(np.isnan(fit.unexplained), np.nan, found.two_way[SALES].index[0] - part)


def _weekdays(found: Adjusted) -> list[Line]:
    """Compare weekdays within a store; without promotions and holidays, which fall on some weekdays more than on others."""
    level, weekday, fit = found.two_way[SALES].level, found.seen.weekday, found.fits[SALES]
    sold = ~np.isnan(found.two_way[SALES].index[0])
    places = [k for k, term in enumerate(found.terms.terms) if term in fit.intervals]
    counted = np.array([term.family != WEEKDAY for term in fit.intervals])
    values = found.terms.values[0][:, places] * counted
    there = [k for k in range(7) if (sold & (weekday == k)).any() and not np.isnan(level[:, k]).all()]
    means = {k: values[sold & (weekday == k)].mean(axis=0) for k in there}
    work = [k for k in there if k != SUNDAY]
    whole = level[:, work].mean(axis=1)  # NaN where a store never sells on one of them
    base = np.mean([means[k] for k in work], axis=0)
    lines = []
    for k in there:
        own = level[:, k] - whole
        own = own[~np.isnan(own)]
        if not len(own):
            continue
        raw, taken = mean_interval(own), contrast(fit, base - means[k])
        of_stores, of_days = ((one.high or one.value) - one.value for one in (raw, taken))
        value, half = raw.value + taken.value, float(np.hypot(of_stores, of_days))
        plain = Interval(value, value - half, value + half)
        for part, got in ((AS_SOLD, raw), (PLAIN, plain)):
            lines.append(change(part, WEEKDAYS[k], SALES, got, position=k, n=len(own)))
    return sorted(lines, key=lambda line: (line.part, line.position or 0))


def _month_days(fit: CalendarFit) -> list[Line]:
    days = {term.label: got for term, got in fit.intervals.items() if term.family == MONTH_DAY}
    if not days:
        return []
    days[USUAL_DAYS] = Interval(0.0)
    first = {label: int(label.split()[0]) for label in days}
    return [
        change(MONTH_DAYS, label, SALES, days[label], position=first[label], n=fit.days)
        for label in sorted(days, key=first.__getitem__)
    ]


def _months(found: Adjusted) -> list[Line]:
    """Compare months: what one of them is worth is judged by how much it differs from year to year."""
    lines = []
    for part, holidays in ((MONTH, True), (QUIET_MONTH, False)):
        table = _by_month(found, bare(found, holidays=holidays))
        months, years = table["month"].to_numpy(), table["year"].to_numpy()
        if len(np.unique(months)) < 12:
            continue
        of_month = np.eye(12)[months - 1]
        several = len(np.unique(years)) > 1 and len(table) > 13
        passed = (years + (months - 0.5) / 12).astype(float)
        matrix = np.column_stack([of_month, passed - passed.mean()]) if several else of_month
        fit = sm.OLS(table["value"].to_numpy(), matrix).fit()
        against = np.eye(12, matrix.shape[1]) - np.r_[np.full(12, 1 / 12), np.zeros(matrix.shape[1] - 12)]
        values = against @ fit.params
        bounds = fit.t_test(against).conf_int() if fit.df_resid >= SPARE else np.full((12, 2), np.nan)
        for k, name in enumerate(MONTHS):
            got = Interval(float(values[k]), *(None if np.isnan(end) else float(end) for end in bounds[k]))
            lines.append(change(part, name, SALES, got, position=k + 1, n=int((months == k + 1).sum())))
        if part == MONTH:
            ones = table["value"].to_numpy() - fit.params[:12].mean() - (
                matrix[:, 12:] @ fit.params[12:] if several else 0.0
            )  # fmt: skip
            lines += [
                change(ONE_MONTH, str(year), SALES, Interval(float(value)), position=int(month))
                for year, month, value in zip(years, months, ones, strict=True)
            ]
    return lines


def _by_month(found: Adjusted, values: Floats) -> pl.DataFrame:
    """Return the mean of each full month."""
    table = pl.DataFrame({"day": found.seen.dates, "value": values}).filter(pl.col("value").is_not_nan())
    return (
        table.group_by(pl.col("day").dt.year().alias("year"), pl.col("day").dt.month().alias("month"))
        .agg(pl.col("value").mean(), pl.len())
        .filter(pl.col("len") >= FULL_MONTH)
        .sort("year", "month")
    )


def _occasions(fit: CalendarFit) -> list[Line]:
    """Average the terms of December, Christmas and Easter over the days they span."""
    picked: dict[str, Callable[[Term], bool]] = {
        "1 to 14 December": lambda term: term.family == DECEMBER,
        "10 days before Christmas": lambda term: term.family == "Christmas" and (term.position or 0) < 0,
        "10 days after Christmas": lambda term: term.family == "Christmas" and (term.position or 0) > 0,
        "week before Easter": lambda term: term.family == "Easter" and -7 <= (term.position or 0) < 0,
        "Easter Saturday": lambda term: term.family == "Easter" and term.position == 0,
        "week after Easter": lambda term: term.family == "Easter" and 0 < (term.position or 0) <= 7,
    }
    lines = []
    for name, wanted in picked.items():
        held = np.array([wanted(term) for term in fit.intervals])
        if held.any():
            lines.append(change(OCCASION, name, SALES, contrast(fit, held / held.sum()), n=fit.days))
    return lines


def _growth(found: Adjusted) -> list[Line]:
    lines = []
    for measure in (SALES, CUSTOMERS):
        fit = found.fits.get(measure)
        for term, got in fit.intervals.items() if fit else ():
            if term.family == TREND:
                lines.append(change(GROWTH, BY_TREND, measure, got, n=fit.days if fit else 0))
    table = _by_month(found, bare(found, holidays=False))
    later = table.with_columns(pl.col("year") - 1)
    pairs = table.join(later, on=["year", "month"], suffix="_next").sort("year", "month")
    for year in pairs["year"].unique().sort():
        rows = pairs.filter(pl.col("year") == year)
        gain = mean_interval((rows["value_next"] - rows["value"]).to_numpy())
        lines.append(change(GROWTH, f"{year + 1} over {year}", SALES, gain, n=rows.height))
    return lines


def _weeks(found: Adjusted) -> list[Line]:
    values = bare(found, holidays=False)
    dates = found.seen.dates
    table = pl.DataFrame({"day": dates, "value": values - np.nanmean(values)}).filter(pl.col("value").is_not_nan())
    weeks = table.group_by(pl.col("day").dt.truncate("1w")).agg(pl.col("value").mean(), pl.len()).sort("day")
    return [change(WEEK, day.isoformat(), SALES, Interval(value), n=n) for day, value, n in weeks.iter_rows() if n >= 3]


def _calendar(found: Adjusted) -> list[Line]:
    """Return the mean sales of an open store day by day, where enough stores were open for the mean to compare."""
    seen, count = found.seen, found.two_way[SALES].count[0]
    money = np.where(np.isnan(seen.logs[SALES]), 0.0, np.nan_to_num(seen.grid.sales)).sum(axis=0)
    first: dt.date = seen.grid.first
    return [
        Line(DAY, (first + dt.timedelta(days=int(k))).isoformat(), SALES, MONEY, float(money[k] / count[k]), n=int(count[k]))
        for k in np.flatnonzero((count > 0) & (count >= BLANK * count.max()))
    ]  # fmt: skip
