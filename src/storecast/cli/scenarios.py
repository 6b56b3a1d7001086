"""storecast scenarios: other calendars that are worked out, kept by name, compared and made versions of the plan."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storecast.cli import options, show
from storecast.cli.plan import COMMAND_LINE, By, Note, opened

if TYPE_CHECKING:
    from storecast.plan.scenarios import SavedScenario, ScenarioSpan

app = typer.Typer(
    help="Keep scenarios by name, compare them, and make versions of the plan of them.", no_args_is_help=True
)

Scenario = Annotated[str, typer.Argument(help="The name of the scenario, or its number.")]
MOST_CHANGES = 30  # that are shown


@app.command()
def save(
    name: Annotated[str, typer.Argument(help="The name of the scenario.")],
    calendar: Annotated[
        Path,
        typer.Option("--calendar", help="Days ahead that are to be different, as `storecast future` writes them."),
    ],
    out: Annotated[Path | None, typer.Option("--out", help="The whole comparison to write, a CSV file.")] = None,
    model: options.ModelFile = None,
    home: options.ModelHome = None,
    db: options.FromDb = None,
    by: By = COMMAND_LINE,
    note: Note = "",
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Work out what another calendar changes, as `storecast scenario` does, and keep it."""
    from storecast.stages import SCENARIO_STAGES
    from storecast.workflows import scenarios
    from storecast.workflows.preparation import DatabaseSource

    source = options.source(None, db, home)
    assert isinstance(source, DatabaseSource)
    with show.working(log_format, verbose=verbose, stages=SCENARIO_STAGES) as progress:
        written, result = scenarios.save(
            source,
            model=options.model_file(model, home),
            calendar=calendar,
            name=name,
            by=by,
            note=note,
            out=out,
            progress=progress,
        )
    if json:
        show.as_json(vars(written))
        return
    print(show.printable(f"Saved scenario {written.scenario}, {written.name}: {_changes(len(result.changes))}."))


@app.command("list")
def list_(home: options.MaybeHome = None, db: options.Db = None, json: options.AsJson = False) -> None:
    """List the scenarios, newest first."""
    from storecast.database.scenarios import all_scenarios

    with closing(opened(home, db)) as database, database.reading() as conn:
        scenarios = all_scenarios(conn)
    if json:
        show.as_json([_plain(each) for each in scenarios])
        return
    head = ["number", "name", "from", "to", "difference", "80% interval", "model", "by", "at"]
    rows = [
        [
            *(each.scenario, each.name, str(each.whole.first), str(each.whole.last)),
            *(f"{each.whole.difference:+,.0f}", _interval(each.whole)),
            *(each.model, each.by, each.at.isoformat(timespec="seconds")),
        ]
        for each in scenarios
    ]
    show.table("Scenarios", head, rows)


@app.command("show")
def show_(
    scenario: Scenario, home: options.MaybeHome = None, db: options.Db = None, json: options.AsJson = False
) -> None:
    """Show a scenario: what it changes in the calendar, and what that comes to by week."""
    from storecast.database.scenarios import read_scenario

    with closing(opened(home, db)) as database, database.reading() as conn:
        wanted = read_scenario(conn, scenario)
    if json:
        show.as_json(_plain(wanted))
        return
    title = f"Scenario {wanted.scenario}, {wanted.name}: {wanted.model} after {wanted.cutoff}, saved by {wanted.by}"
    head = ["days", "stored calendar", "scenario", "difference", "80% interval"]
    rows = [
        [
            f"{each.first} to {each.last}",
            *(f"{value:,.0f}" for value in (each.stored, each.scenario)),
            *(f"{each.difference:+,.0f}", _interval(each)),
        ]
        for each in (*wanted.weeks, wanted.whole)
    ]
    show.table(title, head, rows)
    changes = [
        [f"{each.level} {each.key}".strip(), f"{each.first} to {each.last}", each.column, each.value]
        for each in wanted.changes[:MOST_CHANGES]
    ]
    show.table(f"{_changes(len(wanted.changes))}".capitalize(), ["stores", "days", "column", "value"], changes)
    for notice in (*((wanted.note,) if wanted.note else ()), *wanted.notices):
        print(show.printable(f"Note: {notice}"))


