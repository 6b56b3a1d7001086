"""Backtest: every model on windows in time order, each forecast from data before it, each scored beside the baseline."""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from storecast import schema as s
from storecast.arguments import PANEL, check_argument
from storecast.config import Task
from storecast.data.panel import Panel, Window
from storecast.dates import YEAR
from storecast.errors import ConfigError, quote
from storecast.evaluate.cutoffs import block_cutoffs, windows_after
from storecast.evaluate.daily_losses import daily_losses
from storecast.evaluate.importance import Importance
from storecast.evaluate.scores import score_name
from storecast.evaluate.window_forecasts import (
    END,
    MODEL_FAILURES,
    Failure,
    WindowForecast,
    WindowTask,
    forecast_window,
    place_of,
)
from storecast.evaluate.window_scores import ALL, DECILES, SLICE, mean_scores, rows_to_score, window_scores, worst_rows
from storecast.executors.base import Executor, LocalProgress
from storecast.executors.serial import SERIAL
from storecast.models.base import create
from storecast.models.settings import NONE, Settings
from storecast.notebook import Shown
from storecast.stages import Progress, no_progress
from storecast.uncertainty.calibration import Calibration, calibrate
from storecast.uncertainty.cold_start import cold_start_factor
from storecast.wording import in_words

log = logging.getLogger(__name__)

BASELINE = "naive"
RIDGE = "linear"  # the model whose settings those of the ridge inside other models are not


@dataclass(frozen=True, eq=False)
class WindowResult:
    """One model on one window that is scored.

    Attributes
    ----------
    forecast : Model, Cutoff, Store, Date, Forecast, bounds, quantiles
    scores : as `window_scores.window_scores`
    worst : as `window_scores.worst_rows`
    daily_losses : as `daily_losses.daily_losses`
    """

    forecast: pl.DataFrame
    scores: pl.DataFrame
    worst: pl.DataFrame
    daily_losses: pl.DataFrame


@dataclass(frozen=True, eq=False, repr=False)
class Backtest(Shown):
    """The forecasts and scores of several models on windows of the past.

    Attributes
    ----------
    task : horizon and quantiles
    windows : that were scored, in time order
    forecasts : Model, Cutoff, Store, Date, Forecast, bounds, quantiles: every row of the scored windows
    scores : Model, Cutoff, Slice, Key, Rows and the scores: a row for each model, window and slice
    worst : Model, Cutoff, Store, Date, Sales, Forecast: the rows with the largest relative errors of each model and window
    daily_losses : Model, Cutoff, Date and the losses of each day, by which models are selected
    medians : by model, a table for each window (warm-up windows among them): Cutoff, Store, Date, Ahead, Open, Promo, Median,
        History, Sales, End
    seconds : CPU seconds of each fit, by model
    cold_start : how much larger the errors of stores without history are
    importance : by model, how much the WAPE of the last window grows when the values of a driver are shuffled
    settings : of models, where they depart from the defaults
    failed : the cause, by model, of those that failed where the finished ones were to be kept; `select` passes over them
    """

    task: Task
    windows: list[Window]
    forecasts: pl.DataFrame
    scores: pl.DataFrame
    worst: pl.DataFrame
    daily_losses: pl.DataFrame
    medians: dict[str, list[pl.DataFrame]]
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cold_start: float = 1.0
    importance: dict[str, dict[str, Importance]] = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def _facts(self) -> dict[str, object]:
        """Return models, windows and the best of them, for `repr` and notebooks."""
        best = self.leaderboard().row(0, named=True)
        return {
            "models": ", ".join(self.medians),
            "windows": f"{len(self.windows)} of {self.task.horizon} days",
            "up to": self.windows[-1].last,
            "best by SQL": f"{best[s.MODEL]} ({best['sql']:.4f})",
        }

    def _html_tables(self) -> tuple[str, ...]:
        """Return the leaderboard."""
        return (self.leaderboard()._repr_html_(),)

    def mean(self, model: str, score: str = "rmspe") -> float:
        """Return a model's score, the mean of the windows; NaN where no window has an open day to score.

        Parameters
        ----------
        model : its name
        score : one of `scores.DEFINITIONS`, in any case

        Raises
        ------
        ConfigError
            where there is no such score, or the backtest has no such model
        """
        if model not in self.medians:
            raise ConfigError(f"The backtest has no model {quote(model)}; it has {', '.join(self.medians)}.")
        rows = mean_scores(self.scores.filter((pl.col(s.MODEL) == model) & (pl.col(SLICE) == ALL)))
        value = rows[score_name(score)].item()
        return float("nan") if value is None else float(value)

    def leaderboard(self, by: str = "sql") -> pl.DataFrame:
        """Return a row for each model with its scores, the mean of the windows, best first.

        Parameters
        ----------
        by : the score that decides, one of `scores.DEFINITIONS`; of bias its size
        """
        whole = mean_scores(self.scores.filter(pl.col(SLICE) == ALL))
        return whole.drop(SLICE, "Key").sort(pl.col(score_name(by)).abs(), nulls_last=True, maintain_order=True)


