"""The plan as a workbook, out and back in: what was filled in is shown first, and taken all or not at all."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database.chain_info import existing_chain
from storecast.database.chain_settings import read_target_of_chain
from storecast.database.connect import Database
from storecast.database.current_plan import read_groups, read_overrides, read_plan, read_reasons, read_revision
from storecast.database.day_spans import calendar_between, sales_between
from storecast.database.plan_budget import read_budget
from storecast.database.plan_overrides import PlanWritten, change_overrides
from storecast.database.plan_versions import all_versions, read_figures, read_version
from storecast.errors import ConflictError, DataError, moment
from storecast.plan import workbook_layout as w
from storecast.plan.budget import budget_of
from storecast.plan.overrides import FIGURE, NOBODY, OVERRIDE, PLAN, SCOPE, describe
from storecast.plan.scopes import STORE
from storecast.plan.store_days import BAND, StoreDays, as_money
from storecast.plan.versions import PlanVersion
from storecast.plan.workbook_changes import (
    WITHDRAW,
    Scope,
    WorkbookChange,
    cell_text,
    changes_of,
    store_week_figures,
)
from storecast.plan.workbook_content import WorkbookContent
from storecast.plan.workbook_reading import FilledWorkbook, read_filled
from storecast.plan.workbook_words import WorkbookWords
from storecast.plan.workbook_writing import write_workbook
from storecast.report.tables import YEAR
from storecast.workflows.workbook_content import GENERATED, WEEK, budget_sum, figure_title, store_weeks, with_groups

MAX_NAMED = 3  # overrides in one cell, and cells in one message


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
    refused: str
    notices: tuple[str, ...]
    changes: tuple[WorkbookChange, ...]


def export_workbook(db: Database, version: int | None = None, language: str = "en") -> bytes:
    """Return a version of the plan as a workbook with cells to fill in.

    Parameters
    ----------
    db : the database
    version : its number; None: the newest
    language : of the workbook, en or de

    Raises
    ------
    ConfigError
        where there is no such language
    MissingError
        where there is no such version
    """
    words = WorkbookWords(language)
    with db.reading() as conn:
        wanted, figures = read_plan(conn, version)
        revision = read_revision(conn)
        groups = read_groups(conn).only(figures.stores)
        every = read_overrides(conn, since=0)
        budget, reasons = read_budget(conn), read_reasons(conn)
        calendar = calendar_between(conn, figures.first, figures.last)
        sales = sales_between(conn, figures.first - YEAR, figures.last - YEAR)
        target, generated = read_target_of_chain(conn), existing_chain(conn).generated
    days = figures.to_frame().with_columns(pl.col(s.STORE).cast(calendar.schema[s.STORE]))
    weeks = store_weeks(days, calendar, sales)
    planned = _plan_weeks(figures, budget, every, words)
    rows, names = with_groups(weeks.join(planned, on=[w.STORE, WEEK], how="left", maintain_order="left"), groups)
    standing = store_week_figures(every.filter(pl.col("withdrawn").is_null()))
    created = dt.datetime.now(dt.UTC)
    content = WorkbookContent(
        title=words.text(
            "Version {version} of the plan, {state}, after {cutoff}",
            version=wanted.version,
            state=words.text(wanted.state),
            cutoff=words.date(wanted.cutoff),
        ),
        facts={
            w.VERSION: wanted.version,
            w.REVISION: revision,
            w.MODEL: wanted.model,
            w.CUTOFF: wanted.cutoff,
            w.STATE: words.text(wanted.state),
            w.DAYS: words.text("{first} to {last}", first=words.date(wanted.first), last=words.date(wanted.last)),
            w.EXPORTED: words.message(moment(created)),
        },
        rows=_with_standing(rows, standing),
        groups=names,
        reasons=reasons,
        figure=figure_title(target, words),
        notices=[words.text(GENERATED)] if generated else [],
        words=words,
    )
    return write_workbook(content, created)


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
        taken = _result(filled, wanted, None, refused=str(error))
    trial.rollback()
    return replace(taken, applied=False, revision=wanted.revision)


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


def _wanted_changes(conn: Connection, filled: FilledWorkbook) -> _WantedChanges:
    newest = read_version(conn)
    of_file = _version_of(conn, filled)
    revision = read_revision(conn)
    if filled.revision > revision:
        raise DataError(
            f"{filled.name} is of revision {filled.revision}, this plan is at {revision}: it was restored since."
        )
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
    changes = changes_of(filled, standing, (exported, latest), read_reasons(conn))
    return _WantedChanges(of_file.version, newest, revision, tuple(changes), standing)


def _version_of(conn: Connection, filled: FilledWorkbook) -> PlanVersion:
    """Return the version that a workbook is of: by its number, or the one that its forecast was published as."""
    same = [each for each in all_versions(conn) if (each.model, each.cutoff) == (filled.model, filled.cutoff)]
    of_file = next((each for each in same if filled.version in (None, each.version)), None)
    if of_file is not None:
        return of_file
    if filled.version is None:
        raise DataError(
            f"{filled.name} is of the forecast of {filled.model} after {filled.cutoff}, which is no version of this plan yet. "
            "Publish it, and bring the file back again: storecast plan publish."
        )
    raise DataError(
        f"{filled.name} is of version {filled.version} of another plan: that version here is of another model and day, or "
        "there is none. Export this plan, and fill that file in."
    )


def _take(conn: Connection, filled: FilledWorkbook, wanted: _WantedChanges, *, by: str) -> WorkbookTaken:
    if not wanted.changes:
        return _result(filled, wanted, None)
    stale = [each for each in wanted.changes if each.stale]
    if stale:
        cells = "; ".join(f"{each.cell}, store {each.store}: {each.stale}" for each in stale[:MAX_NAMED])
        which = f"{len(stale)} of its {len(wanted.changes)} changes no longer fit"
        what = f"{filled.name} is of version {wanted.version}, the newest is {wanted.newest.version}: {which}"
        advice = "Export the newest version, and put them in there."
        raise ConflictError(f"{what} ({cells}). {advice}", public=f"{what}. {advice}")
    new = [each for each in wanted.changes if each.action != WITHDRAW]
    gone = [wanted.standing[each.store, each.first, each.last] for each in wanted.changes if each.action == WITHDRAW]
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
    written = change_overrides(conn, rows, withdrawn, by=by, seen=filled.revision)
    return _result(filled, wanted, written)


def _result(
    filled: FilledWorkbook, wanted: _WantedChanges, written: PlanWritten | None, *, refused: str = ""
) -> WorkbookTaken:
    notices = []
    if wanted.version != wanted.newest.version:
        notices.append(
            f"The file is of version {wanted.version}, the newest is {wanted.newest.version}: each change is compared with "
            "both forecasts."
        )
    if filled.revision != wanted.revision:
        notices.append(
            f"The plan was at revision {filled.revision} when the file was exported, and is at {wanted.revision}: what was "
            "changed since in other stores or weeks stays."
        )
    return WorkbookTaken(
        version=wanted.newest.version,
        revision=wanted.revision if written is None else written.revision,
        file_version=wanted.version,
        file_revision=filled.revision,
        applied=written is not None,
        added=0 if written is None else written.added,
        withdrawn=0 if written is None else written.withdrawn,
        refused=refused,
        notices=tuple(notices),
        changes=wanted.changes,
    )


def _plan_weeks(
    figures: StoreDays, budget: pl.DataFrame, overrides: pl.DataFrame, words: WorkbookWords
) -> pl.DataFrame:
    """Return bounds, budget and plan of store-weeks, and what overrides do to each.

    Parameters
    ----------
    figures : with the plan and who holds each store-day
    budget : as `read_budget` returns it
    overrides : all that ever stood
    words : of the language
    """
    cells = budget_of(figures, budget)
    days = StoreDays(figures.stores, figures.first, {**figures.cents, w.BUDGET: cells}).in_cents()
    weeks = days.group_by(s.STORE, pl.col(s.DATE).dt.truncate("1w").alias(WEEK), maintain_order=True).agg(
        as_money(pl.col(BAND[0]).sum()).alias(w.LOWER),
        as_money(pl.col(BAND[1]).sum()).alias(w.UPPER),
        budget_sum(),
        as_money(pl.col(PLAN).sum()).alias(w.PLAN),
        pl.col(OVERRIDE).filter(pl.col(OVERRIDE) != NOBODY).unique().sort().alias("holders"),
    )
    texts = {
        row["id"]: words.text(
            "override {number}: {override} ({reason}, {person})",
            number=row["id"],
            override=words.message(describe(row)),
            reason=row["reason"],
            person=row["by"],
        )
        for row in overrides.iter_rows(named=True)
    }
    listed = [_listed([texts[number] for number in numbers], words) for numbers in weeks["holders"].to_list()]
    standing = pl.Series(w.STANDING, listed, dtype=pl.String)
    return weeks.drop("holders").with_columns(pl.col(s.STORE).cast(pl.String).alias(w.STORE), standing)


def _listed(texts: Sequence[str], words: WorkbookWords) -> str | None:
    named, more = "; ".join(texts[:MAX_NAMED]), len(texts) - MAX_NAMED
    if more > 0:
        named = words.text("{overrides} and {count} more", overrides=named, count=more)
    return cell_text(named) if texts else None


def _with_standing(rows: pl.DataFrame, standing: dict[Scope, dict[str, object]]) -> pl.DataFrame:
    """Add the totals of exactly these store-weeks that stand."""
    overrides = [standing.get(scope) for scope in rows.select(w.STORE, w.FIRST, w.LAST).iter_rows()]
    return rows.with_columns(
        pl.Series(w.OVERRIDE, [None if each is None else each["value"] for each in overrides], dtype=pl.Float64),
        pl.Series(w.REASON, [None if each is None else each["reason"] for each in overrides], dtype=pl.String),
        pl.Series(
            w.NOTE, [None if each is None else cell_text(str(each["note"])) for each in overrides], dtype=pl.String
        ),
    )
