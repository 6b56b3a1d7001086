"""The command storecast: every command and group by its name."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from storecast.cli import (
    alerts,
    db,
    demo,
    explore,
    forecast,
    init,
    key,
    mcp,
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
    weekly,
)
from storecast.cli.examples import EXAMPLES, WHOLE, epilog

app = typer.Typer(
    name="storecast",
    help="Forecast the daily sales of every store of a retail chain, six weeks ahead.",
    epilog=epilog(WHOLE),
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
PANELS: Mapping[str, Mapping[str, Callable[..., None]]] = {
    "First steps": {
        "init": init.init,
        "check": run.check,
        "run": run.run,
        "demo-data": run.demo_data,
        "demo": demo.demo,
    },
    "Forecasts, and what is behind them": {
        "forecast": forecast.forecast,
        "explain": explore.explain,
        "future": forecast.future,
        "scenario": forecast.scenario,
        "explore": explore.explore,
    },
    "Models": {"backtest": train.backtest, "train": train.train, "tune": train.tune},
    "From day to day": {"weekly": weekly.weekly, "serve": serve.serve, "mcp": mcp.mcp, "monitor": monitor.monitor},
    "A chain too large for memory": {"partition": parts.partition, "run-parts": parts.run_parts},
}
GROUPS = {
    "plan": (plan.app, "From day to day"),
    "scenarios": (scenarios.app, "From day to day"),
    "alerts": (alerts.app, "From day to day"),
    "models": (models.app, "Models"),
    "db": (db.app, "From day to day"),
    "key": (key.app, "From day to day"),
}
for panel, commands in PANELS.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel, epilog=epilog(EXAMPLES[name]))(command)
for plan_command in (
    plan_overrides.override,
    plan_overrides.overrides,
    plan_overrides.withdraw,
    plan_overrides.undo,
    plan_overrides.budget,
    plan_overrides.undo_budget,
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
    plan.app.command(plan_command.__name__.removesuffix("_").replace("_", "-"))(plan_command)
for name, (group, panel) in GROUPS.items():
    for each in group.registered_commands:
        assert each.callback is not None
        each.epilog = epilog(EXAMPLES[f"{name} {each.name or each.callback.__name__}"])
    app.add_typer(group, name=name, rich_help_panel=panel, epilog=epilog(EXAMPLES[name]))


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
