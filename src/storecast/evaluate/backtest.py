"""Backtest: every model on windows in time order, each forecast from data before it, each scored beside the baseline."""

import datetime as dt
import logging
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.config import Task
from storecast.data.grid import Grid
from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError, HistoryError
from storecast.evaluate import scores as score
from storecast.evaluate.importance import permutation_importance
from storecast.models.base import create
from storecast.models.settings import NONE, Settings
from storecast.uncertainty.calibration import Calibration, calibrate
from storecast.uncertainty.cold_start import cold_start_factor
from storecast.uncertainty.point import point_forecasts

log = logging.getLogger(__name__)

BASELINE = "naive"
LEAST_PAST = 28  # days before the first window
SLICES = {"store_type": s.STORE_TYPE, "week": "week", "weekday": "weekday", "promotion": s.PROMO, "month": "month"}
DECILES = tuple(k / 10 for k in range(1, 10))


@dataclass(eq=False)
class Backtest:
    """What a backtest found.

    Attributes
    ----------
    forecasts : Model, Cutoff, Store, Date, Forecast, bounds, quantiles: every row of the scored windows
    scores : a dict a line: model, cutoff or "mean", slice, key, rows and the scores
    worst : the rows of the largest relative errors, by model and window
    medians : by model, a table a window (warm-up windows among them): Cutoff, Store, Date,
        Ahead, Open, Promo, Median, History, Sales
    seconds : CPU seconds of each fit, by model
    cold : how much larger the errors of stores without history are
    settings : of models, where they depart from the usual ones
    importance : by model, how much the RMSPE of the last window grows when a driver is dealt out at random
    """

    task: Task
    windows: list[Window]
    forecasts: pl.DataFrame
    scores: list[dict[str, Any]]
    worst: list[dict[str, Any]]
    medians: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cold: float = 1.0
    importance: dict[str, dict[str, float]] = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)

    def mean(self, model: str, name: str = "RMSPE") -> float:
        """Return a model's score, the mean of the windows; NaN where no window has an open day to score."""
        found = next(line[name] for line in self.scores if line["model"] == model and line["cutoff"] == "mean")
        return float("nan") if found is None else float(found)


def block_cutoffs(panel: Panel, windows: int, horizon: int, step: int) -> list[dt.date]:
    """Return the cutoffs of the last blocks before the end of the data, ``step`` days apart, oldest first."""
    if windows < 1 or step < 1:
        raise ConfigError(f"Found {windows} windows {step} days apart; expected at least 1 of each.")
    days = (panel.end - panel.first).days + 1
    needed = horizon + (windows - 1) * step + horizon + LEAST_PAST
    if days < needed:
        raise HistoryError(
            f"{windows} windows of {horizon} days, {step} apart, and one before them for the intervals need {needed} days of "
            f"history; the sales run from {panel.first} to {panel.end}, {days} days. Shorten --horizon or ask for fewer --windows."
        )
    return [panel.end - dt.timedelta(days=horizon + k * step) for k in reversed(range(windows))]


def backtest(
    panel: Panel,
    models: Sequence[str],
    cutoffs: Sequence[dt.date],
    task: Task,
    *,
    fast: bool = False,
    settings: Settings = NONE,
    progress: Callable[[str], None] = lambda _: None,
) -> Backtest:
    """Forecast each window with each model, from data before it, and score it.

    Parameters
    ----------
    models : names of registered models; the baseline is added where it is missing
    cutoffs : the last known day of each window; windows without an earlier one that has ended get a warm-up window, whose
        errors give their intervals and which is not reported
    settings : of models, where they depart from the usual ones
    """
    names = list(dict.fromkeys([BASELINE, *models]))
    for name in names:
        create(name, fast=fast, settings=settings)  # a wrong name is refused now, not when its turn comes
    scored = [panel.window(cutoff, task.horizon) for cutoff in sorted(set(cutoffs))]
    every = {window.cutoff: window for window in [*_warm_ups(panel, scored), *scored]}
    result = Backtest(
        task, scored, pl.DataFrame(), [], [], cold=cold_start_factor(every[min(every)]), settings=settings
    )
    frames: list[pl.DataFrame] = []
    for name in names:
        result.medians[name], result.seconds[name] = [], []
        for cutoff in sorted(every):
            window = every[cutoff]
            progress(f"{name}, window from {cutoff + dt.timedelta(days=1)}")
            begin = cpu_seconds()
            model = create(name, fast=fast, settings=settings)
            model.fit(window.past, task.horizon)
            medians = point_forecasts(model, window)
            seconds = cpu_seconds() - begin
            earlier = [frame for frame in result.medians[name] if frame["End"][0] <= cutoff]
            result.medians[name].append(
                medians.join(window.actual(), on=s.KEYS, how="left", maintain_order="left").with_columns(
                    pl.lit(cutoff).alias(s.CUTOFF), pl.lit(window.last).alias("End")
                )
            )
            result.seconds[name].append(round(seconds, 2))
            if window not in scored:
                log.info("%s: warm-up window from %s forecast in %.1f CPU seconds", name, cutoff, seconds)
                continue
            forecast = calibrate(earlier, cold=result.cold).apply(medians, _with_deciles(task))
            frames.append(
                forecast.select(
                    pl.lit(name).alias(s.MODEL), pl.lit(cutoff).alias(s.CUTOFF), *s.KEYS, pl.exclude(*s.KEYS)
                )
            )
            if window is scored[-1]:
                result.importance[name] = permutation_importance(model, window, result.medians[name][-1])
            lines, worst = _score(panel, window, name, forecast)
            result.scores += lines
            result.worst += worst
            told = "no open day to score" if lines[0]["RMSPE"] is None else f"RMSPE {lines[0]['RMSPE']:.4f}"
            log.info("%s: window from %s has %s, in %.1f CPU seconds", name, cutoff, told, seconds)
    result.forecasts = pl.concat(frames)
    result.scores += _means(result.scores)
    return result


