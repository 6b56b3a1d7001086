"""Gaps of the past filled in: what a store would have sold in the weeks of which there are no rows.

Half a year without rows leaves a store's means over the last weeks and months empty, or old, long after it is back. So, for
features alone, the days of a gap take the calendar of most stores, and the ridge's own fit with what the other stores sold beside
theirs. Nothing is filled in for a target or a score.

A few days without a row between others are another matter: many chains keep no rows of days on which a store is closed. They are
read as closed, as the calendar ahead has them.
"""

from dataclasses import replace

import numpy as np

from storecast import schema as s
from storecast.arrays import F32, I8, Bool
from storecast.data.cleaning_rules import MIN_GAP_DAYS
from storecast.data.grid import NO_ROW, Grid

MIN_STORES_OF_STATE = 5  # with a residual on a day, for the mean of the state to count


def inside_gaps(grid: Grid, shut: Bool) -> Bool:
    """Say which days without a row lie in gaps: behind a store's first row, before the calendar's last, not shut."""
    has_row = grid.open != NO_ROW
    begun = np.maximum.accumulate(has_row, axis=1)
    inside: Bool = ~has_row & begun & has_row.any(axis=0)[None, :]
    return inside & ~shut


def between_rows(grid: Grid) -> Bool:
    """Return which days without a row stand between two rows of a store that are no gap apart, (stores, days)."""
    has_row, day = grid.open != NO_ROW, np.arange(grid.days)
    before = np.maximum.accumulate(np.where(has_row, day, -MIN_GAP_DAYS), axis=1)
    after = np.minimum.accumulate(np.where(has_row, day, grid.days + MIN_GAP_DAYS)[:, ::-1], axis=1)[:, ::-1]
    shut: Bool = ~has_row & (before >= 0) & (after - before <= MIN_GAP_DAYS)
    return shut


def usual_calendar(grid: Grid) -> dict[str, I8]:
    """Return what most stores' calendar says on each day, by the name of its column, (days,) each."""
    has_row = grid.open != NO_ROW

    def usual(codes: I8) -> I8:
        kinds = np.arange(int(codes.max(initial=0)) + 1)
        count = np.stack([((codes == kind) & has_row).sum(axis=0) for kind in kinds])
        most: I8 = count.argmax(axis=0).astype(np.int8)
        return most

    return {name: usual(codes) for name, codes in grid.codes.items()}


def with_calendar_in(grid: Grid, gaps: Bool, shut: Bool, usual: dict[str, I8]) -> Grid:
    """Return the grid with the usual calendar on the days of gaps and of closed stores; sales stay unknown.

    Parameters
    ----------
    grid : with the stores' own calendar
    gaps, shut : days of gaps, and days on which a store was closed, (stores, days) each
    usual : the calendar of most stores by column, (days,) each
    """
    filled = {name: np.where(gaps | shut, usual[name][None, :], codes) for name, codes in grid.codes.items()}
    opened = np.where(shut, np.int8(0), filled[s.OPEN])
    return replace(grid, codes=filled | {s.OPEN: opened})


def day_effects(grid: Grid, residuals: F32) -> F32:
    """Return what the day brought beyond the fit: half the state's mean residual, half the chain's, (stores, days)."""
    seen = np.isfinite(residuals)
    values = np.where(seen, residuals, 0)
    chain = values.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    out = np.broadcast_to(chain, residuals.shape).copy()
    states = grid.stores[s.STATE].to_numpy()
    for state in np.unique(states.astype(str)):
        in_state = states.astype(str) == state
        count = seen[in_state].sum(axis=0)
        mean = values[in_state].sum(axis=0) / np.maximum(count, 1)
        out[in_state] = np.where(count >= MIN_STORES_OF_STATE, (chain + mean) / 2, chain)
    return out.astype(np.float32)
