"""What the calendar does to a day: the index of a group of stores, explained by promotions, holidays and seasons together.

One regression has all terms at once, so that the effect of a promotion before Easter is not ascribed to Easter. Its errors are
autocorrelated (an autoregression of the first order, Cochrane and Orcutt 1949, as in statsmodels' GLSAR). A rare event, such as
Christmas, is therefore judged by the noise of all other days, and not by itself alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from storecast.arrays import F32, F64, I64, Bool
from storecast.exploration.shared.calendar_terms import CalendarTerms, Term
from storecast.exploration.shared.estimates import Interval, NotAnswerableError

MIN_SHARE_OF_STORES = 0.5  # a day counts where at least this share of the group's usual stores sold
MIN_TERM_DAYS = 0.3  # days, as the sum of the shares of stores, that a term must hold for
NO_RESIDUAL = 1e-9  # residuals smaller than this, on logs, are rounding errors
MIN_TRADING_DAYS = 56  # with fewer, effects cannot be told apart


@dataclass(frozen=True, eq=False)
class CalendarFit:
    """The regression of one group's index.

    Attributes
    ----------
    terms : all terms, estimated or not
    coefficients : of all terms; 0 where a term never holds
    intervals : of the terms that were estimated
    covariance : of the estimated terms, in the order of ``intervals``
    days : trading days
    unexplained : by day; NaN where the group did not trade
    """

    terms: list[Term]
    coefficients: F64
    intervals: dict[Term, Interval]
    covariance: F64
    days: int
    unexplained: F64

    def explained(self, values: F32, columns: Sequence[int]) -> F64:
        """Return what some terms add on each day.

        Parameters
        ----------
        values : (..., terms)
        columns : the terms

        Returns
        -------
        (...)
        """
        effect: F64 = values[..., columns] @ self.coefficients[list(columns)]
        return effect


def fit_calendar(index: F64, count: I64, usual_days: Bool, terms: CalendarTerms, group: int) -> CalendarFit:
    """Explain the index of one group by the terms of the calendar.

    Parameters
    ----------
    index, count : of the group, by day
    usual_days : whether each day counts; Sundays do not where the chain does not trade on them
    terms : of all groups
    group : the number of the group

    Raises
    ------
    NotAnswerableError
        where the group traded on too few days.
    """
    used = np.flatnonzero((count >= MIN_SHARE_OF_STORES * np.max(count)) & (count > 0) & usual_days)
    if len(used) < MIN_TRADING_DAYS:
        raise NotAnswerableError(
            f"only {len(used)} trading days; at least {MIN_TRADING_DAYS} are needed to tell effects apart"
        )
    matrix = np.column_stack([np.ones(len(used)), terms.values[group][used]]).astype(np.float64)
    columns = _independent(matrix[1:])  # the first row is the one that an autoregression cannot use
    fit = _fit(index[used], matrix[:, columns])
    bounds = fit.conf_int()
    coefficients = np.zeros(len(terms.terms))
    intervals = {}
    for place, k in enumerate(columns[1:], start=1):
        coefficients[k - 1] = fit.params[place]
        intervals[terms.terms[k - 1]] = Interval(float(fit.params[place]), *map(float, bounds[place]))
    unexplained = np.full(len(index), np.nan)
    unexplained[used] = index[used] - matrix[:, columns] @ fit.params
    covariance = np.asarray(fit.cov_params())[1:, 1:]
    return CalendarFit(terms.terms, coefficients, intervals, covariance, len(used), unexplained)


def _fit(y: F64, x: F64) -> Any:
    """Fit with autocorrelated errors; by plain least squares where the calendar explains everything and no errors are left."""
    import statsmodels.api as sm

    plain = sm.OLS(y, x).fit()
    if np.abs(plain.resid).max() < NO_RESIDUAL:
        return plain
    return sm.GLSAR(y, x, rho=1).iterative_fit(maxiter=4)


def _independent(matrix: F64) -> list[int]:
    """Return the columns that are no combination of those before them, in their order; the first is the constant.

    Gram and Schmidt's orthogonalisation, each column twice, as once is not enough in floating point.
    """
    basis = np.empty((min(matrix.shape), matrix.shape[0]))  # a row per independent column
    independent: list[int] = []
    for k in range(matrix.shape[1]):
        column = matrix[:, k]
        rest = column.copy()
        for _ in range(2):
            parts = basis[: len(independent)]
            rest -= (parts @ rest) @ parts
        size = np.linalg.norm(rest)
        if size > 1e-3 * float(np.linalg.norm(column)) and np.abs(column).sum() >= MIN_TERM_DAYS:
            basis[len(independent)] = rest / size
            independent.append(k)
    return independent
