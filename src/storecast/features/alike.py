"""Where a store without history is to be expected: the level of stores like it, by what is known of them.

Gradient boosting on store type, assortment, state, competition and Promo2. On the Rossmann files these say little beyond type and
assortment (the spread of levels falls from .305 to .296 in log sales), so a new store's intervals stay wide.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.preprocessing import OneHotEncoder

from storecast import schema as s
from storecast.data.grid import Floats, Grid

FEWEST = 30  # stores with a level, for attributes to be learned from; below, the mean of their kind must do
KINDS = (s.STORE_TYPE, s.ASSORTMENT, s.STATE)


def expected_levels(grid: Grid, level: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Return the mean log sales that a store's attributes let expect, (stores,).

    Parameters
    ----------
    level : mean log sales of each store, (stores,)
    known : which of them to learn from, (stores,)
    """
    learned = known & np.isfinite(level)
    if learned.sum() < FEWEST:
        return _means_of_kind(grid, level, learned)
    attributes = _attributes(grid.stores)
    trees = GradientBoostingRegressor(
        n_estimators=150, learning_rate=0.05, max_depth=3, subsample=0.6, min_samples_leaf=5, random_state=0
    )
    trees.fit(attributes[learned], level[learned])
    return np.asarray(trees.predict(attributes), np.float32)


def _means_of_kind(grid: Grid, level: Floats, learned: npt.NDArray[np.bool_]) -> Floats:
    """Return the mean of the stores of the same type and assortment, of the chain where there is none, (stores,)."""
    kind = (grid.stores[s.STORE_TYPE] + "/" + grid.stores[s.ASSORTMENT]).to_numpy()
    chain = level[learned].mean() if learned.any() else 0.0
    means = {name: level[learned & (kind == name)].mean() for name in np.unique(kind[learned])}
    return np.array([means.get(name, chain) for name in kind], np.float32)


def _attributes(stores: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Return (stores, attributes)."""
    distance = np.log1p(stores[s.COMPETITION_DISTANCE].cast(pl.Float64).fill_null(np.nan).to_numpy())
    middle = np.nanmedian(distance) if np.isfinite(distance).any() else 0.0
    kinds = OneHotEncoder(sparse_output=False).fit_transform(stores.select(KINDS).to_numpy().astype(str))
    numbers = stores.select(
        pl.Series("distance", np.where(np.isfinite(distance), distance, middle)),
        pl.col(s.COMPETITION_SINCE).is_null().cast(pl.Float64),
        pl.col(s.PROMO2).cast(pl.Float64),
    ).to_numpy()
    return np.concatenate([kinds, numbers], axis=1)