def calibration_of(result: Backtest, name: str, cutoff: dt.date) -> Calibration:
    """Return the calibration for a forecast at ``cutoff``, from the windows of a backtest that had ended by then."""
    return calibrate([frame for frame in result.medians[name] if frame["End"][0] <= cutoff], cold=result.cold)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _warm_ups(panel: Panel, scored: list[Window]) -> list[Window]:
    """Return a window right before each scored one that no other has ended before."""
    extra: list[Window] = []
    for window in scored:
        if not any(other.last <= window.cutoff for other in [*scored, *extra]):
            cutoff = window.cutoff - dt.timedelta(days=window.horizon)
            if cutoff < panel.first + dt.timedelta(days=LEAST_PAST - 1):
                raise HistoryError(
                    f"The window from {window.cutoff} has too little past: its intervals need a window of "
                    f"{window.horizon} days before it, and that one {LEAST_PAST} days of history; the sales begin on "
                    f"{panel.first}. Ask for fewer windows, a shorter horizon, or later cutoffs."
                )
            extra.append(panel.window(cutoff, window.horizon))
    return extra


def _with_deciles(task: Task) -> Task:
    return Task(task.horizon, tuple(sorted({*task.quantiles, *DECILES})))


def _score(
    panel: Panel, window: Window, name: str, forecast: pl.DataFrame
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    grid = Grid.of(window.past)
    scale = pl.DataFrame({s.STORE: window.past.stores[s.STORE], "scale": score.scale_of(grid, grid.days - 1)})
    rows = (
        forecast.join(window.actual(), on=s.KEYS, how="left", maintain_order="left")
        .join(scale, on=s.STORE, how="left", maintain_order="left")
        .join(panel.stores.select(s.STORE, s.STORE_TYPE), on=s.STORE, how="left", maintain_order="left")
        .join(window.future.select(*s.KEYS, s.PROMO), on=s.KEYS, how="left", maintain_order="left")
        .with_columns(
            ((pl.col(s.DATE) - window.cutoff).dt.total_days().sub(1) // 7 + 1).alias("week"),
            pl.col(s.DATE).dt.weekday().alias("weekday"),
            pl.col(s.DATE).dt.strftime("%m").alias("month"),
        )
    )
    line = {"model": name, "cutoff": window.cutoff.isoformat()}
    lines = [{**line, "slice": "all", "key": "all", **_scores_of(rows)}]
    for part, column in SLICES.items():
        lines += [
            {**line, "slice": part, "key": str(key[0]), **_scores_of(group)}
            for key, group in rows.sort(column, *s.KEYS).group_by(column, maintain_order=True)
        ]
    error = ((pl.col(s.SALES) - pl.col(s.FORECAST)) / pl.col(s.SALES)).abs()
    worst = (
        rows.filter(pl.col(s.SALES) > 0)
        .with_columns(error.alias("error"))
        .top_k(score.WORST, by="error")
        .sort("error", descending=True)
    )
    return lines, [
        {
            **line,
            s.STORE: row[s.STORE],
            s.DATE: row[s.DATE].isoformat(),
            s.SALES: row[s.SALES],
            s.FORECAST: row[s.FORECAST],
        }
        for row in worst.to_dicts()
    ]


def _scores_of(rows: pl.DataFrame) -> dict[str, Any]:
    actual = rows[s.SALES].cast(pl.Float64).fill_null(np.nan).to_numpy()
    forecast, median = rows[s.FORECAST].to_numpy(), rows["Q50"].to_numpy()
    scale = rows["scale"].fill_null(np.nan).to_numpy()
    bounds = {level: [rows[name].to_numpy() for name in s.bound_columns(level)] for level in (80, 95)}
    sold = actual > 0
    values = {
        "RMSPE": score.rmspe(actual, forecast),
        "RMSPE_without_worst5": score.rmspe(actual, forecast, leave_out=score.WORST),
        "MAPE": score.mape(actual, median),
        "WAPE": score.wape(actual, median),
        "MASE": score.mase(actual, median, scale),
        "SQL": score.sql(actual, {tau: rows[s.quantile_column(tau)].to_numpy() for tau in DECILES}, scale),
        "cover80": score.coverage(actual, *bounds[80]),
        "cover95": score.coverage(actual, *bounds[95]),
        "width80": float(np.mean(((bounds[80][1] - bounds[80][0]) / np.maximum(forecast, 0.01))[sold]))
        if sold.any()
        else float("nan"),
    }
    plain = {name: round(value, 6) if np.isfinite(value) else None for name, value in values.items()}
    return {"rows": int(np.isfinite(actual).sum()), **plain}


def _means(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the mean of the windows for each model, of the whole and of each slice."""
    out = []
    for model, part, key in dict.fromkeys((line["model"], line["slice"], line["key"]) for line in lines):
        of = [line for line in lines if (line["model"], line["slice"], line["key"]) == (model, part, key)]
        means = {
            name: round(float(np.mean(values)), 6)
            if (values := [line[name] for line in of if line[name] is not None])
            else None
            for name in score.DEFINITIONS
        }
        out.append(
            {
                "model": model,
                "cutoff": "mean",
                "slice": part,
                "key": key,
                "rows": sum(line["rows"] for line in of),
                **means,
            }
        )
    return sorted(out, key=lambda line: line["slice"] != "all")
