"""A step of the whole chain: from one day on nearly all stores sell more, or less, than before, and go on doing so.

A price rise, a change of the tax. The ridge has no term for it, so it would explain a step by season and trend, and means of the
history would follow it over months. So a clear step is measured, and all sales before it are restated at the new level: level,
season and trend are then learned as if the chain had always stood there.

A step is taken for one only if it is large, abrupt, lasts three weeks, shows in nearly all stores, stands out from what four weeks
usually differ by, and has not come a year before. Else nothing at all is changed. On the Rossmann files no cutoff has a step.

Single stores have steps, too: `store_steps` finds them, and the sales of such a store are restated alone. So are those before a
jump to another unit, of the chain or of a store, before anything is fitted (`data.level_jump`).
"""

import datetime as dt
import logging
from dataclasses import dataclass, replace

import numpy as np

from storecast import schema as s
from storecast.arrays import F32, F64, I64
from storecast.config import LinearSettings
from storecast.data.grid import Grid
from storecast.data.level_jump import far_stores, level_jump, store_jumps
from storecast.dates import YEAR
from storecast.errors import quote
from storecast.features.ridge import Design, Ridge
from storecast.features.ridge_fit import fit_ridge
from storecast.features.store_steps import MIN_DAYS, MIN_SEEN, SPAN, day_of_step, find_steps
from storecast.features.terms import Term
from storecast.row_medians import NORMAL, row_medians

log = logging.getLogger(__name__)

LOOK_BACK = 364  # days before the origin in which a step may lie
MIN_JUMP = (
    0.06  # of log sales, between the medians of what the ridge leaves over; none on the Rossmann files is above 0.05
)
MIN_SIZE = 0.08  # of log sales: smaller steps are left to the ridge and the mean error of the last weeks
MIN_RATIO = 3.0  # of the jump to the usual difference between four weeks and the four before
MIN_SHARE = 0.9  # of the stores must show a jump in the same direction
SEASON_AROUND = 21  # days: a jump about a year after one like it belongs to the season
PENALTY = 5.0  # for how far a store's step may depart from the chain's
MAX_SHIFTS = 3  # of one past
MAX_STORES = 100  # of a chain whose single stores are looked at: each step has the training rows worked out anew


@dataclass(frozen=True, eq=False)
class LevelShift:
    """One step.

    Attributes
    ----------
    day : the first at the new level
    sizes : what the step adds to log sales of each store, (stores,)
    """

    day: dt.date
    sizes: F32

    def of(self, places: I64) -> "LevelShift":
        """Return the step of stores by their places; -1, of a store that was not fitted, takes the middle of the chain."""
        return LevelShift(self.day, np.where(places >= 0, self.sizes[places], np.median(self.sizes)).astype(np.float32))

    def before(self, grid: Grid) -> F32:
        """Return what brings each day of a grid of all stores to the new level, in log sales, (stores, days)."""
        earlier = np.arange(grid.days) < grid.column(self.day)
        out: F32 = self.sizes[:, None] * earlier[None, :].astype(np.float32)
        return out


@dataclass(frozen=True, eq=False)
class RestatedFit:
    """A ridge, and the past that it was fitted on.

    Attributes
    ----------
    grid : as it was given, where there was no step; else with all sales restated at the level of its last day
    ridge : fitted on this grid
    shifts : the steps, in the order in which they were found
    """

    grid: Grid
    ridge: Ridge
    shifts: tuple[LevelShift, ...]


def fit_restated(
    grid: Grid, design: Design, origin: int, settings: LinearSettings, day_weights: F64 | None = None
) -> RestatedFit:
    """Fit the ridge on the days up to ``origin``; where the chain's level has clearly shifted, on restated sales.

    Parameters
    ----------
    grid, design, origin, settings, day_weights : as `fit_ridge` takes them

    Returns
    -------
    RestatedFit
    """
    grid, shifts = in_one_unit(grid, origin)
    ridge = fit_ridge(grid, design, origin, settings, day_weights)
    most = len(shifts) + MAX_SHIFTS
    while len(shifts) < most:
        shift = _find_shift(grid, design, ridge, origin, settings, day_weights)
        if shift is None:
            break
        log.info("the chain's level shifts by %+.0f %% on %s", 100 * np.expm1(np.median(shift.sizes)), shift.day)
        shifts.append(shift)
        grid = restate(grid, shift)
        ridge = fit_ridge(grid, design, origin, settings, day_weights)
    steps = _store_shifts(grid, design, ridge) if len(ridge.residuals) <= MAX_STORES else []
    for shift in steps:
        shifts.append(shift)
        grid = restate(grid, shift)
    if steps:
        ridge = fit_ridge(grid, design, origin, settings, day_weights)
    return RestatedFit(grid, ridge, tuple(shifts))


def restate(grid: Grid, shift: LevelShift) -> Grid:
    """Return the grid with sales before a step as they would have been after it; customers likewise: baskets stay."""
    factor = np.exp(shift.before(grid))
    return replace(grid, sales=grid.sales * factor, customers=grid.customers * factor, cut_from=None)


def in_one_unit(grid: Grid, origin: int) -> tuple[Grid, list[LevelShift]]:
    """Return the grid with sales before a jump to another unit restated in that one, and the jumps.

    Parameters
    ----------
    grid : of the chain
    origin : column of the last day known
    """
    shifts = _unit_shifts(grid, origin)
    for shift in shifts:
        grid = restate(grid, shift)
    return grid, shifts


