"""The workbook of a plan that comes back: what was filled in is shown first, and taken all or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import Connection

from storecast.database.current_plan import read_overrides, read_reasons, read_revision
from storecast.database.plan_budget import BudgetWritten, read_budget, replace_budget
from storecast.database.plan_overrides import PlanWritten, change_overrides
from storecast.database.plan_versions import all_versions, read_figures, read_version
from storecast.errors import ConflictError, DataError, Enumeration, Message
from storecast.plan.overrides import FIGURE, SCOPE
from storecast.plan.scopes import STORE
from storecast.plan.store_days import StoreDays
from storecast.plan.versions import PlanVersion
from storecast.plan.workbook_budget import with_store_weeks
from storecast.plan.workbook_changes import BUDGET, WITHDRAW, Scope, WorkbookChange, changes_of, store_week_figures
from storecast.plan.workbook_reading import FilledWorkbook, read_filled

MAX_NAMED = 3  # cells in one message


@dataclass(frozen=True)
class WorkbookTaken:
    """What a workbook changes, or has changed.

    Attributes
    ----------
    version, revision : of the plan now
    file_version, file_revision : of the plan when the workbook was exported
    applied : whether the changes were written
    added : overrides that stand from then on
    withdrawn : overrides that stand no more
    budget : stores' weeks whose budget is another
    budget_load : the number by which the budget is taken back; None: it stays as it is, or nothing is written yet
    refused : why they would not be taken; empty: they would
    notices : what whoever brings it back must know
    changes : what was filled in; a reply leaves them out once they are taken
    """

    version: int
    revision: int
    file_version: int
    file_revision: int
    applied: bool
    added: int
    withdrawn: int
    budget: int
    budget_load: int | None
    refused: str
    notices: tuple[str, ...]
    changes: tuple[WorkbookChange, ...]


def preview_workbook(conn: Connection, name: str, data: bytes) -> WorkbookTaken:
    """Say what a workbook would change, and whether it would be taken; nothing is written.

    Parameters
    ----------
    conn : from `Database.begin`
    name : of the file, for messages
    data : its bytes

    Raises
    ------
    DataError
        where it cannot be read, or is none of this plan
    """
    filled = read_filled(name, data)
    wanted = _wanted_changes(conn, filled)
    trial = conn.begin_nested()
    try:
        taken = _take(conn, filled, wanted, by="")
    except (ConflictError, DataError) as error:
        taken = _result(filled, wanted, refused=error.message)
    trial.rollback()
    return replace(taken, applied=False, revision=wanted.revision, budget_load=None)


def take_workbook(conn: Connection, name: str, data: bytes, *, by: str) -> WorkbookTaken:
    """Write what was filled in, all of it or nothing.

    Parameters
    ----------
    conn : from `Database.begin`
    name : of the file, for messages
    data : its bytes
    by : who filled it in

    Raises
    ------
    DataError
        where it cannot be read, is none of this plan, or an override cannot be met
    ConflictError
        where others changed the same since, or the forecast has moved so far that a change no longer fits
    """
    filled = read_filled(name, data)
    return _take(conn, filled, _wanted_changes(conn, filled), by=by)


@dataclass(frozen=True, eq=False)
class _WantedChanges:
    """What a workbook asks for, beside the plan as it is."""

    version: int  # of the file
    newest: PlanVersion
    revision: int
    changes: tuple[WorkbookChange, ...]
    standing: dict[Scope, dict[str, object]]
    exported: StoreDays  # the forecast of the version of the file
    budget: pl.DataFrame  # as it is


def _wanted_changes(conn: Connection, filled: FilledWorkbook) -> _WantedChanges:
    newest = read_version(conn)
    of_file = _version_of(conn, filled)
    revision = read_revision(conn)
    if filled.revision > revision:
        raise DataError(
            "{file} is of revision {exported}, this plan is at {revision}: it was restored since.",
            file=filled.name, exported=filled.revision, revision=revision,
        )  # fmt: skip
    exported = read_figures(conn, of_file.version)
    latest = exported if newest.version == of_file.version else read_figures(conn, newest.version)
    assert exported is not None
    assert latest is not None
    every = read_overrides(conn, since=0)
    then = every.filter(
        pl.col("added") <= filled.revision,
        pl.col("withdrawn").is_null() | (pl.col("withdrawn") > filled.revision),
    )
    standing = store_week_figures(then)
    budget = read_budget(conn)
    changes = changes_of(filled, standing, (exported, latest), read_reasons(conn), budget)
    return _WantedChanges(of_file.version, newest, revision, tuple(changes), standing, exported, budget)


def _version_of(conn: Connection, filled: FilledWorkbook) -> PlanVersion:
    """Return the version that a workbook is of: by its number, or the one that its forecast was published as."""
    same = [each for each in all_versions(conn) if (each.model, each.cutoff) == (filled.model, filled.cutoff)]
    of_file = next((each for each in same if filled.version in (None, each.version)), None)
    if of_file is not None:
        return of_file
    if filled.version is None:
        raise DataError(
            "{file} is of the forecast of {model} after {day}, which is no version of this plan yet. Publish it, and bring the "
            "file back again: storecast plan publish.",
            file=filled.name, model=filled.model, day=filled.cutoff,
        )  # fmt: skip
    raise DataError(
        "{file} is of version {version} of another plan: that version here is of another model and day, or there is none. "
        "Export this plan, and fill that file in.",
        file=filled.name, version=filled.version,
    )  # fmt: skip


def _take(conn: Connection, filled: FilledWorkbook, wanted: _WantedChanges, *, by: str) -> WorkbookTaken:
    if not wanted.changes:
        return _result(filled, wanted)
    stale = [each for each in wanted.changes if each.stale]
    if stale:
        cells = [
            Message("{cell}, store {store}: {why}", cell=each.cell, store=each.store, why=each.stale)
            for each in stale[:MAX_NAMED]
        ]
        what = Message(
            "{file} is of version {version}, the newest is {newest}: {count} of its {of} changes no longer fit",
            file=filled.name, version=wanted.version, newest=wanted.newest.version, count=len(stale), of=len(wanted.changes),
        )  # fmt: skip
        advice = Message("Export the newest version, and put them in there.")
        raise ConflictError(
            "{what} ({cells}). {advice}",
            public=f"{what}. {advice}",
            what=what,
            cells=Enumeration(tuple(cells), "; "),
            advice=advice,
        )
    overrides = [each for each in wanted.changes if each.action != BUDGET]
    amounts = [each for each in wanted.changes if each.action == BUDGET]
    written = _take_overrides(conn, filled, wanted, overrides, by=by) if overrides else None
    loaded = replace_budget(conn, with_store_weeks(wanted.budget, amounts, wanted.exported), by=by) if amounts else None
    return _result(filled, wanted, written, loaded)


def _take_overrides(
    conn: Connection, filled: FilledWorkbook, wanted: _WantedChanges, changes: Sequence[WorkbookChange], *, by: str
) -> PlanWritten:
    """Write the changes of overrides.

    Parameters
    ----------
    conn : from `Database.begin`
    filled, wanted : the workbook, and what it asks for
    changes : those of overrides
    by : who filled it in
    """
    new = [each for each in changes if each.action != WITHDRAW]
    gone = [wanted.standing[each.store, each.first, each.last] for each in changes if each.action == WITHDRAW]
    rows = pl.DataFrame(
        {
            "level": [STORE] * len(new),
            "key": pl.Series([each.store for each in new], dtype=pl.String),
            "first": pl.Series([each.first for each in new], dtype=pl.Date),
            "last": pl.Series([each.last for each in new], dtype=pl.Date),
            "kind": [FIGURE] * len(new),
            "value": pl.Series([each.after for each in new], dtype=pl.Float64),
            "reason": pl.Series([each.reason for each in new], dtype=pl.String),
            "note": pl.Series([each.note for each in new], dtype=pl.String),
        },
        schema_overrides={"level": pl.String, "kind": pl.String},
    )
    types = {"id": pl.Int64, "level": pl.String, "key": pl.String, "first": pl.Date, "last": pl.Date}
    withdrawn = pl.DataFrame([{name: row[name] for name in ("id", *SCOPE)} for row in gone], schema=types)
    return change_overrides(conn, rows, withdrawn, by=by, seen=filled.revision)


def _result(
    filled: FilledWorkbook,
    wanted: _WantedChanges,
    written: PlanWritten | None = None,
    loaded: BudgetWritten | None = None,
    *,
    refused: str = "",
) -> WorkbookTaken:
    """Return what a workbook changes, or has changed.

    Parameters
    ----------
    filled, wanted : the workbook, and what it asks for
    written : what became of its overrides; None: it changes none, or they are not taken
    loaded : what became of its budget; None: as there
    refused : why it is not taken
    """
    notices = []
    if wanted.version != wanted.newest.version:
        notices.append(
            Message(
                "The file is of version {version}, the newest is {newest}: each change is compared with both forecasts.",
                version=wanted.version,
                newest=wanted.newest.version,
            )
        )
    if filled.revision != wanted.revision:
        notices.append(
            Message(
                "The plan was at revision {exported} when the file was exported, and is at {revision}: what was changed since in "
                "other stores or weeks stays.",
                exported=filled.revision,
                revision=wanted.revision,
            )
        )
    if not filled.has_budget:
        notices.append(
            Message("Its budget is not read: it lacks the columns Budget and Budget as exported, which is hidden.")
        )
    return WorkbookTaken(
        version=wanted.newest.version,
        revision=wanted.revision if written is None else written.revision,
        file_version=wanted.version,
        file_revision=filled.revision,
        applied=written is not None or loaded is not None,
        added=0 if written is None else written.added,
        withdrawn=0 if written is None else written.withdrawn,
        budget=sum(each.action == BUDGET for each in wanted.changes),
        budget_load=None if loaded is None else loaded.load,
        refused=refused,
        notices=tuple(notices),
        changes=wanted.changes,
    )
