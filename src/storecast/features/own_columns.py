"""A chain's own known-ahead columns as terms of the ridge: prices, flags, counts, weather forecasts.

A term says how far a day departs from what is usual for its store, in units of a usual departure. So a store's price level
is part of its sales level, a flag is a term of 0 and 1 as a promotion is, and a flag that was set on one day only moves little,
because the ridge shrinks it as it shrinks every rare term. Positive columns that vary by a fifth or more are seen as logs: then
the coefficient of a price is an elasticity.

A column that keeps its value for months says as much about the trend as about itself, however many days that are. So the longer
the spells in which it departs from the usual, the more its term is shrunk.

Everything is learned from the days up to the origin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from storecast.arrays import F32, I64, Bool
from storecast.data.grid import Grid
from storecast.data.own_categories import flag_name, levels_of_flags
from storecast.row_medians import row_medians

MIN_RATIO_FOR_LOGS = 1.2  # of the largest to the smallest positive value
LARGE_DEPARTURE = 0.99  # quantile of the departures of the past
SHORT_SPELL = 7.0  # open days of departure in a row, whose errors are told from the trend
BEYOND_LARGE = 2.0  # times a large departure is as far as the effect is carried, in the past and ahead


@dataclass(frozen=True, eq=False)
class OwnScales:
    """How the values of own columns become terms.

    Attributes
    ----------
    names : of the columns that have changed in some store, sorted
    logs : which are seen as logs, (columns,)
    usual : the usual value of each store, in logs where they are taken, (stores, columns)
    unit : a usual departure from it, (columns,)
    penalty : by which the term is shrunk, 1 where a spell of departures lasts no longer than a week, (columns,)
    limit : units to which a departure is limited, (columns,)
    """

    names: tuple[str, ...]
    logs: Bool
    usual: F32
    unit: F32
    penalty: F32
    limit: F32

    @classmethod
    def fit(cls, grid: Grid, origin: int) -> "OwnScales":
        """Learn from the open days up to an origin.

        Parameters
        ----------
        grid : with the own columns
        origin : column of the last day known
        """
        is_open = grid.open[:, : origin + 1] == 1
        names = []
        logs, usual, unit, penalty, limit = [], [], [], [], []
        for name in sorted({*grid.known} - _usual_levels(grid, is_open)):
            past = np.where(is_open, grid.known[name][:, : origin + 1], np.float32(np.nan))
            in_logs = varies_by_ratio(past)
            values = _in_logs(past) if in_logs else past
            middle = _usual(values)
            sizes = np.abs(values - middle[:, None])
            sizes = sizes[sizes > 0]
            if not len(sizes):
                continue
            large = BEYOND_LARGE * float(np.quantile(sizes, LARGE_DEPARTURE))
            size = float(np.sqrt(np.mean(np.minimum(sizes, large) ** 2, dtype=np.float64)))
            names.append(name)
            logs.append(in_logs)
            usual.append(middle)
            unit.append(size)
            penalty.append(max(1.0, mean_spell(values - middle[:, None]) / SHORT_SPELL) ** 2)
            limit.append(large / size)
        stores = grid.stores.height
        return cls(
            tuple(names),
            np.array(logs, bool),
            np.stack(usual, axis=1) if names else np.empty((stores, 0), np.float32),
            np.array(unit, np.float32),
            np.array(penalty, np.float32),
            np.array(limit, np.float32),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> "OwnScales":
        """Return what `arrays` stored; an older model without own columns in its ridge stored none."""
        return cls(
            tuple(str(name) for name in arrays.get("own_names", ())),
            arrays.get("own_logs", np.empty(0)).astype(bool),
            arrays.get("own_usual", np.empty((len(arrays["level"]), 0))).astype(np.float32),
            arrays.get("own_unit", np.empty(0)).astype(np.float32),
            arrays.get("own_penalty", np.empty(0)).astype(np.float32),
            arrays.get("own_limit", np.empty(0)).astype(np.float32),
        )

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return what a model file stores; nothing where the chain has no own columns."""
        if not self.names:
            return {}
        return {
            "own_names": np.asarray(self.names),
            "own_logs": self.logs,
            "own_usual": self.usual,
            "own_unit": self.unit,
            "own_penalty": self.penalty,
            "own_limit": self.limit,
        }

    def of(self, stores: I64) -> "OwnScales":
        """Return the scales of some stores by their places; a store at -1 takes the middle of the chain's usual values."""
        middle = np.median(self.usual, axis=0)
        return replace(self, usual=np.where(stores[:, None] >= 0, self.usual[stores], middle))

    def terms(self, grid: Grid) -> list[tuple[str, F32]]:
        """Return the name and the values of the term of each column, (stores, days); 0 where a value is not given."""
        terms = []
        for k, name in enumerate(self.names):
            values = _in_logs(grid.known[name]) if self.logs[k] else grid.known[name]
            departure = (values - self.usual[:, k, None]) / self.unit[k]
            limited = np.clip(departure, -self.limit[k], self.limit[k])
            terms.append((name, np.where(np.isnan(limited), np.float32(0), limited)))
        return terms


def _usual_levels(grid: Grid, is_open: Bool) -> set[str]:
    """Return the flag of the usual level of each text column, if one holds more often than none of them does.

    It has no term: what the others do is told beside it, and a text that is no level counts as usual.
    """
    days = is_open.shape[1]
    usual = set()
    for column, texts in levels_of_flags(grid.known).items():
        flags = [flag_name(column, text) for text in texts]
        shares = [float(np.nan_to_num(grid.known[flag][:, :days])[is_open].sum()) for flag in flags]
        none = float(is_open.sum()) - sum(shares)
        if max(shares) > none:
            usual.add(flags[int(np.argmax(shares))])
    return usual


def varies_by_ratio(past: F32) -> bool:
    """Return whether a column is above 0 and varies by a fifth or more, and so is seen as logs; NaN is unknown, any shape."""
    known = past[np.isfinite(past)]
    return bool(len(known) and known.min() > 0 and known.max() >= MIN_RATIO_FOR_LOGS * known.min())


def _in_logs(values: F32) -> F32:
    """Return logs; of a value of 0 or below, which only days ahead can hold, the log of the smallest number there is."""
    logs: F32 = np.log(np.maximum(values, np.finfo(np.float32).tiny))
    return logs


def mean_spell(departures: F32) -> float:
    """Return the mean length of the spells in which the stores depart to one side, in days with a value."""
    days = starts = 0
    for departure in departures:
        side = np.sign(departure[np.isfinite(departure)])
        days += int(np.count_nonzero(side))
        starts += int(np.count_nonzero((side != 0) & (side != np.concatenate([[0.0], side[:-1]]))))
    return days / max(starts, 1)


def _usual(values: F32) -> F32:
    """Return the median of each store, of a store without values that of the others, (stores,)."""
    medians = row_medians(values)
    known = np.isfinite(medians)
    return np.where(known, medians, np.median(medians[known]) if known.any() else np.float32(0))