def _unit_shifts(grid: Grid, origin: int) -> list[LevelShift]:
    """Return the jumps to another unit: of the whole chain, or of single stores."""
    if not far_stores(grid.log_sales()[:, : origin + 1]).any():
        return []
    past = grid.truncate(origin, 0)
    jump = level_jump(past)
    if jump is not None:
        return [LevelShift(jump.day, np.full(len(grid.sales), np.log(jump.unit), np.float32))]
    shifts = []
    for place, store_jump in store_jumps(past).items():
        sizes = np.zeros(len(grid.sales), np.float32)
        sizes[place] = np.log(store_jump.unit)
        shifts.append(LevelShift(store_jump.day, sizes))
    return shifts


def _store_shifts(grid: Grid, design: Design, ridge: Ridge) -> list[LevelShift]:
    """Return the steps of single stores; the ridge has taken a part of each for trend and season, which is added to its errors."""
    slow = ridge.part(design, slice(0, ridge.residuals.shape[1]), "trend", "season")
    shifts = []
    for step in find_steps(ridge.residuals + slow):
        sizes = np.zeros(len(slow), np.float32)
        sizes[step.store] = step.size
        store = quote(str(grid.stores[s.STORE][step.store]))
        log.info(
            "the level of store %s shifts by %+.0f %% on %s", store, 100 * np.expm1(step.size), grid.day(step.first)
        )
        shifts.append(LevelShift(grid.day(step.first), sizes))
    return shifts


def _find_shift(
    grid: Grid, design: Design, ridge: Ridge, origin: int, settings: LinearSettings, day_weights: F64 | None
) -> LevelShift | None:
    """Return the clearest step of the last year, None where there is none."""
    first = _first_day(_chain_medians(ridge.residuals))
    if first is None:
        return None
    sizes = _sizes(grid, design, origin, first, settings, day_weights)
    size = float(np.median(sizes))
    if abs(size) < MIN_SIZE or _share_of_stores(ridge.residuals, first, size) < MIN_SHARE:
        return None
    return LevelShift(grid.day(first), sizes)


def _chain_medians(residuals: F32) -> F32:
    """Return the median over stores of each day, NaN on days with sales in less than half the usual number of stores, (days,)."""
    count = np.isfinite(residuals).sum(axis=0)
    usual = np.median(count[count > 0]) if count.any() else 1.0
    return row_medians(np.ascontiguousarray(residuals.T), max(1, int(np.ceil(usual / 2))))


def _chain_jumps(chain: F32) -> F32:
    """Return by how much the median of the four weeks from each day on lies above that of the four weeks before, (days,).

    NaN where either holds too few days, or less than `MIN_DAYS` follow.
    """
    days = len(chain)
    padded = np.pad(chain, (SPAN, SPAN), constant_values=np.nan)
    four_weeks = row_medians(np.lib.stride_tricks.sliding_window_view(padded, SPAN), MIN_SEEN)
    jumps = four_weeks[SPAN : SPAN + days] - four_weeks[:days]
    jumps[max(0, days - MIN_DAYS + 1) :] = np.nan
    return jumps


def _first_day(chain: F32) -> int | None:
    """Return the first day of the clearest step of the last year, None where none is large, unusual, new and still there."""
    jumps = _chain_jumps(chain)
    sizes = np.nan_to_num(np.abs(jumps))
    recent = max(0, len(chain) - LOOK_BACK)
    top = recent + int(sizes[recent:].argmax())
    usual = NORMAL * float(np.median(sizes[np.isfinite(jumps)])) if np.isfinite(jumps).any() else np.inf
    if sizes[top] < max(MIN_JUMP, MIN_RATIO * usual):
        return None
    along = np.nan_to_num(jumps) * np.sign(jumps[top])
    is_season = along[max(0, top - YEAR - SEASON_AROUND) : max(0, top - YEAR + SEASON_AROUND + 1)] > sizes[top] / 2
    is_way_back = along[max(0, top - LOOK_BACK // 2) : recent] < -sizes[top] / 2  # from a step too old to be looked for
    if is_season.any() or is_way_back.any():
        return None
    first = day_of_step(chain, top)
    return first if first <= len(chain) - MIN_DAYS else None


def _share_of_stores(residuals: F32, first: int, size: float) -> float:
    """Return the share of stores whose own residuals jump on a day in the direction of a step of this size."""
    after, before = residuals[:, first : first + SPAN], residuals[:, max(0, first - SPAN) : first]
    jumps = row_medians(after, MIN_SEEN) - row_medians(before, MIN_SEEN)
    known = np.isfinite(jumps)
    return float(np.mean(np.sign(jumps[known]) == np.sign(size))) if known.any() else 0.0


def _sizes(
    grid: Grid, design: Design, origin: int, first: int, settings: LinearSettings, day_weights: F64 | None
) -> F32:
    """Return each store's coefficient of a term that is 1 from a day on, fitted with all others, (stores,)."""
    place = sum(not term.by_store for term in design.terms)
    since = (np.arange(design.by_day.shape[1]) >= first).astype(np.float32)
    terms = [*design.terms[:place], Term("step", "trend", PENALTY), *design.terms[place:]]
    stepped = replace(design, terms=terms, by_day=np.concatenate([design.by_day, since[None]]))
    return fit_ridge(grid, stepped, origin, settings, day_weights).coefficients[:, place]
