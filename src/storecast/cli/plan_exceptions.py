"""storecast plan exceptions, handle: what needs a look, and who looks after it."""

import datetime as dt
from contextlib import closing
from typing import Annotated

import polars as pl
import typer

from storecast.cli import options, show
from storecast.cli.plan import COMMAND_LINE, By, Note, money, opened


def exceptions(
    everything: Annotated[bool, typer.Option("--all", help="Those that are done or snoozed, too.")] = False,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """List what needs a look, the most money at stake first."""
    from storecast.workflows.plan_exceptions import show_exceptions

    with closing(opened(home, db)) as database:
        rows = show_exceptions(database, dt.datetime.now(dt.UTC).date(), everything=everything)
    if json:
        show.as_json(rows.with_columns(pl.col(pl.Date).dt.to_string()).to_dicts())
        return
    lines = [
        [
            *(row["Exception"], f"{row['Start']} to {row['End']}", money(row["Stake"]), row["Text"]),
            *(row["State"], row["Owner"], None if row["Until"] is None else str(row["Until"])),
        ]
        for row in rows.iter_rows(named=True)
    ]
    show.table("What needs a look", ["exception", "days", "at stake", "what", "state", "owner", "until"], lines)


def handle(
    exception: Annotated[str, typer.Argument(help="Its name, as `storecast plan exceptions` shows it.")],
    state: Annotated[str, typer.Option("--state", help="open, done or snoozed.")],
    owner: Annotated[str, typer.Option("--owner", help="Who looks after it.")] = "",
    until: Annotated[
        dt.date | None,
        typer.Option(
            "--until",
            parser=options.day("--until"),
            metavar="<str>",
            help="The day on which one that is snoozed is open again.",
        ),
    ] = None,
    by: By = COMMAND_LINE,
    note: Note = "",
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Say who looks after an exception, that it is done, or until when it is snoozed."""
    from storecast.database.request_log import audit
    from storecast.workflows import plan_exceptions

    with closing(opened(home, db)) as database, database.begin() as conn:
        handled = plan_exceptions.handle(conn, exception, state=state, by=by, owner=owner, until=until, note=note)
        audit(conn, COMMAND_LINE, "exception handled", {**vars(handled), "by": by})
    whose = f", {handled.owner}" if handled.owner else ""
    print(show.printable(f"{handled.exception} is {handled.state}{whose}."))
