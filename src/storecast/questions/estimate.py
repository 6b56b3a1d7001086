"""Estimates with 95 % intervals, by the field's libraries: regressions whose errors hang together in clusters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm
from scipy import stats

from storecast.questions.levels import Floats, Ints
from storecast.questions.tidy import Interval

LEVEL = 0.95
FEWEST_CLUSTERS = 3  # below which an interval would say nothing


def clustered(y: Floats, x: Floats, *clusters: Ints, weights: Floats | None = None) -> list[Interval]:
    """Regress y on x without a constant; the errors of rows in the same cluster may hang together in any way.

    Parameters
    ----------
    y : (rows,)
    x : (rows, k)
    clusters : one or two codes of each row (Cameron, Gelbach and Miller 2011 for two)
    weights : of the rows

    Returns
    -------
    an estimate for each column; without interval where there are fewer than three clusters
    """
    if len(y) == 0:
        return [Interval(float("nan"))] * x.shape[1]
    model = sm.OLS(y, x) if weights is None else sm.WLS(y, x, weights=weights)
    named = [np.unique(code, return_inverse=True)[1] for code in clusters]
    fewest = min(int(code.max()) + 1 for code in named)
    if fewest < FEWEST_CLUSTERS or len(y) <= x.shape[1]:
        return [Interval(float(value)) for value in model.fit().params]
    variance = _variance(model, named)
    half = stats.t.ppf((1 + LEVEL) / 2, fewest - 1) * np.sqrt(variance)
    params = model.fit().params
    return [
        Interval(float(value), float(value - width), float(value + width))
        for value, width in zip(params, half, strict=True)
    ]


def _variance(model: Any, clusters: Sequence[Ints]) -> Floats:
    """Return the variance of each coefficient; that of two clusterings can come out negative, and then the larger of one counts."""

    def of(groups: npt.NDArray[np.int64]) -> Floats:
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
        out: Floats = np.diag(fit.cov_params())
        return out

    if len(clusters) == 1:
        return of(clusters[0])
    both = of(np.column_stack(clusters))
    if (both > 0).all():
        return both
    return np.where(both > 0, both, np.maximum(*(of(code) for code in clusters)))


def within(values: Floats, groups: Ints, weights: Floats | None = None) -> Floats:
    """Take the mean of its group off each row (rows × columns, or rows)."""
    w = np.ones(len(groups)) if weights is None else weights
    total = np.bincount(groups, w)
    total[total == 0] = 1.0
    if values.ndim == 1:
        one: Floats = values - (np.bincount(groups, w * values) / total)[groups]
        return one
    return np.column_stack([within(column, groups, weights) for column in values.T])


def mean_interval(values: Sequence[float] | Floats) -> Interval:
    """Return the mean of independent values with its t interval."""
    found = np.asarray(values, float)
    if len(found) < FEWEST_CLUSTERS:
        return Interval(float(found.mean()) if len(found) else float("nan"))
    half = stats.t.ppf((1 + LEVEL) / 2, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found))
    return Interval(float(found.mean()), float(found.mean() - half), float(found.mean() + half))
