"""A jump of the level: from one day on nearly all stores sell five times as much as before or more, or a fifth, and go on doing so.

No chain grows like this in a day. Its figures are in another unit since: cents for euros, thousands for single pieces, another
currency. Models restate what lies before it (`features.level_shift`), so the forecast is in the new unit; that must be said. So
must the jump of a single store.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from storecast import schema as s
from storecast.arrays import F32, F64, Bool
from storecast.data.cleaning_rules import Work, store_name
from storecast.data.grid import Grid
from storecast.dates import YEAR
from storecast.row_medians import row_medians

FACTOR = 5.0
SPAN = 28  # days before and after that are compared
MIN_AFTER = 14  # days since the jump, below which it may be a passing rush
MIN_SHARE = 0.9  # of the stores
AROUND = 7  # days: a jump about a year after one like it is a season
UNITS = tuple(10.0**power for power in (-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6))  # between which figures change
NEAR_UNIT = 1.25  # times: so near to one of them a factor is that unit, and the rest is season
TOLERANCE = 0.1  # of log sales, by which jumps of neighbouring days differ by chance


@dataclass(frozen=True)
class LevelJump:
    """The day from which nearly all stores sell so much more, or less.

    Attributes
    ----------
    day : the first at the new level
    factor : the sales of a usual day after it, divided by those before
    """

    day: dt.date
    factor: float

    @property
    def unit(self) -> float:
        """The factor of the unit alone: the power of ten that the factor is near, else the factor itself."""
        return next((unit for unit in UNITS if max(self.factor / unit, unit / self.factor) < NEAR_UNIT), self.factor)

    @property
    def size(self) -> str:
        """The factor in words."""
        return f"{_short(self.factor)} times" if self.factor > 1 else f"one {_short(1 / self.factor)}th"


def note_level_jump(work: Work, grid: Grid) -> dict[int, LevelJump]:
    """Say from which day on nearly all stores sell at another level, and how many of the store-days before are at the old one.

    Parameters
    ----------
    work : takes the note
    grid : of the clean chain

    Returns
    -------
    dict
        the jump of each store that has one, by its place
    """
    jump = level_jump(grid)
    action = "kept, and forecast at the new level; if the unit has changed, bring all sales to one"
    if jump is not None:
        work.note("level_jump", action, _rows_before(grid, jump), [f"from {jump.day} on {jump.size} as much"])
        return dict.fromkeys(range(len(grid.sales)), jump)
    jumps = store_jumps(grid)
    work.note(
        "store_level_jump",
        action,
        sum(_rows_before(grid.slice(np.array([place]), 0), jump) for place, jump in jumps.items()),
        [
            f"{store_name(grid.stores[s.STORE][place])}: from {jump.day} on {jump.size} as much"
            for place, jump in jumps.items()
        ],
    )
    return jumps


def in_last_unit(grid: Grid, jumps: Mapping[int, LevelJump]) -> Grid:
    """Return the grid with sales before a jump of the unit restated in that one, as models see them.

    Parameters
    ----------
    grid : of the clean chain
    jumps : of stores, by their places
    """
    if not jumps:
        return grid
    sales = grid.sales.copy()
    for place, jump in jumps.items():
        sales[place, : grid.column(jump.day)] *= jump.unit
    return replace(grid, sales=sales)


def _short(factor: float) -> str:
    """Return a factor with three digits, and no exponent."""
    return f"{float(f'{factor:.3g}'):,.15g}"


def _rows_before(grid: Grid, jump: LevelJump) -> int:
    return int((grid.sales[:, : grid.column(jump.day)] > 0).sum())


def store_jumps(grid: Grid) -> dict[int, LevelJump]:
    """Return the jumps of single stores that hold to the end of their sales, by the place of the store.

    Parameters
    ----------
    grid : of the whole chain
    """
    jumps = {
        int(place): level_jump(grid.slice(np.array([place]), 0))
        for place in np.flatnonzero(far_stores(grid.log_sales()))
    }
    return {place: jump for place, jump in jumps.items() if jump is not None}


def far_stores(log_sales: F32) -> Bool:
    """Return which stores sell lately so much more or less than usual that they may have jumped, (stores,).

    Parameters
    ----------
    log_sales : of the past, NaN where nothing was sold, (stores, days)
    """
    lately = row_medians(log_sales[:, -SPAN:], 1)
    with np.errstate(invalid="ignore"):
        far: Bool = np.abs(lately - row_medians(log_sales, 1)) > np.log(FACTOR)
        far |= np.abs(lately - row_medians(log_sales[:, : max(1, log_sales.shape[1] // 2)], 1)) > np.log(FACTOR)
    return far


def level_jump(grid: Grid) -> LevelJump | None:
    """Return the largest jump of the chain's level that holds to the end of the sales; None without any.

    Parameters
    ----------
    grid : of the whole chain
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(grid.sales > 0, grid.sales, np.float32(np.nan)))
    days = np.flatnonzero(np.isfinite(logs).any(axis=0))
    if len(days) < SPAN + MIN_AFTER:
        return None
    usual = row_medians(logs, 1)[:, None]
    chain = np.nanmedian((logs - usual)[:, days], axis=0).astype(np.float64)  # of days on which somebody sold anything
    jumps = _jumps(chain)
    size = float(np.abs(jumps).max())
    if size < np.log(FACTOR):
        return None
    largest = np.flatnonzero(np.abs(jumps) > size - TOLERANCE)
    place = int(max(largest, key=lambda k: abs(chain[k : k + MIN_AFTER].mean() - chain[k - MIN_AFTER : k].mean())))
    first = int(days[place])
    sign = np.sign(jumps[place])
    before = np.median(chain[:place])  # the end of a rush is no jump, and neither is a slump that is over
    lasting = min(sign * np.median(chain[place:]), sign * np.median(chain[-MIN_AFTER:])) - sign * before
    by_store = sign * (
        row_medians(logs[:, first : first + SPAN], 1) - row_medians(logs[:, max(0, first - SPAN) : first], 1)
    )
    seen = by_store[np.isfinite(by_store)]
    if lasting < np.log(FACTOR) or not len(seen) or (seen > np.log(FACTOR)).mean() < MIN_SHARE:
        return None
    year_ago = np.abs(days - (first - YEAR)) <= AROUND
    if (sign * jumps[year_ago] > size / 2).any():
        return None
    return LevelJump(grid.day(first), float(np.exp(np.median(chain[place:]) - np.median(chain[place - SPAN : place]))))


def _jumps(chain: F64) -> F64:
    """Return the median of the days from each on, less that of the days before it, 0 near both ends, (days,)."""
    padded = np.append(chain.astype(np.float32), np.full(SPAN, np.nan, np.float32))
    medians = row_medians(np.lib.stride_tricks.sliding_window_view(padded, SPAN), MIN_AFTER)[: len(chain)]
    jumps = np.zeros(len(chain))
    last = len(chain) - MIN_AFTER + 1
    jumps[SPAN:last] = medians[SPAN:last] - medians[: last - SPAN]
    return jumps
