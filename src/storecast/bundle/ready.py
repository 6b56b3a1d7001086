"""Ready: a model at a cutoff, ready to answer.

The whole chain is forecast once. What is asked under the stored calendar is looked up; what is asked under another calendar is
worked out for the stores that it changes, on the same road: the same features, the same fitted pipeline, the same calibration.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.bundle.bundle import Bundle, check_columns
from storecast.config import Task
from storecast.data.ahead import extend
from storecast.data.overlay import overlay
from storecast.data.panel import Panel, Window
from storecast.errors import DataError, quote
from storecast.evaluate import explanations, scenario
from storecast.evaluate.medians import forecast_medians
from storecast.evaluate.totals import totals
from storecast.features.rows import Memo

Quantiles = tuple[float, ...]

NEAR = 7  # days: how far the features of a day look along the calendar before it counts as assumed
CALENDAR = "The calendar asked for"  # as messages call it
UNKNOWN: dict[str, object] = {
    s.COMPETITION_DISTANCE: None,
    s.COMPETITION_SINCE: None,
    s.PROMO2: 0,
    s.PROMO2_SINCE: None,
}


@dataclass(frozen=True, eq=False)
class Ready:
    """A model at a cutoff, with the forecast of the whole chain already made. Safe to read from several threads.

    Attributes
    ----------
    bundle : the model
    panel : the chain, with a calendar over the whole horizon
    medians : what the model says of every store and day ahead, as `evaluate.medians.forecast_medians`
    memo : what the past alone decides
    """

    bundle: Bundle
    panel: Panel
    medians: pl.DataFrame
    memo: Memo

    @classmethod
    def of(cls, bundle: Bundle, panel: Panel) -> "Ready":
        """Forecast the whole chain once, over all the days that the model was trained for.

        Raises
        ------
        ConfigError
            where the chain's own columns are not the model's
        """
        check_columns(bundle, panel)
        full = extend(panel, panel.end + dt.timedelta(days=bundle.task.horizon))
        memo = Memo()
        medians = forecast_medians(bundle.model, full.window(full.end, bundle.task.horizon), memo)
        return cls(bundle, full, medians, memo)

    @property
    def cutoff(self) -> dt.date:
        """The last day whose sales are known."""
        return self.panel.end

    @property
    def last(self) -> dt.date:
        """The last day that can be asked for."""
        return self.cutoff + dt.timedelta(days=self.bundle.task.horizon)

    def forecast(self, quantiles: Quantiles = ()) -> pl.DataFrame:
        """Return the forecast of every store and day ahead, sorted by both: money, to the cent.

        Returns
        -------
        Store, Date, Forecast, Lower80, Upper80, Lower95, Upper95 and the quantiles asked for
        """
        return self._calibrated(self.medians, quantiles)

    def stored(
        self, stores: Sequence[object], first: dt.date, last: dt.date, quantiles: Quantiles = ()
    ) -> pl.DataFrame:
        """Return the forecast of some stores from a day to another, under the stored calendar.

        Raises
        ------
        DataError
            where a store is unknown, or a day does not lie ahead
        """
        self._check_stores(stores)
        if first <= self.cutoff or last > self.last or first > last:
            raise DataError(
                f"Found the days {first} to {last}; expected days from {self.cutoff + dt.timedelta(days=1)} to {self.last}."
            )
        asked = self.medians.filter(pl.col(s.STORE).is_in(list(stores)), pl.col(s.DATE).is_between(first, last))
        return self._calibrated(asked, quantiles)

    def under(self, calendar: pl.DataFrame, quantiles: Quantiles = ()) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the forecast of some stores under another calendar, and that calendar.

        Parameters
        ----------
        calendar : Store, Date and some of Open, Promo, StateHoliday, SchoolHoliday and own columns, each store and day once;
            laid over the stored calendar, where a null leaves the stored value

        Returns
        -------
        forecast : as `forecast`, every day ahead of each store that is named
        calendar : of the same rows; Assumed where a value was neither stored nor given

        Raises
        ------
        DataError
            where a store is unknown, or a day does not lie ahead
        """
        other = self._overlaid(calendar)
        window = other.window(self.cutoff, self.bundle.task.horizon)
        named = pl.col(s.STORE).is_in(calendar[s.STORE].unique().implode())
        medians = forecast_medians(self.bundle.model, window, Memo()).filter(named)
        return self._calibrated(medians, quantiles), window.future.filter(named).sort(*s.KEYS)

    def cold(
        self, stores: pl.DataFrame, calendar: pl.DataFrame | None = None, quantiles: Quantiles = ()
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the forecast of stores that the chain does not hold, by what stores like them sell, and their calendar.

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
            chain = overlay(chain, calendar, self.last, CALENDAR)
        window = chain.window(self.cutoff, self.bundle.task.horizon)
        new = pl.col(s.STORE).is_in(stores[s.STORE].implode())
        medians = forecast_medians(self.bundle.model, window, Memo()).filter(new)
        return self._calibrated(medians, quantiles), window.future.filter(new).sort(*s.KEYS)

    def totals(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the totals of a forecast over weeks and the whole horizon, as `evaluate.totals.totals`.

        Parameters
        ----------
        rows : some rows of `forecast` or `under`; intervals are given where past errors say how totals err
        """
        return totals(rows, self.panel.stores, self._draws(rows))

    def explain(self, stores: Sequence[object]) -> pl.DataFrame:
        """Return what the forecasts of some stores are made of, as `evaluate.explanations.explain`."""
        return explanations.explain(self.bundle.model, self.bundle.calibration, self._window(), stores, self.memo)

    def scenario(self, calendar: pl.DataFrame) -> pl.DataFrame:
        """Return what another calendar would change, with an interval, as `evaluate.scenario.compare`. Takes minutes."""
        other = self._overlaid(calendar).window(self.cutoff, self.bundle.task.horizon)
        return scenario.compare(self.bundle.model, self.bundle.calibration, self._window(), other, until=self.last)

    def assumed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the days among some that rest on a calendar that was worked out: their own, or one within a week of them.

        Parameters
        ----------
        rows : Store, Date and what was given of Open, Promo, StateHoliday and SchoolHoliday; a day with all four is given

        Returns
        -------
        Store, Date, in the order of the rows
        """
        there = [name for name in s.KNOWN if name in rows.columns]
        given = rows.select(*s.KEYS) if len(there) == len(s.KNOWN) else rows.select(*s.KEYS).clear()
        if given.height:
            given = rows.filter(pl.all_horizontal(pl.col(there).is_not_null())).select(*s.KEYS)
        ahead = self._window().future.filter(pl.col(s.ASSUMED)).select(*s.KEYS)
        near = (
            ahead.join(rows.select(s.STORE).unique(), on=s.STORE, how="semi")
            .join(given, on=s.KEYS, how="anti")
            .select(
                s.STORE,
                pl.date_ranges(pl.col(s.DATE).dt.offset_by(f"-{NEAR}d"), pl.col(s.DATE).dt.offset_by(f"{NEAR}d")),
            )
            .explode(s.DATE)
        )
        return rows.select(*s.KEYS).join(near, on=s.KEYS, how="semi", maintain_order="left")

    def _calibrated(self, medians: pl.DataFrame, quantiles: Quantiles) -> pl.DataFrame:
        return self.bundle.calibration.apply(medians, Task(self.bundle.task.horizon, quantiles))

    def _window(self) -> Window:
        return self.panel.window(self.cutoff, self.bundle.task.horizon)

    def _overlaid(self, calendar: pl.DataFrame) -> Panel:
        return overlay(self.panel, calendar, self.last, CALENDAR)

    def _check_stores(self, stores: Sequence[object]) -> None:
        known = set(self.panel.stores[s.STORE])
        strange = [store for store in stores if store not in known]
        if strange:
            raise DataError(
                f"The chain holds no store {quote(strange[0])}; it holds {len(known)}. Ask for one of them, or send its attributes."
            )

    def _with_stores(self, stores: pl.DataFrame) -> Panel:
        """Return the chain with more stores, of which nothing was sold, and their calendar ahead."""
        missing = [name for name in s.STORES_SCHEMA if name not in stores.columns]
        given = stores.with_columns(pl.lit(UNKNOWN.get(name, "")).alias(name) for name in missing)
        typed = given.select(pl.col(name).cast(dtype) for name, dtype in self.panel.stores.schema.items())
        chain = replace(self.panel, stores=pl.concat([self.panel.stores, typed]).sort(s.STORE))
        return extend(chain, self.last)

    def _draws(self, rows: pl.DataFrame) -> npt.NDArray[np.float64] | None:
        field = self.bundle.field
        if field is None:
            return None
        draws = field.draws(self.medians, self.panel.stores, self.bundle.calibration)
        places = self.medians.select(*s.KEYS).with_row_index("place")
        place = rows.select(*s.KEYS).join(places, on=s.KEYS, how="left", maintain_order="left")["place"]
        found: npt.NDArray[np.float64] = draws[place.to_numpy()]
        return found
