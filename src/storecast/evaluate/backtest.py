"""Backtest: every model on windows in time order, each forecast from data before it, each scored beside the baseline."""

import datetime as dt
import logging
import resource
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from storecast import schema as s
from storecast.config import Task
from storecast.data.panel import Panel, Window
from storecast.dates import YEAR
from storecast.errors import UserError, quote
from storecast.evaluate.cutoffs import block_cutoffs, windows_after
from storecast.evaluate.daily_losses import daily_losses
from storecast.evaluate.importance import Importance, permutation_importance
from storecast.evaluate.scores import score_name
from storecast.evaluate.window_scores import ALL, DECILES, SLICE, mean_scores, rows_to_score, window_scores, worst_rows
from storecast.models.base import Forecaster, create
from storecast.models.settings import NONE, Settings
from storecast.uncertainty.calibration import Calibration, calibrate
from storecast.uncertainty.cold_start import cold_start_factor
from storecast.uncertainty.point import point_forecasts
from storecast.wording import in_words

log = logging.getLogger(__name__)

BASELINE = "naive"
RIDGE = "linear"  # the model whose settings those of the ridge inside other models are not
END = "End"
MODEL_FAILURES = (  # what a model's own code, or a library below it, raises; an assertion of ours is not among them
    UserError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError, MemoryError, ImportError,
)  # fmt: skip


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


@dataclass(frozen=True, eq=False)
class Backtest:
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

    def mean(self, model: str, score: str = "rmspe") -> float:
        """Return a model's score, the mean of the windows; NaN where no window has an open day to score.

        Parameters
        ----------
        model : its name
        score : one of `scores.DEFINITIONS`, in any case
        """
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
    progress: Callable[[str], None] = lambda _: None,
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
    progress : called with what is being done

    Returns
    -------
    Backtest
        forecasts and scores of every model and window, money and shares

    Raises
    ------
    ConfigError
        where a model or setting has no such name
    HistoryError
        where a window has too little past
    """
    task = task or Task()
    names = list(dict.fromkeys([BASELINE, *([models] if isinstance(models, str) else models)]))
    for name in names:
        create(name, fast=fast, settings=settings)  # a wrong name is refused now, not when its turn comes
    others = [name for name in names if name not in (BASELINE, RIDGE)]
    if settings.get(RIDGE) and others:
        log.warning(
            "[linear] changes the model linear alone; the ridge inside %s keeps its own settings.", in_words(others)
        )
    chosen = list(cutoffs) or block_cutoffs(panel, windows, task.horizon, task.horizon)
    scored, every = windows_after(panel, chosen, task.horizon)
    cold_start = cold_start_factor(every[0])
    whole = panel.target.whole_numbers
    results: list[WindowResult] = []
    medians: dict[str, list[pl.DataFrame]] = {}
    seconds: dict[str, list[float]] = {}
    importance: dict[str, dict[str, Importance]] = {}
    failed: dict[str, str] = {}

    def measure(name: str) -> None:
        """Forecast and score every window with one model; nothing of it is kept where it fails."""
        own: list[WindowResult] = []
        rows_of: list[pl.DataFrame] = []
        seconds_of: list[float] = []
        for window in every:
            progress(f"{name}, window from {window.cutoff + dt.timedelta(days=1)}")
            begin = cpu_seconds()
            model = create(name, fast=fast, settings=settings)
            model.fit(window.past, task.horizon)
            rows = _with_actual(model, window)
            seconds_of.append(round(cpu_seconds() - begin, 2))
            if window in scored:
                calibration = calibrate(
                    _that_teach(rows_of, window.cutoff, panel.first), cold=cold_start, whole_numbers=whole
                )
                own.append(_score(panel, window, name, calibration.apply(rows, _with_deciles(task))))
            rows_of.append(rows)
            _log(name, window, seconds_of[-1], own[-1] if window in scored else None)
        importance[name] = permutation_importance(model, scored[-1], rows_of[-1])
        results.extend(own)
        medians[name], seconds[name] = rows_of, seconds_of

    for name in names:
        try:
            measure(name)
        except MODEL_FAILURES as error:
            if not (keep_finished and medians):
                raise
            failed[name] = log_failure(name, error)
    return Backtest(
        task=task,
        windows=scored,
        forecasts=pl.concat([result.forecast for result in results]),
        scores=pl.concat([result.scores for result in results]),
        worst=pl.concat([result.worst for result in results]),
        daily_losses=pl.concat([result.daily_losses for result in results]),
        medians=medians,
        seconds=seconds,
        cold_start=cold_start,
        importance=importance,
        settings=settings,
        failed=failed,
    )


def log_failure(name: str, error: BaseException) -> str:
    """Log that a model failed, with the place; return the cause in one line."""
    cause = f"{type(error).__name__}: {quote(str(error))[1:-1]}"
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.warning("%s failed, and is left out: %s (%s, line %s)", name, cause, place.name, place.lineno)
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


def cpu_seconds() -> float:
    """Return the CPU seconds of this process, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _with_actual(model: Forecaster, window: Window) -> pl.DataFrame:
    """Return a model's medians of a window beside its actual sales."""
    rows = point_forecasts(model, window).join(window.actual(), on=s.KEYS, how="left", maintain_order="left")
    return rows.with_columns(pl.lit(window.cutoff).alias(s.CUTOFF), pl.lit(window.last).alias(END))


def _that_teach(medians: Sequence[pl.DataFrame], cutoff: dt.date, first: dt.date) -> list[pl.DataFrame]:
    """Return the windows that ended by a cutoff; those of a chain's first year only while there are no others.

    A model that has not met the seasons errs more than it will ever again.
    """
    ended = [rows for rows in medians if rows[END][0] <= cutoff]
    return [rows for rows in ended if (rows[s.CUTOFF][0] - first).days >= YEAR] or ended


def _score(panel: Panel, window: Window, name: str, forecast: pl.DataFrame) -> WindowResult:
    rows = rows_to_score(panel, window, forecast)
    labelled = forecast.select(
        pl.lit(name).alias(s.MODEL), pl.lit(window.cutoff).alias(s.CUTOFF), *s.KEYS, pl.exclude(*s.KEYS)
    )
    return WindowResult(
        labelled, window_scores(rows, name, window), worst_rows(rows, name, window), daily_losses(rows, name, window)
    )


def _log(name: str, window: Window, seconds: float, result: WindowResult | None) -> None:
    if result is None:
        log.info("%s: warm-up window from %s forecast in %.1f CPU seconds", name, window.cutoff, seconds)
        return
    rmspe = result.scores["rmspe"][0]
    score = "no open day to score" if rmspe is None else f"RMSPE {rmspe:.4f}"
    log.info("%s: window from %s has %s, in %.1f CPU seconds", name, window.cutoff, score, seconds)


def _with_deciles(task: Task) -> Task:
    return Task(task.horizon, tuple(sorted({*task.quantiles, *DECILES})))
