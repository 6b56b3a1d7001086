"""Grid: a Panel as dense arrays, stores × days, for the arithmetic of features and scores.

A long table is what people read and files hold; sums over spans of days want one row a store and one column a day.
Days without a row are NaN in ``sales`` and -1 in ``open``.
"""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, I8, I64, Bool
from storecast.data.announced_days import announced_days
from storecast.data.broken_days import broken_days, slump_days
from storecast.data.country_holidays import NO_COUNTRY
from storecast.data.excluded_spans import excluded_days
from storecast.data.holiday_dates import is_extreme
from storecast.data.own_feasts import OwnFeast, kept_feasts
from storecast.data.panel import Panel
from storecast.data.store_countries import are_several, law_of, places_by_country
from storecast.data.stores_as_of import stores_as_of
from storecast.data.unusual_last_days import LOOK_BACK, UnusualDays, unusual_last_days
from storecast.dates import as_date

NO_ROW = -1


@dataclass(frozen=True, eq=False)
class Grid:
    """Dense arrays of shape (stores, days), the stores in the order of ``Panel.stores``.

    Attributes
    ----------
    stores : the table of stores
    first : the day of column 0
    sales : money; NaN where there is no row
    customers : NaN where not counted
    codes : by name, each column of the calendar that is known ahead: 0 or 1 of a flag, of a category its place among the
        categories that `schema` declares; -1 where the calendar holds no row
    known : by name, the chain's own known-ahead columns; NaN where there is no row
    past_only : by name, its own columns that are known of the past alone; NaN where not given
    excluded : days that the user marked as not to be learned from; None where there are none
    country : ISO code of the country whose holidays the stores keep; "" for none; of several with commas, see `store_countries`
    feasts : that they keep beside those of the country, or in place of them
    cut_from : the grid that this one is a part of, the places of its stores and its first column there
    """

    stores: pl.DataFrame
    first: dt.date
    sales: F32
    customers: F32
    codes: dict[str, I8]
    known: dict[str, F32]
    past_only: dict[str, F32]
    excluded: Bool | None = None
    country: str = NO_COUNTRY
    feasts: tuple[OwnFeast, ...] = ()
    cut_from: "tuple[Grid, I64 | slice, int] | None" = None

    @classmethod
    def of(cls, past: Panel, future: pl.DataFrame | None = None) -> "Grid":
        """Spread a past, and the calendar ahead where one is given, over the days they span."""
        calendar = past.calendar if future is None else pl.concat([past.calendar, future.select(past.calendar.columns)])
        first, last = past.first, as_date(calendar[s.DATE].max())
        shape = past.stores.height, (max(last, past.end) - first).days + 1
        days = _cells(calendar, past.stores, first)
        sold_days = _cells(past.sales, past.stores, first)

        def floats(cells: tuple[I64, I64], column: pl.Series) -> F32:
            out = np.full(shape, np.nan, np.float32)
            out[cells] = column.cast(pl.Float32).to_numpy()
            return out

        def codes(column: pl.Series) -> I8:
            out = np.full(shape, NO_ROW, np.int8)
            out[days] = _codes(column)
            return out

        return cls(
            stores=past.stores,
            first=first,
            sales=floats(sold_days, past.sales[s.SALES]),
            customers=floats(sold_days, past.sales[s.CUSTOMERS]),
            codes={name: codes(calendar[name]) for name in s.KNOWN},
            known={name: floats(days, calendar[name]) for name in past.known},
            past_only={name.removeprefix(s.PAST_ONLY): floats(days, calendar[name]) for name in past.past_only},
            excluded=excluded_days(past.excluded, past.stores[s.STORE], first, shape[1]),
            country=past.holiday_country,
            feasts=past.feasts,
        )

    @property
    def open(self) -> I8:
        """1 where a store opens."""
        return self.codes[s.OPEN]

    @property
    def promo(self) -> I8:
        """1 where a promotion runs."""
        return self.codes[s.PROMO]

    @property
    def holiday(self) -> I8:
        """The place of the kind of holiday in ``schema.STATE_HOLIDAYS``."""
        return self.codes[s.STATE_HOLIDAY]

    @property
    def school(self) -> I8:
        """1 where schools are closed."""
        return self.codes[s.SCHOOL_HOLIDAY]

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
        """Return what is known at ``origin``: sales and facts of stores up to it, the calendar ``horizon`` days more.

        No fact of a later day is among it, however late the grid's own past ends: what is worked out for an origin is the same
        in every window of a chain.

        Parameters
        ----------
        origin : the column of the last day with sales
        horizon : days of the calendar after it
        """
        last = origin + horizon + 1
        sales, customers = self.sales[:, :last].copy(), self.customers[:, :last].copy()
        sales[:, origin + 1 :] = np.nan
        customers[:, origin + 1 :] = np.nan
        past_only = {name: values[:, :last].copy() for name, values in self.past_only.items()}
        for values in past_only.values():
            values[:, origin + 1 :] = np.nan
        return replace(
            self,
            stores=stores_as_of(self.stores, self.day(origin)),
            sales=sales,
            customers=customers,
            codes={name: values[:, :last] for name, values in self.codes.items()},
            known={name: values[:, :last] for name, values in self.known.items()},
            past_only=past_only,
            excluded=None if self.excluded is None else self.excluded[:, :last],
            cut_from=(self, slice(None), 0),
        )

    def slice(self, stores: I64, begin: int) -> "Grid":
        """Return a copy of some stores, by their places, from a column on."""
        return Grid(
            stores=self.stores[stores],
            first=self.day(begin),
            sales=self.sales[stores, begin:],
            customers=self.customers[stores, begin:],
            codes={name: values[stores, begin:] for name, values in self.codes.items()},
            known={name: values[stores, begin:] for name, values in self.known.items()},
            past_only={name: values[stores, begin:] for name, values in self.past_only.items()},
            excluded=None if self.excluded is None else self.excluded[stores, begin:],
            country=self.country,
            feasts=self.feasts,
            cut_from=(self, stores, begin),
        )

    def by_country(self) -> "list[tuple[list[int], Grid]]":
        """Return the places of the stores of each country, and the grid of these, in which State is the region alone."""
        if not are_several(self.country):
            return [(list(range(self.stores.height)), self)]
        parts = []
        for code, places in places_by_country(self.stores, self.country).items():
            part = self.slice(np.array(places, np.int64), 0)
            regions = [law_of(state, self.country)[1] for state in part.stores[s.STATE]]
            parts.append(
                (
                    places,
                    replace(
                        part, stores=part.stores.with_columns(State=pl.Series(regions, dtype=pl.String)), country=code
                    ),
                )
            )
        return parts

    def overlay(self, calendar: pl.DataFrame, begin: int) -> "tuple[Grid, I64]":
        """Return the stores that a calendar names, from a column on, with its rows in place of theirs; and their places here.

        Parameters
        ----------
        calendar : Store, Date and every known-ahead column; days from the column ``begin`` to the last of the grid
        """
        place = store_positions(self.stores, calendar[s.STORE])
        stores = np.unique(place)
        part = self.slice(stores, begin)
        cell = np.searchsorted(stores, place), (calendar[s.DATE] - part.first).dt.total_days().to_numpy()
        for name, codes in part.codes.items():
            codes[cell] = _codes(calendar[name])
        for name, values in part.known.items():
            values[cell] = calendar[name].cast(pl.Float32).to_numpy()
        return part, stores

    def log_sales(self) -> F32:
        """Return the log of sales on open days with sales, NaN elsewhere."""
        sold = (self.open == 1) & (self.sales > 0)
        return np.log(np.where(sold, self.sales, np.nan), dtype=np.float32)

    @cached_property
    def broken(self) -> Bool:
        """The days whose sales no model should learn, excluded ones and those of `broken_days`; of the whole chain, (stores, days).

        Worked out when a model first asks: scores and reports never do.
        """
        if self.cut_from is None:
            broken = broken_days(self._log_sales_not_excluded(), self.extreme_days())
            return broken if self.excluded is None else broken | self.excluded
        whole, stores, begin = self.cut_from
        return whole.broken[stores, begin : begin + self.days]

    def extreme_days(self, first: int = 0, last: int | None = None) -> Bool:
        """Return the days on which sales may be far from usual: holidays, feasts, new year, own events, (stores, days).

        Parameters
        ----------
        first, last : the columns from which and up to which they are worked out; None: the last of the grid
        """
        columns = slice(first, self.days if last is None else last + 1)
        days = [self.day(column) for column in range(columns.start, columns.stop)]
        years = range(days[0].year, days[-1].year + 1)
        dates = np.zeros((len(self.open), len(days)), bool)
        for country, stores in places_by_country(self.stores, self.country).items():
            retail = {day for feast in kept_feasts(country, years, self.feasts) for day in feast.days}
            dates[stores] = [is_extreme(day) or day in retail for day in days]
        announced = announced_days([values[:, columns] for values in self.known.values()], dates.shape)
        extreme: Bool = (self.holiday[:, columns] > 0) | dates | announced
        return extreme

    def slump_days(self, origin: int) -> Bool:
        """Return the days up to an origin that lie in slumps known by then, see `slump_days`, (stores, days)."""
        return slump_days(self._log_sales_not_excluded()[:, : origin + 1])

    def unusual_last_days(self, origin: int) -> UnusualDays:
        """Return the days soon before an origin on which nearly all stores sell far from usual, see `unusual_last_days`."""
        first = max(0, origin + 1 - LOOK_BACK)
        past = slice(first, origin + 1)
        sales, learnable = self.sales[:, past], (self.open[:, past] == 1) & ~self.broken[:, past]
        y = np.log(np.where(learnable & (sales > 0), sales, np.nan), dtype=np.float32)
        days = unusual_last_days(y, self.promo[:, past] == 1, self.extreme_days(first, origin))
        return UnusualDays(days.columns + first, days.factors)

    def days_left_out(self, origin: int) -> Bool:
        """Return the days up to an origin that no fit learns: broken and excluded ones, and slumps known by then, (stores, days).

        A slump is known once it has ended; the days after it are then judged beside those before it.
        """
        slump = self.slump_days(origin)
        left_out = self.broken[:, : origin + 1] | slump
        some = slump.any(axis=1)
        if some.any():
            y = np.where(slump[some], np.float32(np.nan), self._log_sales_not_excluded()[some, : origin + 1])
            left_out[some] = slump[some] | broken_days(y, self.extreme_days()[some, : origin + 1])
            if self.excluded is not None:
                left_out |= self.excluded[:, : origin + 1]
        return left_out

    def learnable_past(self, origin: int) -> F32:
        """Return the log of sales up to an origin that a fit learns, (stores, days).

        NaN on `days_left_out`, and on last days that are unusual in the whole chain.
        """
        y = self.log_sales()[:, : origin + 1]
        y[self.days_left_out(origin)] = np.nan
        y[:, self.unusual_last_days(origin).columns] = np.nan
        return y

    def _log_sales_not_excluded(self) -> F32:
        log_sales = self.log_sales()
        if self.excluded is not None:
            log_sales[self.excluded] = np.nan
        return log_sales


def store_positions(stores: pl.DataFrame, names: pl.Series) -> I64:
    """Return the place of each named store in a table of stores, (names,)."""
    places = pl.Series(np.arange(stores.height))
    return names.replace_strict(stores[s.STORE], places, return_dtype=pl.Int64).to_numpy()


def _codes(column: pl.Series) -> I8:
    """Return a known-ahead column as codes: a category's place among those that are declared, a flag as it is."""
    categories = s.BY_NAME[column.name].categories
    if not categories:
        return column.to_numpy()
    places = {category: place for place, category in enumerate(categories)}
    return column.replace_strict(places, return_dtype=pl.Int8).to_numpy()


def _cells(frame: pl.DataFrame, stores: pl.DataFrame, first: dt.date) -> tuple[I64, I64]:
    """Return the row and the column of each row of a table."""
    return store_positions(stores, frame[s.STORE]), (frame[s.DATE] - first).dt.total_days().to_numpy()
