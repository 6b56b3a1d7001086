"""storecast weekly: the job of every Monday."""

from pathlib import Path
from typing import Annotated, Any

import typer

from storecast.cli import options, show

BUSY = 3  # exit code
FLUSH_S = 5.0  # for the last spans of a trace, once the work is done
MAX_DAYS = 36_500


def weekly(
    home: Annotated[Path, typer.Option("--home", help="Folder of all outputs; its database is storecast.db.")],
    db: options.Db = None,
    retrain_after: Annotated[
        int,
        typer.Option(
            "--retrain-after", min=0, max=MAX_DAYS, help="Days of newer sales from which on a new model is trained."
        ),
    ] = 28,
    late_after: Annotated[
        int,
        typer.Option("--late-after", min=0, max=MAX_DAYS, help="Days before today up to which sales must have come."),
    ] = 3,
    models: options.WeeklyModels = "",
    fast: options.Fast = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Keep what the forecast is made of with the version of the plan.")
    ] = False,
    keep_forecasts: Annotated[
        int, typer.Option("--keep-forecasts", min=1, max=MAX_DAYS, help="Days for which forecasts are kept.")
    ] = 730,
    keep_requests: Annotated[
        int,
        typer.Option(
            "--keep-requests", min=1, max=MAX_DAYS, help="Days for which requests and overwritten rows are kept."
        ),
    ] = 90,
    force: Annotated[bool, typer.Option("--force", help="Work even where nothing is new since the last job.")] = False,
    notify: Annotated[
        Path | None,
        typer.Option(
            "--notify", help=r"File with \[notify]: who is told. Default: storecast.toml in the home, if any."
        ),
    ] = None,
    language: options.Language = "en",
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Forecast what came in since last week, publish it as a version of the plan, write the files, thin the database out.

    Exit 0: done, or nothing new; 2: bad input; 3: already running; 4: done, with something to look at, such as late sales.
    """
    from storecast import traces
    from storecast.errors import BusyError
    from storecast.workflows.weekly import WeeklySettings
    from storecast.workflows.weekly import weekly as do_weekly

    if db is None:
        options.check_home(home)
    settings = WeeklySettings(
        retrain_after, late_after, models, fast, explain, keep_forecasts, keep_requests, force=force, language=language
    )
    try:
        with (
            show.working(log_format, verbose=verbose) as progress,
            traces.tracing(FLUSH_S),
            traces.root("storecast weekly"),
        ):
            summary = do_weekly(home, db, settings, notify=notify, progress=progress, expect=progress.expect)
    except BusyError as error:
        typer.echo(show.printable(f"storecast: {error}"), err=True)
        raise typer.Exit(BUSY) from error
    if json:
        show.as_json(summary)
    else:
        _show(summary)
    if summary["exit_code"]:
        raise typer.Exit(summary["exit_code"])


def _show(summary: dict[str, Any]) -> None:
    for line in summary["attention"]:
        print(show.printable(f"LOOK AT: {line}"))
    for line in summary["acknowledged"]:
        print(show.printable(f"KNOWN: {line}"))
    model, version = summary["model"], summary["plan"]["version"]
    if summary["status"] == "unchanged":
        print(
            f"Nothing is new since the job of {summary['ended']} (version {version} of the plan). --force does it again."
        )
        return
    new = "a new model" if model["trained"] else "the model in use"
    print(show.printable(f"Forecast after {summary['data']['last_day']} with {new}, {model['name']}."))
    for line in summary["plan"]["sentences"]:
        print(show.printable(line))
    deleted = summary["deleted"]
    print(
        f"Deleted {deleted['requests']} requests, {deleted['superseded'] + deleted['old']} forecasts, "
        f"{deleted['overwritten']} overwritten rows and {deleted['model_files']} files of old models."
    )
