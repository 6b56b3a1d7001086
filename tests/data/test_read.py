"""What is read has the type it was given, and a value that could mean two things is refused."""

import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.read import read_chain
from support.chain_files import add_column, edit, refused, set_cell, set_column, write_chain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=3, days=20, ahead=7)


def semicolons(folder: Path, name: str, column: str, *values: str) -> None:
    """Write a file with semicolons, and values into the first rows of a column."""
    frame = pl.read_csv(folder / name, infer_schema=False)
    cells = [*values, *frame[column].to_list()[len(values) :]]
    frame.with_columns(pl.Series(column, cells)).write_csv(folder / name, separator=";")


def day_first(path: Path) -> None:
    path.write_text(re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"\3.\2.\1", path.read_text(encoding="utf-8")), encoding="utf-8")


def test_types_are_given_and_never_guessed(folder: Path) -> None:
    raw = read_chain(folder)
    flags = {s.OPEN: pl.Int8(), s.PROMO: pl.Int8(), s.STATE_HOLIDAY: pl.String(), s.SCHOOL_HOLIDAY: pl.Int8()}
    sold = {s.SALES: pl.Float64(), s.CUSTOMERS: pl.Float64()}
    assert dict(raw.sales.schema) == {s.STORE: pl.Int64(), s.DATE: pl.Date(), **flags, **sold}
    assert raw.ahead is not None
    assert dict(raw.ahead.schema) == {s.ID: pl.String(), s.STORE: pl.Int64(), s.DATE: pl.Date(), **flags}
    assert not raw.generated
    assert raw.known == ()


def test_customers_weekday_and_id_may_be_missing(folder: Path) -> None:
    for name in ("train.csv", "test.csv"):
        pl.read_csv(folder / name, infer_schema=False).drop("Customers", "DayOfWeek", "Id", strict=False).write_csv(
            folder / name
        )
    raw = read_chain(folder)
    assert raw.sales[s.CUSTOMERS].null_count() == raw.sales.height
    assert raw.ahead is not None
    assert s.ID not in raw.ahead.columns


