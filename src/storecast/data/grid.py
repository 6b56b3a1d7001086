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
from storecast.data.panel import Panel

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int8]

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
    sales: Floats
    customers: Floats
    open: Codes
    promo: Codes
    holiday: Codes
    school: Codes
    known: dict[str, Floats]

    @classmethod
    def of(cls, past: Panel, future: pl.DataFrame | None = None) -> "Grid":
        """Spread a past, and the calendar ahead where one is given, over the days they span."""
        calendar = past.calendar if future is None else pl.concat([past.calendar, future.select(past.calendar.columns)])
        first, last = past.first, calendar[s.DATE].max()
        assert isinstance(last, dt.date)
        shape = past.stores.height, (max(last, past.end) - first).days + 1
        rank = past.stores.select(s.STORE).with_row_index("rank")
        places = _places(calendar, rank, first)
        sold = _places(past.sales, rank, first)
        holiday = calendar[s.STATE_HOLIDAY].replace_strict(
            {name: code for code, name in enumerate(s.STATE_HOLIDAYS)}, return_dtype=pl.Int8
        )

        def floats(places: tuple[npt.NDArray[np.int64], ...], column: pl.Series) -> Floats:
            out = np.full(shape, np.nan, np.float32)
            out[places] = column.cast(pl.Float32).to_numpy()
            return out

        def codes(column: pl.Series) -> Codes:
            out = np.full(shape, NO_ROW, np.int8)
            out[places] = column.to_numpy()
            return out

        return cls(
            stores=past.stores,
            first=first,
            sales=floats(sold, past.sales[s.SALES]),
            customers=floats(sold, past.sales[s.CUSTOMERS]),
            open=codes(calendar[s.OPEN]),
            promo=codes(calendar[s.PROMO]),
            holiday=codes(holiday),
            school=codes(calendar[s.SCHOOL_HOLIDAY]),
            known={name: floats(places, calendar[name]) for name in past.known},
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

    def cut(self, origin: int, horizon: int) -> "Grid":
        """Return what is known at ``origin`` (a column): sales up to it, the calendar up to ``origin + horizon``."""
        last = origin + horizon + 1
        sales, customers = self.sales[:, :last].copy(), self.customers[:, :last].copy()
        sales[:, origin + 1 :] = np.nan
        customers[:, origin + 1 :] = np.nan
        return replace(
            self,
            sales=sales,
            customers=customers,
            open=self.open[:, :last],
            promo=self.promo[:, :last],
            holiday=self.holiday[:, :last],
            school=self.school[:, :last],
            known={name: values[:, :last] for name, values in self.known.items()},
        )

    def log_sales(self) -> Floats:
        """Return the log of sales on open days with sales, NaN elsewhere."""
        sold = (self.open == 1) & (self.sales > 0)
        return np.log(np.where(sold, self.sales, np.nan), dtype=np.float32)


def _places(frame: pl.DataFrame, rank: pl.DataFrame, first: dt.date) -> tuple[npt.NDArray[np.int64], ...]:
    rows = frame.select(
        pl.col(s.STORE).replace_strict(rank[s.STORE], rank["rank"], return_dtype=pl.Int64),
        (pl.col(s.DATE) - first).dt.total_days().alias(s.DATE),
    )
    return rows[s.STORE].to_numpy(), rows[s.DATE].to_numpy()
