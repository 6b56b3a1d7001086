"""Score models, fit one, search for its settings: backtest, train, tune."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options, show

ENDS = "Give --trials, --minutes or both; the one that is reached first ends the search."


def backtest(
    out: Annotated[Path, typer.Option("--out", help="Folder for forecasts.csv and scores.json.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    models: options.Models = "naive,linear,boosting",
    windows: Annotated[int, typer.Option("--windows", help="Windows before the end of the data.")] = 2,
    horizon: options.Horizon = None,
    step: Annotated[int | None, typer.Option("--step", help="Days between windows. Default: the horizon.")] = None,
    cutoffs: Annotated[
        Sequence[dt.date] | None,
        typer.Option(
            "--cutoffs",
            parser=options.days,
            metavar="<str>",
            help="Last known days, in place of --windows: DATE,DATE.",
        ),
    ] = None,
    quantiles: options.Quantiles = None,
    fast: options.Fast = False,
    settings: options.Settings = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    select_by: options.SelectBy = options.SelectionScore.sql,
    target: options.Target = None,
    workers: options.Workers = None,
    scheduler: options.Scheduler = "",
    tls_ca: options.TlsCa = None,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    insecure: options.Insecure = False,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Score models on windows of the past, each forecast from data before it, beside the baseline."""
    from storecast import workflows
    from storecast.executors.choose import Workforce
    from storecast.stages import BACKTEST_STAGES

    workforce = Workforce(workers, scheduler, tls_ca, tls_cert, tls_key, insecure)
    with (
        show.working(log_format, verbose=verbose, stages=BACKTEST_STAGES) as progress,
        workforce.executor() as executor,
    ):
        scores = workflows.backtest(
            options.source(data, db),
            models=models,
            out=out,
            horizon=horizon,
            windows=windows,
            step=step,
            cutoffs=cutoffs or (),
            quantiles=tuple(quantiles or ()),
            fast=fast,
            settings=settings or {},
            skip=skip or (),
            sum_rows=sum_rows,
            select_by=select_by,
            target=target,
            executor=executor,
            progress=progress,
            expect=progress.expect,
        )
    show.as_json(scores) if json else show.scores(scores)


def train(
    out: Annotated[Path, typer.Option("--out", help="The home whose models folder takes the model.")],
    models: options.ModelName,
    data: options.MaybeData = None,
    db: options.FromDb = None,
    horizon: options.Horizon = None,
    quantiles: options.Quantiles = None,
    fast: options.Fast = False,
    settings: options.Settings = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Measure one model on the last window, fit it on all data and save it; what is in use stays in use."""
    from storecast import workflows
    from storecast.stages import TRAIN_STAGES

    with show.working(log_format, verbose=verbose, stages=TRAIN_STAGES) as progress:
        bundle = workflows.train(
            options.source(data, db),
            name=models,
            home=out,
            horizon=horizon,
            quantiles=tuple(quantiles or ()),
            fast=fast,
            settings=settings or {},
            skip=skip or (),
            sum_rows=sum_rows,
            progress=progress,
            expect=progress.expect,
        )
    assert bundle.manifest is not None
    if json:
        show.as_json({"model": bundle.name, **bundle.manifest.to_plain()})
    else:
        print(f"Saved {out / 'models' / bundle.name}. Use it: storecast models promote {bundle.name} --home {out}")


def tune(
    out: Annotated[Path, typer.Option("--out", help="Folder for study.db, trials.csv and settings.toml.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    models: options.ModelName = "boosting",
    trials: Annotated[int | None, typer.Option("--trials", help=f"End after so many trials. {ENDS}")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help=f"End after so many minutes. {ENDS}")] = None,
    windows: Annotated[
        int, typer.Option("--windows", help="Windows to score on, before the two that a run reports.")
    ] = 3,
    score: Annotated[str, typer.Option("--score", help="Score to minimise: rmspe, wape or mase.")] = "rmspe",
    horizon: options.Horizon = None,
    fast: options.Fast = False,
    seed: Annotated[int, typer.Option("--seed", help="The same seed tries the same settings.")] = 0,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Search for a model's settings; a search in the same folder goes on where the last one ended."""
    from storecast import workflows
    from storecast.stages import TUNE_STAGES

    with show.working(log_format, verbose=verbose, stages=TUNE_STAGES) as progress:
        tuned = workflows.tune(
            options.source(data, db),
            name=models,
            out=out,
            horizon=horizon,
            windows=windows,
            score=score,
            trials=trials,
            minutes=minutes,
            fast=fast,
            seed=seed,
            skip=skip or (),
            sum_rows=sum_rows,
            progress=progress,
            expect=progress.expect,
        )
    result = {"usual": tuned.usual, "best": tuned.best, "settings": tuned.settings, "trials": tuned.trials.height}
    if json:
        show.as_json(result)
        return
    count = tuned.trials.height
    trials_made = "1 trial" if count == 1 else f"{count} trials"
    print(f"{trials_made}: mean {score} {tuned.best:.4f}, of the usual settings {tuned.usual:.4f}.")
    print(
        f"Use them: storecast train --settings {out / 'settings.toml'} …" if tuned.settings else "Nothing was better."
    )