def test_unknown_columns_are_left_out_and_logged(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    add_column(folder, "Weather", '"two\nlines"')
    with caplog.at_level("INFO"):
        assert "Weather" not in read_chain(folder).sales.columns
    assert "Weather" in caplog.text


def test_when_a_file_has_no_test_or_states_then_they_are_left_out(folder: Path) -> None:
    (folder / "test.csv").unlink()
    (folder / "store_states.csv").unlink()
    raw = read_chain(folder)
    assert raw.ahead is None
    assert raw.stores[s.STATE].to_list() == [""] * 3


def test_ids_stay_as_given_even_their_spaces(folder: Path) -> None:
    set_cell(folder, "test.csv", 2, "Id", " 0001 ")
    raw = read_chain(folder)
    assert raw.ahead is not None
    assert raw.ahead[s.ID][0] == " 0001 "


def test_an_exact_double_in_test_is_dropped_and_another_row_with_its_id_refused(folder: Path) -> None:
    edit(folder, "test.csv", lambda lines: [*lines, lines[1]])
    raw = read_chain(folder)
    assert raw.ahead is not None
    assert raw.ahead.height == 21
    assert raw.double_rows["test.csv"] == 1
    set_cell(folder, "test.csv", 3, "Id", "1")
    refused(folder, "test.csv", "line 3", "Id", "twice")


def test_two_rows_for_a_day_of_test_are_refused_by_their_lines(folder: Path) -> None:
    edit(folder, "test.csv", lambda lines: [*lines, "new" + lines[1][1:]])
    refused(folder, "test.csv", "line 2", "line 23", "two different rows")


def test_minus_zero_is_zero(folder: Path) -> None:
    set_cell(folder, "train.csv", 5, "Sales", "-0")
    assert "-0.0" not in map(str, read_chain(folder).sales[s.SALES])


@pytest.mark.parametrize(
    ("given", "read"), [("4711,5", 4711.5), ("0,125", 0.125), ("12", 12.0), ("1234567,25", 1234567.25)]
)
def test_a_decimal_comma_is_a_point(folder: Path, given: str, read: float) -> None:
    semicolons(folder, "train.csv", "Sales", given)
    assert read_chain(folder).sales[s.SALES][0] == read


def test_points_are_decimal_in_a_file_with_semicolons_where_they_can_be_nothing_else(folder: Path) -> None:
    semicolons(folder, "train.csv", "Sales", "4711.5", "1.234")
    assert read_chain(folder).sales[s.SALES].to_list()[:2] == [4711.5, 1.234]


def test_a_bad_value_after_a_cell_of_several_lines_is_named_by_its_true_line(folder: Path) -> None:
    add_column(folder, "Note", '"two\nlines"')
    text = (folder / "train.csv").read_text(encoding="utf-8")
    (folder / "train.csv").write_text(text.replace("3,3,2014-01-01", "3,3,2014-31-01", 1), encoding="utf-8")
    refused(folder, "train.csv", "line 6", "Date", "2014-31-01")


@pytest.mark.parametrize("given", ["0.0", " 0 ", "FALSE"])
def test_a_numeric_no_holiday_is_0(folder: Path, given: str) -> None:
    set_cell(folder, "train.csv", 5, "StateHoliday", given)
    assert read_chain(folder).sales[s.STATE_HOLIDAY].unique().to_list() == ["0"]


@pytest.mark.parametrize("given", ["Sep,Dec", "sept, DEC", "SEP , Dec "])
def test_months_are_read_whatever_their_case(folder: Path, given: str) -> None:
    set_column(folder, "store.csv", "PromoInterval", given)
    assert read_chain(folder).stores[s.PROMO_INTERVAL].unique().to_list() == ["Sept,Dec"]


@pytest.mark.parametrize("given", ["Okt", "Jan;Apr", "1,4", "Jan,,Apr", "<b>"])
def test_other_months_are_refused(folder: Path, given: str) -> None:
    set_column(folder, "store.csv", "PromoInterval", given)
    refused(folder, "store.csv", "line 2", "PromoInterval", given)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("CompetitionDistance", "near"), ("CompetitionDistance", "-5"), ("CompetitionDistance", "inf"),
        ("CompetitionOpenSinceMonth", "13"), ("CompetitionOpenSinceMonth", "0"), ("CompetitionOpenSinceYear", "2008.5"),
        ("Promo2", "2"), ("Promo2", "maybe"), ("Promo2SinceWeek", "54"), ("Promo2SinceYear", "10"), ("Store", ""), ("Store", "x"),
    ],
)  # fmt: skip
def test_a_value_of_store_that_cannot_be_read_is_refused_by_its_line(folder: Path, column: str, value: str) -> None:
    set_column(folder, "store.csv", column, value)
    refused(folder, "store.csv", "line 2", column, value or "empty")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Store", "1.0"), ("Store", ""), ("Date", "2014-02-30"), ("Date", "0000-00-00"), ("Date", "01/02/2014"), ("Open", "-1"),
        ("Promo", "x"), ("StateHoliday", "d"), ("SchoolHoliday", "2"), ("Id", ""), ("DayOfWeek", "0"),
    ],
)  # fmt: skip
def test_a_value_of_test_that_cannot_be_read_is_refused_by_its_line(folder: Path, column: str, value: str) -> None:
    set_cell(folder, "test.csv", 4, column, value)
    refused(folder, "test.csv", "line 4", column, value or "empty")


@pytest.mark.parametrize("name", ["train.csv", "store.csv", "test.csv", "store_states.csv"])
def test_a_header_alone_is_refused(folder: Path, name: str) -> None:
    edit(folder, name, lambda lines: lines[:1])
    refused(folder, name, "header alone")


def test_a_folder_that_does_not_exist_is_named(folder: Path) -> None:
    refused(folder / "other", "other' does not exist", "expected a folder")


