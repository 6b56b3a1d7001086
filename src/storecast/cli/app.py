"""The command storecast: every command and group by its name."""

from typing import Annotated

import typer

from storecast.cli import (
    db,
    demo,
    explore,
    forecast,
    init,
    key,
    models,
    monitor,
    parts,
    plan,
    plan_comments,
    plan_exceptions,
    plan_overrides,
    plan_summary,
    plan_workbook,
    run,
    scenarios,
    serve,
    train,
)

app = typer.Typer(
    name="storecast",
    help="Forecast the daily sales of every store of a retail chain, six weeks ahead.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
for command in (
    init.init,
    run.run,
    run.check,
    parts.partition,
    parts.run_parts,
    explore.explore,
    train.backtest,
    train.train,
    forecast.forecast,
    explore.explain,
    forecast.scenario,
    forecast.future,
    train.tune,
    serve.serve,
    monitor.monitor,
    run.demo_data,
    demo.demo,
):
    app.command(command.__name__.replace("_", "-"))(command)
for plan_command in (
    plan_overrides.override,
    plan_overrides.overrides,
    plan_overrides.withdraw,
    plan_overrides.undo,
    plan_overrides.budget,
    plan_overrides.reasons,
    plan_overrides.value,
    plan_exceptions.exceptions,
    plan_exceptions.handle,
    plan_comments.comment,
    plan_comments.comments,
    plan_summary.summary,
    plan_workbook.export,
    plan_workbook.import_,
):
    plan.app.command(plan_command.__name__.removesuffix("_"))(plan_command)
groups = {"models": models.app, "db": db.app, "key": key.app, "plan": plan.app, "scenarios": scenarios.app}
for name, group in groups.items():
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
