"""storecast plan: from a forecast to a plan that is agreed."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from storecast.cli import options, show

if TYPE_CHECKING:
    from storecast.database.connect import Database
    from storecast.plan.versions import PlanVersion

app = typer.Typer(help="Publish forecasts as versions of a plan, and agree on one.", no_args_is_help=True)

LARGEST = 20  # changes of stores and weeks that are shown
By = Annotated[str, typer.Option("--by", help="Who does it, as it is to stand in the plan.")]
Note = Annotated[str, typer.Option("--note", help="A remark.")]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="The number of the version. Default: the newest.")
]
COMMAND_LINE = "command line"


@app.command()
def publish(
    home: options.MaybeHome = None,
    db: options.Db = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", help="The name of the model file whose forecast is meant. Default: the newest forecast."
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Keep what the forecast is made of, by which versions are compared.")
    ] = False,
    by: By = COMMAND_LINE,
    note: Note = "",
    verbose: options.Verbose = False,
    json: options.AsJson = False,
) -> None:
    """Publish the newest forecast as a version of the plan, a draft."""
    from storecast.database.connect import Database
    from storecast.errors import ConfigError
    from storecast.stages import PUBLISH_STAGES, SAVING
    from storecast.workflows.publishing import publish as publish_forecast

    if explain and home is None:
        raise ConfigError("--explain needs the model file: give --home with the folder of the run.")
    url = options.database(home, db)
    models = home / "models" if explain and home is not None else None
    stages = PUBLISH_STAGES if explain else (SAVING,)
    with (
        show.working(options.LogFormat.text, verbose=verbose, stages=stages) as progress,
        closing(Database.open(url)) as database,
    ):
        published = publish_forecast(database, url, models=models, model=model, by=by, note=note, progress=progress)
    if json:
        show.as_json(vars(published))
        return
    news = "Published" if published.new else "This forecast was published before:"
    print(f"{news} version {published.version}, {published.state}.")


@app.command("list")
def list_(home: options.MaybeHome = None, db: options.Db = None, json: options.AsJson = False) -> None:
    """List the versions of the plan, newest first."""
    from storecast.database.connect import Database
    from storecast.database.plan_versions import all_versions

    with closing(Database.open(options.database(home, db))) as database, database.reading() as conn:
        versions = all_versions(conn)
    if json:
        show.as_json([_plain(version) for version in versions])
        return
    head = ["version", "state", "by", "model", "cutoff", "from", "to", "stores", "explained"]
    rows = [
        [
            *(each.version, each.state, each.history[-1].by, each.model, str(each.cutoff)),
            *(str(each.first), str(each.last), each.stores, "yes" if each.explained else "no"),
        ]
        for each in versions
    ]
    show.table("Versions of the plan", head, rows, spare=["explained", "stores", "from", "cutoff"])


@app.command("show")
def show_(
    version: Version = None,
    level: Annotated[
        str, typer.Option("--level", help="Whose weeks are summed: chain, store, type, state, or a group of your own.")
    ] = "chain",
    out: Annotated[Path | None, typer.Option("--out", help="The days of the version to write, a CSV file.")] = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """Show a version of the plan: the states that it came into, and the weeks of the chain or of groups of stores."""
    from storecast.csv_files import write_csv
    from storecast.plan.totals import in_words
    from storecast.workflows import planning

    with closing(opened(home, db)) as database:
        shown = planning.show_version(database, version, level)
    if out is not None:
        write_csv(shown.days, out)
    if json:
        weeks = shown.weeks.with_columns(pl.col(pl.Date).dt.to_string()).to_dicts()
        totals = [vars(each) for each in shown.totals]
        show.as_json({**_plain(shown.version), "weeks": weeks, "totals": totals})
        return
    of = shown.version
    show.table(
        f"Version {of.version}, {of.state}: {of.model} after {of.cutoff}",
        ["state", "at", "by", "note"],
        [[each.state, each.at.isoformat(timespec="seconds"), each.by, each.note] for each in of.history],
    )
    of_chain, figures = level == "chain", shown.weeks.columns[3:]
    rows = [
        [
            *([] if of_chain else [row["Key"]]),
            f"{row['Start']} to {row['End']}",
            *(money(row[name]) for name in figures),
        ]
        for row in shown.weeks.iter_rows(named=True)
    ]
    head = [*([] if of_chain else [level]), "days", *figures]
    show.table(f"The {'chain' if of_chain else f'level {level}'} by week", head, rows)
    for each in shown.totals:
        if each.level == level:
            print(f"{'' if of_chain else f'{each.key}: '}{in_words(each)}")


@app.command()
def advance(
    to: Annotated[str, typer.Option("--to", help="The state: reviewed, approved, locked, or draft again.")],
    version: Version = None,
    by: By = COMMAND_LINE,
    note: Note = "",
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Bring a version into its next state, or back to a draft."""
    from storecast.database.plan_publishing import advance_version
    from storecast.database.plan_versions import read_version
    from storecast.database.request_log import audit

    with closing(opened(home, db)) as database, database.begin() as conn:
        number = read_version(conn).version if version is None else version
        advanced = advance_version(conn, number, to, by=by, note=note)
        audit(conn, COMMAND_LINE, "plan advanced", {**vars(advanced), "by": by})
    print(f"Version {advanced.version} was {advanced.before} and is {advanced.state}.")


