"""The feature store: the features of one chain, worked out once and shared by its windows and models.

A store belongs to a Panel. `FeatureStore.of` finds it from a window of the Panel or from that window's past, so that no caller
carries it about, and features of one chain never meet another. It goes when its Panel goes.

An origin is a day at which the past ends. Training takes many origins, each followed by the days of a block; a forecast takes
one, the cutoff. Both work the past out in `CutoffState`, and ask it for rows.
"""

import datetime as dt
import weakref
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, F64
from storecast.config import FeatureConfig, LinearSettings
from storecast.data.broken_days import MIN_SLUMP_NEIGHBOURS
from storecast.data.grid import Grid
from storecast.data.panel import Panel, Window
from storecast.features.cutoff_state import RIDGE_SETTINGS, CutoffState, FeatureRows
from storecast.features.level_shift import LevelShift, fit_restated, restate
from storecast.features.ridge import Design, Scales
from storecast.features.sale_chance import sale_chances
from storecast.features.terms import OWN_PART, Term

SHORTEST_BLOCK = 41  # days: shorter horizons train on blocks of this length, so that the origins stay few
DAYS_TO_KNOW_SLUMP = 7 * (MIN_SLUMP_NEIGHBOURS + 1)  # after it
FIRST_ORIGIN = 90  # days of history before the first origin
PLAIN = FeatureConfig()


@dataclass(frozen=True, eq=False)
class KnownDays:
    """All days of a past with the terms of each, which every ridge of it is fitted on.

    Attributes
    ----------
    grid : its days
    design : their terms
    """

    grid: Grid
    design: Design

    @classmethod
    def of(cls, past: Panel) -> "KnownDays":
        """Work the terms out for a past."""
        whole = Grid.of(past)
        end = whole.column(past.end)
        grid = whole.truncate(end, 0)
        return cls(grid, Design.of(grid, end))


@dataclass(frozen=True, eq=False)
class PastRidge:
    """The ridge of a whole past, and what it knows of all days up to the end.

    Attributes
    ----------
    terms : of the ridge
    level, coefficients : of each store, see `Ridge`
    scales : of the terms
    shifts : the steps of the chain's level
    holidays : its part for holidays, (stores, days)
    own : its part for own columns, (stores, days); None without such columns
    """

    terms: list[Term]
    level: F32
    coefficients: F32
    scales: Scales
    shifts: tuple[LevelShift, ...]
    holidays: F32
    own: F32 | None

    @classmethod
    def fit(
        cls, known: KnownDays, settings: LinearSettings = RIDGE_SETTINGS, day_weights: F64 | None = None
    ) -> "PastRidge":
        """Fit on all days of a past.

        Parameters
        ----------
        known : the days that are learned
        settings : of the ridge
        day_weights : how much each day from the first to the last counts, (days,); None: all alike
        """
        grid, design = known.grid, known.design
        fit, days = fit_restated(grid, design, grid.days - 1, settings, day_weights), slice(0, grid.days)
        return cls(
            terms=fit.ridge.terms,
            level=fit.ridge.level,
            coefficients=fit.ridge.coefficients,
            scales=design.scales,
            shifts=fit.shifts,
            holidays=fit.ridge.part(design, days, "holiday"),
            own=fit.ridge.part(design, days, OWN_PART) if grid.known else None,
        )


Key = tuple[dt.date, int, FeatureConfig]


