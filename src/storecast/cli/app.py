"""The commands of the main job, and exploration."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from storecast.cli import db, key, models, monitor, options, serve, show
from storecast.logs import log_to_screen

app = typer.Typer(
    name="storecast",
    help="Forecast the daily sales of every store of a retail chain, six weeks ahead.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(models.app, name="models")
app.command()(monitor.monitor)
app.add_typer(db.app, name="db")
app.add_typer(key.app, name="key")
app.command()(serve.serve)


def _version(asked: bool) -> None:
    if asked:
        from storecast import __version__

        print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    out: Annotated[Path, typer.Option("--out", help="The home: folder for forecasts, scores, report and models.")],
    data: options.MaybeData = None,
    db: options.Db = None,
    horizon: options.Horizon = None,
    models: options.Models = "",
    windows: Annotated[int | None, typer.Option("--windows", help="Scored windows. Default: 2; with --fast 1.")] = None,
    quantiles: options.Quantiles = "",
    fast: options.Fast = False,
    settings: options.Settings = None,
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Do the main job: backtest, train the best model, forecast, and write the home.

    Without --data the chain is read from the database: --db, else storecast.db in the home.
    """
    from storecast import workflows
    from storecast.models.settings import read_settings

    log_to_screen(log_format)
    with show.progress() as progress:
        found = workflows.run(
            data,
            home=out,
            db=db,
            horizon=horizon,
            models=options.names(models),
            windows=windows,
            quantiles=options.numbers(quantiles),
            fast=fast,
            settings=read_settings(settings),
            skip=skip or (),
            progress=progress,
        )
    show.as_json(found) if json else show.scores(found)
    if not json:
        print(f"The home is {out}; open {out / 'report.html'}.")


