"""From the median of a model to expected values, quantiles and intervals, by the errors of earlier windows.

Scaled split conformal on the log of sales. An error is log(actual / median); its size is taken apart into a factor for the
store, one for the kind of day (weekday × promotion) and one for the week ahead, each shrunk towards 1 by how few errors speak
for it. What is left has the same spread everywhere, and its quantiles, over all windows that ended at or before the cutoff,
times the factors of a day give that day's. Errors of neighbouring days and stores hang together, so that the coverage is a
measured one, and no theorem's; docs/accuracy.md has it.

Sources: Lei et al., Distribution-free predictive inference for regression, JASA 113 (2018), section 5.2 (scaled residuals);
shrinkage as in credibility theory, Bühlmann (1967).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, I64
from storecast.config import LEVELS, Task
from storecast.data.broken_days import DEVIATIONS, FACTOR
from storecast.row_medians import NORMAL
from storecast.uncertainty.hurdle import hurdle_offsets, sale_chance
from storecast.uncertainty.mean_error import log_mean_of_errors

PERCENTS = np.array([0.025, 0.975, *(np.arange(1, 100) / 100)])
PERCENTS_WHOLE = slice(2, None)  # of `PERCENTS`: those that are evenly spread
SIZES = 12  # times the usual error: the largest size for which RMSPE's factor and the expected value are worked out
SIZE_GRID = np.linspace(0, SIZES, SIZES * 50 + 1)
TAIL = 1.24  # mean of a normal distribution's outer half percent over its outer percentile
KINDS = 14  # weekday × promotion
PRIOR_STORE = 30  # errors: the weight of the chain's mean size of error in a store's own
# What a new store lacks is mostly its level, half of whose variance is gone after a third of a day's sales; the rest are its own
# weekdays and season, which take months. Measured on the Rossmann files at cutoffs apart from those of benchmarks/cold_stores.py.
LEARNED = 0.35  # days of sales
OWN_HABITS = 0.05  # of the variance that history takes away
LONG = 90  # days of sales, from which on a store is no new one
# The same for a kind of day and a week ahead: a day's errors hang together, so that days count, and not rows, ...
PRIOR_DAYS = 3
PRIOR_ERRORS = 30  # ... unless a day has so few that chance alone moves its mean
UNUSUAL = (
    2  # times the median store's size of error: where errors are larger, they do not set the expected value of all
)
MOST_MISSED = 1.5  # times the usual error: how far a level that was missed widens intervals


@dataclass(frozen=True, eq=False)
class Calibration:
    """What earlier windows said about a model's errors.

    Attributes
    ----------
    stores : the stores that were forecast, in the order of their factors
    by_store, by_kind, by_week : factors of the size of an error, (stores,), (14,) by weekday × 2 + promotion, (weeks,)
    cold : how much larger an error is where a store has no history at all
    offsets : log of actual / median at each of `PERCENTS`, where all factors are 1, (percents,)
    mean : log of expected value / median where all factors are 1
    windows : cutoffs of the windows it was measured on, ISO
    rows : number of errors
    whole_numbers : whether what is forecast comes in whole numbers; then quantiles and bounds do, and expected values need not
    """

    stores: pl.Series
    by_store: F64
    by_kind: F64
    by_week: F64
    cold: float
    offsets: F64
    mean: float
    windows: tuple[str, ...]
    rows: int
    whole_numbers: bool = False

    def apply(self, medians: pl.DataFrame, task: Task) -> pl.DataFrame:
        """Turn medians into a forecast.

        Parameters
        ----------
        medians : Store, Date, Ahead (days, from 1), Open, Promo, Median (money), History (days with sales before the cutoff), and
            Chance of any sale where a store often sells nothing

        Returns
        -------
        Store, Date, Forecast, Lower80, Upper80, Lower95, Upper95 and the task's quantiles; 0 on closed days, two decimals
        """
        base = np.where(medians[s.OPEN].to_numpy() == 1, medians["Median"].to_numpy(), 0.0)
        size, chance = self.size(medians), sale_chance(medians)
        uncertain = np.flatnonzero(chance < 1)

        def at(percent: float) -> F64:
            out: F64 = base * np.exp(self.offsets[int(np.abs(PERCENTS - percent).argmin())] * size)
            if len(uncertain):
                offset, sells = hurdle_offsets(percent, chance[uncertain], PERCENTS, self.offsets)
                out[uncertain] = np.where(sells, base[uncertain] * np.exp(offset * size[uncertain]), 0.0)
            return np.round(out) if self.whole_numbers else out

        columns = {s.FORECAST: base * np.exp(self._log_means_at(size)) * chance}
        for level in LEVELS:
            tail = (1 - level / 100) / 2
            for name, percent in zip(s.bound_columns(level), (tail, 1 - tail), strict=True):
                columns[name] = at(percent)
        columns |= {s.quantile_column(quantile): at(quantile) for quantile in task.quantiles}
        return medians.select(*s.KEYS).with_columns(pl.Series(name, v).round(2) for name, v in columns.items())

    def size(self, medians: pl.DataFrame) -> F64:
        """Return the size of an error to be expected on each row, 1 where all is as usual."""
        place = _place(medians, self.stores)
        size: F64 = np.where(place >= 0, self.by_store[place], 1.0) * self.by_kind[_kind(medians)]
        new = np.sqrt(1 + sum(self.newness(medians)))
        return size * new * self.by_week[np.minimum(_week(medians), len(self.by_week) - 1)]

    def newness(self, medians: pl.DataFrame) -> tuple[F64, F64]:
        """Return what want of history adds to the variance of errors, in units of the usual one, (rows,) each.

        The first is an error of the store's level, the same on all its days; the second, of its weekdays and season, is not.
        """
        days = medians["History"].to_numpy()
        lacking = np.where(days < LONG, self.cold**2 - 1, 0.0)
        level: F64 = lacking * (1 - OWN_HABITS) * LEARNED / (days + LEARNED)
        habits: F64 = lacking * OWN_HABITS * (1 - np.minimum(days / LONG, 1))
        return level, habits

    def log_means(self, medians: pl.DataFrame) -> F64:
        """Return the log of expected value / median of each row, by the size of its error, (rows,).

        The larger an error may be, the further the mean of what may be sold lies above its median.
        """
        return self._log_means_at(self.size(medians))

    def _log_means_at(self, size: F64) -> F64:
        return self.mean + _log_mean_by_size(size, self._log_mean_on_grid)

    @cached_property
    def _log_mean_on_grid(self) -> F64:
        return _log_mean_on_grid(self.offsets)

    def rmspe_factor(self, medians: pl.DataFrame) -> F64:
        """Return what the forecast of each row is multiplied by where RMSPE is the yardstick, (rows,).

        RMSPE divides by what was sold, and so punishes a forecast that is too high more than one that is too low: of all figures
        for a day, the mean of 1/sales over the mean of 1/sales² has the least. The less is known of a day, the lower it is.
        """
        inverse = np.exp(-np.outer(SIZE_GRID, self.offsets[PERCENTS_WHOLE]))  # median / sales, (sizes, percents)
        best = inverse.mean(axis=1) / (inverse**2).mean(axis=1)
        size = self.size(medians)
        # Days without sales do not count in RMSPE, so that it asks for what a day sells should it sell.
        factor: F64 = np.interp(size, SIZE_GRID, best) / np.exp(self._log_means_at(size)) / sale_chance(medians)
        return factor

    def to_json(self) -> bytes:
        """Return it as a part of a model file."""
        plain = {
            "stores": self.stores.to_list(),
            "by_store": self.by_store.tolist(),
            "by_kind": self.by_kind.tolist(),
            "by_week": self.by_week.tolist(),
            "cold": self.cold,
            "offsets": self.offsets.tolist(),
            "mean": self.mean,
            "windows": list(self.windows),
            "rows": self.rows,
            **({"whole_numbers": True} if self.whole_numbers else {}),
        }
        return json.dumps(plain).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Calibration":
        """Take it from a part of a model file."""
        plain = json.loads(data)
        return cls(
            stores=pl.Series(plain["stores"]),
            by_store=np.array(plain["by_store"], np.float64),
            by_kind=np.array(plain["by_kind"], np.float64),
            by_week=np.array(plain["by_week"], np.float64),
            cold=float(plain["cold"]),
            offsets=np.array(plain["offsets"], np.float64),
            mean=float(plain["mean"]),
            windows=tuple(map(str, plain["windows"])),
            rows=int(plain["rows"]),
            whole_numbers=bool(plain.get("whole_numbers")),
        )


def calibrate(windows: Sequence[pl.DataFrame], *, cold: float = 1.0, whole_numbers: bool = False) -> Calibration:
    """Measure a model's errors on windows that lie in the past of the forecast.

    Parameters
    ----------
    windows : one table a window: Cutoff, Store, Date, Ahead, Open, Promo, Median, Sales
    cold : what `cold_start_factor` measured
    whole_numbers : whether what is forecast comes in whole numbers
    """
    every = pl.concat(windows)
    rows = every.filter((pl.col(s.OPEN) == 1) & (pl.col(s.SALES) > 0) & (pl.col("Median") > 0))
    rows = rows.filter(is_plausible(np.log(rows[s.SALES].to_numpy() / rows["Median"].to_numpy())))
    error = np.log(rows[s.SALES].to_numpy() / rows["Median"].to_numpy())
    stores = every[s.STORE].unique().sort()
    place, kind, week = _place(rows, stores), _kind(rows), _week(rows)
    by_store = _factors(np.abs(error), place, len(stores), PRIOR_STORE)
    day = rows.select(pl.struct(s.CUTOFF, s.DATE).rank("dense")).to_series().to_numpy().astype(np.int64) - 1
    by_kind = _day_factors(np.abs(error) / by_store[place], kind, KINDS, day)
    left = np.abs(error) / (by_store[place] * by_kind[kind])
    by_week = _day_factors(left, week, int(_week(every).max()) + 1, day)
    size = by_store[place] * by_kind[kind] * by_week[week]
    offsets = _conformal(error / size) * _missed_level(error / size)
    mean = 0.0
    if len(error):
        # A store whose sales a slump has cut for weeks has errors that say nothing of the others' expected values.
        usual = by_store[place] <= UNUSUAL * np.median(by_store)
        sales, cutoff = rows[s.SALES].to_numpy()[usual], rows[s.CUTOFF].filter(usual)
        mean = log_mean_of_errors(error[usual], sales, size[usual], cutoff, week[usual], day[usual])
        mean -= float(np.log(np.exp(_log_mean_by_size(size[usual], _log_mean_on_grid(offsets))).mean()))
    return Calibration(
        stores=stores,
        by_store=by_store,
        by_kind=by_kind,
        by_week=by_week,
        cold=cold,
        offsets=offsets,
        mean=mean,
        windows=tuple(sorted(map(str, every[s.CUTOFF].unique()))),
        rows=rows.height,
        whole_numbers=whole_numbers,
    )


def is_plausible(error: F64) -> pl.Series:
    """Return which errors teach anything: not those of a record that must be wrong, see `data.broken_days`, (rows,)."""
    if not len(error):
        return pl.Series([], dtype=pl.Boolean)
    size = np.abs(error - np.median(error))
    return pl.Series(size <= max(np.log(FACTOR), DEVIATIONS * NORMAL * float(np.median(size))))


def _place(rows: pl.DataFrame, stores: pl.Series) -> I64:
    """Return the place of each row's store among some stores, -1 where it is none of them."""
    places = pl.Series(np.arange(len(stores)))
    return rows[s.STORE].replace_strict(stores, places, default=-1, return_dtype=pl.Int64).to_numpy()


