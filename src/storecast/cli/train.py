"""Score models, fit one, search for its settings: backtest, train, tune."""

from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options, show
from storecast.logs import log_to_screen


def backtest(
    out: Annotated[Path, typer.Option("--out", help="Folder for forecasts.csv and scores.json.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    models: options.Models = "naive,linear,forest,boosting",
    windows: Annotated[int, typer.Option("--windows", help="Windows before the end of the data.")] = 2,
    horizon: options.Horizon = None,
    step: Annotated[int | None, typer.Option("--step", help="Days between windows. Default: the horizon.")] = None,
    cutoffs: Annotated[str, typer.Option("--cutoffs", help="Last known days, in place of --windows: DATE,DATE.")] = "",
    quantiles: options.Quantiles = "",
    fast: options.Fast = False,
    settings: options.Settings = None,
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Score models on windows of the past, each forecast from data before it, beside the baseline."""
    from storecast import workflows
    from storecast.models.settings import read_settings

    log_to_screen(log_format)
    with show.progress() as progress:
        scores = workflows.backtest(
            options.source(data, db),
            models=options.names(models),
            out=out,
            horizon=horizon,
            windows=windows,
            step=step,
            cutoffs=options.days(cutoffs),
            quantiles=options.numbers(quantiles),
            fast=fast,
            settings=read_settings(settings),
            skip=skip or (),
            progress=progress,
        )
    show.as_json(scores) if json else show.scores(scores)


def train(
    out: Annotated[Path, typer.Option("--out", help="The home whose models folder takes the model.")],
    models: Annotated[str, typer.Option("--models", help="The name of one model.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    horizon: options.Horizon = None,
    quantiles: options.Quantiles = "",
    fast: options.Fast = False,
    settings: options.Settings = None,
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Measure one model on the last window, fit it on all data and save it; what is in use stays in use."""
    from storecast import workflows
    from storecast.models.settings import read_settings

    log_to_screen(log_format)
    with show.progress() as progress:
        bundle = workflows.train(
            options.source(data, db),
            name=models,
            home=out,
            horizon=horizon,
            quantiles=options.numbers(quantiles),
            fast=fast,
            settings=read_settings(settings),
            skip=skip or (),
            progress=progress,
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
    models: Annotated[str, typer.Option("--models", help="The name of one model.")] = "boosting",
    trials: Annotated[int | None, typer.Option("--trials", help="End after so many trials.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="End after so many minutes.")] = None,
    windows: Annotated[
        int, typer.Option("--windows", help="Windows to score on, before the two that a run reports.")
    ] = 3,
    score: Annotated[str, typer.Option("--score", help="Score to minimise: rmspe, wape or mase.")] = "rmspe",
    horizon: options.Horizon = None,
    fast: options.Fast = False,
    seed: Annotated[int, typer.Option("--seed", help="The same seed tries the same settings.")] = 0,
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Search for a model's settings; a search in the same folder goes on where the last one ended."""
    from storecast import workflows

    log_to_screen(log_format)
    with show.progress() as progress:
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
            progress=progress,
        )
    result = {"usual": tuned.usual, "best": tuned.best, "settings": tuned.settings, "trials": tuned.trials.height}
    if json:
        show.as_json(result)
        return
    print(f"{tuned.trials.height} trials: mean {score} {tuned.best:.4f}, of the usual settings {tuned.usual:.4f}.")
    print(
        f"Use them: storecast train --settings {out / 'settings.toml'} …" if tuned.settings else "Nothing was better."
    )
