"""What a workbook that came back changes in a plan: its cells against the overrides that stood when it was exported."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from storecast.arrays import I64
from storecast.errors import Message
from storecast.plan import workbook_layout as w
from storecast.plan.budget import NONE, budget_of
from storecast.plan.overrides import FIGURE, moved_too_far
from storecast.plan.scopes import STORE
from storecast.plan.store_days import CENT, FIGURES, StoreDays
from storecast.plan.versions import MAX_NOTE
from storecast.plan.workbook_reading import CellProblems, FilledRow, FilledWorkbook
from storecast.plan.workbook_words import USUAL_REASON_OF

ADD, CHANGE, WITHDRAW = ("add", "change", "withdraw")  # an override
BUDGET = "budget"  # puts one in place of another, or takes it away
Scope = tuple[str, dt.date, dt.date]  # a store, and the first and the last day


@dataclass(frozen=True)
class WorkbookChange:
    """A change that a workbook asks for.

    Attributes
    ----------
    cell : in which it stands, such as Weeks!K12
    action : add, change or withdraw an override, or budget
    store : whose it is
    first, last : its days
    before, after : the total; None: no override, or no budget
    reason, note : of the override
    forecast : of these days in the newest version; None where it has not all of them
    exported : the forecast of these days in the version of the file
    stale : why it no longer fits the newest version; empty: it does
    """

    cell: str
    action: str
    store: str
    first: dt.date
    last: dt.date
    before: float | None
    after: float | None
    reason: str
    note: str
    forecast: float | None
    exported: float
    stale: str


def store_week_figures(overrides: pl.DataFrame) -> dict[Scope, dict[str, Any]]:
    """Return the overrides that are totals of single stores, by store and days.

    Parameters
    ----------
    overrides : as `current_plan.read_overrides` returns them
    """
    rows = overrides.filter((pl.col("level") == STORE) & (pl.col("kind") == FIGURE))
    return {(row["key"], row["first"], row["last"]): row for row in rows.iter_rows(named=True)}


def changes_of(
    filled: FilledWorkbook,
    standing: Mapping[Scope, Mapping[str, Any]],
    versions: tuple[StoreDays, StoreDays],
    reasons: Sequence[str],
    budget: pl.DataFrame,
) -> list[WorkbookChange]:
    """Return what a workbook changes, in the order of its rows.

    Parameters
    ----------
    filled : the workbook
    standing : the overrides that stood when it was exported, as `store_week_figures` returns them
    versions : the forecast of the version of the file, and that of the newest one; both the same where it is the newest
    reasons : that an override may have
    budget : store (text), first, last, amount, as it is now

    Raises
    ------
    CellsError
        where a row is none of the version, stands twice, or has no valid reason
    """
    exported, newest = (_Sums(figures) for figures in versions)
    weeks = set(weeks_within(versions[0]))
    moved = versions[0] is not versions[1]
    budget_cells = budget_of(versions[0], budget)
    problems = CellProblems(filled.name)
    seen: set[Scope] = set()
    changes: list[WorkbookChange] = []
    for row in filled.rows:
        scope = (row.store, row.first, row.last)
        if row.store not in exported.places:
            problems.add(row.cells[w.STORE], row.store, Message("a store of the plan, as exported"))
        elif (row.first, row.last) not in weeks:
            problems.add(row.cells[w.FIRST], f"{row.first} to {row.last}", Message("a week of the plan, as exported"))
        elif scope in seen:
            problems.add(row.cells[w.STORE], f"{row.store}, {row.first}", Message("each store and week once"))
        else:
            before = standing.get(scope)
            wanted = _wanted(row, before, reasons, problems)
            if wanted is not None:
                changes.append(_described(row, before, wanted, exported, newest if moved else None))
            changes += _budget_change(row, budget_cells, exported, newest)
        seen.add(scope)
    problems.refuse()
    return changes


def weeks_within(figures: StoreDays) -> list[tuple[dt.date, dt.date]]:
    """Return the weeks of a version, Monday to Sunday, cut at the ends."""
    days = pl.date_range(figures.first, figures.last, eager=True)
    mondays = days.dt.truncate("1w").unique().sort()
    week = dt.timedelta(days=6)
    return [(max(monday, figures.first), min(monday + week, figures.last)) for monday in mondays.to_list()]


def cell_text(text: str) -> str:
    """Return a text as a cell can hold it, without control characters."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each if each.isprintable() or each == "\n" else " " for each in plain).strip()


