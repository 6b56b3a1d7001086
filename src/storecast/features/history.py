"""What a store's past says at an origin: means of log sales by weekday and promotion over spans of days, and the like.

All of it is worked out once at the origin and holds for the whole horizon: nothing is fed back day by day, so that a
feature is as good on the last day as on the first.
"""

from dataclasses import dataclass

import numpy as np

from storecast.arrays import F32, F64, I64, Bool
from storecast.data.cleaning_rules import MIN_GAP_DAYS
from storecast.data.grid import Grid
from storecast.dates import weekday

SPANS = (42, 91, 182, 365, 730)  # days back from the origin
HISTORY_SEEN = 75  # days with sales that are told apart
CELLS = 14  # weekday × promotion
PAST_ONLY = "past_only_"  # begins the feature of an own column that is known of the past alone


@dataclass(frozen=True, eq=False)
class History:
    """What each store's past says, to be looked up by what its calendar says of a day.

    Attributes
    ----------
    means : by name, what is looked up: (stores, 14) by weekday × 2 + promotion, (stores, 7) by weekday, (stores, 2) by promotion,
        or (stores, 1), the same on every day
    since_gap : days since the last long gap, for each day ahead, (stores, days)
    """

    means: dict[str, F32]
    since_gap: F32

    @classmethod
    def of(cls, grid: Grid, origin: int, days: slice, y: F32) -> "History":
        """Work out what the past up to ``origin`` says, for some days after it.

        Parameters
        ----------
        grid : with the calendar ahead
        origin : column of the last day known
        days : columns of the days ahead
        y : log sales up to the origin less any part known ahead, NaN where unknown, (stores, days)
        """
        cell = cells(grid, slice(0, origin + 1))
        means: dict[str, F64] = {}
        for span, (count, total, square) in _span_sums(y, cell).items():
            by_weekday = [values.reshape(-1, 7, 2).sum(axis=2) for values in (count, total)]
            by_promo = [values.reshape(-1, 7, 2).sum(axis=1) for values in (count, total)]
            mean = _ratio(total.sum(axis=1), count.sum(axis=1))
            variance = _ratio(square.sum(axis=1), count.sum(axis=1)) - mean**2
            means[f"mean_{span}"] = mean[:, None]
            means[f"spread_{span}"] = np.sqrt(np.maximum(variance, 0))[:, None]
            means[f"mean_cell_{span}"] = _ratio(total, count)
            means[f"mean_weekday_{span}"] = _ratio(by_weekday[1], by_weekday[0])
            means[f"mean_promo_{span}"] = _ratio(by_promo[1], by_promo[0])
        means["basket"] = _basket(grid, grid.customers, origin)[:, None]
        means |= {
            f"{PAST_ONLY}{name}": _basket(grid, values, origin)[:, None] for name, values in grid.past_only.items()
        }
        # Beyond a few months, days of history would tell the date.
        sold = np.isfinite(grid.log_sales()[:, : origin + 1]).sum(axis=1)
        means["history_days"] = np.minimum(sold, HISTORY_SEEN)[:, None]
        back = _days_back_from_gap(np.isfinite(grid.sales[:, : origin + 1]))
        since = np.minimum(back[:, None] + np.arange(1, days.stop - days.start + 1), 400)
        return cls({name: value.astype(np.float32) for name, value in means.items()}, since.astype(np.float32))

    def features(self, stores: I64, cell: I64) -> dict[str, F32]:
        """Return the features of some stores, each (stores, days).

        Parameters
        ----------
        stores : their places, (stores,)
        cell : what `cells` says of the days ahead, (stores, days)
        """
        position = {CELLS: cell, 7: cell // 2, 2: cell % 2, 1: np.zeros_like(cell)}
        rows = stores[:, None]
        means = {name: table[rows, position[table.shape[1]]] for name, table in self.means.items()}
        return {**means, "days_since_gap": self.since_gap[stores]}


def cells(grid: Grid, days: slice) -> I64:
    """Return weekday × 2 + promotion of some days, (stores, days)."""
    out: I64 = weekday(grid.dates()[days])[None, :] * 2 + (grid.promo[:, days] == 1)
    return out


def _span_sums(y: F32, cell: I64) -> dict[int, tuple[F64, ...]]:
    """Return count, sum and sum of squares of every store and cell over each span, (stores, CELLS)."""
    stores, days = y.shape
    age = days - 1 - np.arange(days)
    segment = np.searchsorted(SPANS, age, side="right")  # len(SPANS) lies beyond the longest span
    seen = np.isfinite(y) & (segment < len(SPANS))
    key = ((np.arange(stores)[:, None] * len(SPANS) + segment[None, :]) * CELLS + cell)[seen]
    values = y[seen].astype(np.float64)
    shape = stores, len(SPANS), CELLS
    sums = [
        np.bincount(key, weights, stores * len(SPANS) * CELLS).reshape(shape).cumsum(axis=1)
        for weights in (np.ones_like(values), values, values**2)
    ]
    return {span: tuple(part[:, k] for part in sums) for k, span in enumerate(SPANS)}


def _basket(grid: Grid, customers: F32, origin: int) -> F64:
    """Log of sales per customer, or whatever else is counted, over the last year; NaN where it is not counted."""
    year = slice(max(0, origin - 364), origin + 1)
    sales, counts = grid.sales[:, year], customers[:, year]
    both = np.isfinite(sales) & (counts > 0)
    spent = _ratio(np.where(both, sales, 0).sum(axis=1), np.where(both, counts, 0).sum(axis=1))
    return np.log(np.where(spent > 0, spent, np.nan))


def _days_back_from_gap(rows: Bool, gap: int = MIN_GAP_DAYS) -> I64:
    """Days from the end of the last gap of at least ``gap`` days without rows to the origin; 400 without one."""
    days = np.arange(rows.shape[1])
    before = np.maximum.accumulate(np.where(rows, days, -1), axis=1)
    back = rows[:, 1:] & (days[1:] - before[:, :-1] > gap) & (before[:, :-1] >= 0)
    last = np.where(back, days[1:], -1).max(axis=1, initial=-1)
    return np.where(last >= 0, rows.shape[1] - 1 - last, 400)


def _ratio(total: F64, count: F64) -> F64:
    return np.where(count > 0, total / np.maximum(count, 1e-9), np.nan)
