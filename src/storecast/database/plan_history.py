"""Read what was planned beside what came: the naive forecast, the model, the planner and what was approved."""

import datetime as dt

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.data.excluded_spans import without_excluded
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import existing_chain
from storecast.database.chain_settings import read_excluded
from storecast.database.current_plan import APPROVED_PART, REVIEWED_PART, read_plan
from storecast.database.plan_versions import all_versions, read_figures
from storecast.database.table_rows import as_sales, sales_selection
from storecast.plan.overrides import NOBODY, OVERRIDE, PLAN
from storecast.plan.store_days import BAND, StoreDays
from storecast.plan.value_added import APPROVED, MODEL, NAIVE, PLANNER, naive_forecast
from storecast.plan.versions import DRAFT, PlanVersion

WEEKS_BACK = 8  # of sales, in which the naive forecast looks for the same weekday
# Rows of sales lie by store: so said, a span of days is a seek in each store, and no scan of all its years.
_OF_ANY_STORE = t.sales.c.store.in_(sa.select(t.stores.c.store))
_MONEY = (NAIVE, MODEL, *BAND, PLANNER, APPROVED)
_COLUMNS = (*s.KEYS, *_MONEY, OVERRIDE, s.SALES)


def planned_days(conn: Connection, since: dt.date | None = None) -> pl.DataFrame:
    """Return what was planned for each store-day whose sales are there, by the newest version that has the day.

    A draft that was made of a scenario is a question that somebody asked: until it is reviewed, it is no plan.

    Parameters
    ----------
    conn : open connection
    since : the first day; None: all

    Returns
    -------
    Store, Date, Naive, Model, Lower80, Upper80, Planner (when the version was reviewed, else as it stood), Approved (null where
    it was not), Override (the number of the one that held the day, or null), Sales; without the days that models should not
    learn from
    """
    versions = _plans(conn, since)
    store = existing_chain(conn).store_type
    schema = {s.STORE: store, s.DATE: pl.Date(), **dict.fromkeys(_MONEY, pl.Float64())}
    schema |= {OVERRIDE: pl.Int64(), s.SALES: pl.Float64()}
    parts = [pl.DataFrame(schema=schema)]
    if versions:
        sales = sales_between(conn, min(each.cutoff for each in versions) - dt.timedelta(weeks=WEEKS_BACK))
        parts += [_of_version(conn, version, sales).select(_COLUMNS).cast(schema) for version in versions]  # type: ignore[arg-type]
    rows = pl.concat(parts)
    rows = rows if since is None else rows.filter(pl.col(s.DATE) >= since)
    return without_excluded(rows.unique(s.KEYS, keep="first", maintain_order=True), read_excluded(conn))


def forecast_days(conn: Connection, since: dt.date) -> pl.DataFrame:
    """Return the forecasts of `planned_days` alone, without what planners made of them, in a fraction of the time.

    Parameters
    ----------
    conn : open connection
    since : the first day

    Returns
    -------
    Store, Date, Model, Lower80, Upper80, Sales
    """
    sales = sales_between(conn, since)
    parts = [sales.head(0).with_columns(pl.lit(0.0).alias(name) for name in (MODEL, *BAND))]
    for version in _plans(conn, since):
        figures = read_figures(conn, version.version)
        assert figures is not None
        rows = figures.to_frame().rename({s.FORECAST: MODEL}).filter(pl.col(s.DATE) >= since)
        parts.append(rows.join(sales, on=s.KEYS, how="inner", maintain_order="left"))
    rows = pl.concat(part.select(*s.KEYS, MODEL, *BAND, s.SALES) for part in parts)
    return without_excluded(rows.unique(s.KEYS, keep="first", maintain_order=True), read_excluded(conn))


def _plans(conn: Connection, since: dt.date | None) -> list[PlanVersion]:
    """Return the versions that are plans and have days from one on, newest first."""
    return [
        version
        for version in all_versions(conn)
        if (since is None or version.last >= since) and not (version.scenario and version.state == DRAFT)
    ]


def _of_version(conn: Connection, version: PlanVersion, sales: pl.DataFrame) -> pl.DataFrame:
    _, plan = read_plan(conn, version.version)
    reviewed = read_figures(conn, version.version, REVIEWED_PART)
    approved = read_figures(conn, version.version, APPROVED_PART)
    planned = plan.cents if reviewed is None else reviewed.cents
    holder = pl.Series(OVERRIDE, planned[OVERRIDE].ravel())
    cents = {MODEL: plan.cents[s.FORECAST], **{name: plan.cents[name] for name in BAND}, PLANNER: planned[PLAN]}
    if approved is not None:
        cents[APPROVED] = approved.cents[PLAN]
    rows = StoreDays(plan.stores, plan.first, cents).to_frame()
    rows = rows.with_columns(pl.when(holder != NOBODY).then(holder).alias(OVERRIDE))
    if approved is None:
        rows = rows.with_columns(pl.lit(None, pl.Float64()).alias(APPROVED))
    rows = rows.join(sales, on=s.KEYS, how="inner", maintain_order="left")
    past = sales.filter(
        pl.col(s.DATE) <= version.cutoff, pl.col(s.DATE) > version.cutoff - dt.timedelta(weeks=WEEKS_BACK)
    )
    naive = naive_forecast(rows.select(s.KEYS), past)
    return rows.with_columns(
        pl.when(pl.col(MODEL) > 0).then(naive).otherwise(0.0).alias(NAIVE)
    )  # it knows closed days, too


def sales_between(conn: Connection, first: dt.date, last: dt.date | None = None) -> pl.DataFrame:
    """Return the sales of some days: Store, Date, Sales.

    Parameters
    ----------
    conn : open connection
    first, last : the first and the last day; None: all after the first
    """
    columns, schema = sales_selection()
    days = t.sales.c.date >= first if last is None else t.sales.c.date.between(first, last)
    rows = bulk.select(conn, sa.select(*columns).where(_OF_ANY_STORE, days), schema)
    return as_sales(rows, existing_chain(conn)).select(*s.KEYS, s.SALES)
