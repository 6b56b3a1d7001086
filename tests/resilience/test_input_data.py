"""Attack "bad input files": each is repaired and counted, or refused with its file, line and column and what to do."""

import datetime as dt
import os
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.clean import RULES, Cleaned, clean
from storecast.data.read import read_chain
from storecast.errors import DataError, UserError
from support.chain_files import edit, set_cell, set_column, write_chain


def load(folder: Path, **options: object) -> Cleaned:
    return clean(read_chain(folder), **options)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data")


def refused(folder: Path, *words: str) -> str:
    with pytest.raises(UserError) as caught:
        load(folder)
    message = str(caught.value)
    for word in words:
        assert word in message, message
    assert len(message) < 1200
    return message


def test_a_good_chain_is_read_as_it_is(folder: Path) -> None:
    cleaned = load(folder)
    assert cleaned.panel.sales.height == 480
    assert cleaned.panel.calendar.height == 480 + 56
    assert cleaned.requested_rows is not None
    assert cleaned.requested_rows["Id"].to_list() == [str(k) for k in range(1, 57)]
    assert not [repair for repair in cleaned.repairs if repair.rule != "late_stores"]


@pytest.mark.parametrize("column", ["Store", "Date", "Sales"])
def test_when_a_column_of_train_is_missing_then_it_is_named(folder: Path, column: str) -> None:
    edit(folder, "train.csv", lambda lines: [lines[0].replace(column, "Other", 1), *lines[1:]])
    refused(folder, "train.csv", column, "missing", "storecast.toml")


def test_when_store_has_no_stores_then_that_is_said(folder: Path) -> None:
    edit(folder, "store.csv", lambda lines: [lines[0].replace("Store,", "Other,", 1), *lines[1:]])
    refused(folder, "store.csv", "Store", "missing")


@pytest.mark.parametrize("column", ["Open", "Promo", "StateHoliday", "SchoolHoliday"])
def test_when_a_column_of_train_can_be_done_without_then_that_is_said(folder: Path, column: str) -> None:
    edit(folder, "train.csv", lambda lines: [lines[0].replace(column, "Other", 1), *lines[1:]])
    repairs = {repair.rule: repair for repair in load(folder).repairs}
    assert column in repairs["absent_columns"].examples[0]


@pytest.mark.parametrize("column", ["Store", "Date"])
def test_when_a_column_of_test_is_missing_then_it_is_named(folder: Path, column: str) -> None:
    edit(folder, "test.csv", lambda lines: [lines[0].replace(column, "Other", 1), *lines[1:]])
    refused(folder, "test.csv", column, "missing")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Store", "one"), ("Store", "1.5"), ("Store", "007"), ("Store", ""), ("Date", "yesterday"), ("Date", ""),
        ("Date", "0000-01-01"), ("Date", "9999-12-31"), ("Date", "2014-02-30"), ("Date", "30.04.2014"), ("Date", "04/30/2014"),
        ("Sales", "much"), ("Sales", "NaN"), ("Sales", "inf"), ("Sales", "-Infinity"), ("Sales", "--1"), ("Sales", "1e308"),
        ("Sales", "-1e10"), ("Sales", ""),
        ("Customers", "-3"), ("Open", "2"), ("Open", "yes"), ("Promo", "0.5"), ("StateHoliday", "x"),
        ("SchoolHoliday", "true"), ("DayOfWeek", "8"), ("DayOfWeek", "3.5"),
    ],
)  # fmt: skip
def test_when_a_value_cannot_be_read_then_file_line_column_and_value_are_named(
    folder: Path, column: str, value: str
) -> None:
    set_cell(folder, "train.csv", 31, column, value)
    refused(folder, "train.csv", "line 31", column, value or "empty", "expected")


@pytest.mark.parametrize("column", ["Open", "Promo", "StateHoliday", "SchoolHoliday", "Sales"])
def test_when_a_column_is_empty_throughout_then_it_is_refused(folder: Path, column: str) -> None:
    def empty(lines: list[str]) -> list[str]:
        place = lines[0].split(",").index(column)
        rows = [line.split(",") for line in lines[1:]]
        return [lines[0], *(",".join("" if k == place else cell for k, cell in enumerate(row)) for row in rows)]

    edit(folder, "train.csv", empty)
    refused(folder, column, "empty")


def test_when_the_weekday_is_another_day_then_it_is_refused(folder: Path) -> None:
    set_cell(folder, "train.csv", 9, "DayOfWeek", "7")
    refused(folder, "train.csv", "line 9", "DayOfWeek")


