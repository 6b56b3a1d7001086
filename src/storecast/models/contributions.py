"""What each driver adds to a model's answer: Shapley values of groups of columns, exact in their sum.

An additive model tells its parts. Any other is asked again and again: a background row becomes the asked row, driver after
driver in a random order, and what each step changes is that driver's contribution. The mean over many orders and background rows
is a driver's Shapley value, up to chance; the sum over the drivers is the answer less the background's, exactly, whatever the
orders, because the steps of each walk add up.

Source: Štrumbelj and Kononenko, Explaining prediction models and individual predictions with feature contributions, Knowledge and
Information Systems 41 (2014); orders in antithetic pairs as in Mitchell et al., Sampling permutations for Shapley value estimation,
JMLR 23 (2022).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from storecast.arrays import F64, I64
from storecast.features.drivers import DRIVERS, in_order
from storecast.features.pieces import Pieces


@dataclass(frozen=True, eq=False)
class Contributions:
    """What each driver adds to the answer of some rows, in log sales.

    Attributes
    ----------
    base : the mean answer for the background, (rows,)
    by_driver : of each of `drivers`, (rows, drivers); base + the sum over the drivers is the answer
    drivers : their names: `DRIVERS`, and those of the chain's own columns
    """

    base: F64
    by_driver: F64
    drivers: tuple[str, ...] = DRIVERS

    @classmethod
    def of_parts(cls, parts: dict[str, F64], rows: I64, background: I64) -> "Contributions":
        """Return those of an additive model, from its parts by driver, each (rows of the features,).

        Parameters
        ----------
        parts : by driver, each (rows of the features,)
        rows : positions of the rows that are explained
        background : positions of the rows that stand for the usual day
        """
        drivers = in_order({*DRIVERS, *parts})
        whole = np.stack([parts.get(driver, np.zeros_like(next(iter(parts.values())))) for driver in drivers], axis=1)
        mean = whole[background].mean(axis=0)
        return cls(np.full(len(rows), mean.sum()), whole[rows] - mean, drivers)

    @classmethod
    def stacked(cls, parts: Sequence["Contributions"]) -> "Contributions":
        """Return those of the rows of several parts, one after the other."""
        drivers = in_order({driver for part in parts for driver in part.drivers})
        by_driver = np.concatenate([part.of(drivers) for part in parts])
        return cls(np.concatenate([part.base for part in parts]), by_driver, drivers)

    @classmethod
    def mean(cls, several: Sequence["Contributions"]) -> "Contributions":
        """Return those of the equally weighted mean of several models."""
        drivers = in_order({driver for one in several for driver in one.drivers})
        by_driver = np.mean([one.of(drivers) for one in several], axis=0)
        return cls(np.mean([one.base for one in several], axis=0), by_driver, drivers)

    def of(self, drivers: tuple[str, ...]) -> F64:
        """Return the contributions of these drivers, 0 for one that this model does not know, (rows, drivers)."""
        if drivers == self.drivers:
            return self.by_driver
        none = np.zeros(len(self.base))
        known = dict(zip(self.drivers, self.by_driver.T, strict=True))
        return np.stack([known.get(driver, none) for driver in drivers], axis=1)


@runtime_checkable
class Explains(Protocol):
    """A model that tells what its answers are made of."""

    def contributions(self, features: pl.DataFrame, rows: I64, background: I64) -> Contributions:
        """Return the contributions of the drivers to the answers of some rows, against the background.

        Parameters
        ----------
        features : of the whole forecast
        rows : places in the features: all rows of some stores
        background : places of the rows that stand for what is usual
        """
        ...


@runtime_checkable
class ExplainsColumns(Protocol):
    """A model that tells how far each single column moves its answers."""

    def column_contributions(self, features: pl.DataFrame) -> dict[str, float]:
        """Return the mean size of each column's contribution over the rows of a features, in log sales."""
        ...


def walk(
    predict: Callable[[pl.DataFrame], F64],
    features: pl.DataFrame,
    rows: I64,
    background: I64,
    *,
    at_once: int = 0,
    seed: int = 0,
) -> Contributions:
    """Return the contributions of any model, by walks from background rows to the rows to explain, one for each background row.

    Parameters
    ----------
    predict : the model
    features : of the whole forecast
    rows : places in the features of the rows to explain
    background : places of the rows that stand for what is usual
    at_once : how many rows the model is asked for at once, where it looks at each by itself; 0: those of one step
    seed : of the random orders
    """
    pieces = Pieces.of(features)
    end = predict(features[rows])
    drivers, steps = in_order({*DRIVERS, *pieces.drivers}), len(pieces.drivers)
    base, by_driver = np.zeros(len(rows)), np.zeros((len(rows), len(drivers)))
    orders = _orders(pieces.drivers, len(background), seed)
    walks = max(1, at_once // max(1, steps * len(rows)))
    for begin in range(0, len(background), walks):
        some, from_places = orders[begin : begin + walks], background[begin : begin + walks]
        places = _places(some, rows, from_places)
        table = pieces.taken(places, np.tile(rows, len(some) * steps))
        answers = np.concatenate([predict(part) for part in table.iter_slices(at_once or len(rows))])
        for order, on_the_way in zip(some, answers.reshape(len(some), steps, len(rows)), strict=True):
            base += on_the_way[0]
            changes = np.diff(on_the_way, axis=0, append=end[None])
            for driver, change in zip(order, changes, strict=True):
                by_driver[:, drivers.index(driver)] += change
    return Contributions(base / len(background), by_driver / len(background), drivers)


def _orders(drivers: Sequence[str], count: int, seed: int) -> list[list[str]]:
    """Return random orders; every other one is the one before backwards: what comes early in one comes late in the other."""
    draw = np.random.default_rng(seed)
    orders = [list(drivers)]
    for k in range(count):
        orders.append(orders[-1][::-1] if k % 2 else [str(name) for name in draw.permutation(orders[-1])])
    return orders[1:]


def _places(orders: Sequence[Sequence[str]], rows: I64, background: I64) -> dict[str, I64]:
    """Return the rows that each driver's values are taken from, by walk, step and row, one after the other.

    At first every value is the background's; after each step, one driver more has the row's own.

    Parameters
    ----------
    orders : of the drivers, one for each walk
    rows : places of the rows that are explained
    background : place of the row that each walk begins at
    """
    step = np.arange(len(orders[0]))[:, None]
    at = {driver: np.array([order.index(driver) for order in orders])[:, None, None] for driver in orders[0]}
    return {driver: np.where(at[driver] < step, rows, background[:, None, None]).ravel() for driver in orders[0]}
