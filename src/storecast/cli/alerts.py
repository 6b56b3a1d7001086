"""storecast alerts: what weekly jobs have found that needs a look, who looks after it, and whether telling people works."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options, show
from storecast.cli.plan import COMMAND_LINE, Note

app = typer.Typer(help="List and acknowledge what weekly jobs found; try the notifications.", no_args_is_help=True)

Home = Annotated[Path, typer.Option("--home", help="Folder of all outputs of the weekly job.")]
NotifyFile = Annotated[
    Path | None,
    typer.Option("--notify", help=r"File with \[notify]: who is told. Default: storecast.toml in the home."),
]


@app.command("list")
def list_(home: Home, json: options.AsJson = False) -> None:
    """List the alerts that stand."""
    from storecast.notify.state import STATE, read_state

    options.check_home(home)
    alerts = sorted(read_state(home / STATE).alerts, key=lambda alert: (alert.since, alert.key))
    if json:
        show.as_json([alert.to_plain() for alert in alerts])
        return
    if not alerts:
        print("No alert stands.")
        return
    rows = [[alert.key, str(alert.since), alert.sentence, alert.acknowledged_by, alert.note] for alert in alerts]
    show.table("Alerts", ["alert", "since", "what", "acknowledged by", "note"], rows, spare=["note"])


@app.command()
def acknowledge(
    alert: Annotated[str, typer.Argument(help="The alert, as `storecast alerts list` shows it.")],
    home: Home,
    by: Annotated[str, typer.Option("--by", help="Who looks after it.")] = COMMAND_LINE,
    note: Note = "",
) -> None:
    """Say who looks after an alert: it no longer counts for the exit code, and is reported again where it doubles."""
    from storecast.notify.notifier import Notifier
    from storecast.workflows.weekly import LOCK, locked

    options.check_home(home)
    with locked(home / LOCK):
        acknowledged = Notifier(home).acknowledge(alert, by, note)
    print(show.printable(f"{acknowledged.key} is looked after by {acknowledged.acknowledged_by}."))


@app.command("test")
def send_test(home: Home, notify: NotifyFile = None) -> None:
    """Send a test by every channel that is set."""
    from storecast.notify.notifier import Notifier

    options.check_home(home)
    for target in Notifier(home, notify).test(dt.datetime.now(dt.UTC).date()):
        print(show.printable(f"Sent by {target}"))
