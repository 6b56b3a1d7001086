"""What a run will cost, said before it begins: rough figures from runs that were measured.

A fit takes so many CPU seconds on a chain of LEARNED rows, and grows a little more slowly than the rows. Beyond them, the time of
trees hardly grows: they get no deeper, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from storecast.cpus import thread_count
from storecast.stages import BACKTEST, EXPLORING, READING, REPORTING, STORING, TRAINING
from storecast.workflows.prepared import Prepared

MOST_ACCURATE = ("naive", "linear", "blend")  # what an unattended run compares
MILLION = 1_000_000
LEARNED = 300_000  # rows
POWER = 0.8
SIMPLE = ("naive", "linear")  # their time grows on, and no second core helps
# CPU seconds of a fit and a forecast of a window on LEARNED rows.
MODEL_SECONDS = {
    "naive": 0.3,
    "linear": 1.0,
    "boosting": 70.0,
    "boosting-plain": 50.0,
    "forest": 60.0,
    "lightgbm": 60.0,
    "lstm": 300.0,
    "blend": 112.0,
}
OTHER_MODEL = 70.0  # a plug-in, of which nothing is known
FAST_SHARE = 0.6  # of the time of a model, with --fast
THREADED = 0.7  # of every further core that helps
MEMORY_BASE, MEMORY_PER_ROW = 350, 0.0011  # MiB
LARGE_MODEL_PER_ROW = 0.0011  # MiB, of models of trees
DISK_BASE, DISK_PER_ROW = 6, 0.0002  # MiB


@dataclass(frozen=True)
class RunCost:
    """What a run is likely to cost.

    Attributes
    ----------
    seconds : by the clock, of each stage, on this machine where nothing else runs
    memory : MiB at its peak
    disk : MiB of the home
    most_accurate : seconds of the same run with the most accurate models; None: these are they, or others were asked for
    """

    seconds: dict[str, float]
    memory: float
    disk: float
    most_accurate: float | None = None

    def sentence(self) -> str:
        """Return the cost in words."""
        cores = thread_count()
        sentence = (
            f"This run takes {_duration(self.total)} on {cores} {'core' if cores == 1 else 'cores'}, "
            f"{_amount(self.memory)} of memory and {_amount(self.disk)} of disk: rough figures."
        )
        if self.most_accurate is None:
            return sentence
        return f"{sentence} With the most accurate model, --models {','.join(MOST_ACCURATE)}, {_duration(self.most_accurate)}."

    @property
    def total(self) -> float:
        """Seconds by the clock of the whole run."""
        return sum(self.seconds.values())


def run_cost(prepared: Prepared, models: Sequence[str], windows: int, *, fast: bool = False) -> RunCost:
    """Return what a run will cost.

    Parameters
    ----------
    prepared : the chain, which has been read
    models : that are compared, the baseline among them or not
    windows : that are scored; a warm-up window comes before them
    fast : whether the models are the quicker ones
    """
    rows = prepared.panel.sales.height
    seconds = {
        READING: 1 + 4 * rows / MILLION,
        BACKTEST: backtest_seconds(models, rows, windows, fast=fast),
        TRAINING: training_seconds(models, rows, fast=fast),
        EXPLORING: 5 + 60 * rows / MILLION,
        REPORTING: 4 + 15 * rows / MILLION,
        STORING: 1 + 10 * rows / MILLION,
    }
    trees = any(name not in SIMPLE for name in models)
    per_row = MEMORY_PER_ROW + LARGE_MODEL_PER_ROW * trees
    return RunCost(seconds, MEMORY_BASE + per_row * rows, DISK_BASE + DISK_PER_ROW * rows)


def backtest_seconds(models: Sequence[str], rows: int, windows: int, *, fast: bool = False) -> float:
    """Return the seconds by the clock of a backtest.

    Parameters
    ----------
    models : that are compared
    rows : of sales
    windows : that are scored; a warm-up window comes before them
    fast : whether the models are the quicker ones
    """
    of_models = sum(model_seconds(name, rows, fast=fast) for name in models)
    return (windows + 1.2) * of_models + 1 + 10 * rows / MILLION


def training_seconds(models: Sequence[str], rows: int, *, fast: bool = False) -> float:
    """Return the seconds by the clock of the fit on all data, of the slowest of the models.

    Parameters
    ----------
    models : one of which is fitted
    rows : of sales
    fast : whether the models are the quicker ones
    """
    return max((model_seconds(name, rows, fast=fast) for name in models), default=0.0) + 1 + 12 * rows / MILLION


def model_seconds(name: str, rows: int, *, fast: bool = False) -> float:
    """Return the seconds by the clock of one fit and forecast.

    Parameters
    ----------
    name : of the model
    rows : of sales that it learns from
    fast : whether it is the quicker one
    """
    simple = name in SIMPLE
    share = (rows if simple else min(rows, LEARNED)) / LEARNED
    cores = 1 if simple else 1 + THREADED * (thread_count() - 1)
    return MODEL_SECONDS.get(name, OTHER_MODEL) * float(share**POWER) * (FAST_SHARE if fast else 1.0) / cores


def _duration(seconds: float) -> str:
    return "less than a minute" if seconds < 60 else f"about {_rounded(seconds / 60)} minutes"


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value < 10 else f"{round(value / 5) * 5}"


def _amount(mebibytes: float) -> str:
    if mebibytes < 1000:
        return f"{max(10, round(mebibytes / 10) * 10)} MiB"
    return f"{mebibytes / 1024:.1f} GiB"
