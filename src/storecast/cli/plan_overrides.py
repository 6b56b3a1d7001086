"""storecast plan override, overrides, withdraw, undo, budget, value, reasons: what people put in, and what it was worth."""

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from storecast.cli import options, show
from storecast.cli.plan import COMMAND_LINE, By, Note, money, opened

First = Annotated[
    dt.date | None,
    typer.Option("--first", parser=options.day("--first"), metavar="<str>", help="The first day."),
]
Last = Annotated[
    dt.date | None,
    typer.Option("--last", parser=options.day("--last"), metavar="<str>", help="The last day. Default: the first."),
]


def override(
    first: First = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, from the list: storecast plan reasons.")] = "",
    last: Last = None,
    level: Annotated[
        str, typer.Option("--level", help="Of what: store, type, state, chain, or a group of your own.")
    ] = "store",
    key: Annotated[str, typer.Option("--key", help="The store or the group.")] = "",
    figure: Annotated[float | None, typer.Option("--figure", help="The total of these stores and days.")] = None,
    amount: Annotated[float | None, typer.Option("--amount", help="What is added to their forecast.")] = None,
    factor: Annotated[float | None, typer.Option("--factor", help="What their forecast is multiplied by.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="In place of these: a CSV file with Key, Start, Kind, Value, Reason, all or none."),
    ] = None,
    by: By = COMMAND_LINE,
    note: Note = "",
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Put a figure, an amount or a factor in the place of the newest version's forecast."""
    from storecast.database.plan_overrides import add_overrides
    from storecast.database.request_log import audit
    from storecast.errors import ConfigError
    from storecast.plan.overrides import describe

    if file is not None:
        _override_by_file(file, by, home, db)
        return
    if first is None or not reason:
        raise ConfigError("Say --first and --reason, or --file.")
    given = {"figure": figure, "amount": amount, "factor": factor}
    kinds = {kind: value for kind, value in given.items() if value is not None}
    if len(kinds) != 1:
        raise ConfigError("Say one of --figure, --amount and --factor.")
    [(kind, value)] = kinds.items()
    row = {
        "level": level,
        "key": "chain" if level == "chain" else key,
        "first": first,
        "last": last or first,
        "kind": kind,
        "value": float(value),
        "reason": reason,
        "note": note,
    }
    with closing(opened(home, db)) as database, database.begin() as conn:
        written = add_overrides(conn, pl.DataFrame([row]), by=by)
        audit(conn, COMMAND_LINE, "plan overridden", {**vars(written), "by": by})
    replaced = " in place of an older one" if written.withdrawn else ""
    print(f"Wrote {describe(row)}{replaced}. The plan is at revision {written.revision}.")


def _override_by_file(file: Path, by: str, home: Path | None, db: str | None) -> None:
    from storecast.data.dialect import read_table
    from storecast.database.plan_overrides import add_overrides
    from storecast.database.request_log import audit
    from storecast.plan.override_file import COLUMNS, read_override_file

    rows = read_override_file(read_table(file, COLUMNS))
    with closing(opened(home, db)) as database, database.begin() as conn:
        written = add_overrides(conn, rows, by=by)
        audit(conn, COMMAND_LINE, "plan overridden", {**vars(written), "file": file.name, "by": by})
    print(
        f"Wrote {written.added} overrides, {written.withdrawn} of them in place of older ones. "
        f"The plan is at revision {written.revision}."
    )


def overrides(
    out: Annotated[Path | None, typer.Option("--out", help="The overrides to write, a CSV file.")] = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """List the overrides that stand, what each does, and whether it still fits the forecast."""
    from storecast.csv_files import write_csv
    from storecast.workflows import planning

    with closing(opened(home, db)) as database:
        shown = planning.show_overrides(database)
    plain = shown.overrides.with_columns(pl.col(pl.Date).dt.to_string(), pl.col("At").dt.to_string("iso:strict"))
    if out is not None:
        write_csv(plain, out, decimals=6)  # of factors
    if json:
        show.as_json({"version": shown.version, "revision": shown.revision, "overrides": plain.to_dicts()})
        return
    rows = [
        [
            *(row["Override"], f"{row['Level']} {row['Key']}", f"{row['Start']} to {row['End']}", row["Kind"]),
            *(f"{row['Value']:,g}", money(row["Forecast"]), money(row["Plan"]), row["By"], row["Reason"], row["Stale"]),
        ]
        for row in plain.iter_rows(named=True)
    ]
    head = ["override", "of", "days", "kind", "value", "forecast", "plan", "by", "reason", "stale"]
    show.table(f"Overrides of version {shown.version}, revision {shown.revision}", head, rows)


def withdraw(
    number: Annotated[int, typer.Argument(help="Of the override, as `storecast plan overrides` shows it.")],
    by: By = COMMAND_LINE,
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Withdraw an override: the forecast stands again, or what a broader override makes of it."""
    from storecast.database.plan_overrides import withdraw_override
    from storecast.database.request_log import audit

    with closing(opened(home, db)) as database, database.begin() as conn:
        written = withdraw_override(conn, number, by=by)
        audit(conn, COMMAND_LINE, "override withdrawn", {**vars(written), "override": number, "by": by})
    print(f"Withdrew override {number}. The plan is at revision {written.revision}.")


def undo(
    revision: Annotated[int, typer.Option("--revision", help="Of the write, as its reply named it.")],
    by: By = COMMAND_LINE,
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Take a write to the plan's overrides back."""
    from storecast.database.plan_overrides import undo_plan_write
    from storecast.database.request_log import audit

    with closing(opened(home, db)) as database, database.begin() as conn:
        written = undo_plan_write(conn, revision, by=by)
        audit(conn, COMMAND_LINE, "plan write undone", {**vars(written), "undone": revision, "by": by})
    print(
        f"Took revision {revision} back: {written.withdrawn} overrides withdrawn, {written.added} written again. "
        f"The plan is at revision {written.revision}."
    )


def budget(
    file: Annotated[
        Path, typer.Option("--file", help="The budget, a CSV file: Store, one of Date, Week and Month, and Amount.")
    ],
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Put a budget in the place of the one before; `storecast plan show` sets the plan beside it."""
    from storecast.workflows import planning

    with closing(opened(home, db)) as database:
        written = planning.load_budget(database, file)
    print(f"The budget has {written.rows} amounts; {written.replaced} of before have gone.")


def undo_budget(by: By = COMMAND_LINE, home: options.MaybeHome = None, db: options.Db = None) -> None:
    """Take the last budget back: the one before it stands again."""
    from storecast.database import plan_budget
    from storecast.database.request_log import audit

    with closing(opened(home, db)) as database, database.begin() as conn:
        written = plan_budget.undo_budget(conn)
        audit(conn, COMMAND_LINE, "budget undone", {**vars(written), "by": by})
    print(f"The budget before has {written.rows} amounts and stands again; {written.replaced} have gone.")


def value(
    since: Annotated[
        dt.date | None,
        typer.Option(
            "--since", parser=options.day("--since"), metavar="<str>", help="The first day that counts. Default: all."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="What each override did, a CSV file.")] = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """Say what planners' overrides did to the error: naive, model, planner, approved, against the sales that came."""
    from storecast.csv_files import write_csv
    from storecast.workflows import planning

    with closing(opened(home, db)) as database:
        added = planning.plan_value(database, since)
    if out is not None:
        write_csv(added.overrides, out, decimals=6)
    if json:
        rows = {"steps": added.steps.to_dicts(), "overrides": added.overrides.to_dicts()}
        show.as_json({"sentence": added.sentence, **rows})
        return
    rows_of_table = [
        [
            *(row["Slice"], row["Key"], row["Days"], money(row["Sales"])),
            *("–" if row[step] is None else f"{row[step]:.2%}" for step in ("Naive", "Model", "Planner", "Approved")),
            f"{row['Added']:+,.2f}",
        ]
        for row in added.steps.iter_rows(named=True)
    ]
    head = ["of", "", "store-days", "sales", "naive", "model", "planner", "approved", "planner's value added"]
    show.table("WAPE of each step, on the days that have come", head, rows_of_table)
    print(added.sentence)


def reasons(
    add: Annotated[list[str] | None, typer.Option("--add", help="A reason to add; may be given several times.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A reason to remove; may be given several times.")
    ] = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """List the reasons that an override may have, and keep the list."""
    from storecast.database.current_plan import read_reasons
    from storecast.database.plan_overrides import change_reasons
    from storecast.database.request_log import audit

    with closing(opened(home, db)) as database, database.begin() as conn:
        if add or remove:
            change_reasons(conn, add or (), remove or ())
            audit(conn, COMMAND_LINE, "reasons changed", {"add": add or [], "remove": remove or []})
        names = read_reasons(conn)
    for name in names:
        print(show.printable(name))
