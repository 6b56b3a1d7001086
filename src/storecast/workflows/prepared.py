"""A clean chain whose calendar reaches to the end of the horizon: what of it is forecast, written and stored."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from storecast import schema as s
from storecast.config import Task
from storecast.data.active_stores import inactive_stores
from storecast.data.clean import Cleaned
from storecast.data.panel import Panel
from storecast.report.tables import forecast_table


@dataclass(frozen=True, eq=False)
class Prepared:
    """A clean chain, ready to be forecast.

    Attributes
    ----------
    panel : with a calendar for every store and day of the horizon
    requested_rows : the rows of test.csv in its order (Id where there is one, Store, Date); None: every store and day
    version : of the chain in the database that it was read from; None where it was read from files
    """

    cleaned: Cleaned
    panel: Panel
    task: Task
    version: int | None = None

    @property
    def requested_rows(self) -> pl.DataFrame | None:
        """The rows of test.csv, in its order."""
        return self.cleaned.requested_rows

    @property
    def panel_to_store(self) -> Panel:
        """The chain as it was given: what was worked out ahead is left out, but for what a test.csv without some columns lacks."""
        given, panel = self.cleaned.given_ahead, self.cleaned.panel
        if given is None:
            return panel
        filled = self.panel.calendar.join(given, on=s.KEYS, how="semi")
        return panel.with_calendar(pl.concat([panel.calendar, filled]).sort(*s.KEYS))

    @cached_property
    def stores_left_out(self) -> list[object]:
        """Return the inactive stores that no day ahead opens; they have no row in a forecast unless test.csv asks for it."""
        panel = self.panel
        days_ahead = panel.calendar.filter((pl.col(s.DATE) > panel.end) & (pl.col(s.OPEN) == 1))
        opened = set(days_ahead[s.STORE].unique())
        inactive = inactive_stores(panel.sales, panel.stores)
        return [each.store for each in inactive if each.store not in opened]

    @property
    def rows_to_forecast(self) -> pl.DataFrame:
        """The stores and days that a forecast of this chain has, as `rows_to_write` picks them: Store, Date."""
        if self.requested_rows is not None:
            return self.requested_rows.select(s.KEYS)
        ahead = self.panel.calendar.filter(pl.col(s.DATE) > self.panel.end)
        return ahead.filter(~pl.col(s.STORE).is_in(self.stores_left_out)).select(s.KEYS)

    def rows_to_write(self, forecast: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of a forecast that its file holds: those of test.csv in its order, else those of every active store.

        Parameters
        ----------
        forecast : a row per store and day
        """
        if self.requested_rows is not None:
            return forecast_table(forecast, self.requested_rows)
        return forecast_table(forecast.filter(~pl.col(s.STORE).is_in(self.stores_left_out)), None)