def _kind(rows: pl.DataFrame) -> I64:
    weekday = rows[s.DATE].dt.weekday().to_numpy().astype(np.int64) - 1
    out: I64 = weekday * 2 + (rows[s.PROMO].to_numpy() == 1)
    return out


def _week(rows: pl.DataFrame) -> I64:
    out: I64 = (rows["Ahead"].to_numpy().astype(np.int64) - 1) // 7
    return out


def _factors(size: F64, group: I64, groups: int, prior: float) -> F64:
    """Return each group's mean size over the mean of all, shrunk towards 1, (groups,)."""
    count = np.bincount(group, minlength=groups)
    return _shrunk_ratios(size, group, count / (count + prior))


def _day_factors(size: F64, group: I64, groups: int, day: I64) -> F64:
    """Return the same of groups whose errors come in whole days, shrunk by the number of days and of errors, (groups,)."""
    errors = np.bincount(group, minlength=groups)
    days = np.bincount(np.unique(np.stack([group, day]), axis=1)[0], minlength=groups)
    noise = PRIOR_DAYS / np.maximum(days, 1) + PRIOR_ERRORS / np.maximum(errors, 1)
    return _shrunk_ratios(size, group, 1 / (1 + noise))


def _shrunk_ratios(size: F64, group: I64, weight: F64) -> F64:
    """Return 1 + weight × (mean size of a group / mean of all - 1), (groups,); 1 for a group without errors."""
    mean = size.mean() if len(size) else 0.0
    if mean == 0:
        return np.ones(len(weight))
    total, count = np.bincount(group, size, len(weight)), np.bincount(group, minlength=len(weight))
    ratios: F64 = np.where(count > 0, total / np.maximum(count, 1) / mean, 1.0)
    return 1 + weight * (ratios - 1)


