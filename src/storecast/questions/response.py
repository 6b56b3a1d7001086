"""Which stores answer to promotions, and when: each store's uplift, shrunk for noise, and what moving promotions would bring.

A store's own uplift stands on some sixty weeks and is noisy: the best of a thousand look better than they are. Each is
therefore drawn to the chain's mean by as much as its error says (a random-effects meta-analysis; the spread of the true
uplifts by Paule and Mandel 1982, in statsmodels).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.adjusted import Adjusted, adjusted
from storecast.questions.estimate import clustered, within
from storecast.questions.levels import SALES, Floats, Ints
from storecast.questions.tidy import (
    CHANGE,
    CORRELATION,
    COUNT,
    MONEY,
    SHARE,
    Interval,
    Line,
    NotAnswerableError,
    change,
    tidy,
)
from storecast.questions.weeks import Weeks, week_means, weeks

STORE, CHAIN, SPREAD, BREAK_EVEN, SHIFT, RELIABLE, WHEN = (
    "store", "chain", "spread", "break-even", "shift", "reliability", "when",
)  # fmt: skip
UPLIFT_OF, RAW, GAIN = "uplift", "uplift before shrinking", "gain of a promotion day"
THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
MOVED = 0.1  # of the promotion days
FEWEST_STORES = 10
FEWEST_WEEKS = 8  # of each kind, for a store to be judged
DRAWS = 2000
NORMAL = 1.96
QUARTERS = ("January to March", "April to June", "July to September", "October to December")
PAY_WEEK, OTHER_WEEK = "weeks with a month's end", "other weeks"


@dataclass(frozen=True, eq=False)
class Uplifts:
    """Each store's uplift, on logs: as measured with its variance, and shrunk with what is left of it."""

    raw: Floats
    variance: Floats
    shrunk: Floats
    left: Floats
    chain: Interval
    spread: float  # standard deviation of the true uplifts between stores

    @property
    def error(self) -> float:
        """The standard error of the chain's uplift, which all stores share; 0 where it is not known."""
        return 0.0 if self.chain.high is None else (self.chain.high - self.chain.value) / NORMAL


def response(panel: Panel) -> pl.DataFrame:
    """Rank stores by their response to promotions, and work out what moving some of them would bring.

    Returns
    -------
    store : Group is the store; its uplift (shrunk), the same before shrinking, and the money a promotion day gains
    chain, spread : the mean store, and how far true uplifts differ between stores
    reliability : correlation of the stores' uplifts in odd and in even spells
    break-even : Group is an uplift; how many stores are surely above, surely below, or neither
    shift : moving a tenth of promotion days from the weakest stores to the strongest, money a year and share of sales
    when : uplift by quarter, and in weeks with a month's end
    """
    found = adjusted(panel)
    ran = weeks(found)
    mean = week_means(found.logs[SALES], ran.of_day, found.seen.weekday, ran.weekdays, ran.on.shape[1])
    uplifts = _uplifts(mean, ran)
    judged = np.flatnonzero(~np.isnan(uplifts.shrunk))
    if len(judged) < FEWEST_STORES:
        raise NotAnswerableError(
            f"{len(judged)} stores have {FEWEST_WEEKS} weeks with a promotion and as many without; at least {FEWEST_STORES} are "
            "needed to rank them"
        )
    base, days = _usual_day(found, ran), _promotion_days(found)
    lines = [
        *_stores(found, uplifts, judged, base),
        change(CHAIN, "all", UPLIFT_OF, uplifts.chain, n=len(judged)),
        Line(SPREAD, "all", UPLIFT_OF, CHANGE, float(np.expm1(uplifts.spread)), n=len(judged)),
        *_reliability(mean, ran),
        *_break_even(uplifts, judged),
        *_shift(found, uplifts, judged, base, days),
        *_when(found, mean, ran),
    ]
    return tidy(lines)


