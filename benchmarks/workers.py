"""What a second worker saves: the windows of a backtest, in this process and side by side in several.

The chain is a generated one. Rounds go through all numbers of workers in turn, so that what else runs on the machine meets all of
them. Starting workers is timed apart: they import the libraries and are handed the chain once, whatever they do afterwards. On
cores that others share, a second process also takes a second share of them: only a quiet machine tells what it saves there.
"""

import argparse
import datetime as dt
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from measure import machine, print_table

if TYPE_CHECKING:
    from storecast.evaluate.window_forecasts import WindowTask
    from storecast.executors.base import Executor


@dataclass(frozen=True)
class Seconds:
    """What a round took, by the clock.

    Attributes
    ----------
    start : until the workers had answered once, each with the chain in hand
    windows : from then until the last window was forecast
    """

    start: float
    windows: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each number of workers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="the first is compared with")
    parser.add_argument("--model", default="linear")
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--stores", type=int, default=600)
    parser.add_argument("--days", type=int, default=942)
    parser.add_argument("--runs", type=int, default=3, help="rounds, of which the medians are printed")
    chosen = parser.parse_args(arguments)

    from storecast.executors.choose import Workforce

    print(f"# {machine()}, load {os.getloadavg()[0]:.1f} before the first round")
    size = f"{chosen.stores} stores, {chosen.days} days"
    print(f"# {chosen.windows} windows of {chosen.model}, {size}; medians of {chosen.runs} rounds")
    task = window_task(chosen.model, chosen.stores, chosen.days)
    seconds: dict[int, list[Seconds]] = {count: [] for count in chosen.workers}
    for _ in range(chosen.runs):
        for count, measured in seconds.items():
            fresh = replace(task, panel=replace(task.panel))  # nothing is known of its features yet
            with Workforce(count).executor() as executor:
                measured.append(round_of(executor, fresh, chosen.windows, count))
    first = median(each.windows for each in seconds[chosen.workers[0]])
    rows = []
    for count, measured in seconds.items():
        start, windows = (median(getattr(each, name) for each in measured) for name in ("start", "windows"))
        rows.append([count, f"{start:.1f}", f"{windows:.1f}", f"{first / windows:.2f}"])
    print_table(["workers", "start s", "windows s", "times as fast"], rows)


def window_task(model: str, stores: int, days: int) -> "WindowTask":
    """Return what the windows of a generated chain share."""
    from storecast.data.generate import ChainSpec, write_demo
    from storecast.evaluate.window_forecasts import WindowTask
    from storecast.executors.base import LocalProgress
    from storecast.models.settings import NONE
    from storecast.workflows.preparation import prepare

    with tempfile.TemporaryDirectory() as folder:
        write_demo(Path(folder), ChainSpec(stores=stores, days=days))
        prepared = prepare(Path(folder), horizon=None)
    horizon, end = prepared.task.horizon, prepared.panel.end
    return WindowTask(
        prepared.panel, (model,), horizon, end, fast=True, settings=NONE, progress=LocalProgress(lambda _: None)
    )


def round_of(executor: "Executor", task: "WindowTask", windows: int, workers: int) -> Seconds:
    """Return what the windows took on an executor, every one some days before the next."""
    from storecast.evaluate.window_forecasts import forecast_window

    cutoffs = [task.panel.end - dt.timedelta(days=task.horizon + 9 * k) for k in range(windows)]
    begin = time.perf_counter()
    baseline = replace(task, models=("naive",))
    list(executor.map(forecast_window, [cutoffs[0]] * workers, shared=baseline, label="windows"))
    middle = time.perf_counter()
    list(executor.map(forecast_window, cutoffs, shared=task, label="windows"))
    return Seconds(middle - begin, time.perf_counter() - middle)


if __name__ == "__main__":
    main()
