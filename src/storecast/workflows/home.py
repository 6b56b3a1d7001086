"""The home of a run: every output of it, each file written whole."""

import datetime as dt
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.csv_files import read_forecast, write_csv
from storecast.data.breakdown import Breakdown
from storecast.data.panel import TABLES, Panel
from storecast.evaluate.backtest import Backtest
from storecast.exploration.exploration import Exploration
from storecast.files import atomic_write
from storecast.language import Words
from storecast.plan.budget import NONE, budget_of
from storecast.plan.store_days import CENT, StoreDays
from storecast.plan.summary import BudgetFigures
from storecast.plan.workbook_writing import write_workbook
from storecast.report.page import write_report
from storecast.report.report_input import ReportInput
from storecast.report.since_last import since_last
from storecast.report.tables import changes, submission
from storecast.uncertainty.forecast import Forecast
from storecast.uncertainty.totals import totals
from storecast.workflows.evaluation import write_json
from storecast.workflows.exploring import write_tables
from storecast.workflows.forecasting import sample_paths_of
from storecast.workflows.prepared import Prepared
from storecast.workflows.workbook_content import content_of_run

log = logging.getLogger(__name__)

SAMPLE_FILE = "drivers.parquet"


@dataclass(frozen=True, eq=False)
class Run:
    """All that a run made.

    Attributes
    ----------
    prepared : the chain, cleaned, with its calendar ahead
    backtest : every model on the windows of the past
    scores : what scores.json holds
    bundle : the selected model, fitted on all data
    forecast : of the whole horizon
    exploration : what moves sales and customers; None where its libraries are missing
    contributions : to the forecasts of a few stores; None where the model gives none
    importances : of each driver; None where the model gives none
    sample : contributions to the forecasts of some stores, with which the next run compares; None where the model gives none
    budget : store, first, last, amount, as the database has it; no rows where it has none
    words : of the language of the report and the workbook
    """

    prepared: Prepared
    backtest: Backtest
    scores: dict[str, Any]
    bundle: Bundle
    forecast: Forecast
    exploration: Exploration | None
    contributions: pl.DataFrame | None
    importances: pl.DataFrame | None
    sample: pl.DataFrame | None
    budget: pl.DataFrame
    words: Words


def write_forecast(
    home: Path, prepared: Prepared, forecast: Forecast, budget: pl.DataFrame, created: dt.datetime, language: str = "en"
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame | None]:
    """Write what a forecast alone is enough for, and return its rows, its totals, and the rows of the forecast before.

    Parameters
    ----------
    home : folder of all outputs
    prepared : the chain
    forecast : of the whole horizon
    budget : store, first, last, amount, as the database has it; no rows where it has none
    created : when it was made, UTC
    language : of the workbook, en or de
    """
    panel, requested = prepared.panel, prepared.requested_rows
    rows = prepared.rows_to_write(forecast.rows)
    before = read_forecast(home / "forecast.csv", text_ids=panel.stores.schema[s.STORE] == pl.String)
    (home / SAMPLE_FILE).unlink(missing_ok=True)  # it takes the forecast before apart
    write_csv(rows, home / "forecast.csv")
    sums = totals(rows, panel.stores, sample_paths_of(forecast, rows), panel.breakdown)
    write_csv(sums, home / "totals.csv")
    if requested is not None and s.ID in requested.columns:
        assert forecast.rmspe_factor is not None
        rows_of_ids = submission(forecast.rows, requested, forecast.rmspe_factor)
        write_csv(rows_of_ids.rename({s.SALES: panel.target.name}), home / "submission.csv")
    if before is not None:
        write_csv(changes(before, rows), home / "changes.csv")
    content = content_of_run(
        rows,
        sums,
        panel,
        forecast,
        created=created,
        generated=prepared.cleaned.generated,
        budget=budget,
        notices=prepared.cleaned.notices,
        language=language,
    )
    with atomic_write(home / "plan.xlsx") as draft:
        draft.write_bytes(write_workbook(content, created))
    return rows, sums, before


def write_home(home: Path, run: Run) -> None:
    """Write every output of a run."""
    panel, forecast = run.prepared.panel, run.forecast
    created = dt.datetime.now(dt.UTC).replace(microsecond=0)
    made_of = _sample_before(home / SAMPLE_FILE, run.sample)
    rows, sums, before = write_forecast(home, run.prepared, forecast, run.budget, created, run.words.language)
    if run.sample is not None:
        with atomic_write(home / SAMPLE_FILE) as draft:
            run.sample.write_parquet(draft)
    write_json(run.scores, home / "scores.json")
    for table in TABLES:
        with atomic_write(home / "panel" / f"{table}.parquet") as draft:
            getattr(panel, table).write_parquet(draft)
    write_report(
        home / "report.html",
        ReportInput(
            forecast=rows,
            sums=sums,
            panel=panel,
            scores=run.scores,
            repairs=run.prepared.cleaned.repairs,
            backtest=run.backtest.forecasts,
            model=forecast.model,
            champion=run.bundle.model.name,
            cutoff=forecast.cutoff,
            created=created,
            exploration=None if run.exploration is None else run.exploration.report_part(),
            contributions=run.contributions,
            drivers=run.importances,
            chain_days=_chain_days(forecast, rows, panel),
            since=None if before is None else since_last(before, rows, panel.sales, made_of),
            budget=_beside_budget(rows, run.budget),
            words=run.words,
        ),
    )
    if run.exploration is not None:
        write_tables(run.exploration, home / "tables")


def _sample_before(path: Path, sample: pl.DataFrame | None) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Return what the forecasts of some stores were made of in the run before, and are made of now; None: not known."""
    if sample is None or not path.exists():
        return None
    try:
        before = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        log.warning(
            "%s of the run before cannot be read, and what moved the forecast is not told: %s", path.name, error
        )
        return None
    return (
        (before, sample)
        if set(s.KEYS) <= set(before.columns) and before.schema[s.STORE] == sample.schema[s.STORE]
        else None
    )


def _chain_days(forecast: Forecast, rows: pl.DataFrame, panel: Panel) -> pl.DataFrame | None:
    """Return the days of the chain with their bounds; None where there are no bounds."""
    paths = sample_paths_of(forecast, rows)
    if paths is None:
        return None
    days = totals(rows, panel.stores, paths, Breakdown(periods=("day",)), of_chain=True)
    return days.filter(pl.col("Level") == "chain-day")


def _beside_budget(rows: pl.DataFrame, budget: pl.DataFrame) -> BudgetFigures | None:
    """Return the budget beside the forecast; None where no store-day has one."""
    if budget.is_empty():
        return None
    figures = StoreDays.of(rows, [s.FORECAST])
    cells, forecast = budget_of(figures, budget), figures.cents[s.FORECAST]
    known = cells != NONE
    if not known.any():
        return None
    amount, planned = (int(each[known].sum()) / CENT for each in (cells, forecast))
    return BudgetFigures(amount, planned, whole=bool(known[forecast > 0].all()))
