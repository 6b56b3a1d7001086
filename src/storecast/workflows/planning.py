"""The plan: look at versions beside each other, at overrides, at the budget and at what overrides were worth."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from sqlalchemy import Connection

from storecast import schema as s
from storecast.data.dialect import read_table
from storecast.database.connect import Database
from storecast.database.current_plan import (
    CurrentPlan,
    every_override,
    read_current_plan,
    read_groups,
    read_plan,
    read_writes,
)
from storecast.database.plan_budget import BudgetWritten, read_budget, replace_budget
from storecast.database.plan_history import planned_days
from storecast.database.plan_versions import DRIVERS_PART, all_versions, read_figures, read_version
from storecast.database.request_log import audit
from storecast.errors import MissingError, Write
from storecast.plan import budget as budget_file
from storecast.plan.budget import budget_by_day, budget_of, weeks_beside_budget
from storecast.plan.comparison import Comparison, compare
from storecast.plan.overrides import NOBODY, OVERRIDE, PLAN, stale_reasons
from storecast.plan.scopes import CHAIN
from storecast.plan.store_days import CENT, FIGURES, StoreDays
from storecast.plan.totals import PlanTotal, plan_totals
from storecast.plan.value_added import ValueAdded, value_added
from storecast.plan.versions import PlanVersion


def compare_versions(db: Database, before: int | None = None, after: int | None = None) -> Comparison:
    """Compare two versions of the plan.

    Parameters
    ----------
    db : the database
    before, after : their numbers; None: the newest one, and the one before it

    Raises
    ------
    MissingError
        where there is no such version, or none before it
    DataError
        where they have no store and day in common
    """
    with db.reading() as conn:
        return compare_in(conn, before, after)


def compare_in(conn: Connection, before: int | None = None, after: int | None = None) -> Comparison:
    """Compare two versions as `compare_versions` does.

    Parameters
    ----------
    conn : open connection
    before, after : their numbers; None: the newest one, and the one before it

    Raises
    ------
    MissingError
        where there is no such version, or none before it
    """
    second = read_version(conn, after)
    earlier = [each.version for each in all_versions(conn) if each.version < second.version]
    if before is None and not earlier:
        raise MissingError(f"Version {second.version} is the first of the plan: there is none to compare it with.")
    first = read_version(conn, earlier[0] if before is None else before)
    figures = [read_figures(conn, each.version) for each in (first, second)]
    drivers = [read_figures(conn, each.version, DRIVERS_PART) for each in (first, second)]
    assert figures[0] is not None
    assert figures[1] is not None
    return compare((first, second), (figures[0], figures[1]), (drivers[0], drivers[1]))


@dataclass(frozen=True, eq=False)
class ShownVersion:
    """A version of the plan, as people look at it.

    Attributes
    ----------
    version : what is known of it
    days : as `with_holders` returns them
    weeks : as `weeks_beside_budget` returns them
    totals : of the chain and groups of stores over all days, with the forecast's intervals; empty: these are not known
    budget : of the whole chain by day, as `budget_by_day` returns it
    """

    version: PlanVersion
    days: pl.DataFrame
    weeks: pl.DataFrame
    totals: list[PlanTotal]
    budget: pl.DataFrame


def show_version(db: Database, version: int | None = None, level: str = CHAIN) -> ShownVersion:
    """Return a version of the plan with its figures.

    Parameters
    ----------
    db : the database
    version : its number; None: the newest
    level : of the weeks: chain, or a level of totals, by whose groups they are summed

    Raises
    ------
    MissingError
        where there is no such version
    DataError
        where there is no such level
    """
    with db.reading() as conn:
        wanted, figures = read_plan(conn, version)
        budget = budget_of(figures, read_budget(conn))
        groups = read_groups(conn).only(figures.stores)
    totals = plan_totals(wanted.totals, figures, groups)
    weeks = weeks_beside_budget(figures, budget, groups, level)
    return ShownVersion(wanted, with_holders(figures), weeks, totals, budget_by_day(figures, budget))


def load_budget(db: Database, file: Path) -> BudgetWritten:
    """Read a budget from a file, and put it in the place of the one before.

    Parameters
    ----------
    db : the database
    file : CSV or Parquet with Store, one of Date, Week and Month, and Amount

    Raises
    ------
    DataError
        where it cannot be read
    """
    budget = budget_file.read_budget(read_table(file, (s.STORE, *budget_file.PERIODS, budget_file.AMOUNT)))
    with db.begin() as conn:
        written = replace_budget(conn, budget)
        audit(conn, "command line", "budget replaced", {**vars(written), "file": file.name})
    return written


def with_holders(figures: StoreDays) -> pl.DataFrame:
    """Return Store, Date, Forecast, Lower80, Upper80, Plan and Override: the number of the one that holds the day, or null.

    Parameters
    ----------
    figures : as `current_plan.read_plan` returns them
    """
    money = StoreDays(figures.stores, figures.first, {name: figures.cents[name] for name in (*FIGURES, PLAN)})
    holder = pl.Series(OVERRIDE, figures.cents[OVERRIDE].ravel())
    return money.to_frame().with_columns(pl.when(holder != NOBODY).then(holder).alias(OVERRIDE))


@dataclass(frozen=True, eq=False)
class ShownOverrides:
    """The overrides that stand on the newest version.

    Attributes
    ----------
    version, revision : of the plan
    overrides : Override (its number), Level, Key, Start, End, Kind, Value, Reason, Note, By, At, Version (on which it was written),
        Revision (of the write), Forecast and Plan (of its stores and days in the newest version), Stale (why it no longer fits, or
        an empty text); the newest first
    """

    version: int
    revision: int
    overrides: pl.DataFrame


def show_overrides(db: Database, write: Write = str) -> ShownOverrides:
    """Return the overrides that stand, what each does, and whether it still fits the forecast.

    Parameters
    ----------
    db : the database
    write : a message in the language of its reader

    Raises
    ------
    MissingError
        where nothing has been published yet
    """
    with db.reading() as conn:
        current = read_current_plan(conn)
        writes = read_writes(conn)
    return ShownOverrides(current.version.version, current.revision, shown_overrides(current, writes, write))


def shown_overrides(
    current: CurrentPlan, writes: Mapping[int, tuple[str, dt.datetime]], write: Write = str
) -> pl.DataFrame:
    """Return the overrides of `ShownOverrides`.

    Parameters
    ----------
    current : the plan
    writes : who made each write, and when
    write : a message in the language of its reader
    """
    stale = stale_reasons(current.figures, current.resolution, current.overrides, current.bases)
    forecast, plan = current.figures.cents[s.FORECAST], current.resolution.plan
    sums = [
        [int(each[cells.rows, cells.begin : cells.end].sum()) / CENT for each in (forecast, plan)]
        for cells in current.resolution.cells
    ]
    rows = current.overrides
    names = {
        "id": OVERRIDE,
        "level": "Level",
        "key": "Key",
        "first": "Start",
        "last": "End",
        "kind": "Kind",
        "value": "Value",
    }
    names |= {"reason": "Reason", "note": "Note", "by": "By"}
    table = rows.select(
        *(pl.col(name).alias(title) for name, title in names.items()),
        pl.Series("At", [writes[revision][1] for revision in rows["added"]], dtype=pl.Datetime("us", "UTC")),
        pl.col("plan").alias("Version"),
        pl.col("added").alias("Revision"),
        pl.Series(s.FORECAST, [each[0] for each in sums], dtype=pl.Float64),
        pl.Series(PLAN, [each[1] for each in sums], dtype=pl.Float64),
        pl.Series("Stale", [write(text) for text in stale], dtype=pl.String),
    )
    return table.reverse()


def plan_value(db: Database, since: dt.date | None = None) -> ValueAdded:
    """Say what each step from the naive forecast to the approved plan did to the error, on the days whose sales are there.

    Parameters
    ----------
    db : the database
    since : the first day that counts; None: all
    """
    with db.reading() as conn:
        return value_added(planned_days(conn, since), every_override(conn))
