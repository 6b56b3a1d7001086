"""Publish forecasts as versions of the plan, and bring versions from a draft to a locked plan."""

import datetime as dt
import json
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import tables as t
from storecast.database.chain_info import NUMBER, TEXT, lock_existing_chain
from storecast.database.current_plan import APPROVED_PART, REVIEWED_PART, SUPERSEDED_PART, read_plan
from storecast.database.forecasts import MadeForecast
from storecast.database.plan_versions import (
    DRIVERS_PART,
    FORECAST_PART,
    all_versions,
    drop_figures,
    keep_figures,
    read_version,
)
from storecast.errors import ConflictError, DataError, Message, moment
from storecast.plan.overrides import OVERRIDE, PLAN
from storecast.plan.store_days import FIGURES, StoreDays
from storecast.plan.totals import to_text
from storecast.plan.versions import APPROVED, DRAFT, MAX_NOTE, REVIEWED, STATES, check_step

KEPT_PARTS = {REVIEWED: REVIEWED_PART, APPROVED: APPROVED_PART}  # the plan as it was when it came into a state


@dataclass(frozen=True)
class Published:
    """What publishing a forecast did.

    Attributes
    ----------
    version : its number in the plan
    state : that it is in
    new : whether it was not published before
    explained : whether it is known what it is made of
    """

    version: int
    state: str
    new: bool
    explained: bool


@dataclass(frozen=True)
class Advanced:
    """A version that came into another state.

    Attributes
    ----------
    version : its number
    state : that it is in now
    before : that it was in
    """

    version: int
    state: str
    before: str


def publish_version(
    conn: Connection, forecast: MadeForecast, drivers: pl.DataFrame | None, *, by: str, note: str = ""
) -> Published:
    """Keep a forecast as a new version of the plan; one that was published before keeps its number and its state.

    Parameters
    ----------
    conn : from `Database.begin`
    forecast : to publish
    drivers : what it is made of, for its stores and days at least, as `explain.explanations.explain` returns it; None: not known
    by : who publishes it
    note : a remark

    Raises
    ------
    DataError
        where the drivers are not those of the forecast, or the note is too long
    """
    chain = lock_existing_chain(conn)
    check_note(note)
    days = StoreDays.of(forecast.rows, FIGURES)
    v = t.plan_versions
    same = (v.c.model == forecast.model) & (v.c.cutoff == forecast.cutoff) & (v.c.version == forecast.version)
    row = conn.execute(sa.select(v.c.id, v.c.state).where(same)).one_or_none()
    new = row is None
    if row is None:
        _keep_superseded(conn)
        values = {
            "model": forecast.model,
            "cutoff": forecast.cutoff,
            "version": forecast.version,
            "first": days.first,
            "last": days.last,
            "store_ids": TEXT if chain.store_type == pl.String() else NUMBER,
            "stores": json.dumps(days.stores.to_list()),
            "state": DRAFT,
            "totals": to_text(forecast.totals),
            "scenario": forecast.scenario,
        }
        row = conn.execute(sa.insert(v).values(values).returning(v.c.id, v.c.state)).one()
        keep_figures(conn, row.id, FORECAST_PART, days)
        _note_state(conn, row.id, DRAFT, by, note)
    elif forecast.totals:
        conn.execute(sa.update(v).where(v.c.id == row.id).values(totals=to_text(forecast.totals)))
    explained = _has_drivers(conn, row.id)
    if drivers is not None and not explained:
        keep_figures(conn, row.id, DRIVERS_PART, _drivers_of(days, drivers))
        explained = True
    return Published(row.id, row.state, new, explained)


def advance_version(
    conn: Connection, version: int, state: str, *, by: str, seen: str | None = None, note: str = ""
) -> Advanced:
    """Bring a version into its next state, or back to a draft.

    Parameters
    ----------
    conn : from `Database.begin`
    version : its number
    state : that it should come into
    by : who says so
    seen : the state in which they saw it; None: any
    note : a remark

    Raises
    ------
    MissingError
        where there is no such version
    ConflictError
        where it is in another state than was seen, or the step is none that a version takes
    """
    lock_existing_chain(conn)
    check_note(note)
    current = read_version(conn, version)
    if seen is not None and seen != current.state:
        last = current.history[-1]
        message = Message(
            "Version {version} is {state} by now ({who}, {at}); you saw it as {seen}.",
            version=version,
            state=Message(current.state),
            who=last.by,
            at=moment(last.at),
            seen=Message(seen) if seen in STATES else seen,
        )
        raise ConflictError(message, public=message)
    check_step(version, current.state, state)
    if state in KEPT_PARTS:
        _keep_plan(conn, version, KEPT_PARTS[state])
    elif state == DRAFT:
        drop_figures(conn, version, KEPT_PARTS.values())
    conn.execute(sa.update(t.plan_versions).where(t.plan_versions.c.id == version).values(state=state))
    _note_state(conn, version, state, by, note)
    return Advanced(version, state, current.state)


def _keep_superseded(conn: Connection) -> None:
    """Keep the plan of the newest version as it is, before another takes its place: overrides go on to that one."""
    versions = all_versions(conn)
    if versions:
        _keep_plan(conn, versions[0].version, SUPERSEDED_PART)


def _keep_plan(conn: Connection, version: int, part: str) -> None:
    _, plan = read_plan(conn, version)
    cents = {name: plan.cents[name] for name in (PLAN, OVERRIDE)}
    keep_figures(conn, version, part, StoreDays(plan.stores, plan.first, cents))


def _drivers_of(days: StoreDays, drivers: pl.DataFrame) -> StoreDays:
    """Return what a forecast is made of, for its stores and days, in cents that add up to it."""
    names = [name for name in drivers.columns if name not in (*s.KEYS, s.FORECAST)]
    whole = StoreDays.of(drivers, [s.FORECAST, *names])
    if not _covers(whole, days):
        raise DataError("What the forecast is made of is not known for all its stores and days.")
    part = whole.part(days.stores, days.first, days.last)
    if (part.cents[s.FORECAST] != days.cents[s.FORECAST]).any():
        raise DataError(
            "What the model says now is not the forecast that is published: the chain was changed since. Forecast again, "
            "or publish it without what it is made of."
        )
    return StoreDays(days.stores, days.first, {name: part.cents[name] for name in names})


def _covers(whole: StoreDays, part: StoreDays) -> bool:
    stores = part.stores.is_in(whole.stores.implode()).all()
    return stores and whole.first <= part.first and part.last <= whole.last


def _has_drivers(conn: Connection, version: int) -> bool:
    f = t.plan_figures.c
    statement = sa.select(sa.func.count()).where(f.plan == version, f.part == DRIVERS_PART)
    return bool(conn.execute(statement).scalar_one())


def _note_state(conn: Connection, version: int, state: str, by: str, note: str) -> None:
    assert state in STATES, state
    values = {"plan": version, "state": state, "at": dt.datetime.now(dt.UTC), "by": by, "note": note}
    conn.execute(sa.insert(t.plan_states).values(values))


def check_note(note: str) -> None:
    """Refuse a note that is too long.

    Raises
    ------
    DataError
        where it is
    """
    if len(note) > MAX_NOTE or "\x00" in note:
        raise DataError("A note is a text of at most {most} characters.", most=MAX_NOTE)