def test_when_a_column_stands_twice_then_it_is_refused(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [lines[0].replace("Customers", "Sales"), *lines[1:]])
    refused(folder, "train.csv", "Sales", "twice")


def test_when_a_row_stands_twice_then_one_is_dropped_and_counted(folder: Path) -> None:
    good = load(folder).panel.sales
    edit(folder, "train.csv", lambda lines: [*lines, lines[5]])
    cleaned = load(folder)
    assert_frame_equal(cleaned.panel.sales, good)
    assert [repair.rows for repair in cleaned.repairs if repair.rule == "double_rows"] == [1]


def test_when_two_rows_differ_for_a_store_and_day_then_both_lines_are_named(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [*lines, lines[5].replace(",1,", ",1,", 1)[:-1] + "1"])
    refused(folder, "train.csv", "line 6", "line 482", "two different rows")


def test_when_test_asks_for_an_unknown_store_then_it_is_refused(folder: Path) -> None:
    set_cell(folder, "test.csv", 2, "Store", "99")
    refused(folder, "99", "store.csv")


def test_when_test_asks_for_the_past_then_it_is_refused(folder: Path) -> None:
    set_cell(folder, "test.csv", 2, "Date", "2014-02-05")
    set_cell(folder, "test.csv", 2, "DayOfWeek", "3")
    refused(folder, "2014-02-05", "after the end of the sales")


def test_when_an_id_stands_twice_then_it_is_refused(folder: Path) -> None:
    set_cell(folder, "test.csv", 3, "Id", "1")
    refused(folder, "test.csv", "line 3", "Id")


def test_ids_stay_as_given(folder: Path) -> None:
    set_cell(folder, "test.csv", 2, "Id", "0001 a")
    requested = load(folder).requested_rows
    assert requested is not None
    assert requested["Id"][0] == "0001 a"


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("semicolons", lambda text: text.replace(",", ";").encode()),
        ("tabs", lambda text: text.replace(",", "\t").encode()),
        ("BOM", lambda text: b"\xef\xbb\xbf" + text.encode()),
        ("UTF-16", lambda text: text.encode("utf-16")),
        ("CRLF", lambda text: text.replace("\n", "\r\n").encode()),
        ("no last line end", lambda text: text.rstrip("\n").encode()),
        (
            "quotes",
            lambda text: "\n".join(
                ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
            ).encode(),
        ),
        ("date and time", lambda text: text.replace("-01,", "-01 00:00:00,").replace("-02,", "-02T00:00:00,").encode()),
        ("other order", lambda text: "\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])]).encode()),
    ],
)
def test_every_dialect_gives_the_same_panel(folder: Path, name: str, encode: object) -> None:
    good = load(folder)
    path = folder / "train.csv"
    path.write_bytes(encode(path.read_text(encoding="utf-8")))  # type: ignore[operator]
    cleaned = load(folder)
    assert_frame_equal(cleaned.panel.sales, good.panel.sales)
    assert_frame_equal(cleaned.panel.calendar, good.panel.calendar)


def test_decimal_commas_are_read_in_files_with_semicolons(folder: Path) -> None:
    text = (folder / "train.csv").read_text(encoding="utf-8").replace(",", ";").splitlines()
    cells = text[4].split(";")
    cells[3] = "4711,25"
    text[4] = ";".join(cells)
    (folder / "train.csv").write_text("\n".join(text), encoding="utf-8")
    assert 4711.25 in load(folder).panel.sales[s.SALES].to_list()


def test_latin_1_text_is_read(folder: Path) -> None:
    path = folder / "store_states.csv"
    path.write_bytes(path.read_text(encoding="utf-8").replace("NW", "Thüringen").encode("latin-1"))
    assert load(folder).panel.stores[s.STATE][0] == "Thüringen"


def test_parquet_gives_the_same_panel(folder: Path) -> None:
    good = load(folder)
    raw = pl.read_csv(folder / "train.csv", try_parse_dates=True, schema_overrides={"StateHoliday": pl.String})
    raw.write_parquet(folder / "train.parquet")
    (folder / "train.csv").unlink()
    assert_frame_equal(load(folder).panel.sales, good.panel.sales)


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + b"\x00" * 100, b"no parquet at all"])
def test_a_broken_parquet_file_is_refused(folder: Path, content: bytes) -> None:
    (folder / "train.csv").unlink()
    (folder / "train.parquet").write_bytes(content)
    refused(folder, "train.parquet", "Parquet")


def test_when_a_table_is_there_twice_then_it_is_refused(folder: Path) -> None:
    (folder / "train.parquet").write_bytes(b"x")
    refused(folder, "train.csv", "train.parquet")


