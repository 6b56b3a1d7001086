"""Keep the versions of the plan: each forecast that was published, with its figures and the states that it came into."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import tables as t
from storecast.database.chain_info import NUMBER, TEXT, lock_existing_chain
from storecast.database.forecasts import MadeForecast
from storecast.errors import ConflictError, DataError, MissingError
from storecast.plan.store_days import FIGURES, StoreDays, compact, expand
from storecast.plan.versions import DRAFT, STATES, PlanVersion, StateChange, check_step

FORECAST_PART, DRIVERS_PART = "forecast", "drivers"
MAX_NOTE = 1000  # characters


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
    _check_note(note)
    days = StoreDays.of(forecast.rows, FIGURES)
    v = t.plan_versions
    same = (v.c.model == forecast.model) & (v.c.cutoff == forecast.cutoff) & (v.c.version == forecast.version)
    row = conn.execute(sa.select(v.c.id, v.c.state).where(same)).one_or_none()
    new = row is None
    if row is None:
        values = {
            "model": forecast.model,
            "cutoff": forecast.cutoff,
            "version": forecast.version,
            "first": days.first,
            "last": days.last,
            "store_ids": TEXT if chain.store_type == pl.String() else NUMBER,
            "stores": json.dumps(days.stores.to_list()),
            "state": DRAFT,
        }
        row = conn.execute(sa.insert(v).values(values).returning(v.c.id, v.c.state)).one()
        _keep(conn, row.id, FORECAST_PART, days)
        _note_state(conn, row.id, DRAFT, by, note)
    explained = _has_drivers(conn, row.id)
    if drivers is not None and not explained:
        _keep(conn, row.id, DRIVERS_PART, _drivers_of(days, drivers))
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
    _check_note(note)
    current = read_version(conn, version)
    if seen is not None and seen != current.state:
        last = current.history[-1]
        message = f"Version {version} is {current.state} by now ({last.by}, {last.at:%Y-%m-%d %H:%M} UTC); you saw it as {seen}."
        raise ConflictError(message, public=message)
    check_step(version, current.state, state)
    conn.execute(sa.update(t.plan_versions).where(t.plan_versions.c.id == version).values(state=state))
    _note_state(conn, version, state, by, note)
    return Advanced(version, state, current.state)


def all_versions(conn: Connection) -> list[PlanVersion]:
    """Return the versions, newest first."""
    v = t.plan_versions
    rows = conn.execute(sa.select(v).order_by(v.c.id.desc())).all()
    history: dict[int, list[StateChange]] = {}
    for row in conn.execute(sa.select(t.plan_states).order_by(t.plan_states.c.id)):
        history.setdefault(row.plan, []).append(StateChange(row.state, row.at, row.by, row.note))
    figures = t.plan_figures.c
    explained = set(conn.execute(sa.select(figures.plan).where(figures.part == DRIVERS_PART).distinct()).scalars())
    return [
        PlanVersion(
            version=row.id,
            model=row.model,
            cutoff=row.cutoff,
            chain_version=row.version,
            first=row.first,
            last=row.last,
            stores=len(json.loads(row.stores)),
            state=row.state,
            explained=row.id in explained,
            history=tuple(history[row.id]),
        )
        for row in rows
    ]


def read_version(conn: Connection, version: int | None = None) -> PlanVersion:
    """Return a version by its number; None: the newest.

    Raises
    ------
    MissingError
        where there is none
    """
    versions = all_versions(conn)
    wanted = next((each for each in versions if version in (None, each.version)), None)
    if wanted is None and not versions:
        raise MissingError("No forecast has been published yet. Publish the newest one: storecast plan publish.")
    if wanted is None:
        raise MissingError(f"The plan has no version {version}; the newest is {versions[0].version}.")
    return wanted


def read_figures(conn: Connection, version: int, part: str = FORECAST_PART) -> StoreDays | None:
    """Return the figures of a version; None where they are not known.

    Parameters
    ----------
    conn : open connection
    version : its number, of a version that there is
    part : the forecast with its bounds, or the drivers that it is made of
    """
    row = conn.execute(sa.select(t.plan_versions).where(t.plan_versions.c.id == version)).one()
    f = t.plan_figures
    statement = sa.select(f.c.name, f.c.cells).where(f.c.plan == version, f.c.part == part).order_by(f.c.place)
    stores = pl.Series(s.STORE, json.loads(row.stores), dtype=pl.String if row.store_ids == TEXT else pl.Int64)
    days = (row.last - row.first).days + 1
    cents = {name: expand(cells, len(stores), days) for name, cells in conn.execute(statement)}
    return StoreDays(stores, row.first, cents) if cents else None


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


def _keep(conn: Connection, version: int, part: str, days: StoreDays) -> None:
    rows: Sequence[dict[str, object]] = [
        {"plan": version, "part": part, "name": name, "place": place, "cells": compact(cells)}
        for place, (name, cells) in enumerate(days.cents.items())
    ]
    conn.execute(sa.insert(t.plan_figures), rows)


def _has_drivers(conn: Connection, version: int) -> bool:
    f = t.plan_figures.c
    statement = sa.select(sa.func.count()).where(f.plan == version, f.part == DRIVERS_PART)
    return bool(conn.execute(statement).scalar_one())


def _note_state(conn: Connection, version: int, state: str, by: str, note: str) -> None:
    assert state in STATES, state
    values = {"plan": version, "state": state, "at": dt.datetime.now(dt.UTC), "by": by, "note": note}
    conn.execute(sa.insert(t.plan_states).values(values))


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE or "\x00" in note:
        raise DataError(f"A note is a text of at most {MAX_NOTE} characters.")
