"""Log sales of every store on the terms, robust, shrunk to the chain.

Two fits share one pass over the data. The chain's coefficients come from the sum of all stores' normal equations; each
store's own departure from them is a ridge, so that a store with little history, or a term it met once, keeps close to the
chain. Huber weights hold outliers down; the normal equations are solved again under them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from storecast.arrays import F32, I64
from storecast.config import LinearSettings
from storecast.data.grid import Grid
from storecast.features.similar_stores import expected_departures, expected_levels
from storecast.features.terms import Term, day_terms, store_terms

SHORT = 42  # days with sales: a store with fewer leans on stores like it
PRIOR_DAYS = 0.5  # of a store's own sales weigh as much as all that its attributes say
CHUNK = 64  # stores at a time: the working set stays near the cache


@dataclass(frozen=True, eq=False)
class Design:
    """The terms of every store and day of a grid, with the trend counted from ``origin``."""

    terms: list[Term]
    by_day: F32  # (day terms, days)
    by_store: F32  # (store terms, stores, days); the counts among them are scaled
    scale: F32  # what the counts were divided by, (counts,)

    @classmethod
    def of(cls, grid: Grid, origin: int, scale: F32 | None = None) -> "Design":
        """Work the terms out for a grid that is cut at its origin.

        Parameters
        ----------
        scale : of an earlier design; without it, the counts are scaled by their spread on the days up to ``origin``
        """
        days, by_day = day_terms(grid, origin)
        stores, by_store = store_terms(grid)
        if scale is None:
            past = by_store[_counts(stores), :, : origin + 1]
            scale = StandardScaler(with_mean=False).fit(past.reshape(len(past), -1).T).scale_.astype(np.float32)
        return cls([*days, *stores], by_day, _scaled(stores, by_store, scale), scale)

    def rows(self, stores: slice, days: slice) -> F32:
        """Return (stores, terms, days) of a part."""
        own = self.by_store[:, stores, days].swapaxes(0, 1)
        shared = np.broadcast_to(self.by_day[None, :, days], (own.shape[0], *self.by_day[:, days].shape))
        return np.concatenate([shared, own], axis=1)

    def values(self, coefficients: F32, days: slice) -> F32:
        """Return the sum of coefficient × term, (stores, days)."""
        of_date, of_store = split_by_store(self.terms, coefficients)
        out: F32 = of_days(of_date, self.by_day[:, days]) + of_stores(of_store, self.by_store[:, :, days])
        return out


@dataclass(frozen=True, eq=False)
class Ridge:
    """A fitted ridge.

    Attributes
    ----------
    level : weighted mean of log sales of each store, (stores,)
    coefficients : the chain's plus the store's departure, (stores, terms)
    residuals : log sales less the fit on the past, NaN where there is none, (stores, days up to the origin)
    """

    terms: list[Term]
    level: F32
    coefficients: F32
    residuals: F32

    def of(self, stores: I64) -> "Ridge":
        """Return the ridge of some stores."""
        return Ridge(self.terms, self.level[stores], self.coefficients[stores], self.residuals[stores])

    def fitted(self, design: Design, days: slice) -> F32:
        """Return the fitted log sales of some days, (stores, days)."""
        return self.level[:, None] + design.values(self.coefficients, days)

    def coefficients_of(self, part: str) -> F32:
        """Return the coefficients of the terms of one part, (stores, terms of the part)."""
        out: F32 = np.compress([term.part == part for term in self.terms], self.coefficients, axis=1)
        return out

    def chosen(self, *parts: str) -> F32:
        """Return the coefficients of some parts of the model, 0 for the others, (stores, terms); without a part, all."""
        if not parts:
            return self.coefficients
        out: F32 = self.coefficients * np.array([term.part in parts for term in self.terms])
        return out

    def part(self, design: Design, days: slice, *parts: str) -> F32:
        """Return what some parts of the model add to log sales.

        Parameters
        ----------
        design : the terms of every store and day
        days : columns of the grid
        parts : see `Term.part`

        Returns
        -------
        (stores, days)
        """
        return design.values(self.chosen(*parts), days)

    def date_effects(self, design: Design, *parts: str) -> F32:
        """Return what the terms of the date add on every day, of some parts or of all, (stores, days)."""
        of_date, _ = split_by_store(self.terms, self.chosen(*parts))
        return of_days(of_date, design.by_day)

    def store_effects(self, by_store: F32, *parts: str) -> F32:
        """Return what the terms of store and day add, of some parts or of all, (stores, days).

        Parameters
        ----------
        by_store : values of these terms, as in `Design`, (store terms, stores, days)
        parts : see `Term.part`; none: all of them
        """
        _, of_store = split_by_store(self.terms, self.chosen(*parts))
        return of_stores(of_store, by_store)


def split_by_store(terms: list[Term], coefficients: F32) -> tuple[F32, F32]:
    """Return the coefficients of the terms of the date, and those of store and day, (stores, such terms) each."""
    by_store = np.array([term.by_store for term in terms])
    return np.compress(~by_store, coefficients, axis=1), np.compress(by_store, coefficients, axis=1)


def own_terms(grid: Grid, scale: F32) -> tuple[list[Term], F32]:
    """Return the terms of store and day alone, (terms, stores, days), the counts among them scaled as in an earlier design."""
    terms, columns = store_terms(grid)
    return terms, _scaled(terms, columns, scale)


def of_days(coefficients: F32, terms: F32) -> F32:
    """Return what terms of the day add: (stores, terms) by (terms, days).

    A product of matrices: its last digit depends on how many stores there are, so it is made once for all of them.
    """
    out: F32 = coefficients @ terms
    return out


def of_stores(coefficients: F32, terms: F32) -> F32:
    """Return what terms of the store and day add: (stores, terms) by (terms, stores, days); of one store as of many."""
    out: F32 = np.einsum("skd,sk->sd", terms.swapaxes(0, 1), coefficients)
    return out


def fit_ridge(
    grid: Grid,
    design: Design,
    origin: int,
    settings: LinearSettings,
    day_weights: npt.NDArray[np.floating] | None = None,
) -> Ridge:
    """Fit on the days up to ``origin`` (a column of the grid).

    Parameters
    ----------
    day_weights : how much each of these days counts, beside its age, (days,); None: all alike
    """
    past = slice(0, origin + 1)
    y = grid.log_sales()[:, past]
    seen = np.isfinite(y)
    age = origin - np.arange(origin + 1)
    recency = (0.5 ** (age / settings.half_life)).astype(np.float32)
    if day_weights is not None:
        recency = recency * day_weights.astype(np.float32)
    weights = np.where(seen, recency, np.float32(0))
    level = _levels(y, weights)
    target = np.where(seen, y - level[:, None], np.float32(0))
    penalty = np.array([term.penalty for term in design.terms], np.float64) * settings.penalty
    # The chain's stores share the error of a day: a thousand stores on one day say hardly more than one does.
    shared = penalty * max(1.0, settings.shared_days * len(y))

    short = seen.sum(axis=1) < SHORT
    if short.all():  # nobody to learn from but one another
        short = seen.sum(axis=1) == 0
    if short.any():
        level[short] = prior = expected_levels(grid, level, ~short)[short]
        target = np.where(seen, y - level[:, None], np.float32(0))
    regional = _regional_days(design)[past]
    robust = weights
    # The matrices are small: a second BLAS thread would mostly wait, spinning.
    with threadpool_limits(1, user_api="blas"):
        for round_ in range(settings.robust_rounds + 1):
            usual, coefficients, residuals = _solve(design, past, robust, target, (penalty, shared), grid, short)
            if short.any() and round_ == 0:
                # A few days say where a store stands once the chain's own effect on them is taken off.
                left = (y - design.values(usual, past))[short]
                days = weights[short].sum(axis=1)
                heard = (weights[short] * np.nan_to_num(left)).sum(axis=1)
                level[short] = (heard + PRIOR_DAYS * prior) / (days + PRIOR_DAYS)
                target = np.where(seen, y - level[:, None], np.float32(0))
            if round_ < settings.robust_rounds:
                size = np.where(seen, np.abs(residuals), np.nan)
                limit = settings.huber * _row_median(size)
                share = np.minimum(1, limit[:, None] / np.maximum(np.abs(residuals), 1e-6))
                robust = weights * np.where(regional, 1, share)
    return Ridge(design.terms, level, coefficients, np.where(seen, residuals, np.float32(np.nan)))


def _solve(
    design: Design,
    past: slice,
    weights: F32,
    target: F32,
    penalties: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    grid: Grid,
    short: npt.NDArray[np.bool_],
) -> tuple[F32, F32, F32]:
    """Return what each store's coefficients are shrunk to, the coefficients, both (stores, terms), and the residuals."""
    penalty, shared = penalties
    stores, terms = len(target), len(penalty)
    gram = np.empty((stores, terms, terms), np.float32)
    moment = np.empty((stores, terms), np.float32)
    for start in range(0, stores, CHUNK):
        part = slice(start, min(start + CHUNK, stores))
        rows = design.rows(part, past)
        weighted = rows * weights[part, None, :]
        np.matmul(weighted, rows.swapaxes(1, 2), out=gram[part])
        moment[part] = np.matmul(weighted, target[part, :, None])[..., 0]
    chain = np.linalg.solve(gram.sum(axis=0, dtype=np.float64) + np.diag(shared), moment.sum(axis=0, dtype=np.float64))
    known = gram.diagonal(axis1=1, axis2=2)
    known = known / (known + penalty.astype(np.float32))
    usual = np.broadcast_to(chain.astype(np.float32), moment.shape)
    gram[:, np.arange(terms), np.arange(terms)] += penalty.astype(np.float32)

    def own(which: npt.NDArray[np.bool_] | slice) -> F32:
        bare = gram[which] @ usual[which][..., None] - (penalty.astype(np.float32) * usual[which])[..., None]
        found: F32 = np.linalg.solve(gram[which], moment[which][..., None] - bare)[..., 0]
        return found

    departures = own(slice(None))
    if short.any():
        usual = usual.copy()
        usual[short] += expected_departures(grid, departures, known, short)
        departures[short] = own(short)
    coefficients = (usual + departures).astype(np.float32)
    return usual, coefficients, target - design.values(coefficients, past)


