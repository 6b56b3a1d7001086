"""What a chain sold, as arrays of stores × days."""

import datetime as dt
import weakref
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, I64, Bool, Days
from storecast.data.excluded_spans import without_excluded
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.dates import SUNDAY, weekday
from storecast.exploration.shared.estimates import NotAnswerableError

DAYS_AHEAD = 10  # days of calendar after the last sales, for what comes before a holiday
SALES, CUSTOMERS, SPEND = "sales", "customers", "spend per customer"
MEASURES = (SALES, CUSTOMERS, SPEND)
MIN_SHARE_OF_SUNDAYS = 0.5  # store-days sold on Sundays, of those on a mean day of Monday to Saturday

_by_panel: "weakref.WeakKeyDictionary[Panel, Observed]" = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Observed:
    """What a chain sold, as arrays of stores × days; the last ten days are calendar alone.

    Attributes
    ----------
    grid : the chain's days; its rows are in the order of ``stores``
    stores : the stores that have sold on at least one day, one row each
    """

    grid: Grid
    stores: pl.DataFrame

    @cached_property
    def logs(self) -> dict[str, F64]:
        """Log of sales, customers and spend per customer on open days with sales; NaN elsewhere."""
        sales = self.grid.log_sales().astype(np.float64)
        logs = {SALES: sales}
        if self.counts_customers:
            counted = self.grid.customers > 0
            logs[CUSTOMERS] = np.where(np.isnan(sales), np.nan, np.log(np.where(counted, self.grid.customers, np.nan)))
            logs[SPEND] = sales - logs[CUSTOMERS]
        return logs

    @cached_property
    def counts_customers(self) -> bool:
        """Whether customers were counted on most of the days with sales."""
        sold = self.grid.sales > 0
        return bool(sold.any()) and float((self.grid.customers[sold] > 0).mean()) > 0.5

    @property
    def measures(self) -> tuple[str, ...]:
        """Sales; and where customers were counted, also customers and spend per customer."""
        return MEASURES if self.counts_customers else MEASURES[:1]

    @property
    def dates(self) -> Days:
        """The date of each column."""
        return self.grid.dates()

    @cached_property
    def weekday(self) -> I64:
        """0 for Monday to 6 for Sunday, of each column."""
        return weekday(self.dates)

    @cached_property
    def trades_on_sundays(self) -> bool:
        """Whether the chain sells on Sundays about as often as on other days, so that Sundays count like these."""
        sold = (~np.isnan(self.logs[SALES])).sum(axis=0)
        sunday = self.weekday == SUNDAY
        return bool(
            sold[sunday].sum() > 0 and sold[sunday].sum() >= MIN_SHARE_OF_SUNDAYS * sold[~sunday].sum() / SUNDAY
        )

    @property
    def usual_weekdays(self) -> range:
        """The weekdays that are compared: all seven where the chain trades on Sundays, else Monday to Saturday."""
        return range(SUNDAY + 1 if self.trades_on_sundays else SUNDAY)

    @cached_property
    def usual_days(self) -> Bool:
        """Whether each day falls on one of the weekdays that are compared."""
        days: Bool = np.isin(self.weekday, self.usual_weekdays)
        return days

    @cached_property
    def month(self) -> I64:
        """Months since January 1970, of each column."""
        month: I64 = self.dates.astype("datetime64[M]").astype(np.int64)
        return month

    def attribute(self, column: str) -> npt.NDArray[np.str_]:
        """Return an attribute of the stores as text; unknown is "?"."""
        return self.stores[column].cast(pl.String).fill_null("").replace("", "?").to_numpy().astype(str)


def observe(panel: Panel) -> Observed:
    """Return a panel's past as arrays of stores × days; the same panel is worked out once.

    Raises
    ------
    NotAnswerableError
        where no store has sold anything.
    """
    observed = _by_panel.get(panel)
    if observed is None:
        past = panel.until(panel.end)
        sold = panel.sales.filter(pl.col(s.SALES) > 0).select(pl.col(s.STORE).unique())
        stores = past.stores.join(sold, on=s.STORE, how="semi", maintain_order="left")
        if stores.is_empty():
            raise NotAnswerableError("no store has sold anything")
        keys = stores.select(s.STORE)
        near = panel.calendar.filter(pl.col(s.DATE) <= panel.end + dt.timedelta(days=DAYS_AHEAD))
        sales, calendar = (
            table.join(keys, on=s.STORE, how="semi", maintain_order="left")
            for table in (without_excluded(past.sales, panel.excluded), near)
        )
        part = Panel(sales, stores, calendar, country=panel.holiday_country, feasts=panel.feasts, target=panel.target)
        observed = _by_panel[panel] = Observed(Grid.of(part), stores)
    return observed
