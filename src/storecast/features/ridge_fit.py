"""The fit of the ridge: log sales of every store on the terms, robust, shrunk to the chain.

Two fits share one pass over the data. The chain's coefficients come from the sum of all stores' normal equations; each
store's own departure from them is a ridge, so that a store with little history, or a term it met once, keeps close to the
chain. Huber weights hold outliers down; the normal equations are solved again under them.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from storecast.arrays import F32, F64, Bool
from storecast.config import LinearSettings
from storecast.data.grid import Grid
from storecast.dates import WEEK
from storecast.features.normal_equations import NormalEquations, solve_each
from storecast.features.ridge import Design, Ridge
from storecast.features.similar_stores import expected_departures, expected_levels
from storecast.features.terms import Term
from storecast.row_medians import NORMAL

SHORT_HISTORY = 42  # days with sales: a store with fewer leans on stores like it
PRIOR_DAYS = 0.5  # of a store's own sales weigh as much as all that its attributes say
USUAL_NOISE = 0.13  # of log sales; where days differ from the fit by no more, penalties are as they are set
MAX_NOISE_FACTOR = 30.0  # on penalties
STORES_FOR_SEASON = 5  # with fewer, one store's own ups and downs over the year are taken for the season less easily
NOISE_POWER = {"season": 2.0}  # of the noise factor, by part; 1 for the others
FEW_STORES_POWER = {"season": 2.0, "trend": 0.7}  # of how many times fewer stores there are, by part; 0 for the others


@dataclass(frozen=True)
class _Penalties:
    """How far coefficients are shrunk, by term, (terms,) each.

    Attributes
    ----------
    store : of a store's departure from the chain
    chain : of the chain's own coefficients
    """

    store: F64
    chain: F64

    @classmethod
    def of(cls, terms: list[Term], settings: LinearSettings, stores: int) -> "_Penalties":
        store = np.array([term.penalty for term in terms], np.float64) * settings.penalty
        # The chain's stores share the error of a day: a thousand stores on one day say hardly more than one does.
        return cls(store, store * max(1.0, settings.shared_days * stores))

    def scaled(self, terms: list[Term], residuals: F32, y: F32) -> "_Penalties":
        """Return the penalties that fit the noise of the chain and the number of its stores; most chains keep theirs.

        A penalty is the ratio of the variance of the noise to that of the coefficients. Coefficients are much alike in all chains,
        the noise is not. A wave over the year is met once or twice, and every store has ups and downs of its own: many stores
        average them out, a few do not.

        Parameters
        ----------
        terms : of the ridge
        residuals : of a first fit, (stores, days)
        y : log sales, NaN where unknown, (stores, days)
        """
        known = np.where(np.isfinite(y), residuals, np.nan)
        if y.shape[1] <= WEEK:
            return self
        sizes = _row_median(
            np.abs(known[:, WEEK:] - known[:, :-WEEK])
        )  # between weeks: a step of the level is no noise
        sizes = sizes[np.isfinite(sizes)]
        noise = NORMAL * float(np.median(sizes)) / np.sqrt(2) if len(sizes) else USUAL_NOISE
        noise_factor = float(np.clip((noise / USUAL_NOISE) ** 2, 1.0, MAX_NOISE_FACTOR))
        few_factor = max(1.0, STORES_FOR_SEASON / len(y))
        factor = np.array(
            [
                noise_factor ** NOISE_POWER.get(t.part, 1.0) * few_factor ** FEW_STORES_POWER.get(t.part, 0.0)
                for t in terms
            ]
        )
        return _Penalties(self.store * factor, self.chain * factor)


def fit_ridge(
    grid: Grid,
    design: Design,
    origin: int,
    settings: LinearSettings,
    day_weights: npt.NDArray[np.floating] | None = None,
) -> Ridge:
    """Fit on the days up to ``origin``.

    Parameters
    ----------
    grid : with the sales
    design : the terms of every store and day of the grid
    origin : column of the last day to fit on
    settings : penalties, half-life of the days' weights, robustness
    day_weights : how much each of these days counts, beside its age, (days,); None: all alike

    Returns
    -------
    Ridge
        level, coefficients and residuals of every store
    """
    past = slice(0, origin + 1)
    y = grid.learnable_past(origin)
    weights = _weights(y, settings.half_life, day_weights)
    short = _short_histories(y)
    level = _initial_levels(grid, y, weights, short)
    prior_level = level.copy()
    penalties = _Penalties.of(design.terms, settings, len(y))
    regional = _regional_days(design)[past]
    robust_weights = weights
    # The matrices are small: a second BLAS thread would mostly wait, spinning.
    with _blas().limit(limits=1):
        equations = NormalEquations(design, weights)
        for round_ in range(settings.robust_rounds + 1):
            target = _less_level(y, level)
            prior_mean, coefficients = _solve(grid, equations, robust_weights, target, penalties, short)
            residuals = target - design.values(coefficients, past)
            if short.any() and round_ == 0:
                # A few days say where a store stands once the chain's own effect on them is taken off.
                unexplained = (y - design.values(prior_mean, past))[short]
                level[short] = _shrunk_levels(unexplained, weights[short], prior_level[short])
            if round_ == 0:
                penalties = penalties.scaled(design.terms, residuals, y)
            if round_ < settings.robust_rounds:
                robust_weights = weights * np.where(regional, 1, _huber_weights(y, residuals, settings.huber))
    return Ridge(design.terms, level, coefficients, np.where(np.isfinite(y), residuals, np.float32(np.nan)))


@cache
def _blas() -> ThreadpoolController:
    """Return the BLAS of NumPy and of SciPy, both loaded by now: to look for them takes a tenth of a small fit."""
    return ThreadpoolController().select(user_api="blas")


def _weights(y: F32, half_life: float, day_weights: npt.NDArray[np.floating] | None) -> F32:
    """Return the weight of every day: it halves every ``half_life`` days back, and is 0 where nothing was sold, (stores, days)."""
    age = y.shape[1] - 1 - np.arange(y.shape[1])
    recency = (0.5 ** (age / half_life)).astype(np.float32)
    if day_weights is not None:
        recency = recency * day_weights.astype(np.float32)
    return np.where(np.isfinite(y), recency, np.float32(0))


def _short_histories(y: F32) -> Bool:
    """Return which stores lean on others, (stores,): where all are short, those without any sales."""
    days = np.isfinite(y).sum(axis=1)
    short: Bool = days < SHORT_HISTORY
    if short.all():  # nobody to learn from but one another
        short = days == 0
    return short


def _initial_levels(grid: Grid, y: F32, weights: F32, short: Bool) -> F32:
    """Return each store's weighted mean log sales; of a short history, what its attributes let expect, (stores,)."""
    total = weights.sum(axis=1)
    mean = np.where(total > 0, (np.nan_to_num(y) * weights).sum(axis=1) / np.maximum(total, 1e-9), np.nan)
    level = mean.astype(np.float32)
    if short.any():
        level[short] = expected_levels(grid, level, ~short)[short]
    return level


