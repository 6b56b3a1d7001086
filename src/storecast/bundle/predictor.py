"""Predictor: a model at a cutoff, ready to answer.

The whole chain is forecast once. What is asked under the stored calendar is looked up; a store under another calendar is worked
out on the same road: the same features, the same fitted pipeline, the same calibration. What the past says was worked out with
the first forecast and stays as it is: a promotion that is planned for next week changes nothing of what last week was.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, F64, I64, Bool
from storecast.bundle.assumed_days import near_assumed
from storecast.bundle.fitted import FittedModel, check_columns
from storecast.config import Task
from storecast.data.ahead import extend
from storecast.data.breakdown import Breakdown
from storecast.data.overlay import check_days, overlay, overlay_panel
from storecast.data.panel import Panel, Window
from storecast.errors import DataError, quote
from storecast.explain import explanations, scenario
from storecast.explain.counterfactuals import with_counterfactuals
from storecast.explain.never_seen import never_seen
from storecast.explain.own_values import refuse_unknown_effects
from storecast.explain.progress import Progress, unwatched
from storecast.uncertainty.path_table import path_table
from storecast.uncertainty.point import point_forecasts
from storecast.uncertainty.totals import group_totals, totals

Quantiles = tuple[float, ...]

CALENDAR = "The calendar asked for"  # as messages call it


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model at a cutoff, with the forecast of the whole chain already made. Several threads may ask at once.

    Attributes
    ----------
    bundle : the model
    panel : the chain, with a calendar over the whole horizon
    window : of the days ahead
    future : their calendar, a row per store and day, sorted by both: every store has the same days
    medians : what the model says of these rows, as `uncertainty.point.point_forecasts`
    """

    bundle: FittedModel
    panel: Panel
    window: Window
    future: pl.DataFrame
    medians: pl.DataFrame

    @classmethod
    def of(cls, bundle: FittedModel, panel: Panel) -> "Predictor":
        """Forecast the whole chain once, over all the days that the model was trained for.

        Raises
        ------
        ConfigError
            where the chain's own columns are not the model's
        """
        check_columns(bundle, panel)
        full = extend(panel, panel.end + dt.timedelta(days=bundle.task.horizon))
        window = full.window(full.end, bundle.task.horizon)
        future = window.future
        assert future.height == full.stores.height * bundle.task.horizon
        medians = point_forecasts(bundle.model, window, future)
        return cls(bundle, full, window, future, medians)

    @property
    def cutoff(self) -> dt.date:
        """The last day whose sales are known."""
        return self.window.cutoff

    @property
    def last(self) -> dt.date:
        """The last day that can be asked for."""
        return self.window.last

    def forecast(self, quantiles: Quantiles = ()) -> pl.DataFrame:
        """Return the forecast of every store and day ahead, sorted by both: money, to the cent.

        Returns
        -------
        Store, Date, Forecast, Lower80, Upper80, Lower95, Upper95 and the quantiles asked for
        """
        return self._calibrated(self.medians, quantiles) if quantiles else self._usual

    def lookup(
        self, stores: Sequence[object], first: dt.date, last: dt.date, quantiles: Quantiles = ()
    ) -> pl.DataFrame:
        """Return the forecast of some stores from a day to another, under the stored calendar.

        Parameters
        ----------
        stores : ids
        first, last : first and last day, both included
        quantiles : columns to add

        Raises
        ------
        DataError
            where a store is unknown, or a day does not lie ahead
        """
        begin = np.unique(self._begin(stores))
        if first <= self.cutoff or last > self.last or first > last:
            raise DataError(
                f"Found the days {first} to {last}; expected days from {self.cutoff + dt.timedelta(days=1)} to {self.last}."
            )
        days = np.arange((first - self.cutoff).days - 1, (last - self.cutoff).days)
        rows = (begin[:, None] + days).ravel()
        return self._calibrated(self.medians[rows], quantiles) if quantiles else self._usual[rows]

    def predict(self, calendar: pl.DataFrame, quantiles: Quantiles = ()) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the forecast of some stores under another calendar, and that calendar.

        Only stores whose calendar differs from the stored one are worked out.

        Parameters
        ----------
        calendar : Store, Date and some of Open, Promo, StateHoliday, SchoolHoliday and own columns, each store and day once;
            values that replace those of the stored calendar; a null leaves the stored value

        Returns
        -------
        forecast : as `forecast`, every day ahead of each store that is named
        calendar : of the same rows, with Assumed as it is stored

        Raises
        ------
        DataError
            where a store is unknown, or a day does not lie ahead
        """
        begin = np.unique(self._begin(calendar[s.STORE]))
        rows = (begin[:, None] + np.arange(self.window.horizon)).ravel()
        check_days(calendar, self.cutoff, self.last, CALENDAR)
        stored = self.future[rows]
        other = overlay(stored, calendar)
        assert other.height == stored.height, "a store and day is named twice"
        changed = self._changed(stored, other)
        if not changed.any() and not quantiles:
            return self._usual[rows], other
        medians = self.medians[rows]
        if changed.any():
            changed_medians = point_forecasts(self.bundle.model, self.window, other.filter(changed))
            medians = (
                changed_medians
                if changed.all()
                else pl.concat([medians.filter(~changed), changed_medians]).sort(*s.KEYS)
            )
        return self._calibrated(medians, quantiles), other

    def predict_new_stores(
        self, stores: pl.DataFrame, calendar: pl.DataFrame | None = None, quantiles: Quantiles = ()
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the forecast of stores that the chain does not hold, by what stores like them sell, and their calendar.

        The whole chain is worked out with them, which takes seconds.

        Parameters
        ----------
        stores : Store and what is known of StoreType, Assortment, State and so on, as in `Panel.stores`
        calendar : as in `under`; days that are left out are worked out, as for any store

        Raises
        ------
        DataError
            where the chain holds a store of that name, or a calendar names another
        """
        known = stores.join(self.panel.stores, on=s.STORE, how="semi")
        if known.height:
            raise DataError(f"The chain holds the store {quote(known[s.STORE][0])}. Leave its attributes out.")
        chain = self._with_stores(stores)
        if calendar is not None:
            chain = overlay_panel(chain, calendar, self.last, CALENDAR)
        window = chain.window(self.cutoff, self.window.horizon)
        new = pl.col(s.STORE).is_in(stores[s.STORE].implode())
        medians = point_forecasts(self.bundle.model, window).filter(new)
        return self._calibrated(medians, quantiles), window.future.filter(new).sort(*s.KEYS)

    def totals(self, rows: pl.DataFrame, breakdown: Breakdown | None = None, *, of_chain: bool = False) -> pl.DataFrame:
        """Return the totals of a forecast over weeks and the whole horizon, as `uncertainty.totals.totals`.

        Parameters
        ----------
        rows : some rows of `forecast` or `under`; intervals are given where past errors say how totals err
        breakdown : further groups and periods; None: those of the chain
        of_chain : those of the whole chain alone, which takes a fraction of the time
        """
        draws = self._draws_of(rows)
        return totals(rows, self.panel.stores, draws, breakdown or self.panel.breakdown, of_chain=of_chain)

    def group_totals(self) -> pl.DataFrame | None:
        """Return the totals of the whole forecast, as `uncertainty.totals.group_totals`."""
        return group_totals(self._usual, self.panel.stores, self._draws_of(self._usual), self.panel.breakdown)

    def sample_paths(self, count: int) -> pl.DataFrame:
        """Return possible sales of every store and day ahead, as `uncertainty.path_table.path_table`."""
        return path_table(self.medians, self._paths, count, whole_numbers=self.bundle.calibration.whole_numbers)

    def explain(
        self, stores: Sequence[object], *, counterfactuals: bool = False, progress: Progress = unwatched
    ) -> pl.DataFrame:
        """Return what the forecasts of some stores are made of, as `explain.explanations.explain`. Takes seconds.

        Parameters
        ----------
        stores : ids
        counterfactuals : add the columns of `explain.counterfactuals`
        progress : is told the share that is done
        """
        calibration = self.bundle.calibration
        explained = explanations.explain(self._chain, calibration, stores, progress)
        if not counterfactuals:
            return explained
        return with_counterfactuals(explained, self.bundle.model, calibration, self.window)

    def scenario(self, calendar: pl.DataFrame, progress: Progress = unwatched) -> pl.DataFrame:
        """Return what another calendar would change, with an interval, as `explain.scenario.compare`. Takes minutes."""
        panel = overlay_panel(self.panel, calendar, self.last, CALENDAR)
        refuse_unknown_effects(self.panel, panel, CALENDAR)
        fitted = self.bundle
        return scenario.compare(
            *(fitted.model, fitted.calibration, self.window, panel.window(self.cutoff, self.window.horizon)),
            until=self.last,
            joint_errors=fitted.joint_errors,
            progress=progress,
        )

    def never_seen(self, calendar: pl.DataFrame) -> list[str]:
        """Say where another calendar leaves what was ever seen, as `explain.never_seen.never_seen`."""
        return never_seen(self.panel, overlay_panel(self.panel, calendar, self.last, CALENDAR))

    def assumed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the days among some that rest on a calendar that was worked out: their own, or one within a week of them.

        Parameters
        ----------
        rows : Store, Date and what was given of Open, Promo, StateHoliday and SchoolHoliday; a day with all four is given

        Returns
        -------
        Store, Date, in the order of the rows
        """
        width = self.window.horizon
        begin = self._begin(rows[s.STORE])
        day = (rows[s.DATE] - self.cutoff).dt.total_days().to_numpy() - 1
        stores, block = np.unique(begin, return_inverse=True)
        unknown = np.stack([self._assumed[first : first + width] for first in stores])
        if set(s.KNOWN) <= set(rows.columns):
            given = rows.select(pl.all_horizontal(pl.col(s.KNOWN).is_not_null())).to_series().to_numpy()
            unknown[block[given], day[given]] = False
        return rows.select(*s.KEYS).filter(pl.Series(near_assumed(unknown)[block, day]))

    @cached_property
    def _usual(self) -> pl.DataFrame:
        return self._calibrated(self.medians, ())

    @cached_property
    def _chain(self) -> explanations.ChainForecast:
        return explanations.ChainForecast(self.bundle.model, self.window, self.medians)

    @cached_property
    def _assumed(self) -> Bool:
        return self.future[s.ASSUMED].to_numpy()

    @cached_property
    def _first_rows(self) -> dict[object, int]:
        """The first row of each store."""
        stores = self.future[s.STORE].gather_every(self.window.horizon)
        return {store: place * self.window.horizon for place, store in enumerate(stores)}

    @cached_property
    def _paths(self) -> F32 | None:
        """Possible sales of each row, (rows, paths)."""
        joint_errors = self.bundle.joint_errors
        if joint_errors is None:
            return None
        return joint_errors.sample_paths(
            self.medians, self.panel.breakdown.with_columns(self.panel.stores), self.bundle.calibration
        ).astype(np.float32)

    def _begin(self, stores: Sequence[object] | pl.Series) -> I64:
        """Return the first row of each store, in their order."""
        strange = [store for store in stores if store not in self._first_rows]
        if strange:
            raise DataError(
                f"The chain holds no store {quote(strange[0])}; it holds {self.panel.stores.height}. Ask for one of them, or send "
                "the attributes of a new one."
            )
        return np.array([self._first_rows[store] for store in stores], np.int64)

    def _calibrated(self, medians: pl.DataFrame, quantiles: Quantiles) -> pl.DataFrame:
        return self.bundle.calibration.apply(medians, Task(self.window.horizon, quantiles))

    def _changed(self, stored: pl.DataFrame, other: pl.DataFrame) -> pl.Series:
        """Say of each row whether its store has a day that differs."""
        known = (*s.KNOWN, *self.panel.known)
        days = np.stack([stored[name].ne_missing(other[name]).to_numpy() for name in known], axis=1)
        stores = days.reshape(-1, self.window.horizon * len(known)).any(axis=1)
        return pl.Series(np.repeat(stores, self.window.horizon))

    def _with_stores(self, stores: pl.DataFrame) -> Panel:
        """Return the chain with more stores, of which nothing was sold, and their calendar ahead."""
        missing = [name for name in s.STORES_SCHEMA if name not in stores.columns]
        given = stores.with_columns(pl.lit(s.BY_NAME[name].default).alias(name) for name in missing)
        typed = given.select(pl.col(name).cast(dtype) for name, dtype in self.panel.stores.schema.items())
        chain = replace(self.panel, stores=pl.concat([self.panel.stores, typed]).sort(s.STORE))
        return extend(chain, self.last, opened=stores[s.STORE].to_list())

    def _draws_of(self, rows: pl.DataFrame) -> F64 | None:
        """Return possible sales of some rows; under another calendar they err by the same share as under the stored one."""
        if self._paths is None:
            return None
        ahead = (rows[s.DATE] - self.cutoff).dt.total_days().to_numpy() - 1
        place = self._stand_in[self._begin(rows[s.STORE]) + ahead]
        stored = self._usual[s.FORECAST].to_numpy()[place]
        ratio = np.where(stored > 0, rows[s.FORECAST].to_numpy() / np.where(stored > 0, stored, 1.0), 0.0)
        paths: F64 = self._paths[place].astype(np.float64) * ratio[:, None]
        return paths

    @cached_property
    def _stand_in(self) -> I64:
        """Each row itself where its store is open; else the nearest open day of the store, for which errors are known."""
        width = self.window.horizon
        sells = (self._usual[s.FORECAST] > 0).to_numpy().reshape(-1, width)
        day = np.arange(width)
        before = np.maximum.accumulate(np.where(sells, day, -width), axis=1)
        after = np.minimum.accumulate(np.where(sells, day, 2 * width)[:, ::-1], axis=1)[:, ::-1]
        nearest = np.where(day - before <= after - day, before, after)
        nearest = np.where(sells.any(axis=1, keepdims=True), nearest, day)
        place: I64 = (nearest + np.arange(len(sells))[:, None] * width).ravel()
        return place
