"""The ridge: a sum of coefficient × term for every store and day, and what parts of it add to log sales."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storecast.arrays import F32, I64
from storecast.data.grid import Grid
from storecast.features.own_columns import OwnScales
from storecast.features.terms import MIN_DAYS_FOR_MONTHS, OWN_PART, Term, day_terms, store_terms


@dataclass(frozen=True, eq=False)
class Scales:
    """What terms of store and day are scaled by, learned from the past.

    Attributes
    ----------
    counts : what the counts are divided by, (counts,)
    own : of the chain's own columns
    months : whether the past is long enough for terms of the months of the year
    """

    counts: F32
    own: OwnScales
    months: bool = False

    def of(self, stores: I64) -> "Scales":
        """Return the scales of some stores, by their places; -1 for a store that was not there."""
        return Scales(self.counts, self.own.of(stores), self.months)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> "Scales":
        """Return what `arrays` gave to a model file."""
        months = bool(arrays["months"]) if "months" in arrays else False  # older files have none
        return cls(arrays["scale"].astype(np.float32), OwnScales.from_arrays(arrays), months)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return what a model file stores."""
        return {"scale": self.counts, "months": np.array(self.months), **self.own.arrays()}


@dataclass(frozen=True, eq=False)
class Design:
    """The terms of every store and day of a grid, with the trend counted from ``origin``.

    Attributes
    ----------
    terms : those of the date, then those of store and day
    by_day : values of the terms of the date, (such terms, days)
    by_store : values of the terms of store and day, (such terms, stores, days); scaled
    scales : what they were scaled by
    """

    terms: list[Term]
    by_day: F32
    by_store: F32
    scales: Scales

    @classmethod
    def of(cls, grid: Grid, origin: int, scales: Scales | None = None) -> "Design":
        """Work the terms out for a grid that is cut at its origin.

        Parameters
        ----------
        grid : with the calendar
        origin : column of the last day known
        scales : of an earlier design; without them, the counts are scaled by their spread on the days up to ``origin``, own
            columns by what was usual on these days, and months have terms where these days are enough
        """
        months = origin + 1 >= MIN_DAYS_FOR_MONTHS if scales is None else scales.months
        date, by_day = day_terms(grid, origin, months=months)
        store, by_store = store_terms(grid)
        if scales is None:
            from sklearn.preprocessing import StandardScaler  # not where a model is only asked: it takes a second

            past = by_store[_counts(store), :, : origin + 1]
            counts = StandardScaler(with_mean=False).fit(past.reshape(len(past), -1).T).scale_.astype(np.float32)
            scales = Scales(counts, OwnScales.fit(grid, origin), months)
        store, by_store = _scaled(grid, store, by_store, scales)
        return cls([*date, *store], by_day, by_store, scales)

    def rows(self, store: int, days: slice | I64) -> F32:
        """Return the terms of a store on some days, (terms, days)."""
        return np.concatenate([self.by_day[:, days], self.by_store[:, store, days]])

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

    def own_effects(self, by_store: F32) -> dict[str, F32]:
        """Return what the term of each own column of the chain adds, by the name of the column, (stores, days) each.

        Parameters
        ----------
        by_store : values of the terms of store and day, as in `Design`, (store terms, stores, days)
        """
        terms = [term for term in self.terms if term.by_store]
        _, coefficients = split_by_store(self.terms, self.coefficients)
        return {
            term.name: coefficients[:, k, None] * by_store[k] for k, term in enumerate(terms) if term.part == OWN_PART
        }


def split_by_store(terms: list[Term], coefficients: F32) -> tuple[F32, F32]:
    """Return the coefficients of the terms of the date, and those of store and day, (stores, such terms) each."""
    by_store = np.array([term.by_store for term in terms])
    return np.compress(~by_store, coefficients, axis=1), np.compress(by_store, coefficients, axis=1)


def own_terms(grid: Grid, scales: Scales) -> tuple[list[Term], F32]:
    """Return the terms of store and day alone, (terms, stores, days), scaled as in an earlier design."""
    return _scaled(grid, *store_terms(grid), scales)


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


def _counts(terms: list[Term]) -> list[int]:
    return [k for k, term in enumerate(terms) if term.count]


def _scaled(grid: Grid, terms: list[Term], columns: F32, scales: Scales) -> tuple[list[Term], F32]:
    """Divide the counts by their scale, in place, and add the terms of the chain's own columns."""
    columns[_counts(terms)] /= scales.counts[:, None, None]
    own = scales.own.terms(grid)
    if not own:
        return terms, columns
    more = [
        Term(name, OWN_PART, float(penalty), by_store=True)
        for (name, _), penalty in zip(own, scales.own.penalty, strict=True)
    ]
    return [*terms, *more], np.concatenate([columns, np.stack([values for _, values in own])])
