"""The main job: from a folder of files, or a database, to a home full of forecasts, scores and a signed model."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.bundle.fitting import fit_on_all
from storecast.bundle.registry import promote, prune
from storecast.database.connect import FILE, home_url
from storecast.evaluate.backtest import Backtest, log_failure
from storecast.evaluate.backtest import backtest as run_backtest
from storecast.evaluate.cutoffs import FAST_WINDOWS, WINDOWS, block_cutoffs
from storecast.evaluate.selection import BY
from storecast.evaluate.window_forecasts import MODEL_FAILURES
from storecast.executors.base import Executor
from storecast.executors.serial import SERIAL
from storecast.explain.counterfactuals import with_counterfactuals
from storecast.explain.explanations import ChainForecast, explain, importance
from storecast.exploration.exploration import Exploration, explore_panel
from storecast.exploration.registry import missing_libraries, questions
from storecast.files import make_folder, remove_abandoned_drafts
from storecast.logs import log_file
from storecast.models.contributions import Explains
from storecast.models.settings import NONE, Settings
from storecast.report.facts import sample_stores
from storecast.report.report_input import report_words
from storecast.stages import BACKTEST, EXPLORING, READING, REPORTING, STORING, TRAINING, Progress, no_progress
from storecast.uncertainty.forecast import Forecast
from storecast.workflows.evaluation import scores_of
from storecast.workflows.first_look import first_look
from storecast.workflows.forecasting import forecast_with, whole_horizon
from storecast.workflows.home import Run, write_home
from storecast.workflows.model_names import check_models
from storecast.workflows.preparation import DatabaseSource, prepare
from storecast.workflows.prepared import Prepared
from storecast.workflows.run_cost import MOST_ACCURATE, RunCost, run_cost
from storecast.workflows.storing import budget_in, check_writable, save_run

log = logging.getLogger(__name__)

MODELS = ("naive", "linear", "boosting")
FAST_MODELS = ("boosting",)
MODELS_KEPT = 10
EXPLAINED = 2  # stores of the report
SAMPLED = 16  # stores whose forecasts are taken apart, to tell from the next run what moved


def no_announcement(_cost: RunCost, _look: str) -> None:
    """Announce nothing."""


def run(
    data: Path | None,
    *,
    home: Path,
    db: str | None = None,
    horizon: int | None = None,
    models: Sequence[str] | None = None,
    windows: int | None = None,
    quantiles: tuple[float, ...] = (),
    fast: bool = False,
    settings: Settings = NONE,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    select_by: str = BY,
    target: str | None = None,
    language: str = "en",
    executor: Executor = SERIAL,
    progress: Progress = no_progress,
    announce: Callable[[RunCost, str], None] = no_announcement,
) -> dict[str, Any]:
    """Do the main job and write the home; return the scores.

    Parameters
    ----------
    data : a folder of files; None: what the database holds
    db : the URL of a database, which takes the chain and the forecast; None: storecast.db in the home
    models : names; None: naive, linear and boosting, or boosting alone where it is to be fast
    windows : scored windows before the end of the data; None: two, or one where it is to be fast
    home : folder of all outputs
    horizon : days ahead; None: the days that test.csv covers, else 42
    quantiles : columns to add to forecast.csv
    fast : quicker, slightly less accurate models
    settings : of models, where they depart from the defaults
    skip : cleaning rules to switch off
    sum_rows : add several rows of a store and day up
    select_by : the score by which the model to use is selected: sql, wape or rmspe
    target : the figure to forecast in place of the one that storecast.toml names; None: that one
    language : of the report and the workbook, en or de
    executor : works on the windows of the backtest
    progress : called with what is being done: `stages.RUN_STAGES`, and steps between them
    announce : called once the chain has been read, with what the run will cost and a first look at the days ahead

    Raises
    ------
    DataError
        where the input cannot be read
    HistoryError
        where the sales are too short for the windows
    ConfigError
        where there is no such model, setting, score or language
    DatabaseError
        where the database cannot be used
    WorkersLostError
        where the executor has lost its workers
    """
    words = report_words(language)
    check_models(models or (), data=data, fast=fast, settings=settings)
    remove_abandoned_drafts(make_folder(home))
    url = home_url(home) if db is None else db
    with log_file(home / "run.log"):
        progress(READING)
        if db is not None or (home / FILE).exists():
            check_writable(url)
        prepared = prepare(
            DatabaseSource(url) if data is None else data,
            horizon=horizon,
            quantiles=quantiles,
            skip=skip,
            sum_rows=sum_rows,
            target=target,
        )
        task = prepared.task
        names = list(models or (FAST_MODELS if fast else MODELS))
        count = windows if windows is not None else FAST_WINDOWS if fast else WINDOWS
        cutoffs = block_cutoffs(prepared.panel, count, task.horizon, task.horizon)
        cost, look = run_cost(prepared, names, count, fast=fast), first_look(prepared)
        if not models and not fast:
            cost = replace(cost, most_accurate=run_cost(prepared, MOST_ACCURATE, count).total)
        log.info("%s", cost.sentence())
        log.info("%s", look)
        announce(cost, look)
        progress(BACKTEST)
        result = run_backtest(
            prepared.panel,
            names,
            cutoffs,
            task,
            fast=fast,
            settings=settings,
            keep_finished=True,
            executor=executor,
            progress=progress,
        )
        fit = partial(fit_on_all, task=task, fast=fast, settings=settings, progress=progress)
        progress(TRAINING)
        result, scores, fitted = _fit_best(prepared, result, select_by, fit)
        bundle = fitted.save(home / "models")
        progress(EXPLORING)
        exploration = _explore(prepared, progress)
        progress(REPORTING)
        forecast = forecast_with(bundle, prepared)
        explained = _explain(bundle, prepared, forecast)
        write_home(
            home, Run(prepared, result, scores, bundle, forecast, exploration, *explained, budget_in(url), words)
        )
        progress(STORING)
        save_run(url, prepared, forecast)
        promote(home / "models", bundle.name)
        prune(home / "models", keep=MODELS_KEPT)
        log.info("wrote %d forecasts of %s into %s", forecast.rows.height, bundle.name, home)
    return scores


def _fit_best(
    prepared: Prepared, result: Backtest, select_by: str, fit: Callable[..., Bundle]
) -> tuple[Backtest, dict[str, Any], Bundle]:
    """Fit the selected model on all data; where it fails, the one that is selected of the others.

    Parameters
    ----------
    prepared : the chain
    result : its backtest
    select_by : the score by which the model to use is selected
    fit : `fit_on_all` with the options of the run

    Returns
    -------
    tuple
        the backtest, whose ``failed`` names the models that failed here, too; what scores.json holds; and the fitted model
    """
    while True:
        scores = scores_of(result, prepared, select_by)
        selected = str(scores["selected"]["model"])
        log.info("selected: %s", scores["selected"]["reason"])
        try:
            return result, scores, fit(prepared.panel, selected, result, generated=prepared.cleaned.generated)
        except MODEL_FAILURES as error:
            if set(result.medians) <= {selected, *result.failed}:
                raise
            cause = f"on all data: {log_failure(selected, error)}"
            result = replace(result, failed={**result.failed, selected: cause})


def _explore(prepared: Prepared, progress: Progress) -> Exploration | None:
    """Ask what moves sales; a machine without the statistics libraries forecasts all the same, and says what is missing."""
    missing = missing_libraries(questions().values())
    if missing:
        log.warning("the report has no exploration: %s not installed (the extra explore)", ", ".join(missing))
        return None
    return explore_panel(prepared.panel, (), progress)


def _explain(
    bundle: Bundle, prepared: Prepared, forecast: Forecast
) -> tuple[pl.DataFrame | None, pl.DataFrame | None, pl.DataFrame | None]:
    """Return contributions to the forecasts of a few stores, the importance of drivers, and contributions to those of a sample.

    All are None for a model without contributions.
    """
    if not isinstance(bundle.model, Explains):
        log.warning("the report does not explain the forecasts: the model %s has no contributions", bundle.model.name)
        return None, None, None
    panel = whole_horizon(bundle, prepared)
    window = panel.window(panel.end, bundle.task.horizon)
    stores = [store for _, store in sample_stores(forecast.rows, panel.sales, panel.end)][:EXPLAINED]
    every = panel.stores[s.STORE].sort().to_list()
    sample = every[:: max(1, len(every) // SAMPLED)]
    chain = ChainForecast.of(bundle.model, window)
    made_of = explain(chain, bundle.calibration, [*stores, *sample])
    days = made_of.join(forecast.rows.select(s.KEYS), on=s.KEYS, how="semi", maintain_order="left")
    few = with_counterfactuals(days.filter(pl.col(s.STORE).is_in(stores)), bundle.model, bundle.calibration, window)
    return few, importance(chain, columns=False), days.filter(pl.col(s.STORE).is_in(sample))
