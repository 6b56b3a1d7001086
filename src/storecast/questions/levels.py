"""Like with like: log sales of each store and day, less what the store usually sells on that weekday, and the calendar.

Three layers, each of them learned from the chain itself:

level   what a store usually sells on a weekday (stores × 7, logs)
index   what all stores of a group had in common on a day: the two-way fit ``log sales = level + index + rest``
terms   the part of the index that the calendar explains, by regression: see `storecast.questions.calendar`

The fit takes turns between the two means until they settle, so that a store that is away for months bends no index.
"""

import datetime as dt
import weakref
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.questions.tidy import NotAnswerableError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SUNDAY = 6
AHEAD = 10  # days of calendar after the last sales that are looked at
TURNS = 12  # of the two-way fit; the change of the last is below a thousandth of a per cent
SALES, CUSTOMERS, SPEND = "sales", "customers", "spend per customer"
MEASURES = (SALES, CUSTOMERS, SPEND)

_seen: "weakref.WeakKeyDictionary[Panel, Observed]" = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Observed:
    """What a chain did, as arrays of stores × days; the last days are calendar alone, so that what comes next is seen.

    Attributes
    ----------
    grid : the chain's days; its rows are in the order of ``stores``
    stores : the stores that have sold on at least one day, one row each
    """

    grid: Grid
    stores: pl.DataFrame

    @cached_property
    def logs(self) -> dict[str, Floats]:
        """Log of sales, customers and spend per customer on open days with sales; NaN elsewhere."""
        sales = self.grid.log_sales().astype(np.float64)
        out = {SALES: sales}
        if self.counts_customers:
            counted = self.grid.customers > 0
            out[CUSTOMERS] = np.where(np.isnan(sales), np.nan, np.log(np.where(counted, self.grid.customers, np.nan)))
            out[SPEND] = sales - out[CUSTOMERS]
        return out

    @cached_property
    def counts_customers(self) -> bool:
        """Whether customers were counted on most of the days with sales."""
        sold = self.grid.sales > 0
        return bool(sold.any()) and float((self.grid.customers[sold] > 0).mean()) > 0.5

    @property
    def measures(self) -> tuple[str, ...]:
        """What was measured: sales, and where customers were counted also these and the spend of one."""
        return MEASURES if self.counts_customers else MEASURES[:1]

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """The day of each column."""
        return self.grid.dates()

    @cached_property
    def weekday(self) -> Ints:
        """0 for Monday to 6 for Sunday, of each column."""
        out: Ints = (self.dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
        return out

    def kinds(self, column: str) -> npt.NDArray[np.str_]:
        """Return an attribute of the stores as text; unknown is "?"."""
        return self.stores[column].cast(pl.String).fill_null("").replace("", "?").to_numpy().astype(str)


def observed(panel: Panel) -> Observed:
    """Spread a panel's past over days; the same panel is spread once."""
    found = _seen.get(panel)
    if found is None:
        past = panel.until(panel.end)
        sold = panel.sales.filter(pl.col(s.SALES) > 0).select(pl.col(s.STORE).unique())
        stores = past.stores.join(sold, on=s.STORE, how="semi", maintain_order="left")
        if stores.is_empty():
            raise NotAnswerableError("no store has sold anything")
        keep = stores.select(s.STORE)
        near = panel.calendar.filter(pl.col(s.DATE) <= panel.end + dt.timedelta(days=AHEAD))
        sales, calendar = (
            table.join(keep, on=s.STORE, how="semi", maintain_order="left") for table in (past.sales, near)
        )
        part = Panel(sales, stores, calendar)
        found = _seen[panel] = Observed(Grid.of(part), stores)
    return found


@dataclass(frozen=True, eq=False)
class TwoWay:
    """The two-way fit of an array of stores × days.

    Attributes
    ----------
    level : stores × 7, by weekday; NaN where the store has no such day
    index : groups × days, 0 on average over the days of each weekday; NaN where no store of the group sold
    count : groups × days, the stores behind the index
    rest : stores × days, what neither explains
    """

    level: Floats
    index: Floats
    count: Ints
    rest: Floats


def two_way(logs: Floats, weekday: Ints, groups: Ints) -> TwoWay:
    """Split logs into the level of each store and weekday, and the index of each group and day.

    Parameters
    ----------
    logs : stores × days, NaN where nothing was sold
    weekday : of each day
    groups : the group of each store, 0 to G - 1
    """
    there = ~np.isnan(logs)
    filled = np.where(there, logs, 0.0)
    days = np.eye(7)[weekday]  # days × 7
    member = np.eye(int(groups.max()) + 1)[groups].T  # groups × stores
    sold, count = there @ days, member @ there
    index = np.zeros(count.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(TURNS):
            level = (filled - np.where(there, index[groups], 0.0)) @ days / sold
            index = (member @ (filled - np.where(there, np.nan_to_num(level)[:, weekday], 0.0))) / count
            index = np.nan_to_num(index)
        middle = (np.where(count > 0, index, 0.0) @ days) / ((count > 0) @ days)
    middle = np.nan_to_num(middle)
    index = np.where(count > 0, index - middle[:, weekday], np.nan)
    level = level + middle[groups]
    rest = np.where(there, logs - level[:, weekday] - np.nan_to_num(index)[groups], np.nan)
    return TwoWay(level, index, count.astype(np.int64), rest)


def codes(kinds: npt.NDArray[np.str_]) -> tuple[Ints, list[str]]:
    """Return a number for each kind, in their order, and the names."""
    names, numbers = np.unique(kinds, return_inverse=True)
    return numbers.astype(np.int64), [str(name) for name in names]