@app.command()
def check(
    data: options.Data,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for check.json.")] = None,
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Read and clean a folder; list what was repaired. Exit 0: a run could go on; 2: it could not."""
    from storecast import workflows

    log_to_screen(log_format, verbose=False)
    with show.progress() as progress:
        progress("reading and cleaning")
        found = workflows.check(data, out=out, skip=skip or ()).report()
    if json:
        show.as_json(found)
        return
    rows = [[r["rule"], r["rows"], r["what"], r["action"], "; ".join(r["examples"])] for r in found["repairs"]]
    show.table("Repairs", ["rule", "rows", "what was found", "what was done", "examples"], rows)
    kind = "A generated chain: " if found["generated"] else ""
    print(
        f"{kind}{found['stores']} stores, {found['rows']} rows from {found['first']} to {found['last']}, "
        f"{found['rows_ahead']} rows ahead. A run can go on."
    )


@app.command()
def explore(
    out: Annotated[Path, typer.Option("--out", help="Folder for report.html and tables/.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    questions: Annotated[
        str, typer.Option("--questions", help="Names, such as promotions,holidays. Default: all.")
    ] = "",
    png: Annotated[bool, typer.Option("--png", help="Write each picture as a PNG too; needs the extra png.")] = False,
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Show what moves sales and customers: a report of questions and answers, and the table behind each."""
    from storecast import workflows

    log_to_screen(log_format)
    with show.progress() as progress:
        found = workflows.explore(
            options.source(data, db),
            out=out,
            questions=options.names(questions),
            pictures=png,
            skip=skip or (),
            progress=progress,
        )
    answers = {section.key: section.answer for section in found.sections()}
    if json:
        show.as_json({"answers": answers, "unanswered": dict(found.unanswered)})
        return
    for section in found.sections():
        print(f"{section.question}\n  {section.answer}\n")
    for name, reason in found.unanswered.items():
        print(f"Not answered: {name}: {reason}.")
    print(f"Open {out / 'report.html'}; the tables are in {out / 'tables'}.")


@app.command()
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
        found = workflows.backtest(
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
    show.as_json(found) if json else show.scores(found)


@app.command()
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


@app.command()
def forecast(
    model: Annotated[Path, typer.Option("--model", help="A model file, HOME/models/model-….pkl.")],
    out: Annotated[Path, typer.Option("--out", help="The forecast to write, a CSV file.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    totals: Annotated[Path | None, typer.Option("--totals", help="Totals with intervals to write, a CSV file.")] = None,
    horizon: options.Horizon = None,
    quantiles: options.Quantiles = "",
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Forecast the days after the end of the sales with a saved model."""
    from storecast import workflows

    log_to_screen(log_format)
    with show.progress() as progress:
        progress("forecast")
        rows, found = workflows.forecast(
            options.source(data, db),
            model=model,
            out=out,
            horizon=horizon,
            quantiles=options.numbers(quantiles),
            skip=skip or (),
            sums=totals,
        )
    result = {"model": found.model, "cutoff": found.cutoff.isoformat(), "rows": rows, "out": str(out)}
    if json:
        show.as_json(result)
    else:
        print(f"Wrote {rows} forecasts of {found.model} after {found.cutoff} to {out}.")


@app.command()
def explain(
    model: Annotated[Path, typer.Option("--model", help="A model file, HOME/models/model-….pkl.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    store: Annotated[
        str | None, typer.Option("--store", help="A store. Default: what matters to the model on the whole.")
    ] = None,
    date: Annotated[str, typer.Option("--date", help="A day of the forecast. Default: every day of the store.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="The contributions to write, a CSV file.")] = None,
    horizon: options.Horizon = None,
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Say what a forecast is made of, in money: level, weekday, season, promotion, holidays, competition, trend."""
    from storecast import workflows

    log_to_screen(log_format, verbose=False)
    with show.progress() as progress:
        progress("explain")
        found = workflows.explain(
            options.source(data, db),
            model=model,
            store=store,
            date=options.day(date),
            out=out,
            horizon=horizon,
            skip=skip or (),
        )
    if json:
        show.as_json(found.with_columns(pl.col(pl.Date).dt.to_string()).to_dicts())
    elif store is None:
        show.importance(found)
    else:
        show.contributions(found)


@app.command()
def scenario(
    data: options.Data,
    model: Annotated[Path, typer.Option("--model", help="A model file, HOME/models/model-….pkl.")],
    calendar: Annotated[
        Path, typer.Option("--calendar", help="Days ahead that are to be different, as `storecast future` writes them.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The comparison to write, a CSV file.")],
    horizon: options.Horizon = None,
    skip: options.Skip = None,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Say what the model expects another calendar to change, with an interval of the difference."""
    from storecast import workflows

    log_to_screen(log_format)
    with show.progress() as progress:
        progress("scenario")
        found = workflows.scenario(data, model=model, calendar=calendar, out=out, horizon=horizon, skip=skip or ())
    show.as_json(found.with_columns(pl.col(pl.Date).dt.to_string()).to_dicts()) if json else show.scenario(found, out)


@app.command()
def future(
    out: Annotated[Path, typer.Option("--out", help="The calendar ahead to write, a CSV file.")],
    data: options.MaybeData = None,
    db: options.FromDb = None,
    horizon: options.Horizon = None,
    skip: options.Skip = None,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Write the calendar ahead, given and assumed, to edit promotions in."""
    from storecast import workflows

    log_to_screen(log_format)
    with show.progress() as progress:
        progress("reading, cleaning, working the calendar out")
        rows = workflows.future(options.source(data, db), horizon=horizon, out=out, skip=skip or ()).height
    print(f"Wrote {rows} days of stores to {out}.")


@app.command()
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
    score: Annotated[str, typer.Option("--score", help="What to lower: RMSPE, WAPE or MASE.")] = "RMSPE",
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
        found = workflows.tune(
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
    result = {"usual": found.usual, "best": found.best, "settings": found.settings, "trials": found.trials.height}
    if json:
        show.as_json(result)
        return
    print(f"{found.trials.height} trials: mean {score} {found.best:.4f}, of the usual settings {found.usual:.4f}.")
    print(
        f"Use them: storecast train --settings {out / 'settings.toml'} …" if found.settings else "Nothing was better."
    )


@app.command("demo-data")
def demo_data(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    stores: Annotated[int, typer.Option("--stores", help="Number of stores.")] = 150,
    days: Annotated[int, typer.Option("--days", help="Days in all; the last 48 go to test.csv.")] = 942,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same chain.")] = 1,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Write a generated chain: the same files as a real one, its true effects beside them in truth.json."""
    from storecast.data.generate import ChainSpec, write_demo

    log_to_screen(log_format)
    with show.progress() as progress:
        progress("generating")
        write_demo(out, ChainSpec(stores=stores, days=days, seed=seed))
    print(f"Wrote a generated chain of {stores} stores and {days} days to {out}.")
