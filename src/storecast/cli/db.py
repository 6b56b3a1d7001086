"""storecast db: the tables of a database, and what is in them."""

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options, show

app = typer.Typer(help="Make, fill, back up, thin out and look at a database.", no_args_is_help=True)


@app.command()
def upgrade(home: options.MaybeHome = None, db: options.Db = None) -> None:
    """Bring the tables up to this storecast, from nothing or from an older one."""
    from storecast.database.migrate import upgrade

    print(f"The tables are of version {upgrade(options.database(home, db, new=True))}.")


@app.command()
def downgrade(
    to: Annotated[str, typer.Option("--to", help="The older version; base drops all tables.")],
    home: options.MaybeHome = None,
    db: options.Db = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="What the older version has no place for is lost, and that is meant.")
    ] = False,
) -> None:
    """Take the tables back to an older version."""
    from storecast.database.migrate import downgrade
    from storecast.errors import ConfigError

    if not yes:
        raise ConfigError("What the older version has no place for is lost. Make a backup first, then say --yes.")
    downgrade(options.database(home, db), to)
    print(f"The tables are of version {to}.")


@app.command()
def load(
    data: options.Data,
    home: options.MaybeHome = None,
    db: options.Db = None,
    skip: options.Skip = None,
    sum_rows: options.SumRows = False,
    verbose: options.Verbose = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Read and clean a folder, and put its chain in place of what the database holds."""
    from storecast import workflows
    from storecast.stages import LOAD_STAGES

    url = options.database(home, db, new=True)
    with show.working(log_format, verbose=verbose, stages=LOAD_STAGES) as progress:
        version = workflows.load(data, url, skip=skip or (), sum_rows=sum_rows, progress=progress)
    print(f"The database holds the chain, version {version}.")


@app.command()
def audit(
    out: Annotated[Path, typer.Option("--out", help="The file to write: a JSON object a line.")],
    since: Annotated[
        dt.date | None,
        typer.Option("--since", parser=options.day("--since"), metavar="<str>", help="The first day. Default: all."),
    ] = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Export who wrote what and when: keys, sales, the plan, models."""
    import json

    from storecast.database.connect import Database
    from storecast.database.request_log import audit_lines
    from storecast.files import atomic_write

    first = None if since is None else dt.datetime.combine(since, dt.time(), dt.UTC)
    count = 0
    with (
        closing(Database.open(options.database(home, db))) as database,
        atomic_write(out, mode=0o600) as draft,
        draft.open("w", encoding="utf-8") as file,
    ):
        for line in audit_lines(database, first):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    print(f"Wrote {count} lines of the audit to {out}.")


@app.command()
def backup(
    out: Annotated[Path, typer.Option("--out", help="The archive to write, a zip file.")],
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Write all that a database holds into one file, while others go on writing."""
    from storecast.database.backup import backup
    from storecast.database.connect import Database
    from storecast.stages import BACKUP

    url = options.database(home, db)
    with show.working(options.LogFormat.text, stages=(BACKUP,)) as progress, closing(Database.open(url)) as database:
        rows = backup(database, out, progress.rows)
    print(f"Wrote {sum(rows.values())} rows of {len(rows)} tables to {out}.")


@app.command()
def restore(
    file: Annotated[Path, typer.Option("--file", help="The archive that `storecast db backup` wrote.")],
    home: options.MaybeHome = None,
    db: options.Db = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in place of what the database holds.")] = False,
) -> None:
    """Fill a database from a backup; it may be of the other kind."""
    from storecast.database.backup import restore
    from storecast.stages import RESTORE

    url = options.database(home, db, new=True)
    with show.working(options.LogFormat.text, stages=(RESTORE,)) as progress:
        rows = restore(url, file, replace=replace, progress=progress.rows)
    print(f"Restored {sum(rows.values())} rows of {len(rows)} tables.")


@app.command()
def prune(
    forecasts: Annotated[
        int,
        typer.Option(
            "--forecasts", min=1, max=36_500, help="Days before the last sale from which on forecasts are kept."
        ),
    ] = 730,
    requests: Annotated[
        int,
        typer.Option("--requests", min=1, max=36_500, help="Days for which requests and overwritten rows are kept."),
    ] = 90,
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Delete requests and forecasts of long ago, and forecasts that newer ones took the place of; services may go on."""
    from storecast.database.connect import Database
    from storecast.database.prune import prune
    from storecast.stages import PRUNE

    url = options.database(home, db)
    with show.working(options.LogFormat.text, stages=(PRUNE,)) as progress, closing(Database.open(url)) as database:
        progress(PRUNE)
        gone = prune(database, forecasts=dt.timedelta(forecasts), requests=dt.timedelta(requests))
    print(
        f"Deleted {gone['requests']} requests, {gone['superseded']} forecasts that newer ones took the place of, "
        f"{gone['old']} old ones, and {gone['overwritten']} rows that writes had overwritten."
    )


@app.command()
def undo(
    version: Annotated[int, typer.Option("--version", help="The version that the reply to the write named.")],
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Take a write to the chain back: what it replaced stands again, what it added goes; services follow within a second."""
    from storecast.database.connect import Database
    from storecast.database.request_log import audit
    from storecast.database.undo import undo

    with closing(Database.open(options.database(home, db))) as database, database.begin() as conn:
        undone = undo(conn, version)
        audit(conn, "command line", "write undone", {"undone": version, **vars(undone)})
    print(
        f"Took version {version} back: {undone.removed} rows removed, {undone.restored} restored. "
        f"The chain is at version {undone.version}."
    )


@app.command()
def status(home: options.MaybeHome = None, db: options.Db = None, json: options.AsJson = False) -> None:
    """Tell what a database holds."""
    from storecast.database.connect import Database
    from storecast.database.status import status

    with closing(Database.open(options.database(home, db))) as database:
        state = status(database)
    if json:
        show.as_json(state)
        return
    rows = state.pop("rows")
    lines = [[name.replace("_", " "), _in_words(value)] for name, value in state.items()]
    show.table("Database", ["", ""], [*lines, *([f"rows of {name}", f"{count:,}"] for name, count in rows.items())])


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
