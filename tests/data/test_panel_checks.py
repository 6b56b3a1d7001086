"""A Panel refuses tables that break its schema or its order, and says what to do."""

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.errors import DataError
from support.panels import make_panel


def test_when_a_column_is_missing_then_the_error_names_it_and_its_type() -> None:
    panel = make_panel(stores=2, days=30)
    with pytest.raises(DataError, match=r"Panel\.sales: the column Customers is missing\. Found .* of type Float64\."):
        Panel(panel.sales.drop(s.CUSTOMERS), panel.stores, panel.calendar)


def test_when_a_column_has_another_type_then_the_error_names_both_types() -> None:
    panel = make_panel(stores=2, days=30)
    with pytest.raises(DataError, match=r"Panel\.calendar, column Open: found values of type Int64; expected Int8"):
        Panel(panel.sales, panel.stores, panel.calendar.with_columns(pl.col(s.OPEN).cast(pl.Int64)))


def test_when_store_ids_are_text_in_one_table_alone_then_they_are_refused() -> None:
    panel = make_panel(stores=2, days=30)
    as_text = panel.sales.with_columns(pl.col(s.STORE).cast(pl.String))
    with pytest.raises(DataError, match=r"Panel\.sales, column Store: found values of type String; expected Int64"):
        Panel(as_text, panel.stores, panel.calendar)


def test_when_store_ids_are_text_throughout_then_they_are_taken() -> None:
    panel = make_panel(stores=2, days=30)
    text = pl.col(s.STORE).cast(pl.String)
    sales, stores, calendar = (table.with_columns(text) for table in (panel.sales, panel.stores, panel.calendar))
    assert Panel(sales, stores, calendar).stores[s.STORE].to_list() == ["1", "2"]


def test_when_a_required_value_is_missing_then_the_error_counts_such_rows() -> None:
    panel = make_panel(stores=2, days=30)
    gap = pl.when(pl.col(s.STORE) == 1).then(pl.col(s.SALES)).alias(s.SALES)
    with pytest.raises(DataError, match=r"Panel\.sales, column Sales: found 30 missing values"):
        Panel(panel.sales.with_columns(gap), panel.stores, panel.calendar)


@pytest.mark.parametrize("table", ["sales", "calendar"])
def test_when_two_rows_share_a_store_and_day_then_the_error_names_them(table: str) -> None:
    panel = make_panel(stores=2, days=30)
    tables = {name: getattr(panel, name) for name in ("sales", "stores", "calendar")}
    tables[table] = pl.concat([tables[table], tables[table].tail(1)])
    with pytest.raises(DataError, match=rf"Panel\.{table}: found two rows for Store '2', Date '2013-"):
        Panel(**tables)


@pytest.mark.parametrize("table", ["sales", "calendar", "stores"])
def test_when_rows_are_not_sorted_by_their_keys_then_the_error_says_to_sort_them(table: str) -> None:
    panel = make_panel(stores=2, days=30)
    tables = {name: getattr(panel, name) for name in ("sales", "stores", "calendar")}
    tables[table] = tables[table].reverse()
    with pytest.raises(DataError, match=rf"Panel\.{table}: row 1 is out of order; .* Sort the table by them\."):
        Panel(**tables)


def test_when_days_are_sorted_but_stores_are_not_then_the_rows_are_refused() -> None:
    panel = make_panel(stores=2, days=30)
    with pytest.raises(DataError, match=r"Panel\.sales: row 2 is out of order"):
        Panel(panel.sales.sort(s.DATE, s.STORE), panel.stores, panel.calendar)


def test_tables_without_rows_are_taken() -> None:
    panel = make_panel(stores=2, days=30)
    assert Panel(panel.sales.clear(), panel.stores.clear(), panel.calendar.clear()).stores.height == 0