class _Sums:
    """The sums of a store's days in a version, in cents.

    Parameters
    ----------
    figures : of the version
    """

    def __init__(self, figures: StoreDays) -> None:
        self._figures = figures
        self.places = {store: place for place, store in enumerate(figures.stores.cast(pl.String).to_list())}

    def of(self, row: FilledRow) -> list[int] | None:
        """Return forecast and bounds of a row; None where the version has not all of its days."""
        figures = self._figures
        place = self.places.get(row.store)
        if place is None or row.first < figures.first or row.last > figures.last:
            return None
        return [int(figures.cents[name][place, self.days(row)].sum()) for name in FIGURES]

    def days(self, row: FilledRow) -> slice:
        """Return the places of a row's days in the version."""
        first = self._figures.first
        return slice((row.first - first).days, (row.last - first).days + 1)


def _wanted(
    row: FilledRow, before: Mapping[str, Any] | None, reasons: Sequence[str], problems: CellProblems
) -> tuple[str, str, str] | None:
    """Return the action, the reason and the note that a row asks for; None where it changes nothing.

    Parameters
    ----------
    row : as it was filled in
    before : the override that stood when it was exported
    reasons : as for `changes_of`
    problems : added to here
    """
    note = "" if before is None else before["note"]
    if row.note is not None and cell_text(row.note) != cell_text(note):
        note = cell_text(row.note)
    if row.override is None:
        if before is None and (row.reason or note):
            problems.add(row.cells[w.OVERRIDE], "", Message("a total, or no reason and no note either"))
        return None if before is None else (WITHDRAW, "", "")
    reason = row.reason
    if reason not in (*reasons, "" if before is None else before["reason"]):
        reason = USUAL_REASON_OF.get(reason, reason)
    same = before is not None and round(before["value"] * CENT) == round(row.override * CENT)
    if before is not None and same and (reason, note) == (before["reason"], before["note"]):
        return None
    if reason not in reasons:
        problems.add(row.cells[w.REASON], row.reason, Message("one of {names}", names=", ".join(reasons)))
    if len(note) > MAX_NOTE:
        problems.add(row.cells[w.NOTE], note, Message("at most {count} characters", count=MAX_NOTE))
    return (ADD if before is None else CHANGE, reason, note)


def _budget_change(row: FilledRow, budget: I64, exported: _Sums, newest: _Sums) -> list[WorkbookChange]:
    """Return the change of a row's budget, if it has any, beside the budget as it is.

    Parameters
    ----------
    row : as it was filled in
    budget : of each store-day of the version of the file, in cents
    exported : of the version of the file
    newest : of the newest version
    """
    after, before = (None if each is None else round(each * CENT) for each in (row.budget, row.budget_before))
    cells = budget[exported.places[row.store]][exported.days(row)]
    budgeted = cells[cells != NONE]
    now = int(budgeted.sum()) if len(budgeted) else None
    if after in (before, now):
        return []
    sums, latest = exported.of(row), newest.of(row)
    assert sums is not None
    return [
        WorkbookChange(
            cell=row.cells[w.BUDGET],
            action=BUDGET,
            store=row.store,
            first=row.first,
            last=row.last,
            before=None if now is None else now / CENT,
            after=row.budget,
            reason="",
            note="",
            forecast=None if latest is None else latest[0] / CENT,
            exported=sums[0] / CENT,
            stale="" if now == before else Message("the budget was changed since the file was exported"),
        )
    ]


def _described(
    row: FilledRow,
    before: Mapping[str, Any] | None,
    wanted: tuple[str, str, str],
    exported: _Sums,
    newest: _Sums | None,
) -> WorkbookChange:
    """Return a change with what it meets in the newest version.

    Parameters
    ----------
    row, before : as for `_wanted`
    wanted : what that returned
    exported : of the version of the file
    newest : of the newest version; None: it is the same
    """
    action, reason, note = wanted
    sums = exported.of(row)
    assert sums is not None
    now = sums if newest is None else newest.of(row)
    stale = ""
    if now is None:
        stale = Message("some of its days are over, or its store is not in the newest version")
    elif newest is not None and row.override is not None:
        stale = moved_too_far(np.array([*sums, now[0], round(row.override * CENT)], np.int64), FIGURE)
    return WorkbookChange(
        cell=row.cells[w.OVERRIDE],
        action=action,
        store=row.store,
        first=row.first,
        last=row.last,
        before=None if before is None else before["value"],
        after=row.override,
        reason=reason,
        note=note,
        forecast=None if now is None else now[0] / CENT,
        exported=sums[0] / CENT,
        stale=stale,
    )