class FeatureStore:
    """Feature rows of one Panel, kept by origin, days after it and configuration.

    Parameters
    ----------
    panel : the whole chain; features of another are refused
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = weakref.ref(panel)
        self._rows: dict[Key, FeatureRows] = {}
        self._states: dict[Key, CutoffState] = {}
        self._grids: dict[tuple[dt.date, int], Grid] = {}
        self._sales_ranges: dict[dt.date, pl.DataFrame] = {}
        self._sale_chances: dict[dt.date, F64] = {}
        self._past_ridges: dict[dt.date, PastRidge] = {}

    @classmethod
    def of(cls, chain: Panel | Window) -> "FeatureStore":
        """Return the store of a window's Panel, or of the Panel that a past was cut from."""
        panel = chain.panel if isinstance(chain, Window) else chain.source
        with _LOCK:
            store = _STORES.get(panel)
            if store is None:
                store = _STORES[panel] = cls(panel)
            return store

    def past_ridge(self, past: Panel) -> "PastRidge":
        """Return the ridge on all days of a past; it is fitted once for all models that ask.

        Parameters
        ----------
        past : of a window of this store's Panel, or that Panel itself

        Raises
        ------
        ValueError
            where the past belongs to another Panel
        """
        self._check(past.source)
        if past.end not in self._past_ridges:
            self._past_ridges[past.end] = PastRidge.fit(KnownDays.of(past))
        return self._past_ridges[past.end]

    def training(
        self, past: Panel, horizon: int, config: FeatureConfig = PLAIN, *, origins: int | None = None
    ) -> list[FeatureRows]:
        """Return the rows of every block that ends at or before the end of a past, newest first.

        Parameters
        ----------
        past : of a window of this store's Panel, or that Panel itself
        horizon : days ahead that the model will forecast
        config : how the rows look at the past
        origins : take the newest of them only

        Raises
        ------
        ValueError
            where the past belongs to another Panel
        """
        self._check(past.source)
        step = block_days(horizon)
        grid = Grid.of(past)
        end = grid.column(past.end)
        columns = list(range(end - step, min(FIRST_ORIGIN, end // 2) - 1, -step))[:origins]
        # An early origin has not met every holiday yet. What the ridge knows of them at the end of the past, where a forecast
        # is made, counts for all origins: else trees would learn by heart what is left over there, and add it a second time.
        known = self.past_ridge(past)
        holidays, own, shifts = known.holidays, known.own, known.shifts
        for shift in shifts:  # or trees would learn the step itself from the blocks that it falls into
            grid = restate(grid, shift)
        known_sales, slump = grid.learnable_past(end), grid.slump_days(end)
        blocks = []
        for origin in columns:
            key = grid.day(origin), step, config
            rows = None if shifts else self._rows.get(key)  # restated sales are those of one past alone
            if rows is None:
                rows = feature_rows(grid, origin, step, config)
                if not shifts:
                    self._rows[key] = rows
            late = holidays[rows.store, rows.day]
            apart, inside = (late, np.zeros_like(late)) if config.holidays_apart else (np.zeros_like(late), late)
            offset = apart if own is None else apart + own[rows.store, rows.day]
            target = known_sales[rows.store, rows.day] - offset
            # An origin in a slump, or soon after it, did not know it for one: what it says of the store's past misleads.
            misled = np.any(slump[:, max(0, origin + 1 - DAYS_TO_KNOW_SLUMP) : origin + 1], axis=1)
            target[misled[rows.store]] = np.nan
            table = _with_holiday_effects(rows, inside)
            blocks.append(replace(rows, table=table, offset=offset, target=target))
        return blocks

    def ahead(self, window: Window, config: FeatureConfig = PLAIN, calendar: pl.DataFrame | None = None) -> FeatureRows:
        """Return the rows of the days after a window's cutoff.

        Parameters
        ----------
        window : of the Panel of this store
        config : how the rows look at the past
        calendar : of some stores, in place of the window's own: Store, Date and every known-ahead column. What the past
            decides is then kept, so that the next calendar takes milliseconds.

        Raises
        ------
        ValueError
            where the window belongs to another Panel
        """
        self._check(window.panel)
        key = window.cutoff, window.horizon, config
        if calendar is not None and key not in self._states:
            self._states[key] = self._fit_state(window, config)
        if key in self._states:
            return self._states[key].features(calendar)
        if key not in self._rows:
            self._rows[key] = self._fit_state(window, config).features()
        return self._rows[key]

    def grid(self, window: Window) -> Grid:
        """Return the past of a window and its calendar ahead as dense arrays; the newest window's are kept."""
        self._check(window.panel)
        key = window.cutoff, window.horizon
        grid = self._grids.get(key)
        if grid is None:
            whole = Grid.of(window.past, window.future)
            grid = whole.truncate(whole.column(window.cutoff), window.horizon)
            self._grids = {key: grid}
        return grid

    def sales_range(self, window: Window) -> pl.DataFrame:
        """Return what each store has sold on its days with sales up to the cutoff.

        Returns
        -------
        Store, lowest, highest (money), days
        """
        self._check(window.panel)
        if window.cutoff not in self._sales_ranges:
            sales = pl.col(s.SALES)
            self._sales_ranges[window.cutoff] = (
                window.past.sales.filter(sales > 0)
                .group_by(s.STORE)
                .agg(sales.min().alias("lowest"), sales.max().alias("highest"), pl.len().alias("days"))
            )
        return self._sales_ranges[window.cutoff]

    def sale_chances(self, window: Window) -> F64:
        """Return the chance that an open day of each store and weekday sells anything, as known at the cutoff, (stores, 7)."""
        self._check(window.panel)
        if window.cutoff not in self._sale_chances:
            grid = self.grid(window)
            self._sale_chances[window.cutoff] = sale_chances(grid, grid.column(window.cutoff))
        return self._sale_chances[window.cutoff]

    def _fit_state(self, window: Window, config: FeatureConfig) -> CutoffState:
        grid = self.grid(window)
        return CutoffState.fit(grid, grid.column(window.cutoff), window.horizon, config)

    def _check(self, panel: Panel) -> None:
        if panel is not self._panel():
            raise ValueError("this feature store belongs to another Panel; take FeatureStore.of(window)")


_STORES: weakref.WeakKeyDictionary[Panel, FeatureStore] = weakref.WeakKeyDictionary()
_LOCK = Lock()


def block_days(horizon: int) -> int:
    """Return the days of a training block: coprime to 7, or days ahead and weekday would be one and the same."""
    days = max(horizon, SHORTEST_BLOCK)
    return days if days % 7 else days - 1


def feature_rows(grid: Grid, origin: int, horizon: int, config: FeatureConfig = PLAIN) -> FeatureRows:
    """Work out the rows of the ``horizon`` days after ``origin``; only stores and days with a calendar row have one.

    Sales after the origin play no part; the rows have no target.

    Parameters
    ----------
    grid : sales and calendar of all stores
    origin : column of the last day known
    horizon : days ahead
    config : how the rows look at the past
    """
    return CutoffState.fit(grid, origin, horizon, config).features()


def _with_holiday_effects(rows: FeatureRows, effects: F32) -> pl.DataFrame:
    """Return the table with another part of the ridge for holidays, (rows,)."""
    late = pl.Series(effects)
    return rows.table.with_columns(pl.col("ridge") - pl.col("ridge_holiday") + late, late.alias("ridge_holiday"))
