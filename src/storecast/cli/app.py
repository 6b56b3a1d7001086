"""The command storecast: every command and group by its name."""

from typing import Annotated

import typer

from storecast.cli import ahead, db, insight, job, key, learn, models, monitor, serve

app = typer.Typer(
    name="storecast",
    help="Forecast the daily sales of every store of a retail chain, six weeks ahead.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (
    job.run,
    job.check,
    insight.explore,
    learn.backtest,
    learn.train,
    ahead.forecast,
    insight.explain,
    ahead.scenario,
    ahead.future,
    learn.tune,
    serve.serve,
    monitor.monitor,
    job.demo_data,
):
    app.command(command.__name__.replace("_", "-"))(command)
for name, group in {"models": models.app, "db": db.app, "key": key.app}.items():
    app.add_typer(group, name=name)


def _version(version_wanted: bool) -> None:
    if version_wanted:
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