@pytest.mark.parametrize("name", ["train.csv", "store.csv", "test.csv", "store_states.csv"])
def test_an_empty_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")
    refused(folder, name, "empty")


def test_a_header_alone_is_refused(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: lines[:1])
    refused(folder, "train.csv", "header alone")


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "train.csv").unlink()
    refused(folder, "train.csv")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "nowhere", "does not exist")


def test_a_cut_last_line_is_refused_by_its_number(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [*lines[:-1], lines[-1][:14]])
    refused(folder, "train.csv", "line 481", "fields")


def test_a_line_with_too_many_fields_is_refused_by_its_number(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [*lines[:7], lines[7] + ",1", *lines[8:]])
    refused(folder, "train.csv", "line 8", "fields")


def test_a_pipe_and_a_folder_are_refused(folder: Path) -> None:
    (folder / "train.csv").unlink()
    os.mkfifo(folder / "train.csv")
    refused(folder, "train.csv", "not a plain file")
    (folder / "train.csv").unlink()
    (folder / "train.csv").mkdir()
    refused(folder, "train.csv", "not a plain file")


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "train.csv").write_bytes(bytes(range(256)) * 40)
    refused(folder, "train.csv")


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE sales; --", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", 'a "quoted" name']
)
def test_strange_store_names_are_kept_as_text(folder: Path, name: str) -> None:
    (folder / "storecast.toml").write_text('store_ids = "text"\n', encoding="utf-8")
    quoted = '"' + name.replace('"', '""') + '"'
    for file in ("train.csv", "store.csv", "test.csv", "store_states.csv"):
        frame = pl.read_csv(folder / file, infer_schema=False)
        frame.with_columns(pl.col("Store").replace("1", name)).write_csv(folder / file)
    assert quoted in (folder / "train.csv").read_text(encoding="utf-8") or name in (folder / "train.csv").read_text(
        encoding="utf-8"
    )
    assert name in load(folder).panel.stores[s.STORE].to_list()


def test_a_message_never_quotes_more_than_200_characters(folder: Path) -> None:
    set_cell(folder, "train.csv", 31, "Sales", "9" * 5000)
    assert "9" * 201 not in refused(folder, "line 31")


def test_large_but_possible_sales_are_read(folder: Path) -> None:
    set_cell(folder, "train.csv", 31, "Sales", "123456.75")
    assert 123456.75 in load(folder).panel.sales[s.SALES].to_list()


def test_sales_on_closed_days_are_set_to_zero_and_counted(folder: Path) -> None:
    set_cell(folder, "train.csv", 31, "Open", "0")
    cleaned = load(folder)
    assert [repair.rows for repair in cleaned.repairs if repair.rule == "closed_with_sales"] == [1]
    unrepaired = load(folder, skip=["closed_with_sales"])
    assert unrepaired.panel.sales[s.SALES].sum() > cleaned.panel.sales[s.SALES].sum()


def test_holes_in_the_history_stay_holes_and_are_counted(folder: Path) -> None:
    edit(
        folder,
        "train.csv",
        lambda lines: [line for line in lines if not (line.startswith("2,") and "2014-02-" in line)],
    )
    cleaned = load(folder)
    assert [repair.rows for repair in cleaned.repairs if repair.rule == "vanished_stores"] == [28]
    assert cleaned.panel.sales.filter(pl.col(s.STORE) == 2).height == 92


def test_a_history_of_one_day_is_read(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: lines[:5])
    assert load(folder).panel.first == load(folder).panel.end == dt.date(2014, 1, 1)


def test_a_chain_of_one_store_is_read(tmp_path: Path) -> None:
    assert load(write_chain(tmp_path / "one", stores=1)).panel.stores.height == 1


def test_a_store_without_sales_is_kept_and_counted(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [line for line in lines if not line.startswith("3,")])
    cleaned = load(folder)
    assert [repair.rows for repair in cleaned.repairs if repair.rule == "stores_without_sales"] == [1]
    assert 3 in cleaned.panel.stores[s.STORE].to_list()


def test_a_store_that_store_csv_lacks_is_kept_with_unknown_attributes(folder: Path) -> None:
    edit(folder, "store.csv", lambda lines: [line for line in lines if not line.startswith("3,")])
    cleaned = load(folder)
    assert cleaned.panel.stores.filter(pl.col(s.STORE) == 3)[s.STORE_TYPE][0] == ""
    with pytest.raises(DataError, match="unknown_attributes"):
        load(folder, skip=["unknown_attributes"])


