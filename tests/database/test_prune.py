"""What nobody looks at any more goes; what is served, scored or signed stays."""

import datetime as dt

import polars as pl
import pytest
import sqlalchemy as sa

from storecast import schema as s
from storecast.database import prune as pruning
from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.database.forecasts import forecasts_with_actuals, save_forecast
from storecast.database.panel_io import read_panel, write_panel
from storecast.database.prune import prune
from storecast.database.request_log import AnsweredRequest, record_requests
from storecast.database.undo import undo
from storecast.database.writes import add_sales
from storecast.errors import DataError
from support.panels import make_panel
from support.stored_forecasts import stored_forecast

PANEL = make_panel(stores=3, days=80, ahead=14)
DAY = dt.timedelta(days=1)


def save(db: Database, cutoff: dt.date, version: int, model: str = "one.pkl") -> None:
    rows = PANEL.calendar.filter(pl.col(s.DATE).is_between(cutoff + DAY, cutoff + 14 * DAY)).select(s.KEYS)
    names = (s.FORECAST, "Lower80", "Upper80", "Lower95", "Upper95")
    save_forecast(
        db,
        model=model,
        cutoff=cutoff,
        version=version,
        rows=rows.with_columns(pl.lit(float(version)).alias(name) for name in names),
    )


def answered_request(age: dt.timedelta) -> AnsweredRequest:
    return AnsweredRequest(dt.datetime.now(dt.UTC) - age, "r", 1, "GET", "/v1/stores", 200, 1, 0.5, None)


def count(db: Database, table: sa.Table) -> int:
    with db.reading() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_forecasts_of_long_ago_and_those_that_were_superseded_go(db: Database) -> None:
    write_panel(db, PANEL, generated=True)
    recent, long_ago = PANEL.end - 20 * DAY, PANEL.end - 40 * DAY
    for version in (3, 2, 1):  # replicas may save in any order; an older one replaces nothing
        save(db, recent, version)
    save(db, recent, 1, "two.pkl")
    save(db, long_ago, 1)
    before = forecasts_with_actuals(db, since=recent + DAY)
    assert prune(db, forecasts=30 * DAY, requests=DAY) == {"requests": 0, "superseded": 2, "old": 1, "overwritten": 0}
    assert count(db, t.forecasts) == 2
    assert count(db, t.forecast_rows) == 2 * 14 * 3, "rows go with their forecast"
    assert forecasts_with_actuals(db).equals(before.filter(pl.col(s.CUTOFF) == recent)), "scores stay as they are"
    stored = stored_forecast(db, "one.pkl", recent)
    assert stored is not None
    assert stored[s.FORECAST].unique().to_list() == [3.0]
    assert count(db, t.sales) == PANEL.sales.height
    assert prune(db, forecasts=30 * DAY, requests=DAY) == {"requests": 0, "superseded": 0, "old": 0, "overwritten": 0}


def test_requests_of_long_ago_go_in_small_parts_and_it_is_noted(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 3)
    record_requests(db, [answered_request(age * DAY) for age in (0, 5, 10, 11, 12, 13, 14, 15, 16)])
    assert prune(db, forecasts=DAY, requests=7 * DAY)["requests"] == 7
    assert count(db, t.requests) == 2
    with db.reading() as conn:
        noted = conn.execute(sa.select(t.audit.c.action, t.audit.c.detail)).all()
    assert [row.action for row in noted] == ["pruned"]
    assert '"requests": 7' in noted[0].detail


def test_a_database_without_sales_keeps_its_forecasts(db: Database) -> None:
    save(db, PANEL.end, 1)
    assert prune(db, forecasts=DAY, requests=DAY) == {"requests": 0, "superseded": 0, "old": 0, "overwritten": 0}
    assert count(db, t.forecasts) == 1


def test_what_was_overwritten_long_ago_goes_and_its_write_can_no_longer_be_taken_back(db: Database) -> None:
    write_panel(db, PANEL)
    wrong = PANEL.sales.filter(pl.col(s.SALES) > 0).tail(1).with_columns(pl.col(s.SALES) * 100)
    with db.begin() as conn:
        version = add_sales(conn, wrong, replace=True).version
        conn.exec_driver_sql("UPDATE overwritten SET at = '2020-01-01 00:00:00+00:00'")
    assert prune(db, forecasts=DAY, requests=DAY)["overwritten"] == 1
    with pytest.raises(DataError, match="up to then is pruned"), db.begin() as conn:
        undo(conn, version)
    assert read_panel(db)[0].sales[s.SALES].max() == wrong[s.SALES][0]
