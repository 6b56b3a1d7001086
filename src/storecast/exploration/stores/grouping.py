"""Groups of similar stores, and how stable they are."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler

from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.estimates import Estimate, Interval, Unit, from_interval
from storecast.exploration.shared.regression import NORMAL
from storecast.exploration.stores.parts import Part, Trait

MIN_STORES = 20
MAX_GROUPS = 6
RESAMPLES = 20
SKEWED = (Trait.SALES_A_DAY, Trait.SPEND, Trait.VOLATILITY)


def group_stores(adjusted: Adjusted, traits: dict[str, F64]) -> list[Estimate]:
    """Group stores by their traits with k-means; the number of groups is that of the best silhouette.

    Parameters
    ----------
    traits : as `measure_stores` returns them

    Returns
    -------
    nothing where too few stores have all traits, or too many have the same
    """
    used = {name: _log_of_skewed(name, values) for name, values in traits.items() if name != Trait.DISTANCE}
    table = np.column_stack(list(used.values()))
    complete = np.isfinite(table).all(axis=1)
    if len(np.unique(table[complete], axis=0)) < MIN_STORES:
        return []
    z = np.clip(StandardScaler().fit_transform(table[complete]), -4, 4)
    fits = {k: KMeans(k, n_init=5, random_state=0).fit(z) for k in range(2, MAX_GROUPS + 1)}
    scores = {k: float(silhouette_score(z, fit.labels_)) for k, fit in fits.items()}
    best = max(scores, key=lambda k: scores[k])
    label = _largest_first(fits[best].labels_)
    stability = _stability(z, fits[best].labels_, best)
    median, low, high = (float(np.quantile(stability, at)) for at in (0.5, 0.025, 0.975))
    estimates = [
        Estimate(Part.GROUP_SCORES, f"{k} groups", "silhouette", Unit.SCORE, score, n=len(z))
        for k, score in scores.items()
    ]
    chosen = f"{best} groups, chosen"
    estimates.append(Estimate(Part.GROUP_SCORES, chosen, "stability", Unit.SCORE, median, low, high))
    kinds = adjusted.observed.attribute(s.STORE_TYPE)[complete]
    for group in range(best):
        rows = label == group
        name, count = str(group + 1), int(rows.sum())
        estimates.append(Estimate(Part.GROUP_MEMBERS, name, "stores", Unit.COUNT, float(count), n=count))
        for kind in (kind for kind in np.unique(kinds) if kind != "?"):
            share = float((kinds[rows] == kind).mean())
            estimates.append(Estimate(Part.GROUP_MEMBERS, name, f"type {kind}", Unit.SHARE, share, n=count))
        for column, trait in enumerate(used):
            mean = float(z[rows, column].mean())
            half = NORMAL * float(z[rows, column].std()) / np.sqrt(count)
            interval = Interval(mean, mean - half, mean + half)
            estimates.append(
                from_interval(Part.GROUP_PROFILE, name, trait, Unit.STANDARD_DEVIATIONS, interval, n=count)
            )
    return estimates


def _log_of_skewed(name: str, values: F64) -> F64:
    """Take logs of skewed traits, so that one giant store is no group of its own."""
    return np.log(np.maximum(values, 1e-9)) if name in SKEWED else values


def _largest_first(labels: I64) -> I64:
    """Return the groups numbered by their size, the largest 0."""
    rank = np.argsort(-np.bincount(labels), kind="stable")
    by_size: I64 = np.argsort(rank)[labels]
    return by_size


def _stability(z: F64, labels: I64, groups: int) -> list[float]:
    """Group resampled stores, and compare where all stores would then belong (adjusted Rand index; 1 is the same)."""
    rng = np.random.default_rng(0)
    draws: list[I64] = [rng.integers(0, len(z), len(z)) for _ in range(RESAMPLES)]
    return [
        float(adjusted_rand_score(labels, KMeans(groups, n_init=2, random_state=0).fit(z[rows]).predict(z)))
        for rows in draws
    ]
