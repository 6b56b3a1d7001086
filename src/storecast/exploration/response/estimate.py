"""Which stores respond to promotions, and when: each store's uplift, shrunk for noise, and what moving promotions would bring.

A store's own uplift is estimated from some sixty weeks and is noisy: the best of a thousand look better than they are. Each is
therefore shrunk to the chain's mean by as much as its standard error demands (a random-effects meta-analysis; the spread of the
true uplifts by Paule and Mandel 1982, in statsmodels).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.data.panel import Panel
from storecast.exploration.response.parts import GAIN, RAW_UPLIFT, UPLIFT, Part
from storecast.exploration.shared.adjusted import Adjusted, adjust
from storecast.exploration.shared.calendar_terms import DAYS_PER_YEAR
from storecast.exploration.shared.estimates import (
    Estimate,
    Interval,
    NotAnswerableError,
    Unit,
    relative_change,
    tidy_table,
)
from storecast.exploration.shared.evidence import MAX_CHANCE, chance_of_no_difference
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.promotion_weeks import PromotionWeeks, promotion_weeks
from storecast.exploration.shared.regression import NORMAL, between_store_variance, clustered_regression, demean

THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
MOVED_SHARE = 0.1  # of the promotion days
MAX_SHARE_OF_A_STORE = 0.25  # of its promotion days, which a store gives or takes at most
WEEKS_ALIKE = 2  # weeks after which what is left of a week is no longer like it
MIN_STORES = 10
MIN_WEEKS = 8  # with a promotion, and without, of a store
MIN_WEEKS_OF_A_SEASON = 4
DRAWS = 2000
QUARTERS = ("January to March", "April to June", "July to September", "October to December")
PAY_WEEK, OTHER_WEEK = "weeks with a month's end", "other weeks"


@dataclass(frozen=True, eq=False)
class Uplifts:
    """Each store's uplift, on logs; NaN where it has too few weeks.

    Attributes
    ----------
    raw, variance : as measured, with the variance of its error
    shrunk, shrunk_variance : shrunk to the chain's mean
    chain : the mean store
    spread : standard deviation of the true uplifts between stores
    """

    raw: F64
    variance: F64
    shrunk: F64
    shrunk_variance: F64
    chain: Interval
    spread: float

    @property
    def error(self) -> float:
        """The standard error of the chain's uplift, which all stores share; 0 where it is not known."""
        return 0.0 if self.chain.high is None else (self.chain.high - self.chain.value) / NORMAL

    @property
    def half_widths(self) -> F64:
        """Half the width of each store's 95% interval, on logs: its own error and the chain's, (stores,)."""
        half: F64 = NORMAL * np.sqrt(self.shrunk_variance + self.error**2)
        return half


def estimate_response(panel: Panel) -> pl.DataFrame:
    """Rank stores by their response to promotions, and work out what moving some of them would bring.

    Returns
    -------
    a tidy table with the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where fewer than ten stores have enough weeks with a promotion, and without.
    """
    adjusted = adjust(panel)
    weeks = promotion_weeks(adjusted)
    mean = weeks.means(adjusted.logs[SALES])
    uplifts = _uplifts(mean, weeks)
    judged = np.flatnonzero(~np.isnan(uplifts.shrunk))
    if len(judged) < MIN_STORES:
        raise NotAnswerableError(
            f"{len(judged)} stores have {MIN_WEEKS} weeks with a promotion and as many without; at least {MIN_STORES} are "
            "needed to rank them"
        )
    base, days = _usual_day(adjusted, weeks), _promotion_days(adjusted)
    chance = chance_of_no_difference(uplifts.raw[judged], np.sqrt(uplifts.variance[judged]))
    estimates = [
        *_stores(adjusted, uplifts, judged, base),
        relative_change(Part.CHAIN, "all", UPLIFT, uplifts.chain, n=len(judged)),
        Estimate(Part.SPREAD, "all", UPLIFT, Unit.CHANGE, float(np.expm1(uplifts.spread)), n=len(judged)),
        *_reliability(mean, weeks),
        *_break_even(uplifts, judged),
        Estimate(Part.DIFFERENCES, "chance", UPLIFT, Unit.SHARE, chance, n=len(judged)),
        *(_shift(adjusted, uplifts, judged, base, days) if chance < MAX_CHANCE else ()),
        *_when(adjusted, mean, weeks),
    ]
    return tidy_table(estimates)


