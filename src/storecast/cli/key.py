"""storecast key: who may ask the service for what."""

import datetime as dt
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from storecast.cli import options, show

if TYPE_CHECKING:
    from storecast.database.api_keys import Key

app = typer.Typer(help="Make, list, rotate and revoke keys of the service.", no_args_is_help=True)

USUAL_DAYS = 365  # that a key holds
NEVER = "never"
_read_day = options.day("--expires")


def _last_day(text: str) -> dt.date | None:
    """Read a day, or `never`, which is the end of the calendar."""
    return dt.date.max if text == NEVER else _read_day(text)


Expires = Annotated[
    dt.date | None,
    typer.Option(
        "--expires",
        parser=_last_day,
        metavar="<str>",
        help=f"The last day on which it holds (UTC), or {NEVER}. Default: in {USUAL_DAYS} days.",
    ),
]
Number = Annotated[int, typer.Argument(help="The key's id, as `storecast key list` shows it.")]


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
    expires: Expires = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """Make a key and print it, once: it is stored nowhere."""
    from storecast.database.api_keys import create_key
    from storecast.database.connect import Database

    with closing(Database.open(options.database(home, db))) as database:
        token, key = create_key(database, name, scopes, _end(expires))
    _show_new(token, key, json=json)


@app.command()
def rotate(
    number: Number,
    grace_days: Annotated[
        int, typer.Option("--grace-days", min=0, max=366, help="Days for which the old key goes on to work.")
    ] = 7,
    expires: Expires = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """Make a key in the place of another, of the same name and scopes, and print it, once; the old one ends after some days."""
    from storecast.database.api_keys import rotate_key
    from storecast.database.connect import Database

    ends = dt.datetime.now(dt.UTC) + dt.timedelta(days=grace_days)
    with closing(Database.open(options.database(home, db))) as database:
        token, key = rotate_key(database, number, _end(expires), ends)
    _show_new(token, key, json=json)


@app.command("list")
def list_(home: options.MaybeHome = None, db: options.Db = None, json: options.AsJson = False) -> None:
    """List the keys: what they open, and until when."""
    from storecast.database.api_keys import all_keys
    from storecast.database.connect import Database

    with closing(Database.open(options.database(home, db))) as database:
        keys = all_keys(database)
    rows = [
        [
            key.id,
            key.name,
            "person" if key.person else "key",
            ", ".join(sorted(key.scopes)),
            *map(_moment, (key.created, key.expires, key.revoked)),
        ]
        for key in keys
    ]
    head = ["id", "name", "kind", "scopes", "created", "expires", "revoked"]
    show.as_json([dict(zip(head, row, strict=True)) for row in rows]) if json else show.table("Keys", head, rows)


@app.command()
def revoke(
    number: Number,
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Revoke a key; servers know within a second."""
    from storecast.database.api_keys import revoke_key
    from storecast.database.connect import Database

    with closing(Database.open(options.database(home, db))) as database:
        key = revoke_key(database, number)
    print(f"Key {key.id} for {key.name} is revoked.")


def _end(last_day: dt.date | None) -> dt.datetime | None:
    """Return the moment at which a key ends: after its last day; None: never."""
    from storecast.errors import ConfigError

    today = dt.datetime.now(dt.UTC).date()
    day = today + dt.timedelta(days=USUAL_DAYS) if last_day is None else last_day
    if day == dt.date.max:
        return None
    if day < today:
        raise ConfigError(f"--expires: {day} is over. Name a day to come.")
    return dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=1)


def _show_new(token: str, key: "Key", *, json: bool) -> None:
    """Print a key, once."""
    if json:
        show.as_json({"id": key.id, "name": key.name, "expires": _moment(key.expires), "key": token})
        return
    until = "without an end" if key.expires is None else f"until {key.expires - dt.timedelta(days=1):%Y-%m-%d}"
    sys.stderr.write(
        f"Key {key.id} for {key.name}, {until}. It is shown this once; send it as `Authorization: Bearer KEY`.\n"
    )
    print(token)


def _moment(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="seconds")
