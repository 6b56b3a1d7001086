"""Effects on small counts and on days that may sell nothing: a Poisson regression with effects of groups taken out.

Logs of a few pieces a day mislead: days without sales have none, and the mean log of a small count moves less than its mean. The
regression of the expected value itself is right whatever the spread of the counts is, since its errors are clustered and not taken
from the Poisson distribution. Sources: Santos Silva and Tenreyro, The log of gravity, Review of Economics and Statistics 88
(2006); the groups' effects are swept out within iteratively reweighted least squares as in Correia, Guimarães and Zylkin, Fast
Poisson estimation with high-dimensional fixed effects, Stata Journal 20 (2020).
"""

from collections.abc import Sequence

import numpy as np

from storecast.arrays import F64, I64, Bool
from storecast.exploration.shared.estimates import Interval
from storecast.exploration.shared.regression import clustered_regression, without_group_effects

MAX_ROUNDS = 50
TOLERANCE = 1e-8  # of the relative change of the deviance, at which the rounds end
SMALL_COUNT = 10.0  # sales of an open day on the mean, below which they are counted and not taken in logs


def rows_with_sales_in_each_group(y: F64, groups: Sequence[I64]) -> Bool:
    """Return the rows all of whose groups sell something: of a group that never does, no effect on its sales is known.

    Parameters
    ----------
    y : sales, (rows,)
    groups : codes of each row, (rows,) each
    """
    used = np.ones(len(y), bool)
    while True:
        sells = used.copy()
        for codes in groups:
            sells &= np.bincount(codes[used], y[used], minlength=int(codes.max()) + 1)[codes] > 0
        if sells.sum() == used.sum():
            return used
        used = sells


def poisson_regression(y: F64, x: F64, offset: F64, groups: Sequence[I64], *clusters: I64) -> list[Interval]:
    """Regress counts on x by a log link, with effects of groups, and with standard errors clustered one or two ways.

    Parameters
    ----------
    y : counts, 0 or more, (rows,); each group has some above 0
    x : (rows, k)
    offset : what is added to the log of the expected count, (rows,)
    groups : codes of each row, (rows,) each; each group has an effect of its own
    clusters : one or two codes of each row; errors within a cluster may be correlated in any way

    Returns
    -------
    an estimate for each column, in logs
    """
    mean = (y + y.mean()) / 2
    deviance = np.inf
    for _ in range(MAX_ROUNDS):
        working = np.log(mean) - offset + (y - mean) / mean
        swept = without_group_effects(np.column_stack([working, x]), groups, mean)
        root = np.sqrt(mean)
        coefficients = np.linalg.lstsq(root[:, None] * swept[:, 1:], root * swept[:, 0], rcond=None)[0]
        rest = swept[:, 0] - swept[:, 1:] @ coefficients
        mean = np.exp(np.clip(working - rest + offset, -30.0, 30.0))
        before, deviance = deviance, _deviance(y, mean)
        if abs(before - deviance) <= TOLERANCE * (abs(deviance) + 1.0):
            break
    return clustered_regression(root * swept[:, 0], root[:, None] * swept[:, 1:], *clusters)


def _deviance(y: F64, mean: F64) -> float:
    """Return the deviance of a Poisson regression."""
    logs = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / mean), 0.0)
    return float(2 * (logs - (y - mean)).sum())
