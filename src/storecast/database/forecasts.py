"""Store the newest forecast of each model and cutoff, and read forecasts beside the sales that followed."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa

from storecast import schema as s
from storecast.config import LEVELS
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import NUMBER, TEXT, read_info
from storecast.database.connect import Database
from storecast.plan.totals import TotalInterval, from_text, to_text

AHEAD = "Ahead"  # days from the cutoff to the day
COLUMNS = {"store": s.STORE, "date": s.DATE, "value": s.FORECAST} | {
    name.lower(): name for level in LEVELS for name in s.bound_columns(level)
}
_MONEY = dict.fromkeys([name for name in COLUMNS if name not in ("store", "date")], pl.Float64())
_SCHEMA: dict[str, pl.DataType] = {"store": pl.String(), "date": pl.Date(), **_MONEY}
_NEWEST = ("model", "cutoff")


@dataclass(frozen=True, eq=False)
class MadeForecast:
    """A forecast that was made of the chain.

    Attributes
    ----------
    model : the name of the model file
    cutoff : the last day that it knows
    version : of the chain that it was made of
    rows : Store, Date, Forecast, Lower80, Upper80, Lower95, Upper95
    totals : with their intervals; empty: these are not known
    scenario : whose calendar it is of; None: the stored one
    """

    model: str
    cutoff: dt.date
    version: int
    rows: pl.DataFrame
    totals: Sequence[TotalInterval] = ()
    scenario: int | None = None


def save_forecast(
    db: Database,
    *,
    model: str,
    cutoff: dt.date,
    version: int,
    rows: pl.DataFrame,
    totals: Sequence[TotalInterval] = (),
) -> int:
    """Store a forecast in place of an older one of the same model and cutoff, and return its number.

    Parameters
    ----------
    db : the database
    model : the name of the model file
    cutoff : the last day that the forecast knows
    version : of the chain that it was made of; a forecast of the same model, cutoff and version is stored once
    rows : as in `Forecast.rows`: Store, Date, Forecast, bounds, and quantiles
    totals : with their intervals; empty: these are not known
    """
    quantiles = [name for name in rows.columns if name not in COLUMNS.values()]
    stored_rows = rows.select(pl.col(column).alias(name) for name, column in COLUMNS.items())
    stored_rows = stored_rows.with_columns(pl.col("store").cast(pl.String))
    if quantiles:
        texts = rows.select(pl.struct(quantiles).struct.json_encode()).to_series()
        stored_rows = stored_rows.with_columns(texts.alias("quantiles"))
    values = {
        "model": model,
        "cutoff": cutoff,
        "version": version,
        "made": dt.datetime.now(dt.UTC),
        "store_ids": TEXT if rows.schema[s.STORE] == pl.String else NUMBER,
        "quantiles": json.dumps(quantiles),
        "totals": to_text(totals),
    }
    with db.begin() as conn:
        insert = bulk.insert_into(conn, t.forecasts).values(values).on_conflict_do_nothing()
        number = conn.execute(insert.returning(t.forecasts.c.id)).scalar_one_or_none()
        if number is None:
            same = (
                (t.forecasts.c.model == model) & (t.forecasts.c.cutoff == cutoff) & (t.forecasts.c.version == version)
            )
            return int(conn.execute(sa.select(t.forecasts.c.id).where(same)).scalar_one())
        older = (t.forecasts.c.model == model) & (t.forecasts.c.cutoff == cutoff) & (t.forecasts.c.version < version)
        superseded = conn.execute(sa.select(t.forecasts.c.id).where(older)).scalars().all()
        if superseded:
            conn.execute(sa.delete(t.forecast_rows).where(t.forecast_rows.c.forecast.in_(superseded)))
            conn.execute(sa.delete(t.forecasts).where(t.forecasts.c.id.in_(superseded)))
        bulk.insert(conn, t.forecast_rows, stored_rows.select(pl.lit(number).alias("forecast"), pl.all()))
    return int(number)


def newest_forecast(db: Database, model: str | None = None) -> MadeForecast | None:
    """Return the forecast of the newest version of the chain; None where there is none.

    Parameters
    ----------
    db : the database
    model : the name of a model file; None: any, the one that forecast last
    """
    f, r = t.forecasts, t.forecast_rows
    newest = sa.select(f).order_by(f.c.version.desc(), f.c.id.desc()).limit(1)
    with db.reading() as conn:
        row = conn.execute(newest if model is None else newest.where(f.c.model == model)).one_or_none()
        if row is None:
            return None
        statement = sa.select(*(r.c[name] for name in _SCHEMA)).where(r.c.forecast == row.id)
        rows = bulk.select(conn, statement, _SCHEMA)
    named = _named(rows, row.store_ids).sort(s.KEYS)
    return MadeForecast(row.model, row.cutoff, row.version, named, from_text(row.totals))


def forecast_span(db: Database) -> tuple[dt.date, dt.date] | None:
    """Return the first day of any forecast and the last day with sales; None where a forecast or sales are missing."""
    with db.reading() as conn:
        cutoff = conn.execute(sa.select(sa.func.min(t.forecasts.c.cutoff))).scalar()
        last = conn.execute(sa.select(sa.func.max(t.sales.c.date))).scalar()
    return None if cutoff is None or last is None else (cutoff + dt.timedelta(days=1), last)


def forecasts_with_actuals(
    db: Database, since: dt.date | None = None, until: dt.date | None = None, *, store: object = None
) -> pl.DataFrame:
    """Return the forecast of each day whose sales are known, with the sales; of a model and cutoff, the newest forecast.

    Parameters
    ----------
    db : the database
    since, until : the first and the last day; None: all
    store : its id; None: all

    Returns
    -------
    Model, Cutoff, Store, Date, Ahead (days), Forecast, Lower80, Upper80, Lower95, Upper95, Sales, Open, Promo
    """
    f, r = t.forecasts, t.forecast_rows
    last = sa.func.max(f.c.version).label("version")
    newest = sa.select(f.c.model, f.c.cutoff, last).group_by(f.c.model, f.c.cutoff).subquery()
    joined = (
        f.join(newest, sa.and_(*(f.c[name] == newest.c[name] for name in (*_NEWEST, "version"))))
        .join(r, r.c.forecast == f.c.id)
        .join(t.sales, (t.sales.c.store == r.c.store) & (t.sales.c.date == r.c.date))
        .join(t.calendar, (t.calendar.c.store == r.c.store) & (t.calendar.c.date == r.c.date))
    )
    columns = [
        f.c.model,
        f.c.cutoff,
        *(r.c[name] for name in _SCHEMA),
        t.sales.c.sales,
        t.calendar.c.open,
        t.calendar.c.promo,
    ]
    schema = {"model": pl.String(), "cutoff": pl.Date(), **_SCHEMA}
    schema |= {s.SALES: pl.Float64(), s.OPEN: pl.Int8(), s.PROMO: pl.Int8()}
    statement = sa.select(*columns).select_from(joined).where(r.c.date > f.c.cutoff)
    if since is not None:
        statement = statement.where(r.c.date >= since)
    if until is not None:
        statement = statement.where(r.c.date <= until)
    if store is not None:
        statement = statement.where(r.c.store == str(store))
    with db.reading() as conn:
        chain = read_info(conn)
        rows = bulk.select(conn, statement, schema)
    rows = _named(rows.rename({"model": s.MODEL, "cutoff": s.CUTOFF}), chain.store_ids)
    ahead = (pl.col(s.DATE) - pl.col(s.CUTOFF)).dt.total_days().alias(AHEAD)
    return rows.select(s.MODEL, s.CUTOFF, *s.KEYS, ahead, pl.exclude(s.MODEL, s.CUTOFF, *s.KEYS)).sort(
        s.MODEL, s.CUTOFF, *s.KEYS
    )


def _named(rows: pl.DataFrame, store_ids: str) -> pl.DataFrame:
    return rows.rename(COLUMNS).with_columns(pl.col(s.STORE).cast(pl.String if store_ids == TEXT else pl.Int64))
