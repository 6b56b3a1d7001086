"""How exceptions are handled stays, and nobody handles one that is not there."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.panel_io import write_panel
from storecast.database.plan_overrides import add_overrides
from storecast.database.writes import add_sales
from storecast.errors import DataError, MissingError
from storecast.workflows.plan_exceptions import handle, show_exceptions
from support.databases import ON_SQLITE
from support.plans import FIRST, PANEL, filled, made_forecast, published

TODAY = dt.date(2026, 1, 2)


def test_exceptions_come_of_versions_and_sales_and_are_handled(db: Database) -> None:
    published(filled(db), made_forecast())
    assert show_exceptions(db, TODAY).is_empty()
    days = [FIRST + dt.timedelta(days=k) for k in range(4)]
    sold = pl.DataFrame({s.STORE: [2] * 4, s.DATE: days, s.SALES: [150.0] * 4, s.OPEN: [1] * 4})
    with db.begin() as conn:
        add_sales(conn, sold)
    published(db, made_forecast(103.0, version=2, late=4))
    rows = show_exceptions(db, TODAY)
    assert rows["Kind"].to_list() == ["broken", "band", *["change"] * 8]
    assert rows["Key"][:2].to_list() == ["2", "2"]
    rows = rows.tail(9)
    name = rows["Exception"][0]
    with db.begin() as conn:
        handle(conn, name, state="done", by="Ada", owner="Bo", note="a fair")
        handle(conn, rows["Exception"][1], state="snoozed", by="Ada", until=TODAY + dt.timedelta(days=7))
    assert show_exceptions(db, TODAY).height == rows.height - 1
    assert show_exceptions(db, TODAY + dt.timedelta(days=7)).height == rows.height
    done = show_exceptions(db, TODAY, everything=True).row(1, named=True)
    assert (done["State"], done["Owner"], done["By"], done["Note"]) == ("done", "Bo", "Ada", "a fair")
    with db.begin() as conn:
        handle(conn, name, state="open", by="Ada")
    assert show_exceptions(db, TODAY)["Exception"][1] == name


def test_overrides_of_a_store_that_is_removed_and_of_one_that_closes_are_exceptions_with_their_money(
    db: Database,
) -> None:
    published(filled(db), made_forecast())
    week = {"first": FIRST + dt.timedelta(days=7), "last": FIRST + dt.timedelta(days=13)}
    rows = [
        {"level": "store", "key": "4", "kind": "figure", "value": 900.0, **week},
        {"level": "store", "key": "3", "kind": "amount", "value": 100.0, **week},
        {"level": "store", "key": "2", "kind": "factor", "value": 1.1, **week},
        {"level": "store", "key": "4", "kind": "figure", "value": 90.0, "first": FIRST, "last": FIRST},
    ]
    with db.begin() as conn:
        add_overrides(conn, pl.DataFrame(rows).with_columns(reason=pl.lit("local event"), note=pl.lit("")), by="Ada")
    names = ("sales", "stores", "calendar")
    fewer = {name: getattr(PANEL, name).filter(pl.col(s.STORE) != 4) for name in names}
    write_panel(db, replace(PANEL, **fewer))
    forecast = made_forecast(100.0, version=2, late=1)
    figures = [name for name in forecast.rows.columns if name not in s.KEYS]
    shut = pl.when(pl.col(s.STORE) == 3).then(0.0)
    closes = forecast.rows.filter(pl.col(s.STORE) != 4).with_columns(
        shut.otherwise(name).alias(name) for name in figures
    )
    published(db, replace(forecast, rows=closes))
    stale = show_exceptions(db, TODAY).filter(pl.col("Kind") == "stale")
    assert stale.select("Exception", "Stake").rows() == [("stale:1", 900.0), ("stale:2", 100.0)]
    assert stale["Text"][0] == "override 1: the plan holds none of its stores any more"
    assert stale["Text"][1].startswith(
        "override 2: it cannot be met any more: the forecast of the days that are left is 0"
    )


@ON_SQLITE
@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"state": "gone"}, DataError, "no such state"),
        ({"state": "snoozed"}, DataError, "needs the day"),
        ({"state": "done", "until": TODAY}, DataError, "no other has one"),
        ({"state": "done", "owner": "x" * 101}, DataError, "An owner is a text"),
        ({"state": "done"}, MissingError, "no such exception"),
    ],
)
def test_what_cannot_be_said_of_an_exception_is_refused(
    db: Database, given: dict[str, object], error: type[Exception], words: str
) -> None:
    published(filled(db), made_forecast())
    with pytest.raises(error, match=words), db.begin() as conn:
        handle(conn, "band:2013-03-22:2", by="Ada", **given)  # type: ignore[arg-type]
