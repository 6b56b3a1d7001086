"""Figures of stores and days in whole cents, and the compact form in which they are stored."""

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import I64
from storecast.dates import as_date
from storecast.errors import DataError

CENT = 100
BAND = s.bound_columns(80)
FIGURES = (s.FORECAST, *BAND)  # of a version
BYTES = 8  # of a figure


@dataclass(frozen=True, eq=False)
class StoreDays:
    """Figures of some stores over a span of days.

    Attributes
    ----------
    stores : ids, sorted
    first : the first day
    cents : by name, (stores, days), whole cents
    """

    stores: pl.Series
    first: dt.date
    cents: Mapping[str, I64] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: pl.DataFrame, names: Sequence[str]) -> "StoreDays":
        """Take figures from a frame; a store's day that has no row counts as 0.

        Parameters
        ----------
        rows : Store, Date and the figures, at least one row
        names : of the figures
        """
        stores = rows[s.STORE].unique().sort()
        first, last = as_date(rows[s.DATE].min()), as_date(rows[s.DATE].max())
        places = stores.search_sorted(rows[s.STORE]).to_numpy(), (rows[s.DATE] - first).dt.total_days().to_numpy()
        cents = {}
        for name in names:
            cells = np.zeros((len(stores), (last - first).days + 1), np.int64)
            cells[places] = np.rint(rows[name].to_numpy() * CENT).astype(np.int64)
            cents[name] = cells
        return cls(stores, first, cents)

    @property
    def days(self) -> int:
        """The number of days."""
        return int(next(iter(self.cents.values())).shape[1])

    @property
    def last(self) -> dt.date:
        """The last day."""
        return self.first + dt.timedelta(days=self.days - 1)

    def part(self, stores: pl.Series, first: dt.date, last: dt.date) -> "StoreDays":
        """Return the figures of some stores over some of the days.

        Parameters
        ----------
        stores : ids, sorted, all of them among these
        first, last : the first and the last day, both among these
        """
        rows = self.stores.search_sorted(stores).to_numpy()
        begin, end = ((day - self.first).days for day in (first, last))
        return StoreDays(stores, first, {name: cells[rows, begin : end + 1] for name, cells in self.cents.items()})

    def to_frame(self) -> pl.DataFrame:
        """Return Store, Date and the figures as money, sorted by store and day."""
        return self.in_cents().with_columns(as_money(pl.col(list(self.cents))))

    def in_cents(self) -> pl.DataFrame:
        """Return Store, Date and the figures in whole cents, sorted by store and day."""
        dates = pl.date_range(self.first, self.last, eager=True)
        return pl.DataFrame(
            {
                s.STORE: self.stores.gather(np.repeat(np.arange(len(self.stores)), self.days)),
                s.DATE: dates.gather(np.tile(np.arange(self.days), len(self.stores))),
                **{name: cells.ravel() for name, cells in self.cents.items()},
            }
        )


def as_money(cents: pl.Expr) -> pl.Expr:
    """Return whole cents as money; Polars divides by way of the reciprocal, whose last digit is rounded away."""
    return (cents / CENT).round(2)


def weeks_of(figures: StoreDays, groups: pl.Series) -> pl.DataFrame:
    """Return the sums of groups of stores by week, Monday to Sunday, cut at the ends.

    Parameters
    ----------
    figures : of stores and days
    groups : the group of each store

    Returns
    -------
    DataFrame
        Key (the group), Start, End and the sums as money; groups in the order of their first stores, weeks the oldest first
    """
    keys = groups.unique(maintain_order=True).alias("Key")
    places = groups.replace_strict(keys, range(len(keys)), return_dtype=pl.Int64).to_numpy()
    sums = {name: np.zeros((len(keys), figures.days), np.int64) for name in figures.cents}
    for name, cells in figures.cents.items():
        np.add.at(sums[name], places, cells)
    days = StoreDays(keys, figures.first, sums).in_cents().rename({s.STORE: "Key"})
    weeks = days.group_by("Key", pl.col(s.DATE).dt.truncate("1w").alias("week"), maintain_order=True).agg(
        pl.col(s.DATE).min().alias("Start"), pl.col(s.DATE).max().alias("End"), as_money(pl.col(list(sums)).sum())
    )
    return weeks.drop("week")


def compact(cells: I64) -> bytes:
    """Return cells as few bytes: the first bytes of all figures, then the second ones and so on, deflated."""
    planes = cells.astype("<i8").ravel().view(np.uint8).reshape(-1, BYTES).T
    return zlib.compress(planes.tobytes(), 6)


def expand(data: bytes, stores: int, days: int) -> I64:
    """Return the cells that `compact` made few bytes of, (stores, days).

    Parameters
    ----------
    data : the bytes
    stores, days : how many of each

    Raises
    ------
    DataError
        where the bytes do not hold so many figures
    """
    size = stores * days * BYTES
    inflate = zlib.decompressobj()
    try:
        planes = inflate.decompress(data, size)  # never more memory than the figures take
    except zlib.error as error:
        raise DataError("The stored figures of a plan are damaged. Restore the database from a backup.") from error
    if len(planes) != size or inflate.unconsumed_tail:
        raise DataError("The stored figures of a plan are not those of its stores and days. Restore a backup.")
    cells = np.frombuffer(planes, np.uint8).reshape(BYTES, -1).T
    figures: I64 = np.ascontiguousarray(cells).view("<i8").astype(np.int64).reshape(stores, days)
    return figures