def _conformal(error: F64) -> F64:
    """Return the conformal quantiles of the errors at `PERCENTS`, moved so that the median stays where it is."""
    if not len(error):
        return np.zeros(len(PERCENTS))
    ordered = np.sort(error - np.median(error))
    count = len(ordered)
    upper = np.minimum(np.ceil(PERCENTS * (count + 1)), count).astype(np.int64) - 1
    lower = np.maximum(np.floor(PERCENTS * (count + 1)), 1).astype(np.int64) - 1
    offsets = np.where(PERCENTS > 0.5, np.maximum(ordered[upper], 0), np.minimum(ordered[lower], 0))
    return np.where(PERCENTS == 0.5, 0.0, offsets)


def _missed_level(error: F64) -> float:
    """Return how much wider intervals are for a level that earlier windows missed, 1 where they missed none.

    The median of their errors is taken off, so that the forecast stays a model's own; but the next window may miss the level as
    far, either way: what counts is how far errors are from 0, and not from their median.
    """
    if not len(error):
        return 1.0
    middle = float(np.median(error))
    spread = NORMAL * float(np.median(np.abs(error - middle)))
    missed = min(abs(middle), MOST_MISSED * spread) / spread if spread > 0 else 0.0
    return float(np.sqrt(1 + missed**2))


def _log_mean_on_grid(offsets: F64) -> F64:
    """Return the log of mean / median of errors of each size of `SIZE_GRID`, (sizes,)."""
    inner = offsets[PERCENTS_WHOLE]
    points, shares = np.r_[inner[0] * TAIL, inner, inner[-1] * TAIL], np.r_[0.005, np.full(len(inner), 0.01), 0.005]
    means: F64 = np.log(np.exp(np.outer(SIZE_GRID, points)) @ shares)
    return means


def _log_mean_by_size(size: F64, on_grid: F64) -> F64:
    """Return the log of mean / median of errors of each size, less that of errors of size 1, (rows,)."""
    out: F64 = np.interp(size, SIZE_GRID, on_grid) - np.interp(1.0, SIZE_GRID, on_grid)
    return out
