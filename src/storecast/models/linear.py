"""The ridge of log sales as a model of its own: seconds to fit, nothing to tune, and the trees' best feature."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, F64, I64
from storecast.config import LinearSettings
from storecast.data.grid import Grid, store_positions
from storecast.data.panel import Panel, Window
from storecast.errors import ModelFileError
from storecast.features.calendar import LOOK_BACK
from storecast.features.cutoff_state import RIDGE_SETTINGS
from storecast.features.drivers import LEVEL, TREND, driver_of_term
from storecast.features.level_shift import LevelShift
from storecast.features.residuals import bounded
from storecast.features.ridge import Design, Ridge, Scales, own_terms
from storecast.features.store import FeatureStore, KnownDays, PastRidge
from storecast.features.terms import Term, day_terms
from storecast.models.array_bytes import pack, unpack
from storecast.models.contributions import Contributions
from storecast.models.search_space import Between, SearchSpace

SEARCH_SPACE: SearchSpace = {
    "penalty": Between(0.3, 4.0, log=True),
    "shared_days": Between(0.005, 0.5, log=True),
    "half_life": Between(200.0, 2000.0, log=True),
    "huber": Between(1.0, 3.0),
    "recent_days": Between(14, 56),
    "recent_share": Between(0.0, 1.0),
}


class Linear:
    """Ridge per store, robust, shrunk to the chain; part of the last weeks' error is carried forward."""

    name = "linear"
    search_space = SEARCH_SPACE

    def __init__(self, settings: LinearSettings) -> None:
        self.settings = settings
        self._ahead: tuple[Window, F64, tuple[list[Term], F32]] | None = (
            None  # of the last window: what no calendar ahead changes
        )

    def fit(self, past: Panel, horizon: int) -> None:  # noqa: ARG002  (the protocol's signature)
        """Fit the coefficients of every store."""
        self.learn(past)

    def learn(self, past: Panel, day_weights: F64 | None = None, known: KnownDays | None = None) -> None:
        """Fit the coefficients of every store.

        Parameters
        ----------
        past : whose days are learned
        day_weights : how much each day from the first to the last of the past counts, (days,); None: all alike
        known : the days of the past, where it is learned more than once; None: they are worked out
        """
        if day_weights is None and self.settings == RIDGE_SETTINGS:  # the tree models need the same ridge
            ridge = FeatureStore.of(past).past_ridge(past)
        else:
            ridge = PastRidge.fit(known or KnownDays.of(past), self.settings, day_weights)
        self.shifts_ = ridge.shifts
        self.stores_ = past.stores[s.STORE]
        self.end_ = past.end
        self.level_ = ridge.level.astype(np.float64)
        self.coefficients_ = ridge.coefficients.astype(np.float64)
        self.scales_ = ridge.scales
        self.terms_ = [term.column for term in ridge.terms]
        self._ahead = None

    def features(self, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return the store's place, its recent error and the terms of each row."""
        ahead = window.future if calendar is None else calendar
        grid = FeatureStore.of(window).grid(window)
        begin = max(0, grid.column(window.cutoff) + 1 - LOOK_BACK)
        part, stores = grid.overlay(ahead, begin)
        recent, (date_terms, by_day) = self._of_window(window, grid, begin)
        place = self._places(part.stores[s.STORE])
        store_terms, by_store = own_terms(part, self.scales_.of(place))
        row = np.searchsorted(stores, store_positions(window.past.stores, ahead[s.STORE]))
        column = (ahead[s.DATE] - part.first).dt.total_days().to_numpy()
        terms = [
            *zip(date_terms, by_day[:, column], strict=True),
            *zip(store_terms, by_store[:, row, column], strict=True),
        ]
        return pl.DataFrame(
            [
                pl.Series("store", place[row]),
                pl.Series("recent", recent[stores][row]),
                *(pl.Series(term.column, values) for term, values in terms),
            ]
        )

    def predict(self, features: pl.DataFrame) -> F64:
        """Add up coefficient × term, one term after the other: the coefficients of all rows at once would be large."""
        place = features["store"].to_numpy()
        level, coefficients = self._by_place()
        total: F64 = level[place] + self.settings.recent_share * features["recent"].to_numpy()
        for k, name in enumerate(self.terms_):
            total += features[name].to_numpy() * coefficients[:, k][place]
        return total

    def contributions(self, features: pl.DataFrame, rows: I64, background: I64) -> Contributions:
        """Return the sums of coefficient × term by driver.

        Parameters
        ----------
        features : of the whole forecast
        rows : positions of the rows, all days of some stores
        background : positions of the rows that stand for the usual day
        """
        # Rows that play no part are left out: of a long forecast they are nearly all.
        features = features[np.concatenate([rows, background])]
        rows, background = np.arange(len(rows)), np.arange(len(rows), features.height)
        place = features["store"].to_numpy()
        level, coefficients = self._by_place()
        by_driver = {
            LEVEL: level[place],
            TREND: self.settings.recent_share * features["recent"].to_numpy().astype(np.float64),
        }
        for k, name in enumerate(self.terms_):
            driver = driver_of_term(name)
            assert driver is not None
            by_driver[driver] = by_driver.get(driver, 0.0) + features[name].to_numpy() * coefficients[:, k][place]
        return Contributions.of_parts(by_driver, rows, background)

    def state(self) -> dict[str, bytes]:
        """Return levels and coefficients, the stores and terms they belong to, and the day from which the trend counts."""
        arrays = {
            "stores": np.asarray(self.stores_.to_list()),
            "level": self.level_,
            "coefficients": self.coefficients_,
            "terms": np.asarray(self.terms_),
            "shift_days": np.array([shift.day for shift in self.shifts_], "datetime64[D]").astype(np.int64),
            "shift_sizes": np.array([shift.sizes for shift in self.shifts_], np.float32),
        }
        end = np.array([self.end_], dtype="datetime64[D]")
        return {"arrays.npz": pack({**arrays, **self.scales_.arrays(), "end": end.astype(np.int64)})}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take levels and coefficients."""
        arrays = unpack(parts["arrays.npz"])
        self.stores_ = pl.Series(arrays["stores"])
        self.level_ = arrays["level"].astype(np.float64)
        self.coefficients_ = arrays["coefficients"].astype(np.float64)
        self.scales_ = Scales.from_arrays(arrays)
        self.terms_ = [str(name) for name in arrays["terms"]]
        self.end_ = arrays["end"].astype("datetime64[D]").item(0)
        # Older files hold no steps.
        days = arrays.get("shift_days", np.empty(0, np.int64)).astype("datetime64[D]").tolist()
        self.shifts_ = tuple(
            LevelShift(day, sizes) for day, sizes in zip(days, arrays.get("shift_sizes", ()), strict=True)
        )
        self._ahead = None

    def _of_window(self, window: Window, grid: Grid, begin: int) -> tuple[F64, tuple[list[Term], F32]]:
        """Return what no calendar ahead changes: each store's recent error, and the terms of the date from a column on."""
        if self._ahead is None or self._ahead[0] != window:
            part = grid.slice(np.arange(1), begin)
            terms = day_terms(part, grid.column(self.end_) - begin, months=self.scales_.months)
            self._ahead = window, self._recent(grid, grid.column(window.cutoff)), terms
        return self._ahead[1:]

    def _recent(self, grid: Grid, origin: int) -> F64:
        """Return each store's mean error over the last days of the past, (stores,)."""
        begin = max(0, origin + 1 - LOOK_BACK - self.settings.recent_days)
        known = grid.slice(np.arange(grid.stores.height), begin)
        tail = slice(max(0, origin + 1 - self.settings.recent_days) - begin, origin + 1 - begin)
        places = self._places(grid.stores[s.STORE])
        design = Design.of(known, grid.column(self.end_) - begin, self.scales_.of(places))
        if [term.column for term in design.terms] != self.terms_:
            raise ModelFileError(
                "The model linear was fitted on other terms than those of this storecast. Train it again."
            )
        level, coefficients = (values[places].astype(np.float32) for values in self._by_place())
        ridge = Ridge(design.terms, level, coefficients, np.empty((0, 0), np.float32))
        sales = grid.learnable_past(origin)[:, begin:]
        for shift in self.shifts_:
            sales += shift.of(places).before(known)[:, : sales.shape[1]]
        errors = bounded(sales[:, tail] - ridge.fitted(design, tail))
        recent: F64 = np.nan_to_num(errors).sum(axis=1) / np.maximum(np.isfinite(errors).sum(axis=1), 1)
        return recent

    def _places(self, stores: pl.Series) -> I64:
        """Return the places of stores among those of the fit; -1 for one that was not fitted."""
        places = pl.Series(np.arange(len(self.stores_)))
        return stores.replace_strict(self.stores_, places, default=-1, return_dtype=pl.Int64).to_numpy()

    def _by_place(self) -> tuple[F64, F64]:
        """Return level, (stores + 1,), and coefficients, (stores + 1, terms); the last, at place -1, is the middle of the chain."""
        level = np.append(self.level_, np.median(self.level_))
        return level, np.vstack([self.coefficients_, self.coefficients_.mean(axis=0)])


def make_linear(fast: bool) -> Linear:  # noqa: ARG001, FBT001  (as every model is made)
    """Return the ridge with its usual settings."""
    return Linear(LinearSettings())
