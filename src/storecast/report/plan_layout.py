"""Where the figures of plan.xlsx stand, and the formulas over them.

The sheet Plan has a row for each store and three bands of columns, each with a column for each week and one for the total:
the forecast, last year, and the change. The sums of the chain stand above the stores, where they stay in sight.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from xlsxwriter.utility import xl_range

from storecast import schema as s
from storecast.data.target import Target

ATTRIBUTES = {s.STORE: "Store", s.STORE_TYPE: "Type", s.ASSORTMENT: "Assortment", s.STATE: "State"}
TOP = 6  # rows above the first store
SUMS, HEAD = TOP - 2, TOP - 1
CENT = 100


class Band(IntEnum):
    """The bands of columns, from left to right."""

    FORECAST = 0
    LAST_YEAR = 1
    CHANGE = 2


BAND_TITLES = {
    Band.FORECAST: "Forecast",
    Band.LAST_YEAR: "Sales on the same weekdays last year",
    Band.CHANGE: "Change on last year",
}


@dataclass(frozen=True)
class Block:
    """Some neighbouring stores and weeks: the places of the first and the last of either."""

    first_store: int
    last_store: int
    first_week: int
    last_week: int

    @property
    def single(self) -> bool:
        """Whether it is one store in one week."""
        return self.first_store == self.last_store and self.first_week == self.last_week


@dataclass(frozen=True, eq=False)
class PlanGroup:
    """A column by which stores are grouped.

    Attributes
    ----------
    name : of the column
    bounds : of the whole horizon, by the values of the column, sorted
    """

    name: str
    bounds: dict[str, list[float | None]]


@dataclass(frozen=True, eq=False)
class Plan:
    """What goes into the workbook, by store and week.

    Attributes
    ----------
    stores : the attributes of each store
    weeks : first and last day of each week
    forecast, last_year : stores × weeks; last year is None where it is not known
    bounds : of the chain's weeks, then of all weeks together
    groups : of the chain's own, by which the sheet Groups sums
    title : of the sheets
    target : the figure that is forecast
    """

    stores: list[dict[str, object]]
    weeks: list[tuple[dt.date, dt.date]]
    forecast: list[list[float]]
    last_year: list[list[float | None]]
    bounds: list[list[float | None]]
    title: str
    groups: tuple[PlanGroup, ...] = ()
    target: Target = Target()  # noqa: RUF009 - it is frozen

    @property
    def attributes(self) -> tuple[str, ...]:
        """Titles of the columns before the bands: those of every chain, and its own groups."""
        return (*ATTRIBUTES.values(), *(group.name for group in self.groups))

    def column(self, band: Band, week: int | None) -> int:
        """Return the column of a week in a band; None: of the band's total."""
        return len(self.attributes) + band * (len(self.weeks) + 1) + (len(self.weeks) if week is None else week)

    def block(self, store: int | None, week: int | None) -> Block:
        """Return a store and a week as a block; None: all of them."""
        stores = (0, len(self.stores) - 1) if store is None else (store, store)
        weeks = (0, len(self.weeks) - 1) if week is None else (week, week)
        return Block(*stores, *weeks)

    def pairs_of_group(self, group: int, key: str) -> list[tuple[float, float | None]]:
        """Return forecast and last year of the stores of a group, in all weeks.

        Parameters
        ----------
        group : its place among `groups`
        key : the value that its stores have
        """
        stores = [k for k, values in enumerate(self.stores) if list(values.values())[len(ATTRIBUTES) + group] == key]
        return [pair for k in stores for pair in self.pairs(self.block(k, None))]

    def pairs(self, block: Block) -> list[tuple[float, float | None]]:
        """Return forecast and last year of a block, store by store."""
        return [
            (self.forecast[k][week], self.last_year[k][week])
            for k in range(block.first_store, block.last_store + 1)
            for week in range(block.first_week, block.last_week + 1)
        ]

    def cells(self, band: Band, block: Block) -> str:
        """Return the cells of a block, such as E7:H18."""
        cells: str = xl_range(
            TOP + block.first_store,
            self.column(band, block.first_week),
            TOP + block.last_store,
            self.column(band, block.last_week),
        )
        return cells

    def members(self, group: int, key_cell: str) -> str:
        """Return the formula that is 1 for each store of a group, on another sheet.

        It compares whole texts: SUMIF would take a name such as `<b` or `a*` for a condition.

        Parameters
        ----------
        group : its place among `groups`
        key_cell : the cell that holds the value its stores have
        """
        column = len(ATTRIBUTES) + group
        cells = xl_range(TOP, column, TOP + len(self.stores) - 1, column)
        return f"EXACT(Plan!{cells},{key_cell})"

    def comparable(self, block: Block, sheet: str = "") -> str:
        """Return the formula of the forecast whose last year is known.

        Parameters
        ----------
        block : the stores and weeks
        sheet : where the formula stands on another sheet, "Plan!"
        """
        forecast, last_year = (sheet + self.cells(band, block) for band in (Band.FORECAST, Band.LAST_YEAR))
        return f"SUMPRODUCT(ISNUMBER({last_year})*{forecast})"


def with_last_year(pairs: Sequence[tuple[float, float | None]]) -> list[tuple[float, float]]:
    """Return the pairs of forecast and last year whose last year is known."""
    return [(forecast, last_year) for forecast, last_year in pairs if last_year is not None]


def total(values: Sequence[float]) -> float:
    """Add money in cents, without the drift of binary fractions."""
    return sum(round(value * CENT) for value in values) / CENT
