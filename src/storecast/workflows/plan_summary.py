"""Gather the figures of a version of the plan that are told in a few sentences."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from sqlalchemy import Connection

from storecast import schema as s
from storecast.arrays import I64
from storecast.database.connect import Database
from storecast.database.current_plan import read_plan
from storecast.database.plan_budget import read_budget
from storecast.database.plan_history import sales_between
from storecast.database.plan_versions import read_version
from storecast.errors import Write
from storecast.plan.budget import NONE, budget_of
from storecast.plan.comparison import Comparison
from storecast.plan.overrides import NOBODY, OVERRIDE, PLAN
from storecast.plan.store_days import BAND, CENT, StoreDays
from storecast.plan.summary import BudgetFigures, ForecastChange, LastYear, OpenException, PlanSummary
from storecast.plan.totals import chain_total
from storecast.plan.versions import DRAFT
from storecast.report.tables import YEAR, beside_last_year, like_for_like
from storecast.workflows.plan_exceptions import Remember, at_once, compare_with_previous, open_exceptions


@dataclass(frozen=True, eq=False)
class PlanOverview:
    """A version of the plan at a glance.

    Attributes
    ----------
    summary : the figures that `plan.sentences.sentences` makes sentences of
    exceptions : the open ones, as `show_exceptions` returns them; no row where the version is not the newest
    """

    summary: PlanSummary
    exceptions: pl.DataFrame


def plan_summary(db: Database, version: int | None = None, today: dt.date | None = None) -> PlanSummary:
    """Return the figures of a version, as `plan_overview` does.

    Parameters
    ----------
    db, version, today : as there

    Raises
    ------
    MissingError
        where there is no such version
    """
    return plan_overview(db, version, today).summary


def plan_overview(
    db: Database,
    version: int | None = None,
    today: dt.date | None = None,
    write: Write = str,
    remember: Remember = at_once,
) -> PlanOverview:
    """Return the figures of a version, and its open exceptions.

    Parameters
    ----------
    db : the database
    version : its number; None: the newest
    today : on which a snoozed exception may be open again; None: the day of now, UTC
    write : a message in the language of its reader
    remember : keeps what no override changes, for whoever asks again

    Raises
    ------
    MissingError
        where there is no such version
    """
    with db.reading() as conn:
        wanted, figures = read_plan(conn, version)
        compared = compare_with_previous(conn, wanted.version, remember=remember)
        exceptions: pl.DataFrame | None = None
        if wanted.version == read_version(conn).version:
            exceptions = open_exceptions(conn, today or dt.datetime.now(dt.UTC).date(), compared, write, remember)
        total = {name: _money(figures.cents[name]) for name in (PLAN, s.FORECAST, *BAND)}
        holders = np.unique(figures.cents[OVERRIDE])
        whole = chain_total(wanted.totals)
        summary = PlanSummary(
            version=wanted.version,
            state=wanted.history[-1],
            returned=wanted.state == DRAFT and len(wanted.history) > 1,
            first=wanted.first,
            last=wanted.last,
            stores=wanted.stores,
            plan=total[PLAN],
            forecast=total[s.FORECAST],
            lower=total[BAND[0]],
            upper=total[BAND[1]],
            interval=None if whole is None else (whole.lower, whole.upper),
            last_year=_last_year(conn, figures, remember),
            budget=_budget(conn, figures),
            change=None if compared is None else _change(compared),
            exceptions=None if exceptions is None else exceptions.height,
            largest_exception=None if exceptions is None or exceptions.is_empty() else _largest(exceptions),
            overrides=int((holders != NOBODY).sum()),
        )
    return PlanOverview(summary, pl.DataFrame() if exceptions is None else exceptions)


def _last_year(conn: Connection, figures: StoreDays, remember: Remember) -> LastYear | None:
    first, last = figures.first - YEAR, figures.last - YEAR
    sold = remember(("sales", first, last), lambda: sales_between(conn, first, last))
    plan = StoreDays(figures.stores, figures.first, {s.FORECAST: figures.cents[PLAN]}).to_frame()
    chain = like_for_like(beside_last_year(plan, sold)).row(0, named=True)
    return LastYear(chain["LastYear"], chain["Like"]) if chain["LastYear"] else None


def _budget(conn: Connection, figures: StoreDays) -> BudgetFigures | None:
    cells = budget_of(figures, read_budget(conn))
    known = cells != NONE
    if not known.any():
        return None
    plan = figures.cents[PLAN]
    return BudgetFigures(_money(cells[known]), _money(plan[known]), whole=bool(known[plan > 0].all()))


def _change(compared: Comparison) -> ForecastChange:
    row = compared.changes.row(0, named=True)  # the chain over all days
    drivers: dict[str, float] | None = None
    if compared.explained:
        moved = [(name, value) for name, value in row["Drivers"].items() if value]
        drivers = dict(sorted(moved, key=lambda item: -abs(item[1])))
    return ForecastChange(
        version=compared.before,
        first=row["Start"],
        last=row["End"],
        before=row["Before"],
        after=row["After"],
        drivers=drivers,
        notices=compared.notices,
    )


def _largest(exceptions: pl.DataFrame) -> OpenException:
    row = exceptions.row(0, named=True)
    return OpenException(row["Exception"], row["Kind"], row["Key"], row["Start"], row["End"], row["Stake"])


def _money(cents: I64) -> float:
    return int(cents.sum()) / CENT
