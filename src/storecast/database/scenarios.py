"""Keep scenarios by name, with the forecast under the changed calendar, and make versions of the plan of them.

One that is deleted is marked, and can be restored.
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Row

from storecast import schema as s
from storecast.database import tables as t
from storecast.database.chain_info import NUMBER, TEXT, lock_existing_chain
from storecast.database.forecasts import MadeForecast
from storecast.database.plan_publishing import check_note, publish_version
from storecast.database.plan_versions import all_versions
from storecast.errors import ConflictError, DataError, MissingError, quote
from storecast.plan.scenarios import (
    MOST_COMPARED,
    CalendarChange,
    SavedScenario,
    ScenarioResult,
    ScenarioSpan,
    check_name,
    spans_of,
)
from storecast.plan.store_days import FIGURES, StoreDays, compact, expand


@dataclass(frozen=True)
class ScenarioWritten:
    """A scenario that was saved, deleted or restored.

    Attributes
    ----------
    scenario : its number
    name : its name
    version : of the chain on whose forecast it was worked out
    """

    scenario: int
    name: str
    version: int


@dataclass(frozen=True)
class ScenarioPublished:
    """A scenario that became a version of the plan.

    Attributes
    ----------
    scenario : its number
    version : of the plan
    state : that it is in
    new : whether it was not published before
    """

    scenario: int
    version: int
    state: str
    new: bool


def save_scenario(conn: Connection, result: ScenarioResult, name: str, *, by: str, note: str = "") -> ScenarioWritten:
    """Keep a scenario that was worked out.

    Parameters
    ----------
    conn : from `Database.begin`
    result : that is kept
    name : under which it is found again
    by : who saves it
    note : a remark

    Raises
    ------
    DataError
        where the name or the note is none
    ConflictError
        where another scenario has the name
    """
    chain = lock_existing_chain(conn)
    name = check_name(name)
    check_note(note)
    same = _standing(conn, name)
    if same is not None:
        message = (
            f"There is a scenario {quote(name)} ({same.by}, {same.at:%Y-%m-%d}). Take another name, or delete it first."
        )
        raise ConflictError(message, public=message)
    days = StoreDays.of(result.forecast, FIGURES)
    whole, weeks = spans_of(result.differences)
    values = {
        "name": name,
        "model": result.model,
        "cutoff": result.cutoff,
        "version": result.chain_version,
        "store_ids": TEXT if chain.store_type == pl.String() else NUMBER,
        "stores": json.dumps(days.stores.to_list()),
        **vars(whole),
        "weeks": json.dumps([list(vars(week).values()) for week in weeks], default=str),
        "changes": json.dumps([list(vars(change).values()) for change in result.changes], default=str),
        "notices": json.dumps(result.notices),
        "note": note,
        "by": by,
        "at": dt.datetime.now(dt.UTC),
    }
    number = int(conn.execute(sa.insert(t.scenarios).values(values).returning(t.scenarios.c.id)).scalar_one())
    figures = [
        {"scenario": number, "name": figure, "place": place, "cells": compact(cells)}
        for place, (figure, cells) in enumerate(days.cents.items())
    ]
    conn.execute(sa.insert(t.scenario_figures), figures)
    return ScenarioWritten(number, name, result.chain_version)


def check_free_name(conn: Connection, name: str) -> None:
    """Refuse a name that a scenario has.

    Raises
    ------
    ConflictError
        where one has it
    """
    same = _standing(conn, check_name(name))
    if same is not None:
        message = f"There is a scenario {quote(same.name)} ({same.by}, {same.at:%Y-%m-%d}). Take another name, or delete it first."
        raise ConflictError(message, public=message)


def all_scenarios(conn: Connection) -> list[SavedScenario]:
    """Return the scenarios that stand, newest first."""
    c = t.scenarios.c
    return [
        _saved(row) for row in conn.execute(sa.select(t.scenarios).where(c.deleted.is_(None)).order_by(c.id.desc()))
    ]


def deleted_scenarios(conn: Connection) -> list[SavedScenario]:
    """Return the scenarios that were deleted, the last one first."""
    c = t.scenarios.c
    deleted = sa.select(t.scenarios).where(c.deleted.is_not(None)).order_by(c.deleted.desc())
    return [_saved(row) for row in conn.execute(deleted)]


def read_scenario(conn: Connection, scenario: int | str) -> SavedScenario:
    """Return a scenario that stands.

    Parameters
    ----------
    conn : open connection
    scenario : its number, or its name

    Raises
    ------
    MissingError
        where there is none
    """
    return _saved(_row(conn, scenario))


def read_scenarios(conn: Connection, wanted: list[int | str]) -> list[SavedScenario]:
    """Return several scenarios, to be set beside each other.

    Parameters
    ----------
    conn : open connection
    wanted : their numbers or names

    Raises
    ------
    MissingError
        where one is missing
    DataError
        where they are too few or too many, or one is named twice
    """
    scenarios = [read_scenario(conn, each) for each in wanted]
    if not 2 <= len({each.scenario for each in scenarios}) == len(scenarios) <= MOST_COMPARED:
        raise DataError(f"Expected 2 to {MOST_COMPARED} scenarios to compare, each once; found {len(scenarios)}.")
    return scenarios


def delete_scenario(conn: Connection, scenario: int | str) -> ScenarioWritten:
    """Mark a scenario as deleted; `restore_scenario` takes that back.

    Parameters
    ----------
    conn : from `Database.begin`
    scenario : its number, or its name

    Raises
    ------
    MissingError
        where there is none
    """
    lock_existing_chain(conn)
    return _mark(conn, _row(conn, scenario), dt.datetime.now(dt.UTC))


def restore_scenario(conn: Connection, scenario: int) -> ScenarioWritten:
    """Bring a scenario back that was deleted.

    Parameters
    ----------
    conn : from `Database.begin`
    scenario : its number

    Raises
    ------
    MissingError
        where none of this number was deleted
    ConflictError
        where another one has its name by now
    """
    lock_existing_chain(conn)
    c = t.scenarios.c
    row = conn.execute(sa.select(t.scenarios).where(c.id == scenario, c.deleted.is_not(None))).one_or_none()
    if row is None:
        raise MissingError(f"No scenario {scenario} was deleted.")
    if _standing(conn, row.name) is not None:
        message = f"Another scenario is called {quote(row.name)} by now. Delete that one first."
        raise ConflictError(message, public=message)
    return _mark(conn, row, None)


def publish_scenario(conn: Connection, scenario: int | str, *, by: str, note: str = "") -> ScenarioPublished:
    """Make a version of the plan, a draft, of the forecast under the changed calendar; it is made once.

    Parameters
    ----------
    conn : from `Database.begin`
    scenario : its number, or its name
    by : who publishes it
    note : a remark; empty: the name of the scenario

    Raises
    ------
    MissingError
        where there is none
    ConflictError
        where the plan has a version of a newer forecast
    """
    lock_existing_chain(conn)
    row = _row(conn, scenario)
    versions = all_versions(conn)
    if versions and versions[0].cutoff > row.cutoff:
        newest = f"version {versions[0].version} of the plan knows those up to {versions[0].cutoff}"
        message = f"The scenario was worked out on sales up to {row.cutoff}, and {newest}. Work it out again."
        raise ConflictError(message, public=message)
    model = f"{row.model}, scenario {row.id}"
    forecast = MadeForecast(model, row.cutoff, row.version, _forecast(conn, row).to_frame(), scenario=row.id)
    published = publish_version(conn, forecast, None, by=by, note=note or f"Scenario {row.name}")
    return ScenarioPublished(row.id, published.version, published.state, published.new)


def _row(conn: Connection, scenario: int | str) -> Row[Any]:
    c = t.scenarios.c
    of_name = isinstance(scenario, str) and not scenario.isdigit()
    same = c.name == scenario if of_name else c.id == int(scenario)
    row = conn.execute(sa.select(t.scenarios).where(same, c.deleted.is_(None))).one_or_none()
    if row is None:
        raise MissingError(
            "There is no such scenario. `storecast scenarios list` and the page list those that there are."
        )
    return row


def _standing(conn: Connection, name: str) -> Row[Any] | None:
    c = t.scenarios.c
    return conn.execute(sa.select(t.scenarios).where(c.name == name, c.deleted.is_(None))).one_or_none()


def _mark(conn: Connection, row: Row[Any], deleted: dt.datetime | None) -> ScenarioWritten:
    conn.execute(sa.update(t.scenarios).where(t.scenarios.c.id == row.id).values(deleted=deleted))
    return ScenarioWritten(row.id, row.name, row.version)


def _forecast(conn: Connection, row: Row[Any]) -> StoreDays:
    f = t.scenario_figures.c
    statement = sa.select(f.name, f.cells).where(f.scenario == row.id).order_by(f.place)
    stores = pl.Series(s.STORE, json.loads(row.stores), dtype=pl.String if row.store_ids == TEXT else pl.Int64)
    days = (row.last - row.first).days + 1
    return StoreDays(
        stores, row.first, {name: expand(cells, len(stores), days) for name, cells in conn.execute(statement)}
    )


def _saved(row: Row[Any]) -> SavedScenario:
    span = ("first", "last", "stored", "scenario", "difference", "lower80", "upper80")
    day = dt.date.fromisoformat
    return SavedScenario(
        scenario=row.id,
        name=row.name,
        model=row.model,
        cutoff=row.cutoff,
        chain_version=row.version,
        stores=len(json.loads(row.stores)),
        whole=ScenarioSpan(**{name: getattr(row, name) for name in span}),
        weeks=tuple(ScenarioSpan(day(first), day(last), *rest) for first, last, *rest in json.loads(row.weeks)),
        changes=tuple(
            CalendarChange(level, key, day(first), day(last), column, value)
            for level, key, first, last, column, value in json.loads(row.changes)
        ),
        notices=tuple(json.loads(row.notices)),
        note=row.note,
        by=row.by,
        at=row.at,
    )
