"""storecast plan comment, comments: what people say about a version, a store, or some of its days."""

import datetime as dt
from contextlib import closing
from typing import Annotated

import typer

from storecast.cli import options, show
from storecast.cli.plan import COMMAND_LINE, By, Version, opened

Store = Annotated[str | None, typer.Option("--store", help="The store. Default: the version as a whole.")]


def comment(
    text: Annotated[str, typer.Argument(help="What is to be said.")],
    version: Version = None,
    store: Store = None,
    first: Annotated[
        dt.date | None,
        typer.Option("--first", parser=options.day("--first"), metavar="<str>", help="The first day of the store."),
    ] = None,
    last: Annotated[
        dt.date | None,
        typer.Option("--last", parser=options.day("--last"), metavar="<str>", help="The last day. Default: the first."),
    ] = None,
    by: By = COMMAND_LINE,
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Comment on a version, on a store, or on some of its days."""
    from storecast.database.plan_comments import add_comment
    from storecast.database.request_log import audit

    with closing(opened(home, db)) as database, database.begin() as conn:
        written = add_comment(conn, text, by=by, version=version, store=store, first=first, last=last)
        audit(conn, COMMAND_LINE, "plan commented", {**vars(written), "by": by})
    print(f"Wrote comment {written.comment} on version {written.version}.")


def comments(
    version: Annotated[int | None, typer.Option("--version", min=1, help="On which version. Default: on all.")] = None,
    store: Annotated[str | None, typer.Option("--store", help="On which store. Default: all of them.")] = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """List comments, newest first."""
    from storecast.database.plan_comments import read_comments

    with closing(opened(home, db)) as database, database.reading() as conn:
        rows = read_comments(conn, version, store)
    if json:
        show.as_json(show.plain_values(rows.to_dicts()))
        return
    lines = [
        [
            *(
                row["Comment"],
                row["Version"],
                row["Store"],
                "" if row["Start"] is None else f"{row['Start']} to {row['End']}",
            ),
            *(row["By"], row["At"].isoformat(timespec="seconds"), row["Text"]),
        ]
        for row in rows.iter_rows(named=True)
    ]
    show.table("Comments on the plan", ["comment", "version", "store", "days", "by", "at", "text"], lines)
