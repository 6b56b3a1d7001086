"""How exceptions are handled stays, and nobody handles one that is not there."""

import datetime as dt

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.writes import add_sales
from storecast.errors import DataError, MissingError
from storecast.workflows.plan_exceptions import handle, show_exceptions
from support.plans import FIRST, filled, made_forecast, published

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
