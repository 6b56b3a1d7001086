"""Stores: what was measured of each, groups of alike ones, and those that stand out."""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.meta_analysis import combine_effects

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.adjusted import Adjusted, adjusted
from storecast.questions.growth import growth
from storecast.questions.levels import CUSTOMERS, SALES, Floats, Ints
from storecast.questions.tidy import CHANGE, CORRELATION, COUNT, MONEY, SHARE, Line, NotAnswerableError, tidy

LEVEL, GROWTH, VOLATILITY, PROMOTION, SATURDAY, DECEMBER, SPEND, DISTANCE = (
    "sales a day", "growth a year", "volatility", "promotion", "Saturday", "December", "spend", "competitor's distance",
)  # fmt: skip
UNITS = {LEVEL: MONEY, SPEND: MONEY, DISTANCE: "metres"}  # the others are changes
STORE, TOP, LOW_END, GROWING, SHRINKING, VOLATILE = (
    "store", "largest", "smallest", "fastest growing", "fastest shrinking", "most volatile",
)  # fmt: skip
GROUPS, MEMBERS, SCORES, CORRELATIONS, SURE = (
    "group profile",
    "group",
    "groups",
    "rank correlation",
    "sure of their direction",
)
LISTED = 10
FEWEST_TO_GROUP, FEWEST_TO_CORRELATE, FEWEST_DAYS = 20, 10, 20
MOST_GROUPS = 6
RESAMPLES = 20
NORMAL = 1.96


def stores(panel: Panel) -> pl.DataFrame:
    """Measure every store, group alike ones and name those that stand out.

    Returns
    -------
    store : Group is the store, Measure what was measured of it
    largest, smallest, fastest growing, fastest shrinking, most volatile : ten stores each, by the measure named
    group profile : Group is the number of a group; the mean of each measure in standard deviations from all stores (z)
    group, groups : stores and store types of each group; silhouette of the number chosen, stability under resampling
    rank correlation : Group and Measure are two things that were measured (Spearman)
    """
    found = adjusted(panel)
    names = found.seen.stores[s.STORE].cast(pl.String).to_list()
    if len(names) < 2:
        raise NotAnswerableError("there is only one store, which stands beside no other")
    measured, error = _measure(found)
    lines = [
        Line(STORE, name, measure, UNITS.get(measure, CHANGE), float(values[k]))
        for measure, values in measured.items()
        for k, name in enumerate(names)
        if np.isfinite(values[k])
    ]
    lines += [*_standing_out(found, names, measured, error), *_groups(found, measured), *_correlations(measured)]
    return tidy(lines)


def _measure(found: Adjusted) -> tuple[dict[str, Floats], Floats]:
    """Measure each store; changes are relative (0.1 is ten per cent), and the error is that of growth, on logs."""
    seen, rest, logs = found.seen, found.two_way[SALES].rest, found.logs[SALES]
    sold = ~np.isnan(seen.logs[SALES])
    weekday = np.broadcast_to(seen.weekday, sold.shape)
    month = seen.dates.astype("datetime64[M]").astype(np.int64) % 12
    plain = seen.grid.promo == 0
    trend = growth(found, SALES)
    raw = np.where(plain, seen.logs[SALES], np.nan)
    promoted = np.isin(weekday, np.unique(weekday[(seen.grid.promo == 1) & sold]))
    index = found.two_way[SALES].index[0]
    advent = (month == 11) & (index == index)
    usual_day = np.nan_to_num(index) + rest
    out = {
        LEVEL: _mean(np.where(sold, seen.grid.sales, np.nan)),
        GROWTH: np.expm1(trend.stores),
        VOLATILITY: np.expm1(1.4826 * _median(np.abs(rest - _median(rest)[:, None]))),
        PROMOTION: np.expm1(
            _mean(np.where((seen.grid.promo == 1) & promoted, logs, np.nan))
            - _mean(np.where(plain & promoted, logs, np.nan))
        ),
        SATURDAY: np.expm1(_mean(np.where(weekday == 5, raw, np.nan)) - _mean(np.where(weekday < 5, raw, np.nan))),
        DECEMBER: np.expm1(
            _mean(np.where(advent[None, :], usual_day, np.nan)) - _mean(np.where(~advent[None, :], usual_day, np.nan))
        ),
    }
    if CUSTOMERS in found.logs:
        both = ~np.isnan(seen.logs[CUSTOMERS])
        out[SPEND] = _mean(np.where(both, seen.grid.sales, np.nan)) / _mean(np.where(both, seen.grid.customers, np.nan))
    distance = seen.stores[s.COMPETITION_DISTANCE].to_numpy().astype(float)
    if np.isfinite(distance).any():
        out[DISTANCE] = distance
    return {name: values for name, values in out.items() if np.isfinite(values).sum() > 1}, trend.errors


