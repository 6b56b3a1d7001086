"""The home of a run: every output of it, each file written whole."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.csv_files import read_forecast, write_csv
from storecast.data.panel import TABLES
from storecast.evaluate.backtest import Backtest
from storecast.exploration.exploration import Exploration
from storecast.files import atomic_write
from storecast.plan.workbook_writing import write_workbook
from storecast.report.page import ReportInput, write_report
from storecast.report.tables import changes, submission
from storecast.uncertainty.forecast import Forecast
from storecast.uncertainty.totals import totals
from storecast.workflows.evaluation import write_json
from storecast.workflows.exploring import write_tables
from storecast.workflows.forecasting import sample_paths_of
from storecast.workflows.preparation import Prepared
from storecast.workflows.workbook_content import content_of_run


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
    """

    prepared: Prepared
    backtest: Backtest
    scores: dict[str, Any]
    bundle: Bundle
    forecast: Forecast
    exploration: Exploration | None
    contributions: pl.DataFrame | None
    importances: pl.DataFrame | None


def write_home(home: Path, run: Run) -> None:
    """Write every output; the forecast before is read first, to say what moved."""
    panel, requested = run.prepared.panel, run.prepared.requested_rows
    forecast = run.forecast
    rows = run.prepared.rows_to_write(forecast.rows)
    before = read_forecast(home / "forecast.csv", text_ids=panel.stores.schema[s.STORE] == pl.String)
    created = dt.datetime.now(dt.UTC).replace(microsecond=0)
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
        generated=run.prepared.cleaned.generated,
        notices=run.prepared.cleaned.notices,
    )
    with atomic_write(home / "plan.xlsx") as draft:
        draft.write_bytes(write_workbook(content, created))
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
        ),
    )
    if run.exploration is not None:
        write_tables(run.exploration, home / "tables")
