"""Permutation importance: how much worse a model scores when what a driver says is shuffled.

Source: Breiman, Random forests, Machine Learning 45 (2001); in groups of columns as in Gregorutti, Michel and Saint-Pierre,
Grouped variable importance with random forests, Computational Statistics & Data Analysis 90 (2015). The score is WAPE: by RMSPE one
day with two pieces sold would say what matters. Each driver is shuffled several times, as one shuffle is one draw.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.panel import Window
from storecast.evaluate.scores import wape
from storecast.features.pieces import Pieces
from storecast.models.base import Forecaster

SHUFFLES = 5
MOST_ROWS = 10_000  # of a window; of larger chains a part of the stores is shuffled


@dataclass(frozen=True)
class Importance:
    """What a driver is worth to a model.

    Attributes
    ----------
    loss : by how much WAPE grows without it, the mean of the shuffles
    spread : standard deviation of the shuffles
    """

    loss: float
    spread: float


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

    def error(rows: pl.DataFrame) -> float:
        return wape(actual, np.exp(model.predict(rows))[is_open])

    whole = error(features)
    losses: dict[str, list[float]] = {driver: [] for driver in pieces.drivers}
    for shuffle in range(shuffles):
        dealt = every.copy()
        dealt[is_open] = np.random.default_rng((seed, shuffle)).permutation(is_open)
        for driver, values in losses.items():
            others = [other for other in pieces.drivers if other != driver]
            values.append(error(pieces.mixed(others, every, dealt)) - whole)
    return {
        driver: Importance(float(np.mean(values)), float(np.std(values, ddof=1)) if shuffles > 1 else 0.0)
        for driver, values in losses.items()
    }


def _some_rows(medians: pl.DataFrame) -> list[int]:
    """Return the rows of every so many stores, so that they are few enough to be shuffled several times."""
    stores = medians[s.STORE].unique().sort()
    some = stores.gather_every(max(1, -(-medians.height // MOST_ROWS)))
    return medians[s.STORE].is_in(some.implode()).arg_true().to_list()
