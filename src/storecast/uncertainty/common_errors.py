"""Errors that all parts of a chain have in common: where each part drew its own, sums over parts would look surer than they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast.arrays import F64, I64

MAX_PATHS = 300
SEED = 2**32  # beyond those of parts


@dataclass(frozen=True, eq=False)
class CommonErrors:
    """Standard errors of a chain and of its groups of stores, by path.

    Attributes
    ----------
    groups : the values of the column by which stores are grouped, of the whole chain
    levels : of the chain, (paths, 1), and of groups, (paths, groups)
    walks : of days, (paths, 1, days) and (paths, groups, days)
    """

    groups: tuple[str, ...]
    levels: tuple[F64, F64]
    walks: tuple[F64, F64]

    @classmethod
    def draw(
        cls, groups: Sequence[str], days: int, *, freedom: float, rho: tuple[float, float, float]
    ) -> "CommonErrors":
        """Draw them; the same arguments give the same errors.

        Parameters
        ----------
        groups : every value that the column has in the chain
        days : ahead
        freedom, rho : as in `joint_errors.JointErrors`
        """
        names = tuple(sorted({"", *groups}))
        generator = np.random.default_rng(SEED)
        levels = [generator.standard_t(freedom, (MAX_PATHS, count)) for count in (1, len(names))]
        walks = [
            random_walk(generator, MAX_PATHS * count, days, correlation).reshape(MAX_PATHS, count, days)
            for count, correlation in ((1, rho[0]), (len(names), rho[1]))
        ]
        return cls(names, (levels[0], levels[1]), (walks[0], walks[1]))

    def places(self, names: pl.Series) -> I64:
        """Return the place of each group among those of the chain, (names,)."""
        places = pl.Series(np.arange(len(self.groups)))
        return names.fill_null("").replace_strict(pl.Series(self.groups), places, return_dtype=pl.Int64).to_numpy()


def random_walk(draw: np.random.Generator, count: int, days: int, rho: float) -> F64:
    """Return autoregressive series of unit variance, (count, days).

    Parameters
    ----------
    draw : generator of random numbers
    count, days : how many series of how many days
    rho : correlation of one day with the next
    """
    steps = draw.standard_normal((count, days))
    out = np.empty_like(steps)
    out[:, 0] = steps[:, 0]
    fresh = np.sqrt(1 - rho**2)
    for day in range(1, days):
        out[:, day] = rho * out[:, day - 1] + fresh * steps[:, day]
    return out