def _counts(terms: list[Term]) -> list[int]:
    return [k for k, term in enumerate(terms) if term.count]


def _scaled(terms: list[Term], columns: F32, scale: F32) -> F32:
    """Divide the counts by their scale, in place."""
    columns[_counts(terms)] /= scale[:, None, None]
    return columns


def _regional_days(design: Design) -> npt.NDArray[np.bool_]:
    """Say on which days a regional term holds: there, outlier weights would take the effect itself away."""
    date_terms = [term for term in design.terms if not term.by_store]
    rows = [k for k, term in enumerate(date_terms) if term.regional]
    return np.asarray((design.by_day[rows] > 0).any(axis=0))


def _levels(y: F32, weights: F32) -> F32:
    """Weighted mean log sales of each store, NaN where it has none, (stores,)."""
    total = weights.sum(axis=1)
    level = np.where(total > 0, (np.nan_to_num(y) * weights).sum(axis=1) / np.maximum(total, 1e-9), np.nan)
    return level.astype(np.float32)


def _row_median(values: F32) -> F32:
    """Median of each row over its finite cells, of an even row without gaps its lower one; infinite where there is none."""
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1)
    rows = np.arange(len(values))
    low, high = ordered[rows, np.maximum(count - 1, 0) // 2], ordered[rows, count // 2 - (count == values.shape[1])]
    middle = (low + np.where(np.isfinite(high), high, low)) / 2
    return np.where(count > 0, middle, np.inf).astype(np.float32)
