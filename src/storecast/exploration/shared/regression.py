"""Means and regressions with 95% intervals; statsmodels, of the extra ``explore``, is imported where it is used."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from storecast.arrays import F64, I64
from storecast.exploration.shared.estimates import Interval

CONFIDENCE = 0.95
NORMAL = 1.96  # standard errors of a normal value on either side
MIN_CLUSTERS = 3  # with fewer, an interval would be meaningless
SWEEPS = 12  # over several kinds of groups, after which their means are taken off


def ols(y: F64, x: F64, weights: F64 | None = None) -> Any:
    """Return the statsmodels model of a least squares regression, yet to be fitted.

    Parameters
    ----------
    y : (rows,)
    x : (rows, k); with a column of ones where there is to be a constant
    weights : of the rows; None: all the same
    """
    import statsmodels.api as sm

    return sm.OLS(y, x) if weights is None else sm.WLS(y, x, weights=weights)


def clustered_regression(y: F64, x: F64, *clusters: I64, weights: F64 | None = None) -> list[Interval]:
    """Regress y on x without a constant, with standard errors clustered one or two ways.

    Two-way clusters follow Cameron, Gelbach and Miller (2011).

    Parameters
    ----------
    y : (rows,)
    x : (rows, k)
    clusters : one or two codes of each row; errors within a cluster may be correlated in any way
    weights : of the rows

    Returns
    -------
    an estimate for each column; without bounds where there are fewer than three clusters
    """
    if len(y) == 0:
        return [Interval(float("nan"))] * x.shape[1]
    model = ols(y, x, weights)
    codes = [np.unique(code, return_inverse=True)[1] for code in clusters]
    fewest = min(int(code.max()) + 1 for code in codes)
    if fewest < MIN_CLUSTERS or len(y) <= x.shape[1]:
        return [Interval(float(value)) for value in model.fit().params]
    fit = model.fit()
    half = t_quantile(fewest - 1) * np.sqrt(_variance(fit, codes))
    return [
        Interval(float(value), float(value - width), float(value + width))
        for value, width in zip(fit.params, half, strict=True)
    ]


def _variance(fit: Any, clusters: Sequence[I64]) -> F64:
    """Return the variance of each coefficient.

    The variance with two clusterings can come out negative; then the larger of those with one of them counts.

    Parameters
    ----------
    fit : of the regression
    clusters : one or two codes of each row, from 0 without a gap
    """
    from statsmodels.stats.sandwich_covariance import cov_cluster

    def of(codes: I64) -> F64:
        variance: F64 = np.diag(cov_cluster(fit, codes))
        return variance

    alone = [of(codes) for codes in clusters]
    if len(alone) == 1:
        return alone[0]
    # One number for a pair: statsmodels would sort the pairs as records, for ten times as long as all the rest takes.
    first, second = clusters
    pairs = np.unique(first * (second.max() + 1) + second, return_inverse=True)[1]
    both = alone[0] + alone[1] - of(pairs)
    return np.where(both > 0, both, np.maximum(*alone))


def t_quantile(freedom: int) -> float:
    """Return how many standard errors the 95% interval reaches to either side, by the degrees of freedom."""
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def demean(values: F64, groups: I64, weights: F64 | None = None) -> F64:
    """Take the mean of its group off each row: the within transformation.

    Parameters
    ----------
    values : (rows,) or (rows, columns)
    groups : the group of each row
    weights : of the rows
    """
    w = np.ones(len(groups)) if weights is None else weights
    total = np.bincount(groups, w)
    total[total == 0] = 1.0
    if values.ndim == 1:
        demeaned: F64 = values - (np.bincount(groups, w * values) / total)[groups]
        return demeaned
    return np.column_stack([demean(column, groups, weights) for column in values.T])


def without_group_effects(values: F64, groups: Sequence[I64], weights: F64 | None = None) -> F64:
    """Take the means of several kinds of groups off, in turns until each is gone: the within transformation of all of them.

    Parameters
    ----------
    values : (rows,) or (rows, columns)
    groups : the groups of each row, one array a kind
    weights : of the rows
    """
    for _ in range(SWEEPS if len(groups) > 1 else 1):
        for codes in groups:
            values = demean(values, codes, weights)
    return values


def dummies(kinds: npt.NDArray[np.str_], min_count: int) -> F64:
    """Return a 0/1 column for each kind but the most common one.

    Parameters
    ----------
    kinds : of the rows
    min_count : rarer kinds get no column, and so are taken together with the most common one
    """
    names, code, count = np.unique(kinds, return_inverse=True, return_counts=True)
    columns: F64 = np.eye(len(names))[code][:, (count >= min_count) & (np.arange(len(names)) != np.argmax(count))]
    return columns


def mean_interval(values: Sequence[float] | F64) -> Interval:
    """Return the mean of independent values with its t interval."""
    array = np.asarray(values, float)
    if len(array) < MIN_CLUSTERS:
        return Interval(float(array.mean()) if len(array) else float("nan"))
    half = t_quantile(len(array) - 1) * array.std(ddof=1) / np.sqrt(len(array))
    return Interval(float(array.mean()), float(array.mean() - half), float(array.mean() + half))


def spearman_interval(rank: float, count: int) -> tuple[float, float]:
    """Return the bounds of a rank correlation (Fieller, Hartley and Pearson 1957).

    Parameters
    ----------
    rank : Spearman's correlation
    count : of pairs
    """
    z, half = np.arctanh(np.clip(rank, -0.999, 0.999)), NORMAL * 1.03 / np.sqrt(count - 3)
    return float(np.tanh(z - half)), float(np.tanh(z + half))


def between_store_variance(effects: F64, variances: F64) -> float:
    """Return the variance of the true effects between stores (Paule and Mandel 1982): a random-effects meta-analysis.

    Parameters
    ----------
    effects : as measured, by store
    variances : of their errors
    """
    from statsmodels.stats.meta_analysis import combine_effects

    pooled = combine_effects(effects, variances, method_re="iterated", use_t=False)
    return max(float(pooled.tau2), 0.0)
