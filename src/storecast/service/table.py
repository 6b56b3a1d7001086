"""Table: the forecast of every store and day ahead, and the calendar it stands on.

Rows lie in the order of store and day, one for each; a row's place is ``store * days + day``. A table is of one model, cutoff and
calendar, and never changes: a new one takes its place when any of them does.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from msgspec.structs import astuple

from storecast import schema as s
from storecast.bundle.assumed_days import near_assumed
from storecast.bundle.predictor import Predictor
from storecast.service.rendered_rows import RenderedRows
from storecast.service.requests.rows import day_rows, id_type


class Table:
    """The forecast of a model, and the calendar it stands on.

    Parameters
    ----------
    ready : the model
    quantiles : that the rows hold beside the bounds

    Attributes
    ----------
    frame : the forecast, a row for each store and day
    calendar : the same rows, with what is known ahead
    stored : the calendar's columns as lists; stored_days : its rows as tuples
    assumed, near_assumed : of each row, a byte: whether its calendar was worked out, or that of a day within a week of it
    rendered : the rows as JSON
    """

    def __init__(self, ready: Predictor, quantiles: tuple[float, ...] = ()) -> None:
        self.frame = ready.forecast(quantiles)
        ahead = (pl.col(s.DATE) > ready.cutoff) & (pl.col(s.DATE) <= ready.last)
        self.calendar = ready.panel.calendar.filter(ahead).sort(*s.KEYS)
        stores = self.frame[s.STORE].unique(maintain_order=True).to_list()
        self.days = (ready.last - ready.cutoff).days
        assert self.frame.height == self.calendar.height == len(stores) * self.days, "a store lacks a day ahead"
        self.first = ready.cutoff + dt.timedelta(days=1)
        self.kind = id_type(ready.panel)
        self.stores = stores
        self.dates = [(self.first + dt.timedelta(days=k)).isoformat() for k in range(self.days)]
        self.store_at = {store: k for k, store in enumerate(stores)}
        self.day_at = {self.first + dt.timedelta(days=k): k for k in range(self.days)}
        self.weekdays = [(self.first + dt.timedelta(days=k)).isoweekday() for k in range(self.days)]
        self.rows = day_rows(self.kind, ready.panel.known)
        self.known = (*s.KNOWN, *ready.panel.known)
        self.stored: dict[str, list[Any]] = {name: self.calendar[name].to_list() for name in self.known}
        self.stored_days = list(zip(*self.stored.values(), strict=True))
        assumed = self.calendar[s.ASSUMED].to_numpy().reshape(len(stores), self.days)
        self.assumed = assumed.astype(np.uint8).tobytes()
        self.near_assumed = near_assumed(assumed).astype(np.uint8).tobytes()
        self.rendered = RenderedRows(self.frame, self.dates, stores)

    def calendar_of(self, rows: Sequence[Any]) -> pl.DataFrame:
        """Return rows as a calendar, with every known-ahead column."""
        columns = {
            s.STORE: pl.Series([row.Store for row in rows], dtype=self.frame.schema[s.STORE]),
            s.DATE: pl.Series([row.Date for row in rows], dtype=pl.Date),
        }
        cells = [astuple(row) for row in rows]
        for place, name in enumerate(self.known, start=len(s.KEYS)):  # decoding and `look_up` have checked the values
            columns[name] = pl.Series([row[place] for row in cells], dtype=self.calendar.schema[name], strict=False)
        return pl.DataFrame(columns)
