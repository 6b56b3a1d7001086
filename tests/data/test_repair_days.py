"""Openings are worked out from the store's own past alone; sales beside an empty Open are kept."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.ahead import extend
from storecast.data.clean import Cleaned, clean
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.chain_files import FIRST, add_column, edit, rows_of, set_cell, set_column, write_chain

SUNDAY = dt.date(2014, 3, 2)
MONDAY = dt.date(2014, 3, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data")


def load(folder: Path) -> Cleaned:
    return clean(read_chain(folder))


def write(folder: Path, store: int, day: dt.date, **cells: str) -> None:
    """Write cells of a day, in train.csv or test.csv."""
    name, place = ("train.csv", 0) if day < FIRST + dt.timedelta(days=120) else ("test.csv", 1)
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    rows = [
        row for row, line in enumerate(lines, start=1) if line.split(",")[place] == str(store) and f",{day}," in line
    ]
    for column, value in cells.items():
        set_cell(folder, name, rows[0], column, value)


def opened(cleaned: Cleaned, store: int, day: dt.date) -> tuple[int, bool]:
    row = cleaned.panel.calendar.filter((pl.col(s.STORE) == store) & (pl.col(s.DATE) == day))
    return row[s.OPEN].item(), row[s.ASSUMED].item()


def sold(cleaned: Cleaned, store: int, day: dt.date) -> float:
    return float(cleaned.panel.sales.filter((pl.col(s.STORE) == store) & (pl.col(s.DATE) == day))[s.SALES].item())


def test_when_open_is_empty_beside_sales_then_the_day_is_open_and_the_sales_stay(folder: Path) -> None:
    write(folder, 2, SUNDAY, Open="", Sales="900")
    cleaned = load(folder)
    assert opened(cleaned, 2, SUNDAY) == (1, True)
    assert sold(cleaned, 2, SUNDAY) == 900
    assert [repair.rule for repair in cleaned.repairs] == ["open_missing"]


def test_when_open_is_empty_beside_no_sales_then_the_store_does_what_it_did_before(folder: Path) -> None:
    write(folder, 2, SUNDAY, Open="")
    write(folder, 3, MONDAY, Open="", Sales="0")
    cleaned = load(folder)
    assert opened(cleaned, 2, SUNDAY) == (0, True)
    assert opened(cleaned, 3, MONDAY) == (1, True)


def test_a_store_that_closes_on_mondays_is_closed_on_a_monday_ahead(folder: Path) -> None:
    mondays = [FIRST + dt.timedelta(days=k) for k in range(120) if (FIRST + dt.timedelta(days=k)).weekday() == 0]
    for day in mondays:
        write(folder, 2, day, Open="0", Sales="0")
    ahead = mondays[-1] + dt.timedelta(days=7)
    for store in (2, 3):
        write(folder, store, ahead, Open="")
    cleaned = load(folder)
    assert opened(cleaned, 2, ahead) == (0, True)
    assert opened(cleaned, 3, ahead) == (1, True)


def test_days_to_come_do_not_say_whether_a_store_was_open(folder: Path) -> None:
    early = FIRST + dt.timedelta(days=5)  # the first Monday
    for line in rows_of(folder, 2):
        set_cell(folder, "train.csv", line, "Sales", "0")
        set_cell(folder, "train.csv", line, "Open", "0")
    write(folder, 2, early, Open="")
    assert opened(load(folder), 2, early) == (1, True)


def test_a_store_is_open_on_a_holiday_where_it_was_on_most_holidays_before(folder: Path) -> None:
    for day in (FIRST, FIRST + dt.timedelta(days=20), FIRST + dt.timedelta(days=40)):
        for store in (2, 3):
            write(folder, store, day, StateHoliday="a")
        write(folder, 3, day, Open="0", Sales="0")
    ahead = dt.date(2014, 5, 1)
    for store in (1, 2, 3):
        write(folder, store, ahead, Open="", StateHoliday="a")
    cleaned = load(folder)
    assert [opened(cleaned, store, ahead) for store in (1, 2, 3)] == [(0, True), (1, True), (0, True)]


@pytest.mark.parametrize(("number", "usual"), [(1, 1), (3, 1), (4, 0)])
def test_a_store_without_a_past_is_open_on_weekdays(folder: Path, number: int, usual: int) -> None:
    edit(folder, "train.csv", lambda lines: [line for line in lines if not line.startswith("2,")])
    day = dt.date(2014, 4, 30) + dt.timedelta(days=number)
    write(folder, 2, day, Open="")
    assert opened(load(folder), 2, day) == (usual, True)


def test_many_empty_openings_need_no_more_memory_than_rows(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=900)
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    half = pl.when(pl.int_range(pl.len()) % 2 == 0).then("Open").alias("Open")
    frame.with_columns(half).write_csv(folder / "train.csv")
    cleaned = load(folder)
    given = frame.select(pl.col("Open").cast(pl.Int8)).to_series()
    assert cleaned.panel.calendar.filter(pl.col(s.DATE) <= cleaned.panel.end)[s.OPEN].sum() == given.sum()


def test_an_empty_cell_of_what_is_known_ahead_is_none_and_marked_as_assumed(folder: Path) -> None:
    for column in ("Promo", "StateHoliday", "SchoolHoliday"):
        write(folder, 2, MONDAY, **{column: ""})
    row = load(folder).panel.calendar.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE) == MONDAY))
    assert row.select(s.PROMO, s.STATE_HOLIDAY, s.SCHOOL_HOLIDAY, s.ASSUMED).row(0) == (0, "0", 0, True)


def test_an_own_column_keeps_its_gaps_and_is_refused_where_it_is_empty_throughout(folder: Path) -> None:
    (folder / "storecast.toml").write_text('known = ["Leaflet"]\n', encoding="utf-8")
    add_column(folder, "Leaflet", "1.5")
    write(folder, 2, MONDAY, Leaflet="")
    cleaned = load(folder)
    assert cleaned.panel.calendar["Leaflet"].null_count() == 1
    assert not cleaned.panel.calendar[s.ASSUMED].any()
    assert [(repair.rule, repair.rows) for repair in cleaned.repairs] == [("known_missing", 1)]
    set_column(folder, "test.csv", "Leaflet", "")
    with pytest.raises(DataError, match="Leaflet is empty in every row"):
        load(folder)


@pytest.mark.parametrize("name", ["train.csv", "test.csv"])
@pytest.mark.parametrize("column", ["Open", "Promo", "StateHoliday", "SchoolHoliday"])
def test_a_column_that_is_empty_throughout_is_refused(folder: Path, name: str, column: str) -> None:
    set_column(folder, name, column, "")
    with pytest.raises(DataError, match=f"{name[:-4]}: the column {column} is empty in every row"):
        load(folder)


@pytest.mark.parametrize("given", ["-12", "(12)", "\u221212", "12-", "-0.01"])
def test_a_day_of_net_returns_is_unknown_and_counted(folder: Path, given: str) -> None:
    write(folder, 2, MONDAY, Sales=given)
    cleaned = load(folder)
    rows = cleaned.panel.sales.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE) == MONDAY))
    assert rows.is_empty()
    assert opened(cleaned, 2, MONDAY) == (1, False)
    assert [(repair.rule, repair.rows) for repair in cleaned.repairs] == [("negative_sales", 1)]
    with pytest.raises(DataError, match=r"store 2, 2014-03-03.* negative_sales is switched off"):
        clean(read_chain(folder), skip=["negative_sales"])


def test_a_day_of_a_stockout_is_unknown_and_stays_open(folder: Path) -> None:
    add_column(folder, "Ausverkauft", "0")
    (folder / "storecast.toml").write_text('[columns]\nStockout = "Ausverkauft"\n', encoding="utf-8")
    write(folder, 2, MONDAY, Ausverkauft="1")
    cleaned = load(folder)
    assert cleaned.panel.sales.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE) == MONDAY)).is_empty()
    assert opened(cleaned, 2, MONDAY) == (1, False)
    assert [(repair.rule, repair.rows) for repair in cleaned.repairs] == [("stockouts", 1)]
    assert sold(clean(read_chain(folder), skip=["stockouts"]), 2, MONDAY) > 0


def test_a_stockout_on_most_days_is_refused(folder: Path) -> None:
    add_column(folder, "Stockout", "1")
    with pytest.raises(DataError, match=r"column Stockout marks .* days with sales; expected few"):
        load(folder)


def test_net_returns_on_a_closed_day_are_zero(folder: Path) -> None:
    write(folder, 2, SUNDAY, Sales="-12")
    assert sold(load(folder), 2, SUNDAY) == 0


def test_net_returns_on_the_last_day_end_the_sales_a_day_earlier(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=1, days=118)
    (folder / "test.csv").unlink()
    write(folder, 1, FIRST + dt.timedelta(days=117), Sales="-12")
    panel = load(folder).panel
    assert panel.end == FIRST + dt.timedelta(days=116)
    assert extend(panel, panel.end + dt.timedelta(days=42)).calendar.height == 117 + 42


@pytest.mark.parametrize("sign", ["-900", "(900)", "900-"])
def test_sales_booked_as_negative_throughout_are_refused(folder: Path, sign: str) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    open_days = pl.when(pl.col("Open") == "1").then(pl.lit(sign)).otherwise("Sales").alias("Sales")
    frame.with_columns(open_days).write_csv(folder / "train.csv")
    with pytest.raises(DataError, match=r"below zero on .* days with sales.*Change the sign"):
        load(folder)


def test_an_open_day_without_sales_stays_open(folder: Path) -> None:
    write(folder, 2, MONDAY, Sales="0")
    assert opened(load(folder), 2, MONDAY) == (1, False)


def test_a_chain_that_never_closes_is_left_alone(folder: Path) -> None:
    for name in ("train.csv", "test.csv"):
        set_column(folder, name, "Open", "1")
    set_column(folder, "train.csv", "Sales", "900")
    cleaned = load(folder)
    assert cleaned.repairs == ()
    assert cleaned.panel.calendar[s.OPEN].min() == 1


def test_a_store_with_rows_and_no_sales_at_all_is_counted(folder: Path) -> None:
    for line in rows_of(folder, 2):
        set_cell(folder, "train.csv", line, "Sales", "0")
        set_cell(folder, "train.csv", line, "Open", "0")
    assert [(repair.rule, repair.examples) for repair in load(folder).repairs] == [
        ("stores_without_sales", ("store 2",))
    ]


def test_a_missing_day_is_named_by_its_date(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [line for line in lines if not line.startswith(f"2,1,{MONDAY}")])
    assert load(folder).repairs[0].examples == (f"store 2, {MONDAY}",)


STORE_2, SOLD = pl.col("Store") == "2", pl.col("Sales") != "0"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (STORE_2 & (pl.col("Date") > "2014-03-20"), None),
        ((pl.col("Date") == "2014-03-03") & (pl.col("Store").cast(pl.Int64) <= 6), None),
        (STORE_2, r"Sales of store 2 are below zero on \d+ of \d+ days"),
        ((pl.col("Date") == "2014-03-03"), r"below zero in 12 of 12 stores on 2014-03-03"),
    ],
)
def test_a_store_or_a_day_booked_with_another_sign_is_refused(tmp_path: Path, rows: pl.Expr, words: str | None) -> None:
    folder = write_chain(tmp_path / "twelve", stores=12)
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    other = pl.when(rows & SOLD).then("-" + pl.col("Sales")).otherwise("Sales").alias("Sales")
    frame.with_columns(other).write_csv(folder / "train.csv")
    if words is None:
        assert any(repair.rule == "negative_sales" for repair in load(folder).repairs)
        return
    with pytest.raises(DataError, match=words):
        load(folder)


@pytest.mark.parametrize("stores", [pl.lit(value=True), pl.col("Store") == "3"])
def test_a_column_open_that_is_the_wrong_way_round_is_refused(folder: Path, stores: pl.Expr) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    other = pl.when(pl.col("Open") == "1").then(pl.lit("0")).otherwise(pl.lit("1"))
    frame.with_columns(pl.when(stores).then(other).otherwise("Open").alias("Open")).write_csv(folder / "train.csv")
    with pytest.raises(DataError, match=r"column Open is 0 on .* days on which store [13] has sales"):
        load(folder)
