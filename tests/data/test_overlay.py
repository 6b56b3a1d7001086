"""Another calendar over the stored one: what is given replaces it, what cannot be is refused."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.overlay import overlay_panel
from storecast.data.read import read_calendar
from storecast.errors import DataError
from support.panels import make_panel


def rows(folder: Path, text: str) -> pl.DataFrame:
    (folder / "other.csv").write_text(text, encoding="utf-8")
    return read_calendar(folder / "other.csv", ColumnNames())


def test_only_what_is_given_changes(tmp_path: Path) -> None:
    panel = make_panel()
    day = panel.end + dt.timedelta(days=3)
    given = rows(tmp_path, f"Store,Date,Promo,Open\n2,{day},1,\n")
    other = overlay_panel(panel, given, day, "other.csv")
    changed_day = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) == day)
    assert other.calendar.filter(changed_day)[s.PROMO].to_list() == [1]
    assert_frame_equal(other.calendar.filter(~changed_day), panel.calendar.filter(~changed_day))
    assert_frame_equal(other.calendar.drop(s.PROMO), panel.calendar.drop(s.PROMO))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Store,Date,Promo\n99,{ahead},1\n", "not in store.csv"),
        ("Store,Date,Promo\n1,{past},1\n", "expected days ahead"),
        ("Store,Date,Promo\n1,{beyond},1\n", "expected days ahead"),
        ("Store,Date,Promo\n1,{ahead},2\n", "line 2, column Promo"),
        ("Store,Date,Promo\n1,{ahead},1\n1,{ahead},0\n", "two different rows"),
        ("Store,Date,StateHoliday\n1,{ahead},z\n", 'one of "0", "a", "b", "c"'),
        ("Store,Date,Id\n1,{ahead},1\n", "has no calendar column"),
        ("Date,Promo\n{ahead},1\n", "'Store' is missing"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, message: str) -> None:
    panel = make_panel()
    day = dt.timedelta(days=1)
    words = {"ahead": panel.end + day, "past": panel.end, "beyond": panel.end + 15 * day}
    with pytest.raises(DataError, match=message):
        overlay_panel(panel, rows(tmp_path, text.format(**words)), panel.end + 14 * day, "other.csv")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        read_calendar(tmp_path / "none.csv", ColumnNames())


def test_the_calendar_that_future_writes_is_read_however_the_chains_own_files_are_written(tmp_path: Path) -> None:
    names = ColumnNames(known=("Price",), date_format="%d/%m/%Y", decimal=",", timezone="Europe/Berlin")
    written, edited = tmp_path / "future.csv", tmp_path / "edited.csv"
    written.write_text("Store,Date,DayOfWeek,Promo,Price,Assumed\n1,2014-02-03,1,0,2.125,1\n", encoding="utf-8")
    edited.write_text("Store;Date;Promo;Price;Assumed\n1;03/02/2014;0;2,125;1\n", encoding="utf-8")
    for path in (written, edited):
        days = read_calendar(path, names)
        assert days.select(s.DATE, "Price").row(0) == (dt.date(2014, 2, 3), 2.125)
    own = tmp_path / "own.csv"
    own.write_text("Store,Date,Promo\n1,2014-02-03,0\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected a date as date_format"):
        read_calendar(own, names)
