"""Read the versions of the plan: each forecast that was published, with its figures and the states that it came into."""

import json
from collections.abc import Iterable

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import tables as t
from storecast.database.chain_info import TEXT
from storecast.errors import MissingError
from storecast.plan.store_days import StoreDays, compact, expand
from storecast.plan.totals import from_text
from storecast.plan.versions import PlanVersion, StateChange

FORECAST_PART, DRIVERS_PART = "forecast", "drivers"


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
            totals=from_text(row.totals),
            scenario=row.scenario,
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
        raise MissingError(
            "The plan has no version {version}; the newest is {newest}.", version=version, newest=versions[0].version
        )
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


def keep_figures(conn: Connection, version: int, part: str, days: StoreDays) -> None:
    """Keep figures of a version, in place of those of the same part.

    Parameters
    ----------
    conn : in the transaction of the write
    version : its number
    part : the name under which `read_figures` finds them
    days : of all its stores and days
    """
    drop_figures(conn, version, [part])
    rows: list[dict[str, object]] = [
        {"plan": version, "part": part, "name": name, "place": place, "cells": compact(cells)}
        for place, (name, cells) in enumerate(days.cents.items())
    ]
    conn.execute(sa.insert(t.plan_figures), rows)


def drop_figures(conn: Connection, version: int, parts: Iterable[str]) -> None:
    """Drop some parts of the figures of a version.

    Parameters
    ----------
    conn : in the transaction of the write
    version : its number
    parts : their names
    """
    f = t.plan_figures.c
    conn.execute(sa.delete(t.plan_figures).where(f.plan == version, f.part.in_(list(parts))))
