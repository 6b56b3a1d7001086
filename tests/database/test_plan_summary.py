"""The figures behind the sentences are those of the tables."""

import datetime as dt

import polars as pl
import pytest
import sqlalchemy as sa

from storecast import schema as s
from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.database.plan_budget import replace_budget
from storecast.database.plan_overrides import add_overrides
from storecast.database.plan_publishing import advance_version
from storecast.errors import MissingError
from storecast.plan.sentences import sentences
from storecast.workflows.plan_summary import plan_summary
from support.plans import FIRST, PANEL, drivers_of, filled, made_forecast, published

TODAY = dt.date(2013, 3, 20)
WEEK = (dt.date(2013, 4, 1), dt.date(2013, 4, 7))


def test_figures_are_those_of_the_version(db: Database) -> None:
    first = made_forecast()
    published(filled(db), first, drivers_of(first))
    only = plan_summary(db, today=TODAY)
    assert (only.change, only.budget, only.overrides, only.last_year) == (None, None, 0, None), "80 days of sales"
    second = made_forecast(130.0, version=2, late=7)
    published(db, second, drivers_of(second, 40.0), by="Bo")
    row = {"level": "store", "key": "1", "first": WEEK[0], "last": WEEK[1], "kind": "amount", "value": -50.0}
    budget = {"store": ["1"], "first": [WEEK[0]], "last": [WEEK[1]], "amount": [700.0]}
    with db.begin() as conn:
        add_overrides(conn, pl.DataFrame([{**row, "reason": "weather", "note": ""}]), by="Ada")
        replace_budget(conn, pl.DataFrame(budget))
        advance_version(conn, 2, "reviewed", by="Cy")
    summary = plan_summary(db, today=TODAY)
    forecast = float(second.rows[s.FORECAST].sum())
    assert (summary.version, summary.state.state, summary.state.by, summary.stores) == (2, "reviewed", "Cy", 4)
    assert (summary.forecast, summary.plan, summary.overrides) == (forecast, forecast - 50, 1)
    assert summary.lower == pytest.approx(forecast * 0.9)
    assert summary.change is not None
    assert (summary.change.version, summary.change.after - summary.change.before) == (1, 720.0)
    assert summary.change.drivers == {"Promotion": 960.0, "Usual": -240.0}
    assert summary.budget is not None
    assert (summary.budget.budget, summary.budget.plan, summary.budget.whole) == (700.0, 6 * 131 - 50.0, False)
    assert summary.exceptions is not None
    assert summary.exceptions > 0
    assert summary.largest_exception is not None
    older = plan_summary(db, 1, today=TODAY)
    assert (older.version, older.exceptions, older.largest_exception) == (1, None, None)
    assert [len(sentences(each)) for each in (only, older, summary)] == [5, 5, 7]


def test_a_year_before_counts_the_weeks_of_stores_that_are_known(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    forecast = made_forecast()
    published(filled(db), forecast)
    weeks_before = dt.timedelta(weeks=8)
    for module in ("workflows.plan_summary", "report.tables"):
        monkeypatch.setattr(f"storecast.{module}.YEAR", weeks_before)
    begin = FIRST - weeks_before
    sold = PANEL.sales.filter(pl.col(s.DATE).is_between(begin, begin + dt.timedelta(days=13)))
    whole = plan_summary(db, today=TODAY).last_year
    assert whole is not None
    assert whole.sales == pytest.approx(float(sold[s.SALES].sum()))
    assert whole.plan == float(forecast.rows[s.FORECAST].sum())
    later = begin + dt.timedelta(days=7)
    with db.begin() as conn:
        conn.execute(sa.delete(t.sales).where(t.sales.c.store == "1", t.sales.c.date == later))
    in_part = plan_summary(db, today=TODAY).last_year
    assert in_part is not None
    monday = later - dt.timedelta(days=later.weekday())
    lost = (pl.col(s.STORE) == 1) & pl.col(s.DATE).is_between(monday, monday + dt.timedelta(days=6))
    assert in_part.sales == pytest.approx(float(sold.filter(~lost)[s.SALES].sum()))
    compared = forecast.rows.with_columns(pl.col(s.DATE) - weeks_before).filter(~lost)
    assert in_part.plan == pytest.approx(float(compared[s.FORECAST].sum()))


def test_without_a_version_there_is_no_summary(db: Database) -> None:
    with pytest.raises(MissingError, match="storecast plan publish"):
        plan_summary(filled(db))
