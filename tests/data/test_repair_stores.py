"""What store.csv says badly is taken as unknown; contradictions of Promo2 end in not taking part."""

import datetime as dt
from pathlib import Path

import pytest

from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.chain_files import edit, set_cell, set_column, write_chain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", days=30)


def store(folder: Path, number: int, *skip: str) -> dict[str, object]:
    panel: Panel = clean(read_chain(folder), skip=skip).panel
    return panel.stores.row(number - 1, named=True)


def test_a_competitor_from_before_all_memory_has_no_date(folder: Path) -> None:
    set_cell(folder, "store.csv", 3, "CompetitionOpenSinceYear", "1900")
    assert store(folder, 2)[s.COMPETITION_SINCE] is None
    assert store(folder, 2, "competition_year")[s.COMPETITION_SINCE] == dt.date(1900, 9, 1)
    assert store(folder, 2)[s.COMPETITION_DISTANCE] == 1000


@pytest.mark.parametrize("column", ["CompetitionOpenSinceMonth", "CompetitionOpenSinceYear"])
def test_half_a_date_is_none(folder: Path, column: str) -> None:
    set_cell(folder, "store.csv", 3, column, "")
    assert store(folder, 2)[s.COMPETITION_SINCE] is None


@pytest.mark.parametrize(
    ("week", "year", "monday"),
    [(1, 2013, dt.date(2012, 12, 31)), (53, 2009, dt.date(2009, 12, 28)), (14, 2011, dt.date(2011, 4, 4))],
)
def test_promo2_begins_on_the_monday_of_its_week(folder: Path, week: int, year: int, monday: dt.date) -> None:
    set_cell(folder, "store.csv", 2, "Promo2SinceWeek", str(week))
    set_cell(folder, "store.csv", 2, "Promo2SinceYear", str(year))
    assert store(folder, 1)[s.PROMO2_SINCE] == monday == dt.date.fromisocalendar(year, week, 1)


@pytest.mark.parametrize("row", ["1,,,", "1,13,,Jan", "0,13,2010,", "0,,,Jan", "0,13,2010,Jan", ",,,", ",13,2010,Jan"])
def test_when_promo2_contradicts_itself_then_the_store_takes_no_part(folder: Path, row: str) -> None:
    edit(folder, "store.csv", lambda lines: [*lines[:2], f"2,a,a,500,9,2008,{row}", *lines[3:]])
    repaired = store(folder, 2)
    assert (repaired[s.PROMO2], repaired[s.PROMO2_SINCE], repaired[s.PROMO_INTERVAL]) == (0, None, "")
    with pytest.raises(DataError, match="store 2 is empty, or contradicts"):
        store(folder, 2, "promo2")


def test_promo2_without_months_is_no_contradiction(folder: Path) -> None:
    edit(folder, "store.csv", lambda lines: [*lines[:2], "2,a,a,500,9,2008,1,13,2010,", *lines[3:]])
    assert store(folder, 2, "promo2")[s.PROMO2] == 1


@pytest.mark.parametrize("column", [s.STORE_TYPE, s.ASSORTMENT, s.COMPETITION_DISTANCE, "CompetitionOpenSinceYear"])
def test_attributes_may_be_empty_throughout(folder: Path, column: str) -> None:
    set_column(folder, "store.csv", column, "")
    assert store(folder, 1)[s.STATE] == "NW"


def test_a_store_of_test_that_nobody_knows_is_refused(folder: Path) -> None:
    set_cell(folder, "test.csv", 2, "Store", "99")
    with pytest.raises(DataError, match="store 99, which stands neither in store"):
        store(folder, 1)


def test_a_store_of_test_that_only_store_csv_knows_is_kept(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [line for line in lines if not line.startswith("2,")])
    assert store(folder, 2)[s.STORE] == 2
