"""A store, a date and a figure are enough; what the other columns would have said is worked out, and said to be an assumption."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.past_openings import open_by_sales
from storecast.data.read import read_chain
from storecast.errors import DataError
from storecast.workflows.preparation import check, prepare
from storecast.workflows.prepared import Prepared
from support.chain_files import drop_columns, edit, write_chain

FACTS = ("StoreType", "Assortment", "CompetitionDistance", "CompetitionOpenSinceMonth", "CompetitionOpenSinceYear")
PROMO2 = ("Promo2", "Promo2SinceWeek", "Promo2SinceYear", "PromoInterval")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data")


def days_ahead(prepared: Prepared) -> pl.DataFrame:
    return prepared.panel.calendar.filter(pl.col(s.DATE) > prepared.panel.end)


def bare(folder: Path) -> Path:
    """Leave a store, a date and a figure."""
    for name in ("store.csv", "store_states.csv", "test.csv"):
        (folder / name).unlink()
    drop_columns(folder, "train.csv", "Customers", "DayOfWeek", "Open", "Promo", "StateHoliday", "SchoolHoliday")
    return folder


def test_a_store_a_date_and_a_figure_are_enough(folder: Path) -> None:
    full = prepare(folder, horizon=14).panel
    prepared = prepare(bare(folder), horizon=14)
    assert (folder / "train.csv").read_text(encoding="utf-8").startswith("Store,Date,Sales\n")
    assert prepared.panel.sales.select(*s.KEYS, s.SALES).equals(full.sales.select(*s.KEYS, s.SALES))
    assert prepared.panel.calendar[s.OPEN].equals(full.calendar[s.OPEN])  # closed Sundays sell nothing
    assert prepared.panel.calendar[s.PROMO].unique().to_list() == [0]
    assert prepared.panel.stores[s.STORE].to_list() == [1, 2, 3, 4]
    assert any("stores were closed on 68 of the 68 days without sales" in notice for notice in prepared.cleaned.notices)


def test_the_notice_says_which_columns_are_none_and_that_a_country_marks_holidays(folder: Path) -> None:
    bare(folder)
    edit(folder, "train.csv", lambda lines: [line for line in lines if not line.endswith(",0")])
    none = check(folder).notices[0]
    assert none == (
        "The files have no column Open, Promo, StateHoliday or SchoolHoliday: it is assumed that stores were open on all days that "
        "have a row and there are no promotions, public holidays or school holidays (rule absent_columns)."
    )
    (folder / "storecast.toml").write_text('country = "CZ"\n', encoding="utf-8")
    marked = check(folder).notices[0]
    assert (
        "have a row, the public holidays are those of CZ and there are no promotions or school holidays (rule" in marked
    )


def test_rows_that_are_missing_on_closed_days_close_those_weekdays_ahead(folder: Path) -> None:
    bare(folder)
    edit(folder, "train.csv", lambda lines: [line for line in lines if not line.endswith(",0")])
    ahead = days_ahead(prepare(folder, horizon=14))
    sunday = ahead[s.DATE].dt.weekday() == 7
    assert ahead.filter(sunday)[s.OPEN].to_list() == [0] * 8
    assert ahead.filter(~sunday)[s.OPEN].to_list() == [1] * 48


@pytest.mark.parametrize("columns", [FACTS, PROMO2, ("PromoInterval",), (*FACTS, *PROMO2)])
def test_facts_of_stores_may_be_left_out_without_a_word(folder: Path, columns: tuple[str, ...]) -> None:
    drop_columns(folder, "store.csv", *columns)
    assert check(folder).repairs == ()


def test_facts_of_stores_may_stand_beside_the_sales(folder: Path) -> None:
    facts = pl.read_csv(folder / "store.csv").join(pl.read_csv(folder / "store_states.csv"), on="Store")
    good = check(folder).panel.stores
    pl.read_csv(folder / "train.csv").join(facts, on="Store").write_csv(folder / "train.csv")
    for name in ("store.csv", "store_states.csv"):
        (folder / name).unlink()
    assert check(folder).panel.stores.equals(good)


def test_a_fact_that_changes_from_day_to_day_is_refused_with_its_line(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [f"{lines[0]},StoreType", *(f"{line},a" for line in lines[1:])])
    edit(folder, "train.csv", lambda lines: [*lines[:8], lines[8][:-1] + "b", *lines[9:]])
    (folder / "store.csv").unlink()
    with pytest.raises(DataError, match="line 9, column StoreType: found 'b'; expected one value a store"):
        read_chain(folder)


def test_a_fact_that_stands_in_two_files_is_refused(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [f"{lines[0]},StoreType", *(f"{line},a" for line in lines[1:])])
    with pytest.raises(DataError, match=r"train.csv has a column StoreType, and store.csv has one, too"):
        read_chain(folder)


def test_a_test_file_that_lacks_a_column_is_worked_out_but_for_what_it_gives(folder: Path) -> None:
    good = days_ahead(prepare(folder, horizon=None))
    drop_columns(folder, "test.csv", "Promo", "StateHoliday")
    edit(folder, "test.csv", lambda lines: [lines[0], *(f"{line[:-3]}0,{line[-1]}" for line in lines[1:])])
    prepared = prepare(folder, horizon=None)
    assert prepared.requested_rows is not None
    assert prepared.requested_rows.height == good.height
    ahead = days_ahead(prepared)
    assert ahead[s.OPEN].to_list() == [0] * good.height  # as given
    assert ahead[s.PROMO].equals(good[s.PROMO])  # every second week, as in the past
    assert ahead[s.ASSUMED].all()


def test_a_test_file_of_stores_and_days_alone_is_worked_out(folder: Path) -> None:
    good = days_ahead(prepare(folder, horizon=None))
    drop_columns(folder, "test.csv", "Open", "Promo", "StateHoliday", "SchoolHoliday")
    ahead = days_ahead(prepare(folder, horizon=None))
    may_day = pl.col(s.DATE) == dt.date(2014, 5, 1)  # a holiday by law, which the whole test.csv denies
    assert ahead.filter(may_day)[s.STATE_HOLIDAY].unique().to_list() == ["a"]
    assert ahead.filter(~may_day).drop(s.ASSUMED).equals(good.filter(~may_day).drop(s.ASSUMED))


def shop(*sales: float, store: int = 1) -> pl.DataFrame:
    """Return days of a store, from a Monday on."""
    first = dt.date(2014, 1, 6)
    days = [first + dt.timedelta(days=k) for k in range(len(sales))]
    return pl.DataFrame({s.STORE: [store] * len(sales), s.DATE: days, s.SALES: [float(value) for value in sales]})


def test_a_rare_day_without_sales_is_a_closed_one() -> None:
    sales = [100.0] * 140
    sales[50] = 0.0
    opened = open_by_sales(shop(*sales))
    assert opened.to_list() == [int(value > 0) for value in sales]


def test_a_kiosk_that_often_sells_nothing_was_open() -> None:
    assert open_by_sales(shop(*[10.0, 0.0, 0.0, 5.0] * 40)).to_list() == [1] * 160


def test_a_kiosk_is_closed_on_a_weekday_that_never_sells() -> None:
    sales = [0.0 if k % 7 == 6 or k % 3 == 0 else 5.0 for k in range(140)]
    assert open_by_sales(shop(*sales)).to_list() == [int(k % 7 != 6) for k in range(140)]


def test_weeks_without_sales_of_a_store_that_sells_on_most_days_are_closed() -> None:
    sales = [0.0 if k % 10 == 0 else 5.0 for k in range(200)]
    sales[101:121] = [0.0] * 20
    opened = open_by_sales(shop(*sales)).to_list()
    assert opened[100:121] == [0] * 21
    assert opened[:100] == [1] * 100


def test_a_day_on_which_nobody_sells_is_closed_for_all() -> None:
    usual = [0.0 if k % 4 == 1 else 5.0 for k in range(100)]
    days = pl.concat(shop(*(0.0 if k == 48 else value for k, value in enumerate(usual)), store=k) for k in range(1, 5))
    opened = open_by_sales(days)
    # On the days k % 4 == 1 nobody sells either: the chain was closed on all of them.
    assert days.filter(opened == 0)[s.DATE].n_unique() == 26


def test_a_day_of_more_returns_than_sales_is_an_open_one() -> None:
    sales = [100.0] * 140
    sales[50] = -312.5
    assert open_by_sales(shop(*sales)).to_list() == [1] * 140


def test_unknown_sales_are_no_sign_of_a_closed_day() -> None:
    days = shop(*[5.0] * 30).with_columns(pl.when(pl.int_range(pl.len()) != 7).then(s.SALES).alias(s.SALES))
    assert open_by_sales(days).to_list() == [1] * 30
