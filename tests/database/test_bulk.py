"""Few rows and many go by different roads, and arrive alike: odd texts, gaps and extreme numbers among them."""

import datetime as dt

import polars as pl
import pytest
import sqlalchemy as sa

from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.bulk import MAX_ROWS_OF_STATEMENT
from storecast.database.connect import Database

TEXTS = [
    "",
    " ",
    "\\N",
    "\\.",
    '"',
    '""',
    "a,b",
    "a\nb\r\n",
    "'; DROP TABLE stores; --",
    "%s %(x)s :x ?",
    "ü🙂\u200b",
    "NULL",
    "t",
]
SCHEMA = {
    "store": pl.String(),
    "store_type": pl.String(),
    "assortment": pl.String(),
    "competition_distance": pl.Float64(),
    "competition_since": pl.Date(),
    "promo2": pl.Int64(),
    "promo2_since": pl.Date(),
    "promo_interval": pl.String(),
    "state": pl.String(),
    "version": pl.Int64(),
}


def rows(count: int) -> pl.DataFrame:
    numbers = [None, 0.1, 1e-308, 1e308, 123456789.12, 5e-324, 0.0]
    days = [None, dt.date(1900, 1, 1), dt.date(2000, 2, 29), dt.date(2100, 12, 31)]
    records = [
        (f"{k} {TEXTS[k % 13]}", TEXTS[k % 13], TEXTS[-k % 13], numbers[k % 7], days[k % 4], k % 2, days[-k % 4], "", "", 2**40 + k)
        for k in range(count)
    ]  # fmt: skip
    return pl.DataFrame(records, schema=SCHEMA, orient="row")


@pytest.mark.parametrize("count", [13, MAX_ROWS_OF_STATEMENT + 100])
def test_what_comes_out_is_what_went_in(db: Database, count: int) -> None:
    with db.begin() as conn:
        bulk.insert(conn, t.stores, rows(count))
        selected = bulk.select(conn, sa.select(t.stores), SCHEMA)
    assert selected.sort("version").equals(rows(count), null_equal=True)


@pytest.mark.parametrize("count", [13, MAX_ROWS_OF_STATEMENT + 100])
def test_rows_take_the_place_of_rows_with_their_key(db: Database, count: int) -> None:
    changed = rows(count).with_columns(pl.lit("new").alias("state"))
    with db.begin() as conn:
        bulk.insert(conn, t.stores, rows(count).head(5))
        bulk.insert(conn, t.stores, changed, replace=True)
        selected = bulk.select(conn, sa.select(t.stores), SCHEMA)
    assert selected.sort("version").equals(changed, null_equal=True)


def test_no_rows_are_no_trouble(db: Database) -> None:
    with db.begin() as conn:
        bulk.insert(conn, t.stores, rows(0))
        assert bulk.select(conn, sa.select(t.stores), SCHEMA).schema == pl.Schema(SCHEMA)
