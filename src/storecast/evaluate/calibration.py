"""From the median of a model to expected values, quantiles and intervals, by the errors of earlier windows.

Split conformal on the log of sales: an interval is the median times the quantiles of actual / median that were measured on
windows the last window that ended at or before the cutoff, apart for each week ahead. Errors of neighbouring days and stores hang
together, so that the coverage is a measured one, and no theorem's. One window rather than all earlier ones, and errors taken
from their middle: on ten windows that no report shows, coverage then kept closest to its aim (docs/accuracy.md).

Source of the method: Lei et al., Distribution-free predictive inference for regression, JASA 113 (2018).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.config import LEVELS, Task

Values = npt.NDArray[np.float64]

SMALLEST_CELL = 500  # residuals; smaller cells join their neighbour
PERCENTS = np.array([0.025, 0.975, *(np.arange(1, 100) / 100)])
TRIM = 0.005  # share of residuals at either end that the expected value does not follow


@dataclass(frozen=True, eq=False)
class Calibration:
    """What earlier windows said about a model's errors.

    Attributes
    ----------
    weeks : the last week ahead of each cell, (cells,)
    offsets : log of actual / median at each of `PERCENTS`, (cells, percents)
    mean : log of expected value / median
    factor : what the expected value is multiplied by where RMSPE is the yardstick (submission.csv alone)
    window : cutoff of the window it was measured on, ISO
    rows : number of residuals
    """

    weeks: npt.NDArray[np.int64]
    offsets: Values
    mean: float
    factor: float
    window: str
    rows: int

    def apply(self, medians: pl.DataFrame, task: Task) -> pl.DataFrame:
        """Turn medians into a forecast.

        Parameters
        ----------
        medians : Store, Date, Ahead (days, from 1), Open, Median (money)

        Returns
        -------
        Store, Date, Forecast, Lower80, Upper80, Lower95, Upper95 and the task's quantiles; 0 on closed days, two decimals
        """
        cell = np.searchsorted(self.weeks, np.minimum((medians["Ahead"].to_numpy() - 1) // 7, self.weeks[-1]))
        base = np.where(medians[s.OPEN].to_numpy() == 1, medians["Median"].to_numpy(), 0.0)

        def at(percent: float) -> Values:
            column = int(np.abs(PERCENTS - percent).argmin())
            out: Values = base * np.exp(self.offsets[cell, column])
            return out

        columns = {s.FORECAST: base * np.exp(self.mean)}
        for level in LEVELS:
            tail = (1 - level / 100) / 2
            for name, percent in zip(s.bound_columns(level), (tail, 1 - tail), strict=True):
                columns[name] = at(percent)
        columns |= {s.quantile_column(quantile): at(quantile) for quantile in task.quantiles}
        return medians.select(*s.KEYS).with_columns(pl.Series(name, v).round(2) for name, v in columns.items())

    def to_json(self) -> bytes:
        """Return it as a part of a model file."""
        plain = {
            "weeks": self.weeks.tolist(),
            "offsets": self.offsets.tolist(),
            "mean": self.mean,
            "factor": self.factor,
            "window": self.window,
            "rows": self.rows,
        }
        return json.dumps(plain).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Calibration":
        """Take it from a part of a model file."""
        plain = json.loads(data)
        return cls(
            weeks=np.array(plain["weeks"], np.int64),
            offsets=np.array(plain["offsets"], np.float64),
            mean=float(plain["mean"]),
            factor=float(plain["factor"]),
            window=str(plain["window"]),
            rows=int(plain["rows"]),
        )


def calibrate(windows: Sequence[pl.DataFrame]) -> Calibration:
    """Measure a model's errors on the last of some windows that lie in the past of the forecast.

    Parameters
    ----------
    windows : one table a window: Cutoff, Ahead, Open, Median, Sales
    """
    window = max(windows, key=lambda frame: frame[s.CUTOFF][0])
    rows = window.filter((pl.col(s.OPEN) == 1) & (pl.col(s.SALES) > 0) & (pl.col("Median") > 0))
    error = np.log(rows[s.SALES].to_numpy() / rows["Median"].to_numpy())
    if len(error) == 0:
        error = np.zeros(1)
        week = np.zeros(1, np.int64)
    else:
        week = (rows["Ahead"].to_numpy() - 1) // 7
    last = _cells(week)
    cell = np.searchsorted(last, week)
    offsets = np.stack([_conformal(error[cell == k]) for k in range(len(last))])
    mean = _log_mean(error)
    ratio = np.exp(mean - np.clip(error - np.median(error), *np.quantile(error - np.median(error), [TRIM, 1 - TRIM])))
    return Calibration(
        weeks=last,
        offsets=offsets,
        mean=mean,
        factor=float(ratio.sum() / (ratio**2).sum()),
        window=str(window[s.CUTOFF][0]),
        rows=rows.height,
    )


def _cells(week: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the last week of each cell; weeks are joined until each cell holds enough residuals."""
    count = np.bincount(week)
    last: list[int] = []
    held = 0
    for number, rows in enumerate(count):
        held += int(rows)
        if held >= SMALLEST_CELL:
            last.append(number)
            held = 0
    if not last:
        return np.array([len(count) - 1])
    last[-1] = len(count) - 1 if held else last[-1]
    return np.array(last)


def _conformal(error: Values) -> Values:
    """Return the conformal quantiles of the errors about their middle, at `PERCENTS`: the median stays where it is."""
    ordered = np.sort(error - np.median(error))
    count = len(ordered)
    upper = np.minimum(np.ceil(PERCENTS * (count + 1)), count).astype(np.int64) - 1
    lower = np.maximum(np.floor(PERCENTS * (count + 1)), 1).astype(np.int64) - 1
    found = np.where(PERCENTS > 0.5, np.maximum(ordered[upper], 0), np.minimum(ordered[lower], 0))
    return np.where(PERCENTS == 0.5, 0.0, found)


def _log_mean(error: Values) -> float:
    """Return the log of mean / median of the errors' distribution, far tails aside."""
    centred = error - np.median(error)
    low, high = np.quantile(centred, [TRIM, 1 - TRIM])
    return float(np.log(np.exp(np.clip(centred, low, high)).mean()))
