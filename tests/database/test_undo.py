"""Every write can be taken back: the chain is then what it was before, to the bit, and nothing of later writes is lost."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest
from sqlalchemy import Connection

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.delete_sales import delete_sales
from storecast.database.panel_io import apply_changes, changes_since, read_panel, write_panel
from storecast.database.undo import Undone, undo
from storecast.database.writes import Written, add_calendar, add_sales, add_stores
from storecast.errors import ConflictError, DataError
from support.databases import ON_SQLITE
from support.panels import make_panel

PANEL = make_panel(stores=4, days=80, ahead=14)
DAY = PANEL.end + dt.timedelta(days=1)
SALE = pl.DataFrame({s.STORE: [1, 2], s.DATE: [DAY, DAY], s.SALES: [10.5, 20.0]})
STOOD = PANEL.sales.filter(pl.col(s.SALES) > 0).tail(3).select(s.STORE, s.DATE, pl.col(s.SALES) * 100)


@pytest.fixture
def filled(db: Database) -> Database:
    write_panel(db, PANEL)
    return db


def new_stores() -> pl.DataFrame:
    return pl.DataFrame({s.STORE: [77], s.STORE_TYPE: ["b"]})


WRITES: dict[str, Callable[[Connection], Written]] = {
    "sales of a new day": lambda conn: add_sales(conn, SALE),
    "sales a hundred times too high": lambda conn: add_sales(conn, STOOD, replace=True),
    "sales that changed the plan of their day": lambda conn: add_sales(
        conn, SALE.with_columns(pl.lit(1).alias(s.PROMO))
    ),
    "a calendar": lambda conn: add_calendar(conn, SALE.select(s.KEYS).with_columns(pl.lit(0).alias(s.OPEN))),
    "a day the calendar did not hold": lambda conn: add_calendar(
        conn,
        pl.DataFrame(
            {
                s.STORE: [3],
                s.DATE: [DAY + dt.timedelta(days=40)],
                s.OPEN: [1],
                s.PROMO: [0],
                s.STATE_HOLIDAY: ["0"],
                s.SCHOOL_HOLIDAY: [0],
            }
        ),
    ),
    "a new store": lambda conn: add_stores(conn, new_stores()),
    "another type of a store": lambda conn: add_stores(
        conn, pl.DataFrame({s.STORE: [1], s.STORE_TYPE: ["d"]}), replace=True
    ),
    "a removal": lambda conn: delete_sales(conn, store=2, first=PANEL.end - dt.timedelta(days=9)),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_is_taken_back_leaves_the_chain_as_it_was(filled: Database, write: str) -> None:
    before, version = read_panel(filled)
    with filled.begin() as conn:
        written = WRITES[write](conn)
    changed, _ = read_panel(filled)
    assert changed.fingerprint != before.fingerprint
    assert apply_changes(before, changes_since(filled, version)).fingerprint == changed.fingerprint
    with filled.begin() as conn:
        undone = undo(conn, written.version)
    after, newest = read_panel(filled)
    assert after.fingerprint == before.fingerprint
    assert undone.version == newest == written.version + 1
    assert apply_changes(changed, changes_since(filled, written.version)).fingerprint == before.fingerprint


def test_writes_are_taken_back_from_the_last_to_the_first(filled: Database) -> None:
    before = read_panel(filled)[0]
    with filled.begin() as conn:
        first = add_sales(conn, SALE).version
        second = add_sales(conn, SALE.with_columns(pl.col(s.SALES) + 1), replace=True).version
        third = delete_sales(conn, first=DAY).version
    with pytest.raises(ConflictError, match=f"Take version {second} back first"), filled.begin() as conn:
        undo(conn, first)
    with pytest.raises(ConflictError, match=f"Take version {third} back first"), filled.begin() as conn:
        undo(conn, second)
    with filled.begin() as conn:
        assert [undo(conn, version).removed for version in (third, second, first)] == [0, 0, 2]
    assert read_panel(filled)[0].fingerprint == before.fingerprint


def test_sales_that_were_sent_again_after_their_removal_are_not_lost(filled: Database) -> None:
    gone = PANEL.sales.filter(pl.col(s.STORE) == 2).tail(1)
    with filled.begin() as conn:
        removal = delete_sales(conn, store=2, first=gone[s.DATE][0]).version
        again = add_sales(conn, gone.with_columns(pl.lit(7.0).alias(s.SALES))).version
    with pytest.raises(ConflictError, match=f"Take version {again} back first"), filled.begin() as conn:
        undo(conn, removal)


def test_a_day_of_the_calendar_whose_sales_came_stays(filled: Database) -> None:
    far = pl.DataFrame({s.STORE: [1], s.DATE: [DAY + dt.timedelta(days=20)]})
    day = far.with_columns(
        pl.lit(1).alias(s.OPEN),
        pl.lit(0).alias(s.PROMO),
        pl.lit("0").alias(s.STATE_HOLIDAY),
        pl.lit(0).alias(s.SCHOOL_HOLIDAY),
    )
    with filled.begin() as conn:
        planned = add_calendar(conn, day).version
        sold = add_sales(conn, far.with_columns(pl.lit(5.0).alias(s.SALES))).version
    with pytest.raises(ConflictError, match=f"Take version {sold} back first"), filled.begin() as conn:
        undo(conn, planned)


@ON_SQLITE
@pytest.mark.parametrize(
    ("version", "problem"),
    [
        (1, "was filled whole at version 1"),
        (0, "was filled whole"),
        (9, "none had this version"),
        (2, "taken back already"),
    ],
)
def test_what_is_no_write_cannot_be_taken_back(filled: Database, version: int, problem: str) -> None:
    with filled.begin() as conn:
        assert undo(conn, add_sales(conn, SALE).version) == Undone(removed=2, restored=0, version=3)
    before = read_panel(filled)
    with pytest.raises(DataError, match=problem), filled.begin() as conn:
        undo(conn, version)
    assert read_panel(filled)[1] == before[1]


def test_a_chain_that_is_filled_again_forgets_what_was_written_before(filled: Database) -> None:
    with filled.begin() as conn:
        written = add_sales(conn, SALE).version
    write_panel(filled, PANEL)
    with pytest.raises(DataError, match="filled whole at version 3"), filled.begin() as conn:
        undo(conn, written)


@pytest.mark.parametrize(
    ("which", "problem"),
    [({}, "Say which"), ({"first": PANEL.first}, "No sales of the chain would be left")],
)
def test_a_removal_says_what_goes_and_leaves_a_chain(filled: Database, which: dict[str, dt.date], problem: str) -> None:
    with pytest.raises(DataError, match=problem), filled.begin() as conn:
        delete_sales(conn, **which)
    assert read_panel(filled)[0].fingerprint == PANEL.fingerprint


def test_a_write_of_many_rows_is_taken_back(db: Database) -> None:
    panel = make_panel(stores=20, days=80)
    write_panel(db, panel)
    doubled = panel.sales.filter(pl.col(s.SALES) > 0).with_columns(pl.col(s.SALES) * 2)
    assert doubled.height > 1000
    with db.begin() as conn:
        version = add_sales(conn, doubled, replace=True).version
        assert undo(conn, version).restored == doubled.height
    assert read_panel(db)[0].fingerprint == panel.fingerprint