@app.command()
def compare(
    before: Annotated[
        int | None, typer.Option("--before", min=1, help="A version. Default: the one before the other.")
    ] = None,
    after: Annotated[int | None, typer.Option("--after", min=1, help="A version. Default: the newest.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="All changes to write, a CSV file.")] = None,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """Compare two versions by store and week: what moved, by how much, and because of what."""
    from storecast.csv_files import write_csv
    from storecast.plan.comparison import because
    from storecast.plan.totals import in_words
    from storecast.workflows import planning

    with closing(opened(home, db)) as database:
        compared = planning.compare_versions(database, before, after)
    changes = compared.changes
    if out is not None:
        write_csv(changes.unnest("Drivers") if compared.explained else changes, out)
    if json:
        plain = changes.with_columns(pl.col(pl.Date).dt.to_string()).to_dicts()
        notices = list(compared.notices)
        totals = [each and vars(each) for each in compared.totals]
        numbers = {"before": compared.before, "after": compared.after}
        show.as_json({**numbers, "totals": totals, "notices": notices, "changes": plain})
        return
    head = ["", "days", "before", "after", "change", *(["because of"] if compared.explained else [])]
    of_chain = pl.col("Level").str.starts_with("chain")
    for title, part in (
        (f"From version {compared.before} to {compared.after}, all stores", changes.filter(of_chain)),
        ("Stores and weeks with the largest change", changes.filter(~of_chain).head(LARGEST)),
    ):
        rows = [
            [
                row["Key"],
                f"{row['Start']} to {row['End']}",
                *(money(row[name]) for name in ("Before", "After")),
                f"{row['Change']:+,.2f}",
                *([str(because(row["Drivers"]))] if compared.explained else []),
            ]
            for row in part.iter_rows(named=True)
        ]
        show.table(title, head, rows)
    for number, total in zip((compared.before, compared.after), compared.totals, strict=True):
        if total is not None:
            print(f"Version {number}: {in_words(total)}")
    for notice in compared.notices:
        print(f"Note: {notice}")


def opened(home: Path | None, db: str | None) -> "Database":
    """Open the database that the options name."""
    from storecast.database.connect import Database

    return Database.open(options.database(home, db))


def _plain(version: "PlanVersion") -> dict[str, Any]:
    history = [{**vars(each), "at": each.at.isoformat(timespec="seconds")} for each in version.history]
    dates = {name: str(getattr(version, name)) for name in ("cutoff", "first", "last")}
    totals = [vars(each) for each in version.totals]
    return {**vars(version), **dates, "history": history, "totals": totals}


def money(value: float | None) -> str:
    """Return money in words; a dash where it is not known."""
    return "–" if value is None else f"{value:,.2f}"
