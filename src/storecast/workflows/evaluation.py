"""Measure models on the past; train and save one."""

import datetime as dt
import json
import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from storecast import __version__
from storecast import schema as s
from storecast.arguments import check_argument
from storecast.bundle.bundle import Bundle
from storecast.bundle.fitting import measure_and_fit
from storecast.csv_files import write_csv
from storecast.evaluate.backtest import Backtest
from storecast.evaluate.backtest import backtest as run_backtest
from storecast.evaluate.cutoffs import block_cutoffs
from storecast.evaluate.selection import BY, select
from storecast.evaluate.summary import summary
from storecast.executors.base import Executor
from storecast.executors.serial import SERIAL
from storecast.files import atomic_write
from storecast.models.settings import NONE, Settings
from storecast.stages import BACKTEST, READING, TRAINING, Expect, Progress, no_expectation, no_progress
from storecast.workflows.model_names import check_models
from storecast.workflows.preparation import Source, prepare
from storecast.workflows.prepared import Prepared
from storecast.workflows.run_cost import backtest_seconds, training_seconds

log = logging.getLogger(__name__)


def backtest(
    data: Source,
    *,
    models: Sequence[str] | str,
    out: Path,
    horizon: int | None = None,
    windows: int = 2,
    step: int | None = None,
    cutoffs: Sequence[dt.date] = (),
    quantiles: tuple[float, ...] = (),
    fast: bool = False,
    settings: Settings = NONE,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    select_by: str = BY,
    target: str | None = None,
    executor: Executor = SERIAL,
    progress: Progress = no_progress,
    expect: Expect = no_expectation,
) -> dict[str, Any]:
    """Score models on windows of the past; write forecasts.csv and scores.json, and return the scores.

    Parameters
    ----------
    data : a folder of files, or a chain in a database
    models : names, or one name
    out : folder for forecasts.csv and scores.json
    horizon : days ahead; None: the days that test.csv covers, else 42
    windows, step : how many windows, and days between them; None: the horizon
    cutoffs : last known day of each window, in place of windows
    quantiles : columns to add
    fast : quicker, slightly less accurate models
    settings : of models, where they depart from the defaults
    skip : cleaning rules to switch off
    sum_rows : add several rows of a store and day up
    select_by : the score by which the model to use is selected: sql, wape or rmspe
    target : the figure to forecast in place of the one that storecast.toml names; None: that one
    executor : works on the windows of the backtest
    progress : called with what is being done: `stages.BACKTEST_STAGES`, and steps between them
    expect : called once the chain has been read, with what each stage is likely to take

    Raises
    ------
    DataError
        where the input cannot be read
    HistoryError
        where the sales are too short for the windows
    ConfigError
        where there is no such model, setting or score
    WorkersLostError
        where the executor has lost its workers
    """
    names = [models] if isinstance(models, str) else models
    progress(READING)
    check_models(names, data=data, fast=fast, settings=settings)
    prepared = prepare(
        data, horizon=horizon, quantiles=quantiles, skip=skip, sum_rows=sum_rows, allow_longer_test=True, target=target
    )
    count = len(cutoffs) or windows
    rows = prepared.panel.sales.height
    expect({READING: 0.0, BACKTEST: backtest_seconds(names, rows, count, fast=fast)})
    progress(BACKTEST)
    chosen = list(cutoffs) or block_cutoffs(
        prepared.panel, windows, prepared.task.horizon, prepared.task.horizon if step is None else step
    )
    result = run_backtest(
        prepared.panel,
        names,
        chosen,
        prepared.task,
        fast=fast,
        settings=settings,
        executor=executor,
        progress=progress,
    )
    scores = scores_of(result, prepared, select_by)
    write_backtest(result.forecasts, out / "forecasts.csv")
    write_json(scores, out / "scores.json")
    return scores


def train(
    data: Source,
    *,
    name: str,
    home: Path | str,
    horizon: int | None = None,
    quantiles: tuple[float, ...] = (),
    fast: bool = False,
    settings: Settings = NONE,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    progress: Progress = no_progress,
    expect: Expect = no_expectation,
) -> Bundle:
    """Measure a model on the last window, fit it on all data and save it; what is in use stays in use.

    Parameters
    ----------
    data : a folder of files, or a chain in a database
    name : of the model
    home : whose models it joins
    horizon : days ahead; None: the days that test.csv covers, else 42
    quantiles : columns of its forecasts
    fast : a quicker, slightly less accurate version
    settings : of models, where they depart from the defaults
    skip : cleaning rules to switch off
    sum_rows : add several rows of a store and day up
    progress : called with what is being done: `stages.TRAIN_STAGES`, and steps between them
    expect : called once the chain has been read, with what each stage is likely to take

    Returns
    -------
    Bundle
        the saved model, with its file's name and manifest

    Raises
    ------
    DataError
        where the input cannot be read
    ConfigError
        where a model or setting has no such name
    HistoryError
        where the past is too short
    """
    check_argument("name", name, str, 'the name of one model, such as "linear"')
    progress(READING)
    check_models([name], data=data, fast=fast, settings=settings)
    prepared = prepare(data, horizon=horizon, quantiles=quantiles, skip=skip, sum_rows=sum_rows, allow_longer_test=True)
    rows = prepared.panel.sales.height
    backtested, trained = backtest_seconds([name], rows, 1, fast=fast), training_seconds([name], rows, fast=fast)
    expect({READING: 0.0, BACKTEST: backtested, TRAINING: trained})
    progress(BACKTEST)
    bundle = fit_prepared(prepared, name, fast=fast, settings=settings, progress=progress)
    return bundle.save(Path(home) / "models")


def fit_prepared(
    prepared: Prepared,
    name: str,
    *,
    windows: int = 1,
    fast: bool = False,
    settings: Settings = NONE,
    progress: Progress = no_progress,
) -> Bundle:
    """Measure a model on the last windows of a prepared chain, and fit it on all data.

    Parameters
    ----------
    prepared : the chain
    name, fast, settings, progress : as in `train`
    windows : that are scored

    Raises
    ------
    ConfigError, HistoryError
        as `train`
    """
    return measure_and_fit(
        prepared.panel,
        name,
        prepared.task,
        windows=windows,
        fast=fast,
        settings=settings,
        generated=prepared.cleaned.generated,
        progress=progress,
    )


def scores_of(result: Backtest, prepared: Prepared, select_by: str = BY) -> dict[str, Any]:
    """Return what scores.json holds, the model to use among it.

    Parameters
    ----------
    result : the backtest
    prepared : the chain
    select_by : the score by which the model to use is selected
    """
    selected = select(result, select_by)
    scores = summary(result, prepared.panel, selected, version=__version__, generated=prepared.cleaned.generated)
    return {**scores, "notices": list(prepared.cleaned.notices)}


def write_backtest(forecasts: pl.DataFrame, path: Path) -> None:
    """Write every row of a backtest, so that anyone can score it again."""
    write_csv(forecasts.sort(s.MODEL, s.CUTOFF, *s.KEYS), path)


def write_json(value: dict[str, Any], path: Path) -> None:
    """Write plain data as JSON."""
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
