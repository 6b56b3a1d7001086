"""Feature rows: one row per store and day after an origin, the same whether they train, score or serve.

An origin is a day at which the past ends. Training takes many origins, each followed by the days of a block; service takes
one, the cutoff. Both work the past out in `CutoffState`, and ask it for rows.
"""

import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import polars as pl

from storecast.arrays import F32, I64
from storecast.config import FeatureConfig
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.features.cutoff_state import KEPT, RIDGE, CutoffState, Rows
from storecast.features.ridge import Design, fit_ridge

__all__ = ["KEPT", "Memo", "Rows", "block_days", "feature_rows", "future_rows", "training_rows"]

SHORTEST_BLOCK = 41  # days: shorter horizons train on blocks of this length, so that the origins stay few
FIRST_ORIGIN = 90  # days of history before the first origin
PLAIN = FeatureConfig()

Made = TypeVar("Made")


@dataclass
class Memo:
    """What was already worked out. Share one among the windows of one panel, horizon by horizon, and nowhere else.

    Attributes
    ----------
    rows : by origin, days after it, and view
    serves : keep what the past decides too, so that stores under another calendar ahead are answered in milliseconds: their days
        are laid over the calendar that was asked for first. Such a memo serves one fitted model at one cutoff.
    kept : that, by what made it
    """

    rows: dict[tuple[dt.date, int, FeatureConfig], Rows] = field(default_factory=dict)
    serves: bool = False
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made under a key before, where the memo serves; else make it."""
        if not self.serves:
            return make()
        if key not in self.kept:
            self.kept[key] = make()
        found: Made = self.kept[key]
        return found

    def grid(self, past: Panel, future: pl.DataFrame, horizon: int) -> Grid:
        """Return the grid of a past and of the calendar that is known for the days after it."""

        def make() -> Grid:
            whole = Grid.of(past, future)
            return whole.truncate(whole.column(past.end), horizon)

        return self.once(("grid", past.end, horizon), make)


def block_days(horizon: int) -> int:
    """Return the days of a training block: coprime to 7, or days ahead and weekday would be one and the same."""
    days = max(horizon, SHORTEST_BLOCK)
    return days if days % 7 else days - 1


def training_rows(
    past: Panel, horizon: int, memo: Memo, view: FeatureConfig = PLAIN, *, origins: int | None = None
) -> list[Rows]:
    """Return the rows of every block that ends at or before the end of ``past``, newest first.

    Parameters
    ----------
    origins : take the newest of them only
    """
    step = block_days(horizon)
    grid = Grid.of(past)
    end = grid.column(past.end)
    columns = list(range(end - step, min(FIRST_ORIGIN, end // 2) - 1, -step))[:origins]
    # An early origin has not met every holiday yet. What the ridge knows of them at the end of the past, where a forecast is
    # made, counts for all origins: else trees would learn by heart what is there left over, and add it a second time.
    holidays = _holidays(grid, end)
    blocks = []
    for origin in columns:
        key = grid.day(origin), step, view
        if key not in memo.rows:
            memo.rows[key] = feature_rows(grid, origin, step, view)
        rows = memo.rows[key]
        late = holidays[rows.store, rows.day]
        offset = late if view.holidays_apart else np.zeros_like(late)
        # Rows that first served a forecast have no target yet: their days were ahead then.
        target = _log_sales(grid, rows.store, rows.day) - offset
        blocks.append(replace(rows, table=_with_holidays(rows, late - offset), offset=offset, target=target))
    return blocks


def future_rows(past: Panel, future: pl.DataFrame, horizon: int, memo: Memo, view: FeatureConfig = PLAIN) -> Rows:
    """Return the rows of the days after the end of ``past``, of which ``future`` is the calendar."""
    if memo.serves:
        grid = memo.grid(past, future, horizon)
        key = past.end, horizon, view
        origin = memo.once(key, lambda: CutoffState.of(grid, grid.column(past.end), horizon, view))
        return origin.rows(future)
    key = past.end, horizon, view
    if key not in memo.rows:
        grid = Grid.of(past, future)
        memo.rows[key] = feature_rows(grid, grid.column(past.end), horizon, view)
    return memo.rows[key]


def feature_rows(grid: Grid, origin: int, horizon: int, view: FeatureConfig = PLAIN) -> Rows:
    """Work out the rows of the ``horizon`` days after ``origin``; only stores and days with a calendar row have one.

    Sales after the origin give the target, and nothing else.
    """
    rows = CutoffState.of(grid, origin, horizon, view).rows()
    return replace(rows, target=_log_sales(grid, rows.store, rows.day) - rows.offset)


def _with_holidays(rows: Rows, holidays: F32) -> pl.DataFrame:
    """Return the table with another part of the ridge for holidays, (rows,)."""
    late = pl.Series(holidays)
    return rows.table.with_columns(pl.col("ridge") - pl.col("ridge_holiday") + late, late.alias("ridge_holiday"))


def _log_sales(grid: Grid, store: I64, day: I64) -> F32:
    return grid.log_sales()[store, day]


def _holidays(grid: Grid, origin: int) -> F32:
    """Return the ridge's part for holidays on every day up to ``origin``, fitted there, (stores, days)."""
    known = grid.truncate(origin, 0)
    design = Design.of(known, origin)
    return fit_ridge(known, design, origin, RIDGE).part(design, slice(0, known.days), "holiday")