def backtest(
    panel: Panel,
    models: Sequence[str] | str,
    cutoffs: Sequence[dt.date] = (),
    task: Task | None = None,
    *,
    windows: int = 2,
    fast: bool = False,
    settings: Settings = NONE,
    keep_finished: bool = False,
    executor: Executor = SERIAL,
    progress: Progress = no_progress,
) -> Backtest:
    """Forecast each window with each model, from data before it, and score it.

    Parameters
    ----------
    panel : the chain
    models : names of registered models, or one name; the baseline is added where it is missing
    cutoffs : the last known day of each window; none: the last windows of the data. A window without an earlier one that has
        ended gets a warm-up window, whose errors give its intervals and which is not reported.
    task : horizon and quantiles; None: 42 days
    windows : how many, where no cutoffs are given
    fast : quicker, slightly less accurate models
    settings : of models, where they depart from the defaults
    keep_finished : leave a model that fails out, with its cause in ``failed``, as long as another has finished before it
    executor : works on the windows, each for itself, in the order that it likes
    progress : called with what is being done

    Returns
    -------
    Backtest
        forecasts and scores of every model and window, money and shares

    Raises
    ------
    ConfigError
        where an argument is of another type, or a model or setting has no such name
    HistoryError
        where a window has too little past
    WorkersLostError
        where the executor has lost its workers
    """
    check_argument("panel", panel, Panel, PANEL)
    check_argument("models", models, str | Iterable, 'names of models, such as ["linear", "boosting"], or one name')
    check_argument("cutoffs", cutoffs, list | tuple, "a list of datetime.date, the last known day of each window")
    for cutoff in cutoffs:
        check_argument("cutoffs", cutoff, dt.date, "a list of datetime.date, the last known day of each window")
    check_argument("task", task, Task | None, "a Task, such as Task(42)")
    task = task or Task()
    names = list(dict.fromkeys([BASELINE, *([models] if isinstance(models, str) else models)]))
    for name in names:
        create(name, fast=fast, settings=settings)  # a wrong name is refused now, not when its turn comes
    others = [name for name in names if name not in (BASELINE, RIDGE)]
    if settings.get(RIDGE) and others:
        log.warning(
            "[linear] changes the model linear, also as a member of blend; the ridge that is a feature of trees, as in %s, "
            "keeps its own settings.",
            in_words(others),
        )
    chosen = list(cutoffs) or block_cutoffs(panel, windows, task.horizon, task.horizon)
    scored, every = windows_after(panel, chosen, task.horizon)
    cold_start = cold_start_factor(every[0])
    shared = WindowTask(
        panel,
        tuple(names),
        task.horizon,
        scored[-1].cutoff,
        fast=fast,
        settings=settings,
        progress=LocalProgress(progress),
    )
    by_window = []
    for outcomes in executor.map(forecast_window, [window.cutoff for window in every], shared=shared, label="windows"):
        failures = [outcome for outcome in outcomes.values() if isinstance(outcome, Failure)]
        if failures and not keep_finished:
            raise failures[0].error
        by_window.append(outcomes)

    results: list[WindowResult] = []
    forecasts: dict[str, list[WindowForecast]] = {}
    failed: dict[str, str] = {}
    for name in names:
        try:
            own = _of_model(name, by_window)
            results += _score_model(panel, name, task, every, scored, own, cold_start)
            forecasts[name] = own
        except MODEL_FAILURES as error:
            if not (keep_finished and forecasts):
                raise
            failed[name] = log_failure(name, error)
    return Backtest(
        task=task,
        windows=scored,
        forecasts=pl.concat([result.forecast for result in results]),
        scores=pl.concat([result.scores for result in results]),
        worst=pl.concat([result.worst for result in results]),
        daily_losses=pl.concat([result.daily_losses for result in results]),
        medians={name: [window.medians for window in own] for name, own in forecasts.items()},
        seconds={name: [window.seconds for window in own] for name, own in forecasts.items()},
        cold_start=cold_start,
        importance={name: own[-1].importance for name, own in forecasts.items()},
        settings=settings,
        failed=failed,
    )


