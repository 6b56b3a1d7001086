"""The days ahead: forecast, future, scenario."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from storecast.cli import options, show


def forecast(
    out: Annotated[Path, typer.Option("--out", help="The forecast to write, a CSV file.")],
    model: options.ModelFile = None,
    home: options.ModelHome = None,
    data: options.MaybeData = None,
    db: options.FromDb = None,
    totals: Annotated[Path | None, typer.Option("--totals", help="Totals with intervals to write, a CSV file.")] = None,
    paths: Annotated[
        Path | None, typer.Option("--paths", help="Sample paths to write, possible sales of every day: a Parquet file.")
    ] = None,
    path_count: Annotated[int, typer.Option("--path-count", min=1, max=300, help="How many sample paths.")] = 300,
    horizon: options.Horizon = None,
    quantiles: options.Quantiles = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Forecast the days after the end of the sales with a saved model."""
    from storecast import workflows
    from storecast.stages import FORECAST_STAGES

    model_file, source = options.model_file(model, home), options.source(data, db, home)
    with show.working(log_format, verbose=verbose, stages=FORECAST_STAGES) as progress:
        rows, whole = workflows.forecast(
            source,
            model=model_file,
            out=out,
            horizon=horizon,
            quantiles=tuple(quantiles or ()),
            skip=skip or (),
            sum_rows=sum_rows,
            sums=totals,
            paths=paths,
            path_count=path_count,
            progress=progress,
        )
    result = {"model": whole.model, "cutoff": whole.cutoff.isoformat(), "rows": rows, "out": str(out)}
    if json:
        show.as_json(result)
    else:
        print(f"Wrote {rows} forecasts of {whole.model} after {whole.cutoff} to {out}.")


def future(
    out: Annotated[Path, typer.Option("--out", help="The calendar ahead to write, a CSV file.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    horizon: options.Horizon = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    verbose: options.Verbose = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Write the calendar ahead, given and assumed, to edit promotions in."""
    from storecast import workflows
    from storecast.stages import FUTURE_STAGES

    source = options.source(data, db)
    with show.working(log_format, verbose=verbose, stages=FUTURE_STAGES) as progress:
        rows = workflows.future(
            source, horizon=horizon, out=out, skip=skip or (), sum_rows=sum_rows, progress=progress
        ).height
    print(f"Wrote {rows} days of stores to {out}.")


def scenario(
    calendar: Annotated[
        Path, typer.Option("--calendar", help="Days ahead that are to be different, as `storecast future` writes them.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The comparison to write, a CSV file.")],
    model: options.ModelFile = None,
    home: options.ModelHome = None,
    data: options.MaybeData = None,
    db: options.FromDb = None,
    horizon: options.Horizon = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Say what the model expects another calendar to change, with an interval of the difference."""
    from storecast import workflows
    from storecast.stages import SCENARIO_STAGES

    model_file, source = options.model_file(model, home), options.source(data, db, home)
    with show.working(log_format, verbose=verbose, stages=SCENARIO_STAGES) as progress:
        differences, target = workflows.scenario(
            source,
            model=model_file,
            calendar=calendar,
            out=out,
            horizon=horizon,
            skip=skip or (),
            sum_rows=sum_rows,
            progress=progress,
        )
    if json:
        show.as_json(differences.with_columns(pl.col(pl.Date).dt.to_string()).to_dicts())
    else:
        show.scenario(differences, out, target)
