"""Forecasts are kept, once each, and set beside the sales that came."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.forecasts import forecasts_with_actuals, save_forecast
from storecast.database.panel_io import write_panel
from storecast.database.writes import add_sales
from support.panels import make_panel
from support.stored_forecasts import stored_forecast

PANEL = make_panel(stores=15, days=80, ahead=60)
MODEL = "model-2026-01-02-03-04-05.pkl"


def forecast(first: dt.date, days: int, factor: float = 1.0) -> pl.DataFrame:
    days_ahead = (pl.col(s.DATE) >= first) & (pl.col(s.DATE) < first + dt.timedelta(days=days))
    rows = PANEL.calendar.filter(days_ahead).select(s.KEYS)
    value = np.round(np.linspace(1, 9999.99, rows.height), 2) * factor
    columns = {s.FORECAST: 1, "Lower80": 0.9, "Upper80": 1.1, "Lower95": 0.5, "Upper95": 1.5, "Q10": 0.9, "Q50": 1}
    return rows.with_columns(pl.Series(name, value * share) for name, share in columns.items())


@pytest.mark.parametrize("days", [2, 42])
def test_forecasts_are_read_as_they_were_stored(db: Database, days: int) -> None:
    rows = forecast(PANEL.end + dt.timedelta(days=1), days)
    number = save_forecast(db, model=MODEL, cutoff=PANEL.end, version=1, rows=rows)
    assert save_forecast(db, model=MODEL, cutoff=PANEL.end, version=1, rows=rows.head(1)) == number
    stored = stored_forecast(db, MODEL, PANEL.end)
    assert stored is not None
    assert stored.equals(rows.sort(s.KEYS))
    assert stored.schema == rows.schema
    assert stored_forecast(db, MODEL, PANEL.first) is None
    assert stored_forecast(db, "other", PANEL.end) is None


def test_the_newest_of_a_cutoff_is_read_in_whatever_order_replicas_save(db: Database) -> None:
    first = PANEL.end + dt.timedelta(days=1)
    numbers = [
        save_forecast(db, model=MODEL, cutoff=PANEL.end, version=at, rows=forecast(first, 3, factor))
        for at, factor in ((2, 2.0), (1, 1.0))
    ]
    assert len(set(numbers)) == 2
    stored = stored_forecast(db, MODEL, PANEL.end)
    assert stored is not None
    assert stored.equals(forecast(first, 3, 2.0).sort(s.KEYS))


def test_a_newer_forecast_of_a_cutoff_replaces_the_older_and_no_other(db: Database) -> None:
    first = PANEL.end + dt.timedelta(days=1)
    earlier = PANEL.end - dt.timedelta(days=1)
    save_forecast(db, model=MODEL, cutoff=earlier, version=1, rows=forecast(first, 3))
    for at in range(1, 6):
        save_forecast(db, model=MODEL, cutoff=PANEL.end, version=at, rows=forecast(first, 3, float(at)))
    with db.reading() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM forecasts").scalar() == 2
        assert conn.exec_driver_sql("SELECT count(*) FROM forecast_rows").scalar() == 2 * len(forecast(first, 3))


def test_forecasts_stand_beside_what_came(db: Database) -> None:
    write_panel(db, PANEL)
    first = PANEL.end + dt.timedelta(days=1)
    assert forecasts_with_actuals(db).height == 0
    plain = forecast(first, 10).drop("Q10", "Q50")
    save_forecast(db, model=MODEL, cutoff=PANEL.end, version=1, rows=forecast(first, 10, 3.0))
    save_forecast(db, model=MODEL, cutoff=PANEL.end, version=2, rows=plain)
    came = pl.DataFrame({s.STORE: [3, 4], s.DATE: [first + dt.timedelta(days=2)] * 2, s.SALES: [7.25, 0.0]})
    with db.begin() as conn:
        add_sales(conn, came.with_columns(pl.lit(1).alias(s.OPEN)))
    pairs = forecasts_with_actuals(db)
    assert pairs.columns == [
        "Model", "Cutoff", "Store", "Date", "Ahead", "Forecast", "Lower80", "Upper80", "Lower95", "Upper95",
        "Sales", "Open", "Promo",
    ]  # fmt: skip
    assert pairs.select("Model", "Cutoff", "Store", "Ahead", "Sales", "Open").rows() == [
        (MODEL, PANEL.end, 3, 3, 7.25, 1),
        (MODEL, PANEL.end, 4, 3, 0.0, 1),
    ]
    expected = came.select(s.KEYS).join(plain, on=s.KEYS)[s.FORECAST].to_list()
    assert pairs[s.FORECAST].to_list() == expected
    assert forecasts_with_actuals(db, since=first + dt.timedelta(days=3)).height == 0
    assert forecasts_with_actuals(db, since=first + dt.timedelta(days=2)).height == 2
