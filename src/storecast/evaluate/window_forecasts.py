"""What models say of one window: the part of a backtest that needs the window alone, wherever it is worked on."""

import datetime as dt
import logging
import resource
import traceback
from dataclasses import dataclass
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel, Window
from storecast.errors import UserError
from storecast.evaluate.importance import Importance, permutation_importance
from storecast.executors.worker import portable
from storecast.models.base import Forecaster, create
from storecast.models.settings import Settings
from storecast.stages import Progress
from storecast.uncertainty.point import point_forecasts

log = logging.getLogger(__name__)

END = "End"
MODEL_FAILURES = (  # what a model's own code, or a library below it, raises; an assertion of ours is not among them
    UserError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError, MemoryError, ImportError,
)  # fmt: skip
_PLACE = "_place"  # the attribute of an error from a worker that says where it was raised


@dataclass(frozen=True, eq=False)
class WindowTask:
    """What all windows of a backtest share.

    Attributes
    ----------
    panel : the chain
    models : names
    horizon : days of each window
    last : the cutoff of the window on which drivers are shuffled, see `importance`
    fast : quicker, slightly less accurate models
    settings : of models, where they depart from the defaults
    progress : called with what is being done
    """

    panel: Panel
    models: tuple[str, ...]
    horizon: int
    last: dt.date
    fast: bool
    settings: Settings
    progress: Progress


@dataclass(frozen=True, eq=False)
class Failure:
    """A model that failed.

    Attributes
    ----------
    error : what it raised
    """

    error: Exception

    def __reduce__(self) -> tuple[Any, ...]:
        self.error.__dict__.setdefault(_PLACE, place_of(self.error))  # a traceback does not travel
        return Failure, (portable(self.error),)


@dataclass(frozen=True, eq=False)
class WindowForecast:
    """What a model says of a window.

    Attributes
    ----------
    medians : Cutoff, Store, Date, Ahead, Open, Promo, Median, History, Sales (what was sold), End
    seconds : CPU seconds of the fit and the forecast
    importance : by how much WAPE grows when a driver is shuffled; empty but for the last window
    """

    medians: pl.DataFrame
    seconds: float
    importance: dict[str, Importance]


def forecast_window(task: WindowTask, cutoff: dt.date) -> dict[str, WindowForecast | Failure]:
    """Fit every model on the past of a window and forecast it; return what it says, or how it failed, by model.

    Parameters
    ----------
    task : what all windows share
    cutoff : the last known day of this one
    """
    window = task.panel.window(cutoff, task.horizon)
    outcomes: dict[str, WindowForecast | Failure] = {}
    for name in task.models:
        task.progress(f"{name}, window from {window.cutoff + dt.timedelta(days=1)}")
        try:
            outcomes[name] = _forecast(task, window, name)
        except MODEL_FAILURES as error:
            outcomes[name] = Failure(error)
    return outcomes


def place_of(error: Exception) -> str:
    """Return the function and line that raised an error, on whichever worker that was."""
    if _PLACE in error.__dict__:
        return str(error.__dict__[_PLACE])
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.name}, line {frame.lineno}"


def cpu_seconds() -> float:
    """Return the CPU seconds of this process, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _forecast(task: WindowTask, window: Window, name: str) -> WindowForecast:
    begin = cpu_seconds()
    model = create(name, fast=task.fast, settings=task.settings)
    model.fit(window.past, task.horizon)
    medians = _with_actual(model, window)
    seconds = round(cpu_seconds() - begin, 2)
    log.info("%s: window from %s forecast in %.1f CPU seconds", name, window.cutoff, seconds)
    is_last = window.cutoff == task.last
    return WindowForecast(medians, seconds, permutation_importance(model, window, medians) if is_last else {})


def _with_actual(model: Forecaster, window: Window) -> pl.DataFrame:
    """Return a model's medians of a window beside its actual sales."""
    rows = point_forecasts(model, window).join(window.actual(), on=s.KEYS, how="left", maintain_order="left")
    return rows.with_columns(pl.lit(window.cutoff).alias(s.CUTOFF), pl.lit(window.last).alias(END))
