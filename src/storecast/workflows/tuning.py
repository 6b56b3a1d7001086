"""Search for a model's settings, and write them as a file that `run`, `backtest` and `train` take."""

import json
import logging
from collections.abc import Collection
from pathlib import Path

from storecast.errors import ConfigError
from storecast.evaluate.cutoffs import block_cutoffs
from storecast.evaluate.scores import score_name
from storecast.evaluate.tuning import SCORES, Tuned
from storecast.evaluate.tuning import tune as search
from storecast.files import atomic_write, make_folder
from storecast.stages import READING, SEARCHING, Expect, Progress, no_expectation, no_progress
from storecast.workflows.model_names import check_models
from storecast.workflows.preparation import Source, prepare
from storecast.workflows.run_cost import model_seconds

log = logging.getLogger(__name__)

REPORTED = 2  # windows before the end of the data that `run` reports: no settings are chosen on them
STUDY = "study.db"


def tune(
    data: Source,
    *,
    name: str,
    out: Path,
    horizon: int | None = None,
    windows: int = 3,
    score: str = SCORES[0],
    trials: int | None = None,
    minutes: float | None = None,
    fast: bool = False,
    seed: int = 0,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    progress: Progress = no_progress,
    expect: Expect = no_expectation,
) -> Tuned:
    """Search for settings on windows that lie before those that a run reports; write study.db, trials.csv and settings.toml.

    Parameters
    ----------
    windows : on which settings are scored; they lie before the last two
    trials, minutes : after which the search ends; a search in the same folder goes on where the last one ended
    progress : called with what is being done: `stages.TUNE_STAGES`, and steps between them
    expect : called once the chain has been read, with what each stage is likely to take

    Raises
    ------
    DataError
        where the input cannot be read
    HistoryError
        where the sales are too short for the windows
    ConfigError
        where Optuna is not installed, there is no such model or score, or neither trials nor minutes are given
    """
    check_models([name], data=data, fast=fast)
    score_name(score)  # a wrong name is refused before the data are read
    if trials is None and minutes is None:
        raise ConfigError("Nothing would end the search. Give --trials, --minutes or both.")
    progress(READING)
    prepared = prepare(data, horizon=horizon, skip=skip, sum_rows=sum_rows, allow_longer_test=True)
    panel, task = prepared.panel, prepared.task
    cutoffs = block_cutoffs(panel, windows + REPORTED, task.horizon, task.horizon)[:windows]
    ends = [] if minutes is None else [minutes * 60]
    if trials is not None:
        ends.append(trials * windows * model_seconds(name, panel.sales.height, fast=fast))
    expect({READING: 0.0, SEARCHING: min(ends)})
    progress(SEARCHING)
    tuned = search(
        panel,
        name,
        [panel.window(cutoff, task.horizon) for cutoff in cutoffs],
        make_folder(out) / STUDY,
        score=score,
        trials=trials,
        seconds=None if minutes is None else minutes * 60,
        fast=fast,
        seed=seed,
        progress=progress,
    )
    with atomic_write(out / "trials.csv") as draft:
        tuned.trials.write_csv(draft)
    lines = [f"{field} = {json.dumps(value)}" for field, value in tuned.settings.items()]
    top = f"# mean {score} {tuned.best:.6f}, of the usual settings {tuned.usual:.6f}; windows from {cutoffs[0]} to {cutoffs[-1]}"
    with atomic_write(out / "settings.toml") as draft:
        draft.write_text("\n".join([top, f"[{name}]", *lines]) + "\n", encoding="utf-8")
    log.info("%d trials; wrote %s", tuned.trials.height, out / "settings.toml")
    return tuned
