"""Permutation importance: how much worse a model scores when what a driver says is shuffled.

Source: Breiman, Random forests, Machine Learning 45 (2001); in groups of columns as in Gregorutti, Michel and Saint-Pierre,
Grouped variable importance with random forests, Computational Statistics & Data Analysis 90 (2015).
"""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.panel import Window
from storecast.evaluate.scores import rmspe
from storecast.features.pieces import Pieces
from storecast.models.base import Forecaster


def permutation_importance(
    model: Forecaster, window: Window, medians: pl.DataFrame, *, seed: int = 0
) -> dict[str, float]:
    """Return by how much the RMSPE of a window grows when a driver's columns are dealt out at random among its open days.

    All columns of a driver go together: of two that say the same, neither alone would be missed.

    Parameters
    ----------
    medians : of the window, with Sales: what was sold
    """
    design = model.features(window)
    is_open = np.flatnonzero(((medians[s.OPEN] == 1) & (medians[s.SALES] > 0).fill_null(value=False)).to_numpy())
    if not len(is_open):
        return {}
    actual = medians[s.SALES].cast(pl.Float64).fill_null(np.nan).to_numpy()[is_open]
    pieces = Pieces.of(design)
    every = np.arange(design.height)
    dealt = every.copy()
    dealt[is_open] = np.random.default_rng(seed).permutation(is_open)

    def error(rows: pl.DataFrame) -> float:
        return rmspe(actual, np.exp(model.predict(rows))[is_open])

    whole = error(design)
    return {
        driver: error(pieces.mixed([other for other in pieces.drivers if other != driver], every, dealt)) - whole
        for driver in pieces.drivers
    }
