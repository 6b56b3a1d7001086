"""Permutation importance: how much worse a model scores when what a driver says is shuffled.

Source: Breiman, Random forests, Machine Learning 45 (2001); in groups of columns as in Gregorutti, Michel and Saint-Pierre,
Grouped variable importance with random forests, Computational Statistics & Data Analysis 90 (2015). The score is WAPE: by RMSPE one
day with two pieces sold would say what matters. Each driver is shuffled several times, as one shuffle is one draw. The interval is
over the days of the window, as errors of one day hang together across stores.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import stdtrit

from storecast import schema as s
from storecast.arrays import F64
from storecast.data.panel import Window
from storecast.features.pieces import Pieces
from storecast.models.base import Forecaster

SHUFFLES = 5
MOST_ROWS = 10_000  # of a window; of larger chains a part of the stores is shuffled
UPPER = 0.975  # where a 95% interval ends


@dataclass(frozen=True)
class Importance:
    """What a driver is worth to a model.

    Attributes
    ----------
    loss : by how much WAPE grows without it, the mean of the shuffles
    spread : standard deviation of the shuffles
    low, high : 95% interval of the loss, by Student's t over the days of the window; infinite where there is one day alone
    """

    loss: float
    spread: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves zero out; otherwise the driver is indistinguishable from one that says nothing."""
        return not self.low <= 0 <= self.high


def permutation_importance(
    model: Forecaster, window: Window, medians: pl.DataFrame, *, seed: int = 0, shuffles: int = SHUFFLES
) -> dict[str, Importance]:
    """Return by how much the WAPE of a window grows when a driver's columns are dealt out at random among its open days.

    All columns of a driver go together: of two that say the same, neither alone would be missed.

    Parameters
    ----------
    model : fitted on the past of the window
    window : that is forecast
    medians : of the window, with Sales: what was sold
    seed : of the shuffles
    shuffles : how many
    """
    some = _some_rows(medians)
    features = model.features(window)[some]
    medians = medians[some]
    is_open = np.flatnonzero(((medians[s.OPEN] == 1) & medians[s.SALES].is_not_null()).to_numpy())
    actual = medians[s.SALES].cast(pl.Float64).fill_null(np.nan).to_numpy()[is_open]
    if not len(is_open) or actual.sum() <= 0:
        return {}
    pieces = Pieces.of(features)
    every = np.arange(features.height)
    days = medians[s.DATE].rank("dense").to_numpy().astype(np.int64)[is_open] - 1

    def errors_by_day(rows: pl.DataFrame) -> F64:
        """Return the sum of absolute errors of each day over the sales of all days; their sum is WAPE, (days,)."""
        errors: F64 = np.bincount(days, np.abs(actual - np.exp(model.predict(rows))[is_open])) / actual.sum()
        return errors

    whole = errors_by_day(features)
    losses: dict[str, list[F64]] = {driver: [] for driver in pieces.drivers}
    for shuffle in range(shuffles):
        dealt = every.copy()
        dealt[is_open] = np.random.default_rng((seed, shuffle)).permutation(is_open)
        for driver, values in losses.items():
            others = [other for other in pieces.drivers if other != driver]
            values.append(errors_by_day(pieces.mixed(others, every, dealt)) - whole)
    return {driver: _importance(np.array(values)) for driver, values in losses.items()}


def _importance(losses: F64) -> Importance:
    """Return the mean, spread and interval of what shuffles cost on the days of a window, (shuffles, days)."""
    by_shuffle, by_day = losses.sum(axis=1), losses.mean(axis=0)
    loss = float(by_shuffle.mean())
    spread = float(by_shuffle.std(ddof=1)) if len(by_shuffle) > 1 else 0.0
    count = len(by_day)
    half = float(stdtrit(count - 1, UPPER) * by_day.std(ddof=1) * np.sqrt(count)) if count > 1 else np.inf
    return Importance(loss, spread, loss - half, loss + half)


def _some_rows(medians: pl.DataFrame) -> list[int]:
    """Return the rows of every so many stores, so that they are few enough to be shuffled several times."""
    stores = medians[s.STORE].unique().sort()
    some = stores.gather_every(max(1, -(-medians.height // MOST_ROWS)))
    return medians[s.STORE].is_in(some.implode()).arg_true().to_list()