def test_a_folder_or_file_that_may_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", forbid)
        refused(folder, "data", "cannot be read", "Allow")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", forbid)
        refused(folder, "train.csv", "cannot be read", "Permission denied")


def test_dates_need_a_format_only_where_they_are_text(folder: Path) -> None:
    good = read_chain(folder)
    train = pl.read_csv(folder / "train.csv", try_parse_dates=True, schema_overrides={"StateHoliday": pl.String})
    train.with_columns(pl.col("Open") == 1).write_parquet(folder / "train.parquet")
    (folder / "train.csv").unlink()
    day_first(folder / "test.csv")
    refused(folder, "test.csv", "line 2", "Date", "01.2014", "date_format")
    (folder / "storecast.toml").write_text('date_format = "%d.%m.%Y"\n', encoding="utf-8")
    raw = read_chain(folder)
    assert_frame_equal(raw.sales, good.sales)
    assert raw.ahead is not None
    assert good.ahead is not None
    assert_frame_equal(raw.ahead, good.ahead)


@pytest.mark.parametrize(
    "dtype", [pl.Datetime("us", "Europe/Berlin"), pl.Datetime("ns"), pl.Datetime("ms"), pl.Datetime("us", "UTC")]
)
def test_every_kind_of_parquet_date_is_its_day(folder: Path, dtype: pl.Datetime) -> None:
    train = pl.read_csv(folder / "train.csv", try_parse_dates=True, schema_overrides={"StateHoliday": pl.String})
    days = pl.col("Date").cast(pl.Datetime("us") if dtype.time_zone else dtype)  # midnight in its zone
    local = days.dt.replace_time_zone(dtype.time_zone) if dtype.time_zone else days
    train.with_columns(local).write_parquet(folder / "train.parquet")
    (folder / "train.csv").unlink()
    assert read_chain(folder).sales[s.DATE].min() == dt.date(2014, 1, 1)


@pytest.mark.parametrize("value", [b"\xff\xfe", [1], {"a": 1}])
def test_odd_parquet_columns_are_refused_only_where_they_are_needed(folder: Path, value: object) -> None:
    train = pl.read_csv(folder / "train.csv", try_parse_dates=True, schema_overrides={"StateHoliday": pl.String})
    odd = pl.Series([value] * train.height)
    train.with_columns(odd.alias("Extra")).write_parquet(folder / "train.parquet")
    (folder / "train.csv").unlink()
    assert read_chain(folder).sales.height == 60
    train.with_columns(odd.alias("Promo")).write_parquet(folder / "train.parquet")
    refused(folder, "train.parquet", "Promo", "expected text, numbers or dates")


@pytest.mark.parametrize("name", ["row", "gap", "kind", "habit", "weekday", "first", "last", "missing"])
def test_own_columns_may_have_any_name(folder: Path, name: str) -> None:
    (folder / "storecast.toml").write_text(f'known = ["{name}"]\n', encoding="utf-8")
    add_column(folder, name, "2.5")
    edit(folder, "train.csv", lambda lines: [*lines, lines[4]])
    assert read_chain(folder).sales[name].unique().to_list() == [2.5]


def test_empty_lines_among_the_rows_are_left_out_and_lines_keep_their_numbers(folder: Path) -> None:
    good = read_chain(folder)
    edit(folder, "train.csv", lambda lines: [*lines[:3], "", *lines[3:9], "  ", *lines[9:]])
    assert read_chain(folder).sales.equals(good.sales)
    set_cell(folder, "train.csv", 12, "Sales", "many")
    refused(folder, "line 12, column Sales")


@pytest.mark.parametrize("given", ["1", "1.0", "true", "TRUE"])
def test_a_flag_of_holidays_is_a_public_holiday(folder: Path, given: str) -> None:
    set_cell(folder, "train.csv", 5, "StateHoliday", given)
    assert read_chain(folder).sales[s.STATE_HOLIDAY].value_counts(sort=True).rows() == [("0", 59), ("a", 1)]
