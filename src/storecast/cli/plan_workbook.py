"""storecast plan export, import: the plan as a workbook, out and back in."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storecast.cli import options, show
from storecast.cli.plan import COMMAND_LINE, By, Version, money, opened

if TYPE_CHECKING:
    from storecast.workflows.plan_workbook import WorkbookTaken


def export(
    out: Annotated[Path, typer.Option("--out", help="The workbook to write, an .xlsx file.")],
    version: Version = None,
    language: options.Language = "en",
    home: options.MaybeHome = None,
    db: options.Db = None,
) -> None:
    """Write a version as a workbook with a row for each store and week, and cells to fill in."""
    from storecast.files import atomic_write
    from storecast.plan import workbook_layout as w
    from storecast.plan.workbook_words import WorkbookWords
    from storecast.workflows.workbook_export import export_workbook

    with closing(opened(home, db)) as database:
        data = export_workbook(database, version, language)
    with atomic_write(out) as draft:
        draft.write_bytes(data)
    words = WorkbookWords(language)
    columns = f"{words.text(w.OVERRIDE)} and {words.text(w.REASON)}, or {words.text(w.BUDGET)}"
    print(show.printable(f"Wrote {out}. Fill in {columns}, then: storecast plan import {out}"))


def import_(
    file: Annotated[Path, typer.Argument(help="The workbook, as `storecast plan export` wrote it, filled in.")],
    apply: Annotated[
        bool, typer.Option("--apply", help="Take the changes, all or none; without it they are shown.")
    ] = False,
    by: By = COMMAND_LINE,
    home: options.MaybeHome = None,
    db: options.Db = None,
    json: options.AsJson = False,
) -> None:
    """Show what a workbook that was filled in changes, or take the changes."""
    from storecast.data.plain_files import read_bytes
    from storecast.database.request_log import audit
    from storecast.errors import DataError
    from storecast.workflows.plan_workbook import preview_workbook, take_workbook

    data = read_bytes(file)
    with closing(opened(home, db)) as database, database.begin() as conn:
        if apply:
            result = take_workbook(conn, file.name, data, by=by)
            if result.applied:
                detail = {name: value for name, value in vars(result).items() if isinstance(value, int)}
                audit(conn, COMMAND_LINE, "workbook taken", {**detail, "file": file.name, "by": by})
        else:
            result = preview_workbook(conn, file.name, data)
    if json:
        show.as_json(show.plain_values(asdict(result)))
    else:
        _show(result)
    if result.refused:
        raise DataError(f"These changes would not be taken. {result.refused}")


def _show(result: "WorkbookTaken") -> None:
    from storecast.plan.workbook_changes import BUDGET

    head = ["cell", "what", "store", "days", "before", "after", "forecast", "reason", "note", "stale"]
    rows = [
        [
            *(
                each.cell,
                each.action,
                each.store,
                f"{each.first} to {each.last}",
                money(each.before),
                "none" if each.action == BUDGET and each.after is None else money(each.after),
            ),
            *(money(each.forecast), each.reason, each.note, each.stale),
        ]
        for each in result.changes
    ]
    if rows:
        show.table(f"Changes to version {result.version}, revision {result.revision}", head, rows)
    for notice in result.notices:
        print(f"Note: {notice}")
    count = "1 change" if len(rows) == 1 else f"{len(rows)} changes"
    if not rows:
        print("Nothing is changed.")
    elif result.applied:
        print(f"Took {count}. The plan is at revision {result.revision}.")
        if result.budget_load is not None:
            print(f"{result.budget} of them are of the budget; storecast plan undo-budget takes these back.")
    elif not result.refused:
        print(f"{count}; nothing is written yet. Take them with --apply.")
