"""A small chain in a database, and forecasts of it that are known."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.forecasts import MadeForecast
from storecast.database.panel_io import write_panel
from storecast.database.plan_publishing import Published, publish_version
from support.panels import make_panel

PANEL = make_panel(stores=4, days=80, ahead=42)
FIRST = PANEL.end + dt.timedelta(days=1)
MODEL = "model-2026-01-02-03-04-05.pkl"


def made_forecast(value: float = 100.0, *, days: int = 14, version: int = 1, late: int = 0) -> MadeForecast:
    """Return a forecast of the chain: a value on every open day, plus the number of the store.

    Parameters
    ----------
    value : of an open day
    days : how many
    version : of the chain
    late : days by which it begins later
    """
    first = FIRST + dt.timedelta(days=late)
    ahead = pl.col(s.DATE).is_between(first, first + dt.timedelta(days=days - 1))
    rows = PANEL.calendar.filter(ahead).sort(s.KEYS)
    expected = pl.when(pl.col(s.OPEN) == 1).then(value + pl.col(s.STORE)).otherwise(0.0)
    shares = {s.FORECAST: 1.0, "Lower80": 0.9, "Upper80": 1.1, "Lower95": 0.8, "Upper95": 1.2}
    figures = rows.select(*s.KEYS, *((expected * share).round(2).alias(name) for name, share in shares.items()))
    return MadeForecast(MODEL, first - dt.timedelta(days=1), version, figures)


def drivers_of(forecast: MadeForecast, promotion: float = 0.0) -> pl.DataFrame:
    """Return what a forecast is made of: a promotion, and the rest."""
    opened = pl.when(pl.col(s.FORECAST) > 0).then(promotion).otherwise(0.0)
    rows = forecast.rows.select(*s.KEYS, s.FORECAST, opened.alias("Promotion"))
    return rows.with_columns((pl.col(s.FORECAST) - pl.col("Promotion")).round(2).alias("Usual"))


def filled(db: Database) -> Database:
    """Write the chain into a database."""
    write_panel(db, PANEL)
    return db


def published(db: Database, forecast: MadeForecast, drivers: pl.DataFrame | None = None, by: str = "Ada") -> Published:
    """Publish a forecast."""
    with db.begin() as conn:
        return publish_version(conn, forecast, drivers, by=by)