def log_failure(name: str, error: Exception) -> str:
    """Log that a model failed, with the place; return the cause in one line."""
    cause = f"{type(error).__name__}: {quote(str(error))[1:-1]}"
    log.warning("%s failed, and is left out: %s (%s)", name, cause, place_of(error))
    return cause


def calibration_of(result: Backtest, name: str, cutoff: dt.date) -> Calibration:
    """Return the calibration for a forecast at ``cutoff``, from the windows of a backtest that had ended by then.

    Parameters
    ----------
    result : the backtest
    name : of the model
    cutoff : the last day whose sales are known
    """
    panel = result.windows[0].panel
    windows = _that_teach(result.medians[name], cutoff, panel.first)
    return calibrate(windows, cold=result.cold_start, whole_numbers=panel.target.whole_numbers)


def _that_teach(medians: Sequence[pl.DataFrame], cutoff: dt.date, first: dt.date) -> list[pl.DataFrame]:
    """Return the windows that ended by a cutoff; those of a chain's first year only while there are no others.

    A model that has not met the seasons errs more than it will ever again.
    """
    ended = [rows for rows in medians if rows[END][0] <= cutoff]
    return [rows for rows in ended if (rows[s.CUTOFF][0] - first).days >= YEAR] or ended


def _of_model(name: str, by_window: Sequence[Mapping[str, WindowForecast | Failure]]) -> list[WindowForecast]:
    """Return what a model says of the windows; raise its error where it failed in one."""
    own = []
    for outcomes in by_window:
        outcome = outcomes[name]
        if isinstance(outcome, Failure):
            raise outcome.error
        own.append(outcome)
    return own


def _score_model(
    panel: Panel,
    name: str,
    task: Task,
    every: Sequence[Window],
    scored: Sequence[Window],
    own: Sequence[WindowForecast],
    cold_start: float,
) -> list[WindowResult]:
    """Return a model's forecasts and scores of the windows that are scored; the errors of those before give the intervals."""
    results = []
    for place, window in enumerate(every):
        if window in scored:
            earlier = _that_teach([each.medians for each in own[:place]], window.cutoff, panel.first)
            calibration = calibrate(earlier, cold=cold_start, whole_numbers=panel.target.whole_numbers)
            result = _score(panel, window, name, calibration.apply(own[place].medians, _with_deciles(task)))
            results.append(result)
            rmspe = result.scores["rmspe"][0]
            score = "no open day to score" if rmspe is None else f"RMSPE {rmspe:.4f}"
            log.info("%s: window from %s has %s", name, window.cutoff, score)
    return results


def _score(panel: Panel, window: Window, name: str, forecast: pl.DataFrame) -> WindowResult:
    rows = rows_to_score(panel, window, forecast)
    labelled = forecast.select(
        pl.lit(name).alias(s.MODEL), pl.lit(window.cutoff).alias(s.CUTOFF), *s.KEYS, pl.exclude(*s.KEYS)
    )
    return WindowResult(
        labelled, window_scores(rows, name, window), worst_rows(rows, name, window), daily_losses(rows, name, window)
    )


def _with_deciles(task: Task) -> Task:
    return Task(task.horizon, tuple(sorted({*task.quantiles, *DECILES})))
