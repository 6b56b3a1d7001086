"""Where a store without history is to be expected: the level of stores like it, and what their days have of their own.

Gradient boosting on store type, assortment, state, competition and Promo2 gives the level. On the Rossmann files these say
little beyond type and assortment (the spread of levels falls from .305 to .300 in log sales), so a new store's intervals stay wide.
They say more about weekdays: a forest of all terms at once takes a new store's Saturdays and Sundays from stores alike.

Source: Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63 (2006), with many outputs.
"""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, F64, Bool
from storecast.data.grid import Grid

MIN_STORES_FOR_ATTRIBUTES = 30  # with a level, to learn from attributes; below, the mean of the store's kind must do
PRIOR_STORES = 1.0  # of a state: how many speak for the chain where a few stores say how a state departs
CATEGORIES = (s.STORE_TYPE, s.ASSORTMENT, s.STATE, s.PROMO_INTERVAL)


def expected_levels(grid: Grid, level: F32, known: Bool) -> F32:
    """Return the mean log sales that a store's attributes let expect, (stores,).

    Parameters
    ----------
    grid : with the attributes of the stores
    level : mean log sales of each store, (stores,)
    known : which of them to learn from, (stores,)
    """
    learned = known & np.isfinite(level)
    if learned.sum() < MIN_STORES_FOR_ATTRIBUTES:
        return _means_of_kind(grid, level, learned)
    from sklearn.ensemble import GradientBoostingRegressor

    attributes = _attributes(grid.stores)
    trees = GradientBoostingRegressor(
        n_estimators=400,
        learning_rate=0.02,
        max_depth=3,
        subsample=0.5,
        min_samples_leaf=8,
        max_features=0.5,
        random_state=0,
    )
    trees.fit(attributes[learned], level[learned])
    return np.asarray(trees.predict(attributes), np.float32)


def expected_departures(grid: Grid, departures: F32, data_weight: F32, short: Bool) -> F32:
    """Return how stores with a short history are to be expected to depart from the chain, (short stores, terms).

    Parameters
    ----------
    grid : with the attributes of the stores
    departures : of every store from the chain's coefficients, (stores, terms)
    data_weight : how much of each coefficient comes from a store's own days, 0 to 1, (stores, terms)
    short : whose history is short: they are not learned from, (stores,)
    """
    state_departures = _state_departures(grid, departures, data_weight, short)
    if (~short).sum() < MIN_STORES_FOR_ATTRIBUTES:
        return state_departures[short]
    # A store that has never met a term departs by 0 in it, which is no news: there its state speaks for it.
    full = departures + (1 - data_weight) * state_departures
    from sklearn.ensemble import ExtraTreesRegressor

    attributes = _attributes(grid.stores)
    trees = ExtraTreesRegressor(n_estimators=100, min_samples_leaf=3, max_features=0.5, random_state=0)
    trees.fit(attributes[~short], full[~short])
    return np.asarray(trees.predict(attributes[short]), np.float32)


def _state_departures(grid: Grid, departures: F32, data_weight: F32, short: Bool) -> F32:
    """Return the mean departure of each store's state, shrunk to 0, (stores, terms); short stores have no say in it.

    Stores of one state trade under one law: where Sundays are open in the season alone, they sell little.
    """
    state = grid.stores[s.STATE].to_numpy().astype(str)
    out = np.zeros_like(departures)
    for name in np.unique(state):
        others = (state == name) & ~short
        mean = (data_weight[others] * departures[others]).sum(axis=0) / (data_weight[others].sum(axis=0) + PRIOR_STORES)
        out[state == name] = mean
    return out


def _means_of_kind(grid: Grid, level: F32, learned: Bool) -> F32:
    """Return the mean of the stores of the same type and assortment, of the chain where there is none, (stores,)."""
    kind = (grid.stores[s.STORE_TYPE] + "/" + grid.stores[s.ASSORTMENT]).to_numpy()
    chain = level[learned].mean() if learned.any() else 0.0
    means = {name: level[learned & (kind == name)].mean() for name in np.unique(kind[learned])}
    return np.array([means.get(name, chain) for name in kind], np.float32)


def _attributes(stores: pl.DataFrame) -> F64:
    """Return (stores, attributes): kinds as zeros and ones, then numbers."""
    from sklearn.preprocessing import OneHotEncoder

    distance = np.log1p(stores[s.COMPETITION_DISTANCE].cast(pl.Float64).fill_null(np.nan).to_numpy())
    middle = np.nanmedian(distance) if np.isfinite(distance).any() else 0.0
    kinds = OneHotEncoder(sparse_output=False).fit_transform(stores.select(CATEGORIES).to_numpy().astype(str))
    numbers = [np.where(np.isfinite(distance), distance, middle), stores[s.PROMO2].cast(pl.Float64).to_numpy()]
    for since in (s.COMPETITION_SINCE, s.PROMO2_SINCE):
        day = stores[since].to_numpy().astype("datetime64[D]")
        numbers.append(np.where(np.isnat(day), 0.0, day.astype(np.float64) / 365.25))
    return np.concatenate([kinds, np.stack(numbers, axis=1)], axis=1)