def _less_level(y: F32, level: F32) -> F32:
    """Return log sales less the store's level, 0 where unknown, (stores, days)."""
    return np.where(np.isfinite(y), y - level[:, None], np.float32(0))


def _shrunk_levels(unexplained: F32, weights: F32, prior: F32) -> F32:
    """Return the levels of stores with a few days, shrunk to what their attributes let expect, (short stores,).

    Parameters
    ----------
    unexplained : log sales less the chain's effects, NaN where unknown, (short stores, days)
    weights : of these days, 0 where unknown, (short stores, days)
    prior : the expected levels, (short stores,)
    """
    total: F32 = (weights * np.nan_to_num(unexplained)).sum(axis=1)
    shrunk: F32 = (total + PRIOR_DAYS * prior) / (weights.sum(axis=1) + PRIOR_DAYS)
    return shrunk


def _huber_weights(y: F32, residuals: F32, huber: float) -> F32:
    """Return Huber's weight of each day: 1 up to ``huber`` median residuals of the store, falling beyond, (stores, days)."""
    size = np.where(np.isfinite(y), np.abs(residuals), np.nan)
    limit = huber * _row_median(size)
    weights: F32 = np.minimum(1, limit[:, None] / np.maximum(np.abs(residuals), 1e-6))
    return weights


def _solve(
    grid: Grid, equations: NormalEquations, weights: F32, target: F32, penalties: _Penalties, short: Bool
) -> tuple[F32, F32]:
    """Return what each store's coefficients are shrunk to, and the coefficients, (stores, terms) each.

    Parameters
    ----------
    equations : of every store's past
    weights : of these days, (stores, days)
    target : log sales less the level on these days, (stores, days)
    short : stores whose history is short, (stores,)
    """
    gram, moment = equations.gram(weights), equations.moment(weights, target)
    chain = np.linalg.solve(
        gram.sum(axis=0, dtype=np.float64) + np.diag(penalties.chain), moment.sum(axis=0, dtype=np.float64)
    )
    prior_mean = np.broadcast_to(chain.astype(np.float32), moment.shape)
    penalty = penalties.store.astype(np.float32)
    data = gram.diagonal(axis1=1, axis2=2)
    data_weight = data / (data + penalty)
    terms = np.arange(len(penalty))
    gram[:, terms, terms] += penalty
    departures = _departures(gram, moment, prior_mean, penalty)
    if short.any():
        prior_mean = prior_mean.copy()
        prior_mean[short] += expected_departures(grid, departures, data_weight, short)
        departures[short] = _departures(gram[short], moment[short], prior_mean[short], penalty)
    return prior_mean, (prior_mean + departures).astype(np.float32)


def _departures(gram: F32, moment: F32, prior_mean: F32, penalty: F32) -> F32:
    """Return by how much the coefficients of stores depart from what they are shrunk to, (stores, terms).

    Parameters
    ----------
    gram : X'WX with the penalty on its diagonal, (stores, terms, terms)
    moment : X'Wy, (stores, terms)
    prior_mean : what the coefficients are shrunk to, (stores, terms)
    penalty : (terms,)
    """
    explained = gram @ prior_mean[..., None] - (penalty * prior_mean)[..., None]
    return solve_each(gram, moment - explained[..., 0])


def _regional_days(design: Design) -> Bool:
    """Return on which days a regional term holds: there, outlier weights would take the effect itself away, (days,)."""
    date_terms = [term for term in design.terms if not term.by_store]
    rows = [k for k, term in enumerate(date_terms) if term.regional]
    return np.asarray((design.by_day[rows] > 0).any(axis=0))


def _row_median(values: F32) -> F32:
    """Return the median of each row over its finite cells; of a row without gaps, one or half a place lower, (rows,).

    Infinite where a row has none. `numpy.nanmedian` would move the forecasts of stores that sell on every day.
    """
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1)
    rows = np.arange(len(values))
    low, high = ordered[rows, np.maximum(count - 1, 0) // 2], ordered[rows, count // 2 - (count == values.shape[1])]
    middle = (low + np.where(np.isfinite(high), high, low)) / 2
    return np.where(count > 0, middle, np.inf).astype(np.float32)