def _mean(values: Floats) -> Floats:
    """Average each row over what is there; NaN where too little is."""
    there = ~np.isnan(values)
    number = there.sum(axis=1)
    return np.where(number >= FEWEST_DAYS, np.where(there, values, 0.0).sum(axis=1) / np.maximum(number, 1), np.nan)


def _median(values: Floats) -> Floats:
    there = ~np.isnan(values)
    filled = np.sort(np.where(there, values, np.inf), axis=1)
    number = there.sum(axis=1)
    rows, middle = np.arange(len(values)), np.maximum(number - 1, 0)
    found = (filled[rows, middle // 2] + filled[rows, (middle + 1) // 2]) / 2
    return np.where(number >= FEWEST_DAYS, found, np.nan)


def _standing_out(found: Adjusted, names: list[str], measured: dict[str, Floats], error: Floats) -> list[Line]:
    lines: list[Line] = []
    level = measured[LEVEL]
    sold = ~np.isnan(found.seen.logs[SALES])
    days = sold.sum(axis=1)
    spread = np.sqrt(_mean((np.where(sold, found.seen.grid.sales, np.nan) - level[:, None]) ** 2) / np.maximum(days, 1))
    for part, order in ((TOP, np.argsort(-level, kind="stable")), (LOW_END, np.argsort(level, kind="stable"))):
        for k in order[np.isfinite(level[order])][:LISTED]:
            half = NORMAL * float(spread[k])
            lines.append(
                Line(
                    part,
                    names[k],
                    LEVEL,
                    MONEY,
                    float(level[k]),
                    float(level[k]) - half,
                    float(level[k]) + half,
                    n=int(days[k]),
                )
            )
    if GROWTH in measured:
        lines += _growing(names, np.log1p(measured[GROWTH]), error)
    wild = measured.get(VOLATILITY)
    if wild is not None:
        order = np.argsort(-wild, kind="stable")
        for k in order[np.isfinite(wild[order])][:LISTED]:
            # The spread of normal values is known to 1 / sqrt(2 n) of itself; by the median deviation, 1.65 times that.
            half = NORMAL * 1.65 / np.sqrt(2 * days[k])
            log = np.log1p(wild[k])
            low, high = (float(np.expm1(log * (1 + side * half))) for side in (-1, 1))
            lines.append(Line(VOLATILE, names[k], VOLATILITY, CHANGE, float(wild[k]), low, high, n=int(days[k])))
    return lines


def _growing(names: list[str], growths: Floats, error: Floats) -> list[Line]:
    """Rank stores by growth, drawn to the chain's mean by as much as their errors say."""
    known = np.flatnonzero(np.isfinite(growths) & (error > 0))
    if len(known) < 3:
        return []
    pooled = combine_effects(growths[known], error[known] ** 2, method_re="iterated", use_t=False)
    true = max(float(pooled.tau2), 0.0)
    mean = float(growths[known].mean())
    kept = true / (true + error[known] ** 2)
    shrunk, left = mean + kept * (growths[known] - mean), np.sqrt(kept) * error[known]
    low, high = np.expm1(shrunk - NORMAL * left), np.expm1(shrunk + NORMAL * left)
    order = np.argsort(-shrunk, kind="stable")
    lines = [
        Line(part, names[known[k]], GROWTH, CHANGE, float(np.expm1(shrunk[k])), float(low[k]), float(high[k]))
        for part, chosen in ((GROWING, order[:LISTED]), (SHRINKING, order[::-1][:LISTED]))
        for k in chosen
    ]
    for name, count in (("growing", (low > 0).sum()), ("shrinking", (high < 0).sum())):
        lines.append(Line(SURE, name, GROWTH, COUNT, float(count), n=len(known)))
    return lines


def _groups(found: Adjusted, measured: dict[str, Floats]) -> list[Line]:
    """Group stores by what was measured of them; the number of groups is that of the best silhouette."""
    used = {name: _tame(name, values) for name, values in measured.items() if name != DISTANCE}
    table = np.column_stack(list(used.values()))
    whole = np.isfinite(table).all(axis=1)
    if len(np.unique(table[whole], axis=0)) < FEWEST_TO_GROUP:
        return []  # too few stores, or too many that measure the same
    z = np.clip(StandardScaler().fit_transform(table[whole]), -4, 4)
    fits = {k: KMeans(k, n_init=5, random_state=0).fit(z) for k in range(2, MOST_GROUPS + 1)}
    scores = {k: float(silhouette_score(z, fit.labels_)) for k, fit in fits.items()}
    best = max(scores, key=lambda k: scores[k])
    label = _by_size(fits[best].labels_)
    stable = _stability(z, fits[best].labels_, best)
    middle, low, high = (float(np.quantile(stable, at)) for at in (0.5, 0.025, 0.975))
    lines = [
        Line(SCORES, f"{k} groups", "silhouette", "score", score, n=int(whole.sum())) for k, score in scores.items()
    ]
    lines.append(Line(SCORES, f"{best} groups, chosen", "stability", "score", middle, low, high))
    kinds = found.seen.kinds(s.STORE_TYPE)[whole]
    for group in range(best):
        rows = label == group
        name, count = str(group + 1), int(rows.sum())
        lines.append(Line(MEMBERS, name, "stores", COUNT, float(count), n=count))
        for kind in (kind for kind in np.unique(kinds) if kind != "?"):
            share = float((kinds[rows] == kind).mean())
            lines.append(Line(MEMBERS, name, f"type {kind}", SHARE, share, n=count))
        for column, measure in enumerate(used):
            mean = float(z[rows, column].mean())
            half = NORMAL * float(z[rows, column].std()) / np.sqrt(count)
            lines.append(Line(GROUPS, name, measure, "z", mean, mean - half, mean + half, n=count))
    return lines


def _tame(name: str, values: Floats) -> Floats:
    """Take logs of what is skewed, so that one giant store is no group of its own."""
    return np.log(np.maximum(values, 1e-9)) if name in (LEVEL, SPEND, VOLATILITY) else values


def _by_size(labels: Ints) -> Ints:
    rank = np.argsort(-np.bincount(labels), kind="stable")
    out: Ints = np.argsort(rank)[labels]
    return out


def _stability(z: Floats, labels: Ints, groups: int) -> list[float]:
    """Group resampled stores, and compare where all stores would then belong (adjusted Rand index; 1 is the same)."""
    rng = np.random.default_rng(0)
    draws: list[npt.NDArray[np.int64]] = [rng.integers(0, len(z), len(z)) for _ in range(RESAMPLES)]
    return [
        float(adjusted_rand_score(labels, KMeans(groups, n_init=2, random_state=0).fit(z[rows]).predict(z)))
        for rows in draws
    ]


def _correlations(measured: dict[str, Floats]) -> list[Line]:
    lines = []
    for one, x in measured.items():
        for other, y in measured.items():
            both = np.isfinite(x) & np.isfinite(y)
            count = int(both.sum())
            if count < FEWEST_TO_CORRELATE or min(np.ptp(x[both]), np.ptp(y[both])) == 0:
                continue
            if one == other:
                lines.append(Line(CORRELATIONS, one, other, CORRELATION, 1.0, n=count))
                continue
            rank = float(stats.spearmanr(x[both], y[both]).statistic)
            half = NORMAL * 1.03 / np.sqrt(count - 3)  # Fieller, Hartley and Pearson 1957
            low, high = (float(np.tanh(np.arctanh(np.clip(rank, -0.999, 0.999)) + side * half)) for side in (-1, 1))
            lines.append(Line(CORRELATIONS, one, other, CORRELATION, rank, low, high, n=count))
    return lines
