"""Search for a model's settings by Optuna: seeded, pruned, and kept in an SQLite file, from which a later search goes on.

The first trial is the settings as they are, so that a search never ends worse than it began on its own windows. A trial that is
behind the median of the others after some windows is given up.

Sources: Akiba et al., Optuna, KDD (2019); Bergstra et al., Algorithms for hyper-parameter optimization, NIPS (2011) for TPE.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.grid import Grid
from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError, hint, quote
from storecast.evaluate import scores
from storecast.evaluate.scores import score_name
from storecast.models.base import Configurable, create, names, search_space
from storecast.models.search_space import Between, SearchSpace
from storecast.models.settings import NONE, Settings
from storecast.stages import Progress, no_progress
from storecast.uncertainty.point import point_forecasts

if TYPE_CHECKING:
    import optuna

log = logging.getLogger(__name__)

SCORES = ("rmspe", "wape", "mase")
BEFORE_PRUNING = 4  # trials that are finished whatever they score


@dataclass(frozen=True, eq=False)
class Tuned:
    """What a search found.

    Attributes
    ----------
    usual, best : mean score of the settings as they were, and of the best
    settings : the best, as far as they depart from those as they were; empty where nothing was better
    trials : Trial, State (COMPLETE, PRUNED, …), Score, and a column for each setting, in the order of the trials
    """

    usual: float
    best: float
    settings: dict[str, Any]
    trials: pl.DataFrame


def tune(
    panel: Panel,
    name: str,
    windows: Sequence[Window],
    study_file: Path,
    *,
    score: str = SCORES[0],
    trials: int | None = None,
    seconds: float | None = None,
    fast: bool = False,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Tuned:
    """Search until so many trials have been made, or so many seconds have passed; the trial at work then is finished.

    Parameters
    ----------
    windows : on which settings are scored; never those that are reported
    study_file : SQLite; what an earlier search on the same data, model, windows and score found there counts
    score : rmspe, wape or mase of the medians, the mean of the windows

    Raises
    ------
    ConfigError
        where Optuna is not installed, there is no such model or score, or the model declares nothing to search
    """
    score = score_name(score)
    _check(score, trials, seconds)
    searched, shipped = _searched(name, fast=fast)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = _study(study_file, f"{panel.fingerprint} {name} {score} {_span(windows)}{' fast' * fast}", seed)
    if not study.trials:
        study.enqueue_trial(shipped)

    def objective(trial: "optuna.Trial") -> float:
        trial_settings = {field: _suggest(trial, field, space) for field, space in searched.items()}
        values: list[float] = []
        for step, window in enumerate(windows):
            progress(f"trial {trial.number + 1}, window {step + 1} of {len(windows)}")
            model = create(name, fast=fast, settings={name: trial_settings})
            model.fit(window.past, window.horizon)
            values.append(_score(score, window, point_forecasts(model, window)))
            trial.report(float(np.mean(values)), step)
            if step < len(windows) - 1 and trial.should_prune():
                raise optuna.TrialPruned
        mean = float(np.mean(values))
        log.info("trial %d: %s %.4f, %s", trial.number, score, mean, trial_settings)
        return mean

    study.optimize(objective, n_trials=trials, timeout=seconds)
    return _tuned(study, shipped)


def mean_score(name: str, windows: Sequence[Window], score: str, *, settings: Settings = NONE) -> float:
    """Return the mean score of a model's medians over windows, each fitted on data before it.

    Parameters
    ----------
    name : of the model
    windows : on which it is scored
    score : rmspe, wape or mase
    settings : of models, where they depart from the defaults
    """
    values = []
    for window in windows:
        model = create(name, settings=settings)
        model.fit(window.past, window.horizon)
        values.append(_score(score, window, point_forecasts(model, window)))
    return float(np.mean(values))


def installed() -> bool:
    """Say whether Optuna is installed."""
    return find_spec("optuna") is not None


def _check(score: str, trials: int | None, seconds: float | None) -> None:
    if score not in SCORES:
        raise ConfigError(
            f"There is no search by {quote(score)}.{hint(score, SCORES)} There is by: {', '.join(SCORES)}."
        )
    if (
        (trials is None and seconds is None)
        or (trials is not None and trials < 1)
        or (seconds is not None and seconds <= 0)
    ):
        raise ConfigError(
            f"Found {trials} trials and {seconds} seconds; expected at least one trial, or a time above 0, to end a search."
        )
    if not installed():
        raise ConfigError(
            "A search needs Optuna, not installed here. Install the extra: pip install 'storecast[tune]'."
        )


def _searched(name: str, *, fast: bool) -> tuple[SearchSpace, dict[str, Any]]:
    """Return where the search looks, and the settings as they are, of those that are searched."""
    model = create(name, fast=fast)
    space = search_space(model)
    if not (space and isinstance(model, Configurable)):
        tunable = [other for other in names() if search_space(create(other))]
        raise ConfigError(
            f"There is no search for {quote(name)}: it declares no search space. There is for: {', '.join(tunable)}."
        )
    return space, {field: getattr(model.settings, field) for field in space}


def _span(windows: Sequence[Window]) -> str:
    return ",".join(f"{window.cutoff}+{window.horizon}" for window in windows)


def _study(path: Path, name: str, seed: int) -> "optuna.Study":
    import optuna
    from sqlalchemy import URL
    from sqlalchemy.exc import DatabaseError

    # A search that goes on must not draw the first search's values again.
    def sampler(finished: int) -> optuna.samplers.TPESampler:
        return optuna.samplers.TPESampler(seed=seed + finished)

    address = URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)
    try:
        study = optuna.create_study(
            study_name=name,
            storage=address,
            load_if_exists=True,
            direction="minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=BEFORE_PRUNING),
        )
    except DatabaseError as error:
        raise ConfigError(
            f"The study {quote(path)} is no database of a search: {quote(error.orig)}. Remove it, or name another folder."
        ) from error
    study.sampler = sampler(len(study.trials))
    return study


def _suggest(trial: "optuna.Trial", field: str, space: Between | tuple[str, ...]) -> Any:
    if isinstance(space, tuple):
        return trial.suggest_categorical(field, space)
    if space.whole:
        return trial.suggest_int(field, int(space.low), int(space.high), log=space.log)
    return trial.suggest_float(field, space.low, space.high, log=space.log)


def _score(name: str, window: Window, medians: pl.DataFrame) -> float:
    rows = medians.join(window.actual(), on=s.KEYS, how="left", maintain_order="left")
    actual = rows[s.SALES].cast(pl.Float64).fill_null(np.nan).to_numpy()
    forecast = np.where(rows[s.OPEN].to_numpy() == 1, rows["Median"].to_numpy(), 0.0)
    if name == "mase":
        grid = Grid.of(window.past)
        scale = pl.DataFrame({s.STORE: window.past.stores[s.STORE], "scale": scores.scale_of(grid, grid.days - 1)})
        scaled = rows.join(scale, on=s.STORE, how="left", maintain_order="left")["scale"].fill_null(np.nan)
        return scores.mase(actual, forecast, scaled.to_numpy())
    return scores.rmspe(actual, forecast) if name == "rmspe" else scores.wape(actual, forecast)


def _tuned(study: "optuna.Study", shipped: dict[str, Any]) -> Tuned:
    import optuna

    every = study.get_trials(deepcopy=False)
    done = [trial for trial in every if trial.state == optuna.trial.TrialState.COMPLETE]
    if not done:
        raise ConfigError("No trial was finished; give the search more time.")
    first = next((trial for trial in done if trial.params == shipped), done[0])
    best = min(done, key=lambda trial: (trial.value if trial.value is not None else np.inf, trial.number))
    assert best.value is not None
    assert first.value is not None
    table = pl.DataFrame(
        [{"Trial": trial.number, "State": trial.state.name, "Score": trial.value, **trial.params} for trial in every],
        infer_schema_length=None,
    )
    changed = {field: best.params[field] for field, usual in shipped.items() if best.params[field] != usual}
    return Tuned(first.value, best.value, changed, table)
