"""Read a forecast out of the database, as it stands in its tables."""

import datetime as dt
import json

import polars as pl
import sqlalchemy as sa

from storecast import schema as s
from storecast.config import LEVELS
from storecast.database import tables as t
from storecast.database.connect import Database


def stored_forecast(db: Database, model: str, cutoff: dt.date) -> pl.DataFrame | None:
    """Return the newest forecast of a model at a cutoff, sorted by Store and Date; None where there is none."""
    f, r = t.forecasts, t.forecast_rows
    newest = sa.select(f).where(f.c.model == model, f.c.cutoff == cutoff).order_by(f.c.version.desc()).limit(1)
    with db.reading() as conn:
        forecast = conn.execute(newest).one_or_none()
        if forecast is None:
            return None
        rows = conn.execute(sa.select(r).where(r.c.forecast == forecast.id).order_by(r.c.date)).mappings().all()
    dtype = pl.String() if forecast.store_ids == "text" else pl.Int64()
    columns = {
        s.STORE: pl.Series([row["store"] for row in rows], dtype=pl.String).cast(dtype),
        s.DATE: pl.Series([row["date"] for row in rows], dtype=pl.Date),
        s.FORECAST: [row["value"] for row in rows],
    }
    columns |= {name: [row[name.lower()] for row in rows] for level in LEVELS for name in s.bound_columns(level)}
    for name in json.loads(forecast.quantiles):
        columns[name] = [json.loads(row["quantiles"])[name] for row in rows]
    return pl.DataFrame(columns).sort(s.KEYS)
