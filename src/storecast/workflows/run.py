"""The main job: from a folder of files, or a database, to a home full of forecasts, scores and a signed model."""

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.bundle.registry import promote, prune
from storecast.csv_files import read_forecast, write_csv
from storecast.data.panel import TABLES
from storecast.database.connect import FILE, home_url
from storecast.evaluate.backtest import Backtest, block_cutoffs
from storecast.evaluate.backtest import backtest as run_backtest
from storecast.explain.explanations import explain, importance
from storecast.files import atomic_write, make_folder
from storecast.logs import log_file
from storecast.models.contributions import Explains
from storecast.models.settings import NONE, Settings
from storecast.report.exploration import Exploration
from storecast.report.facts import sample_stores
from storecast.report.page import ReportInput, write_report
from storecast.report.plan import write_plan
from storecast.report.tables import changes, forecast_table, submission
from storecast.uncertainty.forecast import Forecast
from storecast.uncertainty.totals import totals
from storecast.workflows.evaluation import Progress, fit_on_all, no_progress, save, scores_of, write_json
from storecast.workflows.exploring import explore_panel, missing_libraries, write_tables
from storecast.workflows.forecasting import draws_of, forecast_with, whole_horizon
from storecast.workflows.preparation import DatabaseSource, Prepared, prepare
from storecast.workflows.storing import check_writable, save_run

log = logging.getLogger(__name__)

MODELS = ("naive", "linear", "forest", "boosting")
FAST_MODELS = ("boosting",)
MODELS_KEPT = 10
EXPLAINED = 2  # stores of the report


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
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Do the main job and write the home; return the scores.

    Parameters
    ----------
    data : a folder of files; None: what the database holds
    db : the URL of a database, which takes the chain and the forecast; None: storecast.db in the home
    models : names; None: all four, or boosting alone where it is to be fast
    windows : scored windows before the end of the data; None: two, or one where it is to be fast
    """
    make_folder(home)
    url = home_url(home) if db is None else db
    with log_file(home / "run.log"):
        progress("reading and cleaning")
        if db is not None or (home / FILE).exists():
            check_writable(url)
        prepared = prepare(
            DatabaseSource(url) if data is None else data, horizon=horizon, quantiles=quantiles, skip=skip
        )
        task = prepared.task
        names = list(models or (FAST_MODELS if fast else MODELS))
        count = windows if windows is not None else 1 if fast else 2
        cutoffs = block_cutoffs(prepared.panel, count, task.horizon, task.horizon)
        result = run_backtest(prepared.panel, names, cutoffs, task, fast=fast, settings=settings, progress=progress)
        scores = scores_of(result, prepared)
        champion = str(scores["promotion"]["model"])
        log.info("promoted: %s", scores["promotion"]["reason"])
        bundle = fit_on_all(prepared.panel, champion, result, task, fast=fast, settings=settings, progress=progress)
        bundle = save(bundle, home, prepared, result)
        exploration = _explore(prepared, progress)
        progress("forecast and report")
        forecast = forecast_with(bundle, prepared)
        _write(home, prepared, bundle, forecast, result, scores, exploration, _explain(bundle, prepared, forecast))
        progress("database")
        save_run(url, prepared, forecast)
        promote(home / "models", bundle.name)
        prune(home / "models", keep=MODELS_KEPT)
        log.info("wrote %d forecasts of %s into %s", forecast.rows.height, bundle.name, home)
    return scores


def _explore(prepared: Prepared, progress: Progress) -> Exploration | None:
    """Ask what moves sales; a machine without the statistics libraries forecasts all the same, and says what is missing."""
    absent = missing_libraries()
    if absent:
        log.warning("the report has no exploration: %s not installed (the extra explore)", ", ".join(absent))
        return None
    return explore_panel(prepared.panel, progress=progress)


def _explain(bundle: Bundle, prepared: Prepared, forecast: Forecast) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """Say what the forecasts of a few stores are made of, and what matters on the whole; None where the model does not tell."""
    if not isinstance(bundle.model, Explains):
        log.warning(
            "the report does not say what forecasts of %s are made of: the model does not tell", bundle.model.name
        )
        return None, None
    panel = whole_horizon(bundle, prepared)
    window = panel.window(panel.end, bundle.task.horizon)
    stores = [store for _, store in sample_stores(forecast.rows, panel.sales, panel.end)][:EXPLAINED]
    made_of = explain(bundle.model, bundle.calibration, window, stores)
    asked = made_of.join(forecast.rows.select(s.KEYS), on=s.KEYS, how="semi", maintain_order="left")
    return asked, importance(bundle.model, window, columns=False)


def _write(
    home: Path,
    prepared: Prepared,
    bundle: Bundle,
    forecast: Forecast,
    result: Backtest,
    scores: dict[str, Any],
    exploration: Exploration | None,
    explained: tuple[pl.DataFrame | None, pl.DataFrame | None],
) -> None:
    """Write every output, each whole; the forecast before is read first, to say what moved."""
    panel = prepared.panel
    asked = forecast_table(forecast.rows, prepared.requested_rows)
    before = read_forecast(home / "forecast.csv", text_ids=panel.stores.schema[s.STORE] == pl.String)
    created = dt.datetime.now(dt.UTC).replace(microsecond=0)
    write_csv(asked, home / "forecast.csv")
    sums = totals(asked, panel.stores, draws_of(forecast, asked))
    write_csv(sums, home / "totals.csv")
    if prepared.requested_rows is not None and s.ID in prepared.requested_rows.columns:
        assert forecast.rmspe_factor is not None
        write_csv(submission(forecast.rows, prepared.requested_rows, forecast.rmspe_factor), home / "submission.csv")
    if before is not None:
        write_csv(changes(before, asked), home / "changes.csv")
    write_plan(
        home / "plan.xlsx",
        asked,
        sums,
        panel,
        cutoff=forecast.cutoff,
        model=forecast.model,
        created=created,
        generated=prepared.cleaned.generated,
    )
    write_json(scores, home / "scores.json")
    for table in TABLES:
        with atomic_write(home / "panel" / f"{table}.parquet") as draft:
            getattr(panel, table).write_parquet(draft)
    write_report(
        home / "report.html",
        ReportInput(
            forecast=asked,
            sums=sums,
            panel=panel,
            scores=scores,
            repairs=prepared.cleaned.repairs,
            backtest=result.forecasts,
            model=forecast.model,
            champion=bundle.model.name,
            cutoff=forecast.cutoff,
            created=created,
            exploration=exploration,
            made_of=explained[0],
            drivers=explained[1],
        ),
    )
    if exploration is not None:
        write_tables(exploration, home / "tables")
