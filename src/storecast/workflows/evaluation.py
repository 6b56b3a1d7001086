"""Measure models on the past; train and save one."""

import datetime as dt
import json
import logging
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from storecast import __version__
from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.config import Task
from storecast.csv_files import write_csv
from storecast.data.panel import Panel
from storecast.evaluate.backtest import Backtest, block_cutoffs, calibration_of, cpu_seconds
from storecast.evaluate.backtest import backtest as run_backtest
from storecast.evaluate.selection import select
from storecast.evaluate.summary import summary
from storecast.files import atomic_write
from storecast.models import create
from storecast.models.settings import NONE, Settings
from storecast.uncertainty.joint_errors import fit_joint_errors, past_errors
from storecast.workflows.preparation import Prepared, Source, prepare

log = logging.getLogger(__name__)

Progress = Callable[[str], None]


def no_progress(_: str) -> None:
    """Report no progress."""


def backtest(
    data: Source,
    *,
    models: Sequence[str],
    out: Path,
    horizon: int | None = None,
    windows: int = 2,
    step: int | None = None,
    cutoffs: Sequence[dt.date] = (),
    quantiles: tuple[float, ...] = (),
    fast: bool = False,
    settings: Settings = NONE,
    skip: Collection[str] = (),
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Score models on windows of the past; write forecasts.csv and scores.json, and return the scores."""
    prepared = prepare(data, horizon=horizon, quantiles=quantiles, skip=skip, allow_longer_test=True)
    chosen = list(cutoffs) or block_cutoffs(
        prepared.panel, windows, prepared.task.horizon, prepared.task.horizon if step is None else step
    )
    result = run_backtest(
        prepared.panel, models, chosen, prepared.task, fast=fast, settings=settings, progress=progress
    )
    scores = scores_of(result, prepared)
    write_backtest(result.forecasts, out / "forecasts.csv")
    write_json(scores, out / "scores.json")
    return scores


def train(
    data: Source,
    *,
    name: str,
    home: Path,
    horizon: int | None = None,
    quantiles: tuple[float, ...] = (),
    fast: bool = False,
    settings: Settings = NONE,
    skip: Collection[str] = (),
    progress: Progress = no_progress,
) -> Bundle:
    """Measure a model on the last window, fit it on all data and save it; what is in use stays in use."""
    prepared = prepare(data, horizon=horizon, quantiles=quantiles, skip=skip, allow_longer_test=True)
    cutoffs = block_cutoffs(prepared.panel, 1, prepared.task.horizon, prepared.task.horizon)
    result = run_backtest(
        prepared.panel, [name], cutoffs, prepared.task, fast=fast, settings=settings, progress=progress
    )
    bundle = fit_on_all(prepared.panel, name, result, prepared.task, fast=fast, settings=settings, progress=progress)
    return save(bundle, home, prepared, result)


def fit_on_all(
    panel: Panel,
    name: str,
    result: Backtest,
    task: Task,
    *,
    fast: bool,
    settings: Settings,
    progress: Progress,
) -> Bundle:
    """Fit a model on all data, with intervals from every window of a backtest."""
    progress(f"{name}, all data")
    begin = cpu_seconds()
    model = create(name, fast=fast, settings=settings)
    model.fit(panel.window(panel.end, task.horizon).past, task.horizon)
    log.info("%s: fitted on all data up to %s in %.1f CPU seconds", name, panel.end, cpu_seconds() - begin)
    progress("errors of totals")
    field = fit_joint_errors(past_errors(panel, task.horizon, fast=fast), panel.stores, task.horizon)
    return Bundle(model, calibration_of(result, name, panel.end), task, field, settings)


def save(bundle: Bundle, home: Path, prepared: Prepared, result: Backtest) -> Bundle:
    """Sign a model and add it to the home's models, with its scores."""
    name = bundle.model.name
    mean = next(line for line in result.scores if line["model"] == name and line["cutoff"] == "mean")
    scores = {key: value for key, value in mean.items() if isinstance(value, float)}
    return bundle.save(home / "models", prepared.panel, scores=scores, generated=prepared.cleaned.generated)


def scores_of(result: Backtest, prepared: Prepared) -> dict[str, Any]:
    """Return what scores.json holds."""
    return summary(result, prepared.panel, select(result), version=__version__, generated=prepared.cleaned.generated)


def write_backtest(forecasts: pl.DataFrame, path: Path) -> None:
    """Write every row of a backtest, so that anyone can score it again."""
    write_csv(forecasts.sort(s.MODEL, s.CUTOFF, *s.KEYS), path)


def write_json(value: dict[str, Any], path: Path) -> None:
    """Write plain data as JSON."""
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
