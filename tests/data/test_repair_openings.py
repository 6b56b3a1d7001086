"""Weekdays that are written as open and never sell are closed, in the past and ahead; others stay as they are."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.clean import Cleaned, clean
from storecast.data.read import read_chain
from storecast.workflows.preparation import prepare
from support.chain_files import edit, set_cell, set_column, write_chain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data")


def load(folder: Path, *skip: str) -> Cleaned:
    return clean(read_chain(folder), skip=skip)


def always_open(folder: Path, *names: str) -> None:
    for name in names:
        set_column(folder, name, "Open", "1")


def open_on(panel_calendar: pl.DataFrame, weekday: int) -> int:
    return int(panel_calendar.filter(pl.col(s.DATE).dt.weekday() == weekday)[s.OPEN].sum())


@pytest.mark.parametrize("names", [("train.csv",), ("train.csv", "test.csv")])
def test_sundays_that_look_open_and_never_sold_are_closed_everywhere(folder: Path, names: tuple[str, ...]) -> None:
    usual = load(folder).panel
    always_open(folder, *names)
    cleaned = load(folder)
    assert cleaned.panel.calendar[s.OPEN].equals(usual.calendar[s.OPEN])
    assert [repair.rule for repair in cleaned.repairs] == ["weekday_without_sales"]
    assert "store 1: Sun, 17 without a sale" in cleaned.notices[0]


def test_without_a_test_file_the_days_ahead_that_are_worked_out_are_closed_too(folder: Path) -> None:
    always_open(folder, "train.csv")
    (folder / "test.csv").unlink()
    panel = prepare(folder, horizon=28).panel
    ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end)
    assert open_on(ahead, 7) == 0
    assert open_on(ahead, 1) == 16


def test_one_store_alone_may_never_sell_on_a_weekday(folder: Path) -> None:
    def without_wednesdays(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines]
        return [",".join([*row[:3], "0", *row[4:]] if row[:2] == ["3", "3"] else row) for row in cells]

    edit(folder, "train.csv", without_wednesdays)
    calendar = load(folder).panel.calendar
    assert open_on(calendar.filter(pl.col(s.STORE) == 3), 3) == 0
    assert open_on(calendar.filter(pl.col(s.STORE) == 2), 3) == 20


def test_a_weekday_that_sold_once_stays_open(folder: Path) -> None:
    always_open(folder, "train.csv")
    lines = (folder / "train.csv").read_text(encoding="utf-8").splitlines()
    sunday = next(number for number, line in enumerate(lines, start=1) if line.startswith("2,7,2014-03-02"))
    set_cell(folder, "train.csv", sunday, "Sales", "300")
    calendar = load(folder).panel.calendar
    assert open_on(calendar.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE) < dt.date(2014, 5, 1))), 7) == 17
    assert open_on(calendar.filter(pl.col(s.STORE) == 1), 7) == 0


def test_few_such_days_prove_nothing(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "short", days=50)
    always_open(folder, "train.csv")
    assert [repair.rule for repair in load(folder).repairs] == ["open_without_sales"]


def test_holidays_that_look_open_and_never_sold_are_closed(folder: Path) -> None:
    def with_holidays(lines: list[str]) -> list[str]:
        """Make every other Thursday a holiday without sales, on which the store looks open."""
        days = sorted({line.split(",")[2] for line in lines[1:] if line.split(",")[1] == "4"})[::2]
        cells = [line.split(",") for line in lines]
        return [",".join([*row[:3], "0", "0", "1", row[6], "a", row[8]] if row[2] in days else row) for row in cells]

    edit(folder, "train.csv", with_holidays)
    cleaned = load(folder)
    holidays = cleaned.panel.calendar.filter(pl.col(s.STATE_HOLIDAY) == "a")
    assert holidays.height == 4 * 9
    assert holidays[s.OPEN].sum() == 0
    assert "holidays" in cleaned.notices[0]


def test_a_long_silence_is_closed_from_the_day_on_which_it_is_one(folder: Path) -> None:
    def silent(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines]
        return [
            ",".join([*row[:3], "0", "0", "1", *row[6:]] if row[0] == "2" and row[2] > "2014-02-20" else row)
            for row in cells
        ]

    edit(folder, "train.csv", silent)
    calendar = load(folder).panel.calendar.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE) > dt.date(2014, 2, 20)))
    first_closed = calendar.filter((pl.col(s.OPEN) == 0) & (pl.col(s.DATE).dt.weekday() < 7))[s.DATE].min()
    assert first_closed == dt.date(2014, 2, 20) + dt.timedelta(days=42)


@pytest.mark.parametrize("shown", [True, False], ids=["open without sales", "no row"])
def test_days_on_which_no_store_of_the_chain_sold_are_closed_and_come_again(tmp_path: Path, shown: bool) -> None:
    folder = write_chain(tmp_path / "years", stores=3, days=700, ahead=0)  # until 2015-12-01
    (folder / "test.csv").unlink()
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    feast = pl.col("Date").is_in(["2014-05-20", "2015-05-20"])
    none = pl.when(feast).then(pl.lit("0")).otherwise("Sales").alias("Sales")
    (frame.with_columns(none) if shown else frame.filter(~feast)).write_csv(folder / "train.csv")
    if shown:
        assert [(repair.rule, repair.rows) for repair in load(folder).repairs] == [("chain_without_sales", 6)]
    calendar = prepare(folder, horizon=175).panel.calendar
    opened = {day: calendar.filter(pl.col(s.DATE) == dt.date(2016, 5, day))[s.OPEN].sum() for day in (19, 20)}
    assert opened == {19: 3, 20: 0}
