"""Grid: a Panel as dense arrays, stores × days, for the arithmetic of features and scores.

A long table is what people read and files hold; sums over spans of days want one row a store and one column a day.
Days without a row are NaN in ``sales`` and -1 in ``open``.
"""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, I8, I64
from storecast.data.panel import Panel, stores_as_of

NO_ROW = -1


@dataclass(frozen=True, eq=False)
class Grid:
    """Dense arrays of shape (stores, days), the stores in the order of ``Panel.stores``.

    Attributes
    ----------
    first : the day of column 0
    sales : money; NaN where there is no row
    customers : NaN where not counted
    open, promo, school : 0 or 1; -1 where the calendar holds no row
    holiday : index in ``schema.STATE_HOLIDAYS``; -1 where the calendar holds no row
    known : the chain's own known-ahead columns; NaN where there is no row
    """

    stores: pl.DataFrame
    first: dt.date
    sales: F32
    customers: F32
    open: I8
    promo: I8
    holiday: I8
    school: I8
    known: dict[str, F32]

    @classmethod
    def of(cls, past: Panel, future: pl.DataFrame | None = None) -> "Grid":
        """Spread a past, and the calendar ahead where one is given, over the days they span."""
        calendar = past.calendar if future is None else pl.concat([past.calendar, future.select(past.calendar.columns)])
        first, last = past.first, calendar[s.DATE].max()
        assert isinstance(last, dt.date)
        shape = past.stores.height, (max(last, past.end) - first).days + 1
        there = _cells(calendar, past.stores, first)
        sold = _cells(past.sales, past.stores, first)

        def floats(cells: tuple[I64, I64], column: pl.Series) -> F32:
            out = np.full(shape, np.nan, np.float32)
            out[cells] = column.cast(pl.Float32).to_numpy()
            return out

        def codes(column: npt.NDArray[np.generic]) -> I8:
            out = np.full(shape, NO_ROW, np.int8)
            out[there] = column
            return out

        return cls(
            stores=past.stores,
            first=first,
            sales=floats(sold, past.sales[s.SALES]),
            customers=floats(sold, past.sales[s.CUSTOMERS]),
            open=codes(calendar[s.OPEN].to_numpy()),
            promo=codes(calendar[s.PROMO].to_numpy()),
            holiday=codes(_holiday_codes(calendar)),
            school=codes(calendar[s.SCHOOL_HOLIDAY].to_numpy()),
            known={name: floats(there, calendar[name]) for name in past.known},
        )

    @property
    def days(self) -> int:
        """The number of columns."""
        return int(self.open.shape[1])

    def column(self, day: dt.date) -> int:
        """Return the column of a day; it may lie outside the grid."""
        return (day - self.first).days

    def day(self, column: int) -> dt.date:
        """Return the day of a column."""
        return self.first + dt.timedelta(days=column)

    def dates(self) -> npt.NDArray[np.datetime64]:
        """Return the day of every column."""
        return np.datetime64(self.first, "D") + np.arange(self.days)

    def truncate(self, origin: int, horizon: int) -> "Grid":
        """Return what is known at ``origin`` (a column): sales and facts of stores up to it, the calendar ``horizon`` days more."""
        last = origin + horizon + 1
        sales, customers = self.sales[:, :last].copy(), self.customers[:, :last].copy()
        sales[:, origin + 1 :] = np.nan
        customers[:, origin + 1 :] = np.nan
        return replace(
            self,
            stores=stores_as_of(self.stores, self.day(origin)),
            sales=sales,
            customers=customers,
            open=self.open[:, :last],
            promo=self.promo[:, :last],
            holiday=self.holiday[:, :last],
            school=self.school[:, :last],
            known={name: values[:, :last] for name, values in self.known.items()},
        )

    def slice(self, stores: I64, begin: int) -> "Grid":
        """Return a copy of some stores, by their places, from a column on."""
        return Grid(
            stores=self.stores[stores],
            first=self.day(begin),
            sales=self.sales[stores, begin:],
            customers=self.customers[stores, begin:],
            open=self.open[stores, begin:],
            promo=self.promo[stores, begin:],
            holiday=self.holiday[stores, begin:],
            school=self.school[stores, begin:],
            known={name: values[stores, begin:] for name, values in self.known.items()},
        )

    def overlay(self, calendar: pl.DataFrame, begin: int) -> "tuple[Grid, I64]":
        """Return the stores that a calendar names, from a column on, with its rows laid over theirs; and their places here.

        Parameters
        ----------
        calendar : Store, Date and every known-ahead column; days from the column ``begin`` to the last of the grid
        """
        place = store_positions(self.stores, calendar[s.STORE])
        stores = np.unique(place)
        part = self.slice(stores, begin)
        cell = np.searchsorted(stores, place), (calendar[s.DATE] - part.first).dt.total_days().to_numpy()
        part.open[cell] = calendar[s.OPEN].to_numpy()
        part.promo[cell] = calendar[s.PROMO].to_numpy()
        part.holiday[cell] = _holiday_codes(calendar)
        part.school[cell] = calendar[s.SCHOOL_HOLIDAY].to_numpy()
        for name, values in part.known.items():
            values[cell] = calendar[name].cast(pl.Float32).to_numpy()
        return part, stores

    def log_sales(self) -> F32:
        """Return the log of sales on open days with sales, NaN elsewhere."""
        sold = (self.open == 1) & (self.sales > 0)
        return np.log(np.where(sold, self.sales, np.nan), dtype=np.float32)


def store_positions(stores: pl.DataFrame, named: pl.Series) -> I64:
    """Return the place of each named store among some stores, (rows,)."""
    ranks = pl.Series(np.arange(stores.height))
    return named.replace_strict(stores[s.STORE], ranks, return_dtype=pl.Int64).to_numpy()


def _holiday_codes(calendar: pl.DataFrame) -> I8:
    codes = {name: code for code, name in enumerate(s.STATE_HOLIDAYS)}
    return calendar[s.STATE_HOLIDAY].replace_strict(codes, return_dtype=pl.Int8).to_numpy()


def _cells(frame: pl.DataFrame, stores: pl.DataFrame, first: dt.date) -> tuple[I64, I64]:
    """Return the row and the column of each row of a table."""
    return store_positions(stores, frame[s.STORE]), (frame[s.DATE] - first).dt.total_days().to_numpy()