def _uplifts(mean: Floats, ran: Weeks) -> Uplifts:
    """Measure each store against the chain's weeks, so that a week's common weather is no store's response."""
    chain = _chain(mean, ran)
    raw, variance = _differences(_relative(mean), ran.on)
    judged = ~np.isnan(raw) & (variance > 0)
    shrunk, left = np.full(len(raw), np.nan), np.full(len(raw), np.nan)
    raw = raw - (float(np.mean(raw[judged])) if judged.any() else 0.0) + chain.value
    spread = 0.0
    if judged.sum() >= FEWEST_STORES:
        pooled = combine_effects(raw[judged], variance[judged], method_re="iterated", use_t=False)
        spread = float(np.sqrt(max(pooled.tau2, 0.0)))
        kept = spread**2 / (spread**2 + variance[judged])
        shrunk[judged] = chain.value + kept * (raw[judged] - chain.value)
        left[judged] = kept * variance[judged]
    return Uplifts(raw, variance, shrunk, left, chain, spread)


def _relative(mean: Floats) -> Floats:
    """Take the mean of all stores off each week."""
    there = ~np.isnan(mean)
    out: Floats = mean - np.where(there, mean, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return out


def _chain(mean: Floats, ran: Weeks) -> Interval:
    kept = ~np.isnan(mean) & ~np.isnan(ran.on)
    store, week = np.nonzero(kept)
    x = within(ran.on[kept], store)[:, None]
    return clustered(within(mean[kept], store), x, ran.spell[week] if ran.common else week, store)[0]


def _differences(values: Floats, on: Floats) -> tuple[Floats, Floats]:
    """Return each store's mean of weeks with a promotion less its mean of the others, and the variance of that."""
    parts = []
    for value in (1.0, 0.0):
        there = (on == value) & ~np.isnan(values)
        number = there.sum(axis=1)
        safe = np.maximum(number, 1)
        middle = np.where(there, values, 0.0).sum(axis=1) / safe
        spread = (np.where(there, values - middle[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(number - 1, 1)
        enough = number >= FEWEST_WEEKS
        parts.append((np.where(enough, middle, np.nan), np.where(enough, spread / safe, np.nan)))
    return parts[0][0] - parts[1][0], parts[0][1] + parts[1][1]


def _usual_day(found: Adjusted, ran: Weeks) -> Floats:
    """Return each store's mean sales of a day without promotion, on the weekdays that have promotions."""
    grid = found.seen.grid
    usual = (grid.sales > 0) & (grid.promo == 0) & np.isin(found.seen.weekday, ran.weekdays)[None, :]
    out: Floats = np.where(usual, grid.sales, 0.0).sum(axis=1) / np.maximum(usual.sum(axis=1), 1)
    return out.astype(np.float64)


def _promotion_days(found: Adjusted) -> Floats:
    """Return each store's promotion days a year."""
    grid = found.seen.grid
    out: Floats = ((grid.promo == 1) & (grid.sales > 0)).sum(axis=1) / _years(found)
    return out


def _years(found: Adjusted) -> float:
    """Return how many years lie between the first and the last day with sales."""
    sold = np.flatnonzero((found.seen.grid.sales > 0).any(axis=0))
    return float(sold[-1] - sold[0] + 1) / 365.25


def _stores(found: Adjusted, uplifts: Uplifts, judged: Ints, base: Floats) -> list[Line]:
    names = found.seen.stores[s.STORE].cast(pl.String).to_list()
    lines = []
    for k in judged[np.argsort(-uplifts.shrunk[judged], kind="stable")]:
        half = NORMAL * float(np.sqrt(uplifts.left[k] + uplifts.error**2))
        value = float(uplifts.shrunk[k])
        got = Interval(value, value - half, value + half)
        low, middle, high = (float(base[k] * np.expm1(end)) for end in (value - half, value, value + half))
        raw, error = float(uplifts.raw[k]), NORMAL * float(np.sqrt(uplifts.variance[k] + uplifts.error**2))
        lines += [
            change(STORE, names[k], UPLIFT_OF, got),
            change(STORE, names[k], RAW, Interval(raw, raw - error, raw + error)),
            Line(STORE, names[k], GAIN, MONEY, middle, low, high),
        ]
    return lines


def _reliability(mean: Floats, ran: Weeks) -> list[Line]:
    """Correlate the stores' uplifts in odd spells with those in even ones: noise alone would give 0."""
    relative = _relative(mean)
    halves = [_differences(np.where((ran.spell % 2 == k)[None, :], relative, np.nan), ran.on)[0] for k in (0, 1)]
    both = ~np.isnan(halves[0]) & ~np.isnan(halves[1])
    if both.sum() < FEWEST_STORES:
        return []
    found = stats.pearsonr(halves[0][both], halves[1][both])
    bounds = found.confidence_interval()
    value, low, high = float(found.statistic), float(bounds.low), float(bounds.high)
    return [Line(RELIABLE, "odd and even spells", UPLIFT_OF, CORRELATION, value, low, high, n=int(both.sum()))]


def _break_even(uplifts: Uplifts, judged: Ints) -> list[Line]:
    half = NORMAL * np.sqrt(uplifts.left[judged])
    low, high = np.expm1(uplifts.shrunk[judged] - half), np.expm1(uplifts.shrunk[judged] + half)
    lines = []
    for threshold in THRESHOLDS:
        above, below = int((low > threshold).sum()), int((high < threshold).sum())
        for name, count in (("surely above", above), ("surely below", below), ("open", len(judged) - above - below)):
            lines.append(
                Line(BREAK_EVEN, f"{threshold:.0%}", name, COUNT, float(count), position=threshold, n=len(judged))
            )
    return lines


def _shift(found: Adjusted, uplifts: Uplifts, judged: Ints, base: Floats, days: Floats) -> list[Line]:
    """Move a tenth of the promotion days from the stores where a day gains least to those where it gains most.

    The stores are chosen by their shrunk uplift; the interval draws their true uplifts again, and the chain's.
    """
    gain = base * np.expm1(uplifts.shrunk)
    order = judged[np.argsort(gain[judged], kind="stable")]
    moved = MOVED * days[judged].sum()
    giving = _share_of(days[order], moved)
    taking = _share_of(days[order][::-1], moved)[::-1]
    rng = np.random.default_rng(0)
    drawn = uplifts.shrunk[order] + np.sqrt(uplifts.left[order]) * rng.standard_normal((DRAWS, len(order)))
    drawn += uplifts.error * rng.standard_normal((DRAWS, 1))  # what all stores have in common
    money = (base[order] * np.expm1(drawn)) @ (taking - giving)
    value = float(gain[order] @ (taking - giving))
    low, high = (float(end) for end in np.quantile(money, (0.025, 0.975)))
    year = float(np.nansum(found.seen.grid.sales)) / _years(found)
    return [
        Line(SHIFT, "money a year", SALES, MONEY, value, low, high, n=round(moved)),
        Line(SHIFT, "share of sales", SALES, SHARE, value / year, low / year, high / year, n=round(moved)),
        Line(SHIFT, "stores that give", SALES, COUNT, float((giving > 0).sum())),
        Line(SHIFT, "stores that take", SALES, COUNT, float((taking > 0).sum())),
    ]


def _share_of(days: Floats, moved: float) -> Floats:
    """Take days from the front until enough are taken."""
    before = np.cumsum(days) - days
    out: Floats = np.clip(moved - before, 0.0, days)
    return out


def _when(found: Adjusted, mean: Floats, ran: Weeks) -> list[Line]:
    """Compare promotions of different times of the year and of the month with the weeks without, within stores."""
    count = ran.on.shape[1]
    dates = found.seen.dates
    monday = np.array([dates[ran.of_day == k][0] for k in range(count)])
    quarter = (monday.astype("datetime64[M]").astype(np.int64) % 12) // 3
    day = (monday - monday.astype("datetime64[M]")).astype(np.int64) + 1
    pay = (day >= 25) | (day <= 1)  # Monday to Friday hold the 29th, 30th, 31st or 1st
    on = ran.in_spell > 0
    splits = {name: on & (quarter == k) for k, name in enumerate(QUARTERS)}
    lines = []
    for parts in (splits, {PAY_WEEK: on & pay, OTHER_WEEK: on & ~pay}):
        there = {name: rows for name, rows in parts.items() if rows.sum() >= 4}
        if len(there) < 2:
            continue
        x = np.stack([np.where(rows[None, :], ran.on, 0.0) for rows in there.values()], axis=-1)
        kept = ~np.isnan(mean) & ~np.isnan(ran.on)
        store, week = np.nonzero(kept)
        got = clustered(within(mean[kept], store), within(x[kept], store), ran.spell[week], store)
        lines += [
            change(WHEN, name, UPLIFT_OF, one, n=int(rows.sum()))
            for (name, rows), one in zip(there.items(), got, strict=True)
        ]
    return lines
