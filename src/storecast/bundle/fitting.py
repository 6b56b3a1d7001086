"""Fit a model on a whole chain, with intervals from a backtest of its last windows."""

import datetime as dt
import logging

import polars as pl

from storecast import schema as s
from storecast.arguments import PANEL, check_argument
from storecast.bundle.bundle import Bundle
from storecast.config import Task
from storecast.data.ahead import extend
from storecast.data.panel import Panel
from storecast.evaluate.backtest import Backtest, backtest, calibration_of
from storecast.evaluate.cutoffs import block_cutoffs
from storecast.evaluate.window_forecasts import cpu_seconds
from storecast.models import create
from storecast.models.settings import NONE, Settings
from storecast.stages import TRAINING, Progress, no_progress
from storecast.uncertainty.joint_errors import fit_joint_errors, past_errors

log = logging.getLogger(__name__)


def fit(
    panel: Panel,
    model: str = "boosting",
    *,
    horizon: int = 42,
    windows: int = 1,
    fast: bool = False,
    settings: Settings = NONE,
    progress: Progress = no_progress,
) -> Bundle:
    """Fit a model on a chain; nothing is written.

    Parameters
    ----------
    panel : the chain; days ahead that its calendar leaves out are worked out
    model : name of a registered model
    horizon : days ahead that the model will forecast
    windows : last windows of the past, each as long as the horizon, whose errors give the intervals
    fast : a quicker, slightly less accurate version
    settings : of models, where they depart from the defaults
    progress : called with what is being done

    Returns
    -------
    Bundle
        with `predict`, `explain`, `totals`, `plot` and `save`

    Raises
    ------
    ConfigError
        where an argument is of another type, or a model or setting has no such name
    HistoryError
        where the past is too short
    """
    check_argument("panel", panel, Panel, PANEL)
    check_argument("model", model, str, 'the name of one model, such as "linear"; backtest compares several')
    task = Task(horizon)
    whole = extend(panel, panel.end + dt.timedelta(days=horizon))
    return measure_and_fit(whole, model, task, windows=windows, fast=fast, settings=settings, progress=progress)


def measure_and_fit(
    panel: Panel,
    name: str,
    task: Task,
    *,
    windows: int = 1,
    fast: bool = False,
    settings: Settings = NONE,
    generated: bool = False,
    progress: Progress = no_progress,
) -> Bundle:
    """Measure a model on the last windows of a chain, and fit it on all data.

    Parameters
    ----------
    panel : the chain, with a calendar over the whole horizon
    name : of the model
    task : what it is trained for
    windows, fast, settings : as in `fit`
    generated : whether the chain is a generated one
    progress : called with what is being done
    """
    cutoffs = block_cutoffs(panel, windows, task.horizon, task.horizon)
    result = backtest(panel, [name], cutoffs, task, fast=fast, settings=settings, progress=progress)
    return fit_on_all(panel, name, result, task, fast=fast, settings=settings, generated=generated, progress=progress)


def fit_on_all(
    panel: Panel,
    name: str,
    result: Backtest,
    task: Task,
    *,
    fast: bool = False,
    settings: Settings = NONE,
    generated: bool = False,
    progress: Progress = no_progress,
) -> Bundle:
    """Fit a model on all data of a chain that was backtested.

    Parameters
    ----------
    panel : the chain, with a calendar over the whole horizon
    name : of the model
    result : its backtest, whose windows give the intervals and the scores
    task : what it is trained for
    fast, settings : as in `fit`
    generated : whether the chain is a generated one
    progress : called with what is being done
    """
    progress(TRAINING)
    progress(f"{name}, all data")
    begin = cpu_seconds()
    model = create(name, fast=fast, settings=settings)
    model.fit(panel.window(panel.end, task.horizon).past, task.horizon)
    log.info("%s: fitted on all data up to %s in %.1f CPU seconds", name, panel.end, cpu_seconds() - begin)
    progress("errors of totals")
    joint_errors = fit_joint_errors(
        past_errors(panel, task.horizon, fast=fast),
        panel.breakdown.with_columns(panel.stores),
        task.horizon,
        groups=panel.breakdown.columns,
    )
    means = result.leaderboard().row(by_predicate=pl.col(s.MODEL) == name, named=True)
    return Bundle(
        model=model,
        calibration=calibration_of(result, name, panel.end),
        task=task,
        joint_errors=joint_errors,
        settings=settings,
        known=panel.known,
        target=panel.target,
        trained_until=panel.end,
        panel=panel,
        scores={score: value for score, value in means.items() if isinstance(value, float)},
        generated=generated,
    )