@app.command()
def compare(
    scenarios: Annotated[list[str], typer.Argument(help="Names or numbers of 2 to 10 scenarios.")],
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """Set scenarios beside each other, by week."""
    from storecast.database.scenarios import read_scenarios
    from storecast.plan.scenarios import compare_weeks, comparison_notices

    with closing(opened(home, db)) as database, database.reading() as conn:
        wanted = read_scenarios(conn, list(scenarios))
    weeks, notices = compare_weeks(wanted), comparison_notices(wanted)
    if json:
        plain_weeks = [show.plain_values(asdict(week)) for week in weeks]
        show.as_json({"scenarios": [_plain(each) for each in wanted], "weeks": plain_weeks, "notices": notices})
        return
    rows: list[list[object]] = [
        [f"{week.first} to {week.last}", *("–" if value is None else f"{value:+,.0f}" for value in week.differences)]
        for week in weeks
    ]
    rows.append(["all days", *(f"{each.whole.difference:+,.0f}" for each in wanted)])
    rows.append(["80% interval", *(_interval(each.whole) for each in wanted)])
    show.table("What each scenario changes", ["days", *(each.name for each in wanted)], rows)
    for notice in notices:
        print(show.printable(f"Note: {notice}"))


@app.command()
def delete(scenario: Scenario, by: By = COMMAND_LINE, home: options.MaybeHome = None, db: options.Db = None) -> None:
    """Delete a scenario; `storecast scenarios restore` takes that back."""
    from storecast.database.request_log import audit
    from storecast.database.scenarios import delete_scenario

    with closing(opened(home, db)) as database, database.begin() as conn:
        written = delete_scenario(conn, scenario)
        audit(conn, COMMAND_LINE, "scenario deleted", {**vars(written), "by": by})
    again = f"`storecast scenarios restore {written.scenario}` brings it back."
    print(show.printable(f"Deleted scenario {written.scenario}, {written.name}. {again}"))


@app.command()
def restore(
    scenario: Annotated[int, typer.Argument(min=1, help="The number of the scenario.")],
    by: By = COMMAND_LINE,
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Bring a scenario back that was deleted."""
    from storecast.database.request_log import audit
    from storecast.database.scenarios import restore_scenario

    with closing(opened(home, db)) as database, database.begin() as conn:
        written = restore_scenario(conn, scenario)
        audit(conn, COMMAND_LINE, "scenario restored", {**vars(written), "by": by})
    print(show.printable(f"Restored scenario {written.scenario}, {written.name}."))


@app.command()
def publish(
    scenario: Scenario,
    by: By = COMMAND_LINE,
    note: Note = "",
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Make a version of the plan, a draft, of what a scenario expects."""
    from storecast.database.request_log import audit
    from storecast.database.scenarios import publish_scenario

    with closing(opened(home, db)) as database, database.begin() as conn:
        published = publish_scenario(conn, scenario, by=by, note=note)
        audit(conn, COMMAND_LINE, "scenario published", {**vars(published), "by": by})
    news = "Published" if published.new else "This scenario was published before:"
    print(f"{news} version {published.version}, {published.state}.")


def _plain(scenario: "SavedScenario") -> dict[str, Any]:
    plain: dict[str, Any] = show.plain_values(asdict(scenario))
    return plain


def _changes(count: int) -> str:
    return "1 change of the calendar" if count == 1 else f"{count} changes of the calendar"


def _interval(span: "ScenarioSpan") -> str:
    return "–" if span.lower80 is None or span.upper80 is None else f"{span.lower80:+,.0f} to {span.upper80:+,.0f}"