def test_an_empty_open_is_worked_out_and_marked(folder: Path) -> None:
    for line in (2, 6):
        set_cell(folder, "test.csv", line, "Open", "")
    cleaned = load(folder)
    assumed = cleaned.panel.calendar.filter(pl.col(s.ASSUMED))
    assert assumed.height == 2
    assert assumed[s.OPEN].to_list() == [int(day.isoweekday() < 7) for day in assumed[s.DATE]]


def test_unknown_rules_are_refused_with_those_there_are(folder: Path) -> None:
    with pytest.raises(UserError, match="double_rows"):
        load(folder, skip=["everything"])


def test_every_rule_can_be_switched_off_on_a_good_chain(folder: Path) -> None:
    usual = load(folder).panel.sales
    for rule in sorted(RULES):
        assert load(folder, skip=[rule]).panel.sales.equals(usual), rule


def test_dropping_two_stores_changes_no_row_of_the_others(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "whole", stores=6, days=60)
    set_cell(folder, "train.csv", 32, "Open", "")
    set_cell(folder, "train.csv", 33, "Promo", "")
    set_cell(folder, "test.csv", 5, "Open", "")
    whole = load(folder).panel
    for gone in combinations(range(1, 7), 2):
        fewer = Path(shutil.copytree(folder, tmp_path / f"without-{gone}"))
        for name in ("train.csv", "test.csv", "store.csv", "store_states.csv"):
            place = 1 if name == "test.csv" else 0
            edit(
                fewer,
                name,
                lambda lines, place=place, gone=gone: [
                    lines[0],
                    *(line for line in lines[1:] if int(line.split(",")[place]) not in gone),
                ],
            )
        part = load(fewer).panel
        for table in ("sales", "stores", "calendar"):
            others = getattr(whole, table).filter(~pl.col(s.STORE).is_in(gone))
            assert_frame_equal(getattr(part, table), others)


def test_other_names_dates_and_own_columns_are_read(folder: Path) -> None:
    good = load(folder).panel
    for name in ("train.csv", "test.csv"):
        frame = pl.read_csv(folder / name, infer_schema=False, try_parse_dates=False)
        frame = frame.with_columns(pl.col("Date").str.to_date().dt.strftime("%d.%m.%Y"), pl.lit("2.5").alias("Leaflet"))
        frame.rename({"Store": "Filiale"}).write_csv(folder / name)
    (folder / "storecast.toml").write_text(
        'known = ["Leaflet"]\ndate_format = "%d.%m.%Y"\n[columns]\nStore = "Filiale"\n', encoding="utf-8"
    )
    panel = load(folder).panel
    assert_frame_equal(panel.sales, good.sales)
    assert panel.known == ("Leaflet",)
    assert panel.calendar["Leaflet"].unique().to_list() == [2.5]


def test_a_chain_that_never_closes_is_read(folder: Path) -> None:
    for name in ("train.csv", "test.csv"):
        set_column(folder, name, "Open", "1")
    set_column(folder, "train.csv", "Sales", "900")
    assert load(folder).repairs == ()


@pytest.mark.parametrize("places", [4, pytest.param(25, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", ["train.csv", "store.csv", "test.csv", "store_states.csv"])
def test_a_changed_byte_or_a_cut_is_read_or_refused(folder: Path, name: str, places: int) -> None:
    path = folder / name
    good = path.read_bytes()
    for place in range(0, len(good), max(len(good) // places, 1)):
        for token in (b'"', b"\n", b"\r", b"\x00", b"\xff", b",", b""):
            path.write_bytes(good[:place] + token + (good[place + 1 :] if token else b""))
            try:
                load(folder)
            except UserError as error:
                assert len(str(error)) < 1200  # noqa: PT017


@pytest.mark.long
def test_ten_million_rows_are_read_in_bounded_memory(tmp_path: Path) -> None:
    """A child process reads the chain, so that its peak memory is that of reading and cleaning alone."""
    folder = write_chain(tmp_path / "data", stores=10, days=1000)
    for name in ("train.csv", "test.csv", "store.csv", "store_states.csv"):
        few = pl.read_csv(folder / name, infer_schema=False)
        copies = [few.with_columns((pl.col("Store").cast(pl.Int64) + 10 * k).cast(pl.String)) for k in range(1010)]
        many = pl.concat(copies)
        if "Id" in many.columns:
            many = many.with_columns(pl.int_range(pl.len()).alias("Id"))
        many.write_csv(folder / name)
    code = (
        "import resource, sys, pathlib\n"
        "from storecast.data.clean import clean\n"
        "from storecast.data.read import read_chain\n"
        "print(clean(read_chain(pathlib.Path(sys.argv[1]))).panel.sales.height)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    rows, peak = map(int, done.stdout.split())
    assert rows == 10_100_000
    assert peak / 2**20 < 6
