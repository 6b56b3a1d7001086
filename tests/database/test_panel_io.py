"""What is read is what was written, bit for bit; and what changed is found."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.data.column_names import ColumnNames
from storecast.data.excluded_spans import ExcludedSpan
from storecast.data.file_layout import FileLayout
from storecast.data.own_feasts import OwnFeast
from storecast.data.panel import Panel
from storecast.data.store_countries import places_by_country
from storecast.database.chain_info import version
from storecast.database.chain_settings import read_written
from storecast.database.connect import Database
from storecast.database.panel_io import apply_changes, changes_since, read_panel, write_panel
from storecast.database.writes import add_calendar, add_sales, add_stores
from storecast.errors import DatabaseError
from support.panels import FIRST, make_panel


def odd_panel() -> Panel:
    """Return a chain with text ids, own columns, gaps, cents and names that mean something to SQL, CSV or JSON."""
    panel = make_panel(stores=6, days=90, ahead=10)
    names = ["1", "01", "O'Neill; DROP TABLE sales", 'a,"b"\n', "ü🙂", "null"]
    rename = dict(zip(range(1, 7), names, strict=True))
    rng = np.random.default_rng(3)

    def named(frame: pl.DataFrame, *keys: str) -> pl.DataFrame:
        return frame.with_columns(pl.col(s.STORE).replace_strict(rename, return_dtype=pl.String)).sort(keys)

    own = rng.random(panel.calendar.height) * 10.0 ** rng.integers(-9, 9, panel.calendar.height)
    calendar = named(panel.calendar, *s.KEYS).with_columns(
        pl.when(pl.Series(rng.random(len(own)) > 0.1)).then(pl.Series(own)).alias('My "own", {column}'),
        pl.Series("open", rng.integers(0, 5, len(own)).astype(float)),
        pl.Series(s.ASSUMED, rng.random(len(own)) < 0.2),
    )
    cents = np.round(rng.random(panel.sales.height) * 1e4, 2)
    sales = named(panel.sales, *s.KEYS).with_columns(
        pl.Series(s.SALES, cents),
        pl.when(pl.Series(cents > 2000)).then(s.CUSTOMERS).alias(s.CUSTOMERS),
    )
    remaining = sales.filter(pl.Series(rng.random(sales.height) > 0.1))
    stores = named(panel.stores, s.STORE).with_columns(
        pl.Series(s.COMPETITION_DISTANCE, [None, 1.5, 0.1, None, 1e7, 0.0]), pl.Series(s.STATE, ["", "NW"] * 3)
    )
    return Panel(remaining, stores, calendar)


@pytest.mark.parametrize("make", [make_panel, odd_panel])
def test_what_is_read_is_what_was_written(db: Database, make: type[Panel]) -> None:
    panel = make()
    assert write_panel(db, panel) == 1
    stored, at = read_panel(db)
    assert at == version(db) == 1
    for table in ("sales", "stores", "calendar"):
        assert getattr(stored, table).schema == getattr(panel, table).schema
        assert getattr(stored, table).equals(getattr(panel, table), null_equal=True)
    assert stored.fingerprint == panel.fingerprint


def test_columns_that_are_known_of_the_past_alone_are_kept(db: Database) -> None:
    panel = make_panel(stores=2, days=60, ahead=5)
    days = panel.calendar.with_columns(pl.when(pl.col(s.DATE) <= panel.end).then(7.5).alias(f"{s.PAST_ONLY}Receipts"))
    write_panel(db, panel.with_calendar(days))
    stored, _ = read_panel(db)
    assert (stored.known, stored.past_only) == ((), (f"{s.PAST_ONLY}Receipts",))
    assert stored.calendar.equals(days, null_equal=True)


def test_the_country_that_is_set_is_kept_and_none_stays_none(db: Database) -> None:
    panel = make_panel(stores=2, days=30, ahead=5)
    write_panel(db, panel)
    assert read_panel(db)[0].country is None
    feasts = (OwnFeast("Town fair", ("2 Sunday 9", "2015-07-01"), 6), OwnFeast("Halloween", (), 0))
    write_panel(db, replace(panel, country="EC", feasts=feasts))
    stored, _ = read_panel(db)
    assert (stored.country, stored.feasts) == ("EC", feasts)
    assert apply_changes(panel, changes_since(db, 1)).feasts == feasts
    assert stored.fingerprint != panel.fingerprint
    assert apply_changes(panel, changes_since(db, 1)).country == "EC"


def test_groups_by_which_totals_are_made_are_kept_with_the_chain(db: Database) -> None:
    panel = make_panel(stores=3, days=30, ahead=5)
    write_panel(db, panel)
    assert not read_panel(db)[0].breakdown
    grouped = replace(panel, breakdown=Breakdown((StoreGroup("Region", {1: "=N", 3: "<i>"}),), ("month",)))
    write_panel(db, grouped)
    for stored in (read_panel(db)[0], apply_changes(panel, changes_since(db, 1))):
        assert repr(stored.breakdown) == repr(grouped.breakdown)
        assert stored.fingerprint == grouped.fingerprint


def test_several_countries_and_the_one_of_each_store_are_kept(db: Database) -> None:
    panel = make_panel(stores=2, days=30, ahead=5)
    stores = panel.stores.with_columns(pl.Series(s.STATE, ["CZ", "DE-BY"]))
    write_panel(db, replace(panel, stores=stores, country="CZ,DE"))
    stored, _ = read_panel(db)
    assert stored.country == "CZ,DE"
    assert places_by_country(stored.stores, stored.country) == {"CZ": [0], "DE": [1]}


def test_small_and_large_writes_read_alike(db: Database) -> None:
    panel = make_panel(stores=2, days=60, ahead=5)  # few rows take another road than many
    write_panel(db, panel)
    assert read_panel(db)[0].fingerprint == panel.fingerprint


def test_the_same_chain_again_changes_nothing(db: Database) -> None:
    panel = make_panel(stores=2)
    assert [write_panel(db, panel), write_panel(db, panel)] == [1, 1]
    assert write_panel(db, make_panel(stores=3)) == 2
    assert read_panel(db)[0].stores.height == 3


def test_a_database_without_a_chain_says_how_to_fill_it(db: Database) -> None:
    assert version(db) == 0
    for ask in (lambda: read_panel(db), lambda: changes_since(db, 0)):
        with pytest.raises(DatabaseError, match="storecast db load"):
            ask()


def test_a_chain_with_a_zero_byte_is_refused_and_nothing_is_written(db: Database) -> None:
    panel = make_panel(stores=2)
    stores = panel.stores.with_columns(pl.lit("N\x00W").alias(s.STATE))
    with pytest.raises(DatabaseError, match="State of store '1' holds a zero byte"):
        write_panel(db, Panel(panel.sales, stores, panel.calendar))
    assert version(db) == 0


def test_changes_bring_an_old_panel_up_to_date(db: Database) -> None:
    panel = make_panel(stores=4, days=100, ahead=20)
    write_panel(db, panel)
    old, at = read_panel(db)
    day = panel.end + dt.timedelta(days=1)
    with db.begin() as conn:
        sold = pl.DataFrame({s.STORE: [1, 2], s.DATE: [day] * 2, s.SALES: [100.25, 200.0], s.OPEN: [1, 1]})
        add_sales(conn, sold)
    with db.begin() as conn:
        add_calendar(conn, pl.DataFrame({s.STORE: [3], s.DATE: [day + dt.timedelta(days=5)], s.PROMO: [1]}))
        add_stores(conn, pl.DataFrame({s.STORE: [77]}))
    mended = panel.sales.filter(pl.col(s.DATE) == FIRST + dt.timedelta(days=8)).with_columns(pl.lit(5.5).alias(s.SALES))
    with db.begin() as conn:
        add_sales(conn, mended, replace=True)
    changes = changes_since(db, at)
    assert not changes.replaced
    assert (changes.sales.height, changes.stores.height) == (6, 1)
    new, latest = read_panel(db)
    assert changes.version == latest == 5
    assert apply_changes(old, changes).fingerprint == new.fingerprint != panel.fingerprint
    assert changes_since(db, latest).sales.is_empty()
    assert apply_changes(new, changes_since(db, latest)).fingerprint == new.fingerprint


def test_changes_after_the_chain_was_replaced_are_all_of_it(db: Database) -> None:
    write_panel(db, make_panel(stores=2))
    old, at = read_panel(db)
    other = odd_panel()
    write_panel(db, other)
    changes = changes_since(db, at)
    assert changes.replaced
    assert apply_changes(old, changes).fingerprint == other.fingerprint


def test_changes_of_a_state_that_was_undone_are_all_of_it(db: Database) -> None:
    write_panel(db, make_panel(stores=2))
    panel, at = read_panel(db)
    changes = changes_since(db, at + 5)
    assert (changes.replaced, changes.version) == (True, at)
    assert apply_changes(odd_panel(), changes).fingerprint == panel.fingerprint


def test_a_reader_sees_one_state_while_others_write(db: Database) -> None:
    panel = make_panel(stores=2)
    write_panel(db, panel)
    import sqlalchemy as sa

    from storecast.database.tables import chain, sales

    with db.reading() as conn:
        count = conn.execute(sa.select(sa.func.count()).select_from(sales)).scalar_one()
        write_panel(db, make_panel(stores=5))
        assert conn.execute(sa.select(sa.func.count()).select_from(sales)).scalar_one() == count
        assert conn.execute(sa.select(chain.c.version)).scalar_one() == 1
    assert version(db) == 2


def test_how_files_are_written_is_kept_with_the_chain_and_replaced_with_it(db: Database) -> None:
    panel = make_panel(stores=2, days=60, ahead=5)
    names = ColumnNames({s.SALES: "Umsatz"}, ("Leaflet",), True, "%d.%m.%Y", timezone="Europe/Berlin", decimal=",")
    names = replace(names, sum_rows=True, layout=FileLayout(wide="dates", one_store="1"), unused=("Till",))
    for given, expected in ((names, names), (ColumnNames(), ColumnNames()), (names, names), (None, ColumnNames())):
        write_panel(db, panel, names=given)  # the same rows each time: the settings change all the same
        with db.reading() as conn:
            written = read_written(conn, ("Leaflet",), text_ids=True)
        assert written == replace(expected, known=("Leaflet",), text_ids=True)
    assert version(db) == 1


def test_days_that_models_should_not_learn_from_are_kept(db: Database) -> None:
    plain = make_panel(stores=2, days=60, ahead=5)
    day = plain.first
    spans = (ExcludedSpan(day, day + dt.timedelta(days=3), None, "strike"), ExcludedSpan(day, day, 1))
    version = write_panel(db, plain)
    panel = replace(plain, excluded=spans)
    changed = write_panel(db, panel)
    assert changed == version + 1
    assert read_panel(db)[0].excluded == spans
    assert read_panel(db)[0].fingerprint == panel.fingerprint
    assert apply_changes(plain, changes_since(db, version)).excluded == spans
    assert apply_changes(panel, changes_since(db, changed)).excluded == spans
    write_panel(db, plain)
    assert read_panel(db)[0].excluded == ()