def _uplifts(mean: F64, weeks: PromotionWeeks) -> Uplifts:
    """Measure each store against the chain's weeks, so that weather that all stores share is no store's response."""
    chain = _chain(mean, weeks)
    relative = _relative(mean)
    raw, variance = _differences(relative, weeks.promoted)
    variance = variance * _share_of_variance(relative, weeks.promoted)
    judged = ~np.isnan(raw) & (variance > 0)
    shrunk, shrunk_variance = np.full(len(raw), np.nan), np.full(len(raw), np.nan)
    raw = raw - (float(np.mean(raw[judged])) if judged.any() else 0.0) + chain.value
    spread = 0.0
    if judged.sum() >= MIN_STORES:
        spread = float(np.sqrt(between_store_variance(raw[judged], variance[judged])))
        weight = spread**2 / (spread**2 + variance[judged])
        shrunk[judged] = chain.value + weight * (raw[judged] - chain.value)
        shrunk_variance[judged] = weight * variance[judged]
    return Uplifts(raw, variance, shrunk, shrunk_variance, chain, spread)


def _relative(mean: F64) -> F64:
    """Take the mean of all stores off each week."""
    known = ~np.isnan(mean)
    relative: F64 = mean - np.where(known, mean, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return relative


def _chain(mean: F64, weeks: PromotionWeeks) -> Interval:
    used = ~np.isnan(mean) & ~np.isnan(weeks.promoted)
    store, week = np.nonzero(used)
    y, x = demean(mean[used], store), demean(weeks.promoted[used], store)[:, None]
    return clustered_regression(y, x, weeks.spell[week] if weeks.all_together else week, store)[0]


def _differences(values: F64, promoted: F64) -> tuple[F64, F64]:
    """Return each store's mean of weeks with a promotion less its mean of the others, and the variance of that."""
    parts = []
    for value in (1.0, 0.0):
        known = (promoted == value) & ~np.isnan(values)
        number = known.sum(axis=1)
        safe = np.maximum(number, 1)
        mean = np.where(known, values, 0.0).sum(axis=1) / safe
        variance = (np.where(known, values - mean[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(number - 1, 1)
        enough = number >= MIN_WEEKS
        parts.append((np.where(enough, mean, np.nan), np.where(enough, variance / safe, np.nan)))
    (with_mean, with_variance), (without_mean, without_variance) = parts
    return with_mean - without_mean, with_variance + without_variance


def _share_of_variance(values: F64, promoted: F64) -> float:
    """Return the variance of stores' differences as a share of what it were, were weeks independent; one for all stores.

    A week is like its neighbours, and a week with a promotion stands mostly beside one without: what the two share cancels.

    Source: Newey and West, A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent covariance matrix,
    Econometrica 55 (1987), pooled over stores.
    """
    shares = np.zeros(values.shape)  # of a week's departure from its mean in the store's difference
    for value, sign in ((1.0, 1), (0.0, -1)):
        known = (promoted == value) & ~np.isnan(values)
        number = np.maximum(known.sum(axis=1, keepdims=True), 1)
        mean = np.where(known, values, 0.0).sum(axis=1, keepdims=True) / number
        shares += np.where(known, sign * (values - mean) / number, 0.0)
    independent = float((shares**2).sum())
    lagged = sum(
        2 * (1 - lag / (WEEKS_ALIKE + 1)) * float((shares[:, lag:] * shares[:, :-lag]).sum())
        for lag in range(1, WEEKS_ALIKE + 1)
    )
    return (independent + lagged) / independent if independent > 0 else 1.0


def _usual_day(adjusted: Adjusted, weeks: PromotionWeeks) -> F64:
    """Return each store's mean sales of a day without promotion, on the weekdays that have promotions."""
    grid = adjusted.observed.grid
    usual = (grid.sales > 0) & (grid.promo == 0) & np.isin(adjusted.observed.weekday, weeks.weekdays)[None, :]
    mean: F64 = np.where(usual, grid.sales, 0.0).sum(axis=1) / np.maximum(usual.sum(axis=1), 1)
    return mean.astype(np.float64)


def _promotion_days(adjusted: Adjusted) -> F64:
    """Return each store's promotion days a year."""
    grid = adjusted.observed.grid
    days: F64 = ((grid.promo == 1) & (grid.sales > 0)).sum(axis=1) / _years(adjusted)
    return days


def _trading_days(adjusted: Adjusted) -> F64:
    """Return each store's days with sales a year."""
    days: F64 = (adjusted.observed.grid.sales > 0).sum(axis=1) / _years(adjusted)
    return days


def _years(adjusted: Adjusted) -> float:
    """Return how many years lie between the first and the last day with sales."""
    sold = np.flatnonzero((adjusted.observed.grid.sales > 0).any(axis=0))
    return float(sold[-1] - sold[0] + 1) / DAYS_PER_YEAR


def _stores(adjusted: Adjusted, uplifts: Uplifts, judged: I64, base: F64) -> list[Estimate]:
    names = adjusted.observed.stores[s.STORE].cast(pl.String).to_list()
    estimates = []
    for k in judged[np.argsort(-uplifts.shrunk[judged], kind="stable")]:
        value, half = float(uplifts.shrunk[k]), float(uplifts.half_widths[k])
        interval = Interval(value, value - half, value + half)
        low, middle, high = (float(base[k] * np.expm1(end)) for end in (value - half, value, value + half))
        raw, error = float(uplifts.raw[k]), NORMAL * float(np.sqrt(uplifts.variance[k] + uplifts.error**2))
        estimates += [
            relative_change(Part.STORE, names[k], UPLIFT, interval),
            relative_change(Part.STORE, names[k], RAW_UPLIFT, Interval(raw, raw - error, raw + error)),
            Estimate(Part.STORE, names[k], GAIN, Unit.MONEY, middle, low, high),
        ]
    return estimates


def _reliability(mean: F64, weeks: PromotionWeeks) -> list[Estimate]:
    """Correlate the stores' uplifts in odd spells with those in even ones: noise alone would give 0."""
    relative = _relative(mean)
    halves = [
        _differences(np.where((weeks.spell % 2 == k)[None, :], relative, np.nan), weeks.promoted)[0] for k in (0, 1)
    ]
    both = ~np.isnan(halves[0]) & ~np.isnan(halves[1])
    if both.sum() < MIN_STORES:
        return []
    from scipy import stats  # not where the effects alone are asked for: it takes a second

    correlation = stats.pearsonr(halves[0][both], halves[1][both])
    bounds = correlation.confidence_interval()
    value, low, high = float(correlation.statistic), float(bounds.low), float(bounds.high)
    return [
        Estimate(Part.RELIABILITY, "odd and even spells", UPLIFT, Unit.CORRELATION, value, low, high, n=int(both.sum()))
    ]


def _break_even(uplifts: Uplifts, judged: I64) -> list[Estimate]:
    half = uplifts.half_widths[judged]
    low, high = np.expm1(uplifts.shrunk[judged] - half), np.expm1(uplifts.shrunk[judged] + half)
    estimates = []
    for threshold in THRESHOLDS:
        above, below = int((low > threshold).sum()), int((high < threshold).sum())
        for name, count in (("surely above", above), ("surely below", below), ("open", len(judged) - above - below)):
            estimates.append(
                Estimate(
                    Part.BREAK_EVEN,
                    f"{threshold:.0%}",
                    name,
                    Unit.COUNT,
                    float(count),
                    position=threshold,
                    n=len(judged),
                )
            )
    return estimates


def _shift(adjusted: Adjusted, uplifts: Uplifts, judged: I64, base: F64, days: F64) -> list[Estimate]:
    """Move a tenth of the promotion days from the stores where a day gains least to those where it gains most.

    No store gives or takes more than a quarter of its own. The stores are chosen by their shrunk uplift; the interval draws their
    true uplifts again, and the chain's. Where stores would have more promotion days, or fewer, than any store was seen to have,
    there is no interval: nothing says how they would sell then.
    """
    gain = base * np.expm1(uplifts.shrunk)
    order = judged[np.argsort(gain[judged], kind="stable")]
    moved = MOVED_SHARE * days[judged].sum()
    most = MAX_SHARE_OF_A_STORE * days[order]
    giving = _take(most, moved)
    taking = _take(most[::-1], moved)[::-1]
    share = days[order] / np.maximum(_trading_days(adjusted)[order], 1e-9)
    after = share * (1 + (taking - giving) / np.maximum(days[order], 1e-9))
    was_seen = after.min() >= share.min() and after.max() <= share.max()
    rng = np.random.default_rng(0)
    drawn = uplifts.shrunk[order] + np.sqrt(uplifts.shrunk_variance[order]) * rng.standard_normal((DRAWS, len(order)))
    drawn += uplifts.error * rng.standard_normal((DRAWS, 1))  # what all stores have in common
    money = (base[order] * np.expm1(drawn)) @ (taking - giving)
    value = float(gain[order] @ (taking - giving))
    low, high = (float(end) for end in (np.quantile(money, (0.025, 0.975)) if was_seen else (np.nan, np.nan)))
    year = float(np.nansum(adjusted.observed.grid.sales)) / _years(adjusted)
    return [
        Estimate(Part.SHIFT, "sales a year", SALES, Unit.MONEY, value, low, high, n=round(moved)),
        Estimate(
            Part.SHIFT, "share of sales", SALES, Unit.SHARE, value / year, low / year, high / year, n=round(moved)
        ),
        Estimate(Part.SHIFT, "stores that give", SALES, Unit.COUNT, float((giving > 0).sum())),
        Estimate(Part.SHIFT, "stores that take", SALES, Unit.COUNT, float((taking > 0).sum())),
    ]


def _take(days: F64, moved: float) -> F64:
    """Take days from the front until enough are taken; return how many are taken at each place."""
    before = np.cumsum(days) - days
    part: F64 = np.clip(moved - before, 0.0, days)
    return part


def _when(adjusted: Adjusted, mean: F64, weeks: PromotionWeeks) -> list[Estimate]:
    """Compare promotions of different times of the year and of the month with the weeks without, within stores."""
    dates = adjusted.observed.dates
    monday = np.array([dates[weeks.week_of_day == k][0] for k in range(weeks.count)])
    quarter = (monday.astype("datetime64[M]").astype(np.int64) % 12) // 3
    day = (monday - monday.astype("datetime64[M]")).astype(np.int64) + 1
    pay = (day >= 25) | (day <= 1)  # Monday to Friday hold the 29th, 30th, 31st or 1st
    promoted = weeks.week_in_spell > 0
    splits = {name: promoted & (quarter == k) for k, name in enumerate(QUARTERS)}
    estimates = []
    for parts in (splits, {PAY_WEEK: promoted & pay, OTHER_WEEK: promoted & ~pay}):
        frequent = {name: flags for name, flags in parts.items() if flags.sum() >= MIN_WEEKS_OF_A_SEASON}
        if len(frequent) < 2:
            continue
        x = np.stack([np.where(flags[None, :], weeks.promoted, 0.0) for flags in frequent.values()], axis=-1)
        used = ~np.isnan(mean) & ~np.isnan(weeks.promoted)
        store, week = np.nonzero(used)
        intervals = clustered_regression(demean(mean[used], store), demean(x[used], store), weeks.spell[week], store)
        estimates += [
            relative_change(Part.WHEN, name, UPLIFT, interval, n=int(flags.sum()))
            for (name, flags), interval in zip(frequent.items(), intervals, strict=True)
        ]
    return estimates
