"""storecast key: who may ask the service for what."""

import datetime as dt
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import typer

from storecast.cli import options, show

app = typer.Typer(help="Make, list and revoke keys of the service.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option("--name", help="Who uses the key.")],
    scopes: Annotated[
        Sequence[str],
        typer.Option(
            "--scopes",
            parser=options.names,
            metavar="<str>",
            help="What it opens: read, forecast, write, admin.",
        ),
    ],
    expires: Annotated[
        dt.date | None,
        typer.Option(
            "--expires",
            parser=options.day("--expires"),
            metavar="<str>",
            help="The last day on which it holds (UTC). Default: no end.",
        ),
    ] = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """Make a key and print it, once: it is stored nowhere."""
    from storecast.database.api_keys import create_key
    from storecast.database.connect import Database
    from storecast.errors import ConfigError

    if expires == dt.date.max:
        raise ConfigError(f"--expires: {expires} is the end of the calendar. Leave it out for a key without an end.")
    end = None if expires is None else dt.datetime.combine(expires, dt.time(), dt.UTC) + dt.timedelta(days=1)
    if end is not None and end <= dt.datetime.now(dt.UTC):
        raise ConfigError(f"--expires: {expires} is over. Name a day to come.")
    with closing(Database.open(options.database(home, db))) as database:
        token, key = create_key(database, name, scopes, end)
    if json:
        show.as_json({"id": key.id, "name": key.name, "key": token})
        return
    sys.stderr.write(f"Key {key.id} for {key.name}. It is shown this once; send it as `Authorization: Bearer KEY`.\n")
    print(token)


@app.command("list")
def list_(home: options.MaybeHome = None, db: options.Db = None, json: options.AsJson = False) -> None:
    """List the keys: what they open, and until when."""
    from storecast.database.api_keys import all_keys
    from storecast.database.connect import Database

    with closing(Database.open(options.database(home, db))) as database:
        keys = all_keys(database)
    rows = [
        [key.id, key.name, ", ".join(sorted(key.scopes)), *map(_moment, (key.created, key.expires, key.revoked))]
        for key in keys
    ]
    head = ["id", "name", "scopes", "created", "expires", "revoked"]
    show.as_json([dict(zip(head, row, strict=True)) for row in rows]) if json else show.table("Keys", head, rows)


@app.command()
def revoke(
    number: Annotated[int, typer.Argument(help="The key's id, as `storecast key list` shows it.")],
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Revoke a key; servers know within a second."""
    from storecast.database.api_keys import revoke_key
    from storecast.database.connect import Database

    with closing(Database.open(options.database(home, db))) as database:
        key = revoke_key(database, number)
    print(f"Key {key.id} for {key.name} is revoked.")


def _moment(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="seconds")
