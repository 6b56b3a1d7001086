"""The baseline: what a store usually sells on such a day, the median by weekday and promotion over a year, at its recent level.

The level is that of the last four weeks: the median of how far their days lie from the medians of the year, shrunk to zero as if
two weeks had shown none. Without it, a chain that grows is forecast at last year's level, and any model looks good beside that.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, F64, I64
from storecast.config import NaiveSettings
from storecast.data.grid import Grid
from storecast.data.panel import Panel, Window
from storecast.features.drivers import LEVEL, PROMOTION, WEEKDAY
from storecast.features.history import CELLS, cells
from storecast.features.level_shift import in_one_unit
from storecast.models.array_bytes import pack, unpack
from storecast.models.contributions import Contributions


class Naive:
    """Median of log sales by store, weekday and promotion, at the store's recent level; its own median where it had no such day."""

    name = "naive"

    def __init__(self, settings: NaiveSettings) -> None:
        self.settings = settings

    def fit(self, past: Panel, horizon: int) -> None:  # noqa: ARG002  (the protocol's signature)
        """Take the medians of the last year (of all history where a store did not trade in it) and the recent level."""
        grid = Grid.of(past)
        grid, _ = in_one_unit(grid, grid.days - 1)
        y = grid.learnable_past(grid.days - 1)
        cell = cells(grid, slice(None))
        recent = y.copy()
        recent[:, : max(0, grid.days - self.settings.days)] = np.nan
        idle = ~np.isfinite(recent).any(axis=1)
        recent[idle] = y[idle]
        whole = _medians(recent)
        whole = np.where(np.isfinite(whole), whole, np.nanmedian(whole) if np.isfinite(whole).any() else 0.0)
        medians = np.stack([_medians(np.where(cell == k, recent, np.nan)) for k in range(CELLS)], axis=1)
        self.stores_ = past.stores[s.STORE]
        self.seen_ = np.isfinite(medians)
        usual = np.where(self.seen_, medians, whole[:, None])
        self.medians_ = usual + self._recent_level(y, usual, cell)[:, None]

    def _recent_level(self, y: F32, usual: F64, cell: I64) -> F64:
        """Return how far the last weeks of each store depart from its usual days, (stores,).

        Parameters
        ----------
        y : log sales, NaN where there are none to learn from, (stores, days)
        usual : of each cell, (stores, cells)
        cell : of each day, (stores, days)
        """
        last = slice(max(0, y.shape[1] - self.settings.level_days), None)
        departures = y[:, last] - np.take_along_axis(usual, cell[:, last], axis=1)
        days = np.isfinite(departures).sum(axis=1)
        level: F64 = np.nan_to_num(_medians(departures)) * days / (days + self.settings.level_prior)
        return level

    def features(self, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return the store's place and the cell of each row."""
        places = pl.Series(np.arange(len(self.stores_)))
        ahead = window.future if calendar is None else calendar
        return ahead.select(
            pl.col(s.STORE).replace_strict(self.stores_, places, default=-1, return_dtype=pl.Int64).alias("store"),
            ((pl.col(s.DATE).dt.weekday() - 1) * 2 + pl.col(s.PROMO)).cast(pl.Int64).alias("cell"),
        )

    def predict(self, features: pl.DataFrame) -> F64:
        """Look the medians up; a store that was not there takes the middle of the chain."""
        store, cell = features["store"].to_numpy(), features["cell"].to_numpy()
        medians: F64 = np.where(store >= 0, self.medians_[store, cell], np.median(self.medians_, axis=0)[cell])
        return medians

    def contributions(self, features: pl.DataFrame, rows: I64, background: I64) -> Contributions:
        """Return the store's own middle, what the weekday departs from it, and what the promotion adds to both.

        A weekday that was seen without promotion alone, or with it alone, is what was seen: promotions add nothing to it.

        Parameters
        ----------
        features : of the whole forecast
        rows : positions of the rows, all days of some stores
        background : positions of the rows that stand for the usual day
        """
        store, cell = features["store"].to_numpy(), features["cell"].to_numpy()
        new = (store < 0)[:, None]
        medians = np.where(new, np.median(self.medians_, axis=0), self.medians_[store])
        seen = np.where(new, self.seen_.any(axis=0), self.seen_[store])
        seen |= ~seen.any(axis=1, keepdims=True)
        pairs, seen_pairs = medians.reshape(-1, 7, 2), seen.reshape(-1, 7, 2)
        place = np.arange(len(cell))
        level = medians.mean(axis=1, where=seen)
        both = seen_pairs | ~seen_pairs.any(axis=2, keepdims=True)
        weekday = pairs.mean(axis=2, where=both)[place, cell // 2]
        parts = {LEVEL: level, WEEKDAY: weekday - level, PROMOTION: medians[place, cell] - weekday}
        return Contributions.of_parts(parts, rows, background)

    def state(self) -> dict[str, bytes]:
        """Return the medians and the stores they belong to."""
        return {
            "arrays.npz": pack(
                {"stores": np.asarray(self.stores_.to_list()), "medians": self.medians_, "seen": self.seen_}
            )
        }

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take the medians."""
        arrays = unpack(parts["arrays.npz"])
        self.stores_ = pl.Series(arrays["stores"])
        self.medians_ = arrays["medians"].astype(np.float64)
        self.seen_ = arrays["seen"] if "seen" in arrays else np.ones(self.medians_.shape, bool)  # older models lack it


def make_naive(fast: bool) -> Naive:  # noqa: ARG001, FBT001  (as every model is made)
    """Return the baseline."""
    return Naive(NaiveSettings())


def _medians(values: F32 | F64) -> F64:
    """Median of each row, NaN where a row is empty."""
    seen = np.isfinite(values).any(axis=1)
    out = np.full(len(values), np.nan)
    out[seen] = np.nanmedian(values[seen], axis=1)
    return out
