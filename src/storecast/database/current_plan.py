"""Read the plan: a version's forecast, and what stands in its place."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import existing_chain
from storecast.database.chain_settings import read_breakdown
from storecast.database.plan_versions import all_versions, read_figures, read_version
from storecast.database.table_rows import all_stores
from storecast.plan.overrides import NOBODY, OVERRIDE, PLAN, Resolution, resolve
from storecast.plan.scopes import StoreGroups
from storecast.plan.store_days import StoreDays
from storecast.plan.versions import APPROVED, LOCKED, PlanVersion

REVIEWED_PART, APPROVED_PART, SUPERSEDED_PART = (
    "reviewed",
    "approved",
    "superseded",
)  # figures of the plan as it was then
_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.Int64(),
    "plan": pl.Int64(),
    "added": pl.Int64(),
    "withdrawn": pl.Int64(),
    "level": pl.String(),
    "key": pl.String(),
    "first": pl.Date(),
    "last": pl.Date(),
    "kind": pl.String(),
    "value": pl.Float64(),
    "reason": pl.String(),
    "note": pl.String(),
    "by": pl.String(),
}


@dataclass(frozen=True, eq=False)
class CurrentPlan:
    """The newest version with the overrides that stand.

    Attributes
    ----------
    version : what is known of it
    revision : of the plan: the number of the last write to its overrides; 0 where there was none
    figures : its forecast and bounds
    groups : of its stores
    overrides : as `read_overrides` returns them
    bases : the forecasts of the versions on which they were written
    resolution : the plan that follows
    """

    version: PlanVersion
    revision: int
    figures: StoreDays
    groups: StoreGroups
    overrides: pl.DataFrame
    bases: dict[int, StoreDays]
    resolution: Resolution

    def with_plan(self) -> StoreDays:
        """Return the figures with the plan, and the number of the override that holds each store-day; `NOBODY`: none."""
        ids = np.append(self.overrides["id"].to_numpy(), NOBODY)
        cents = {**self.figures.cents, PLAN: self.resolution.plan, OVERRIDE: ids[self.resolution.holder]}
        return StoreDays(self.figures.stores, self.figures.first, cents)


def read_current_plan(conn: Connection) -> CurrentPlan:
    """Return the newest version with the overrides that stand.

    Raises
    ------
    MissingError
        where nothing has been published yet
    """
    version = read_version(conn)
    figures = _figures(conn, version.version)
    overrides = read_overrides(conn)
    bases = {number: _figures(conn, number) for number in overrides["plan"].unique() if number != version.version}
    bases[version.version] = figures
    groups = read_groups(conn).only(figures.stores)
    resolution = resolve(figures, groups, overrides, bases)
    return CurrentPlan(version, read_revision(conn), figures, groups, overrides, bases, resolution)


def read_plan(conn: Connection, version: int | None = None) -> tuple[PlanVersion, StoreDays]:
    """Return a version and its figures, with the plan and who holds each store-day.

    The plan of the newest version is worked out from the overrides that stand; that of an older one is as it was when the next was
    published, and that of one that was approved is as it was then.

    Parameters
    ----------
    conn : open connection
    version : its number; None: the newest

    Raises
    ------
    MissingError
        where there is none
    """
    wanted = read_version(conn, version)
    agreed = wanted.state in (APPROVED, LOCKED)
    if not agreed and wanted.version == all_versions(conn)[0].version:
        return wanted, read_current_plan(conn).with_plan()
    figures = _figures(conn, wanted.version)
    plan = read_figures(conn, wanted.version, APPROVED_PART if agreed else SUPERSEDED_PART)
    if plan is None:  # published before there were overrides
        forecast = figures.cents[s.FORECAST]
        plan = StoreDays(figures.stores, figures.first, {PLAN: forecast, OVERRIDE: np.full_like(forecast, NOBODY)})
    return wanted, StoreDays(figures.stores, figures.first, {**figures.cents, **plan.cents})


def read_overrides(conn: Connection, *, since: int | None = None) -> pl.DataFrame:
    """Return the overrides that stand, or those that were added or withdrawn after a write.

    Parameters
    ----------
    conn : open connection
    since : the revision of the write; None: those that stand

    Returns
    -------
    id, plan (the version on which it was written), added and withdrawn (revisions), level, key, first, last, kind, value, reason,
    note, by
    """
    o = t.plan_overrides.c
    wanted = o.withdrawn.is_(None) if since is None else (o.added > since) | (o.withdrawn > since)
    statement = sa.select(*(o[name] for name in _SCHEMA)).where(wanted).order_by(o.id)
    return bulk.select(conn, statement, _SCHEMA).with_columns(pl.col("note").fill_null(""))


def every_override(conn: Connection) -> pl.DataFrame:
    """Return all overrides that ever stood: id, by, reason."""
    o = t.plan_overrides.c
    schema: dict[str, pl.DataType] = {name: _SCHEMA[name] for name in ("id", "by", "reason")}
    return bulk.select(conn, sa.select(*(o[name] for name in schema)), schema)


def read_writes(conn: Connection) -> dict[int, tuple[str, dt.datetime]]:
    """Return who made each write to the plan, and when, by its revision."""
    rows = conn.execute(sa.select(t.plan_writes.c.id, t.plan_writes.c.by, t.plan_writes.c.at))
    return {row.id: (row.by, row.at) for row in rows}


def read_revision(conn: Connection) -> int:
    """Return the number of the last write to the plan's overrides; 0 where there was none."""
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(t.plan_writes.c.id), 0))).scalar_one())


def read_reasons(conn: Connection) -> list[str]:
    """Return the reasons that an override may have."""
    return sorted(conn.execute(sa.select(t.plan_reasons.c.name)).scalars())


def read_groups(conn: Connection) -> StoreGroups:
    """Return the groups of the chain's stores."""
    return StoreGroups.of(all_stores(conn, existing_chain(conn)), read_breakdown(conn))


def _figures(conn: Connection, version: int) -> StoreDays:
    figures = read_figures(conn, version)
    assert figures is not None
    return figures
