"""Workbooks are read as the CSV of their sheet would be: cells keep what they are; what is not clear or too large is refused."""

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data import workbooks
from storecast.data.column_names import ColumnNames
from storecast.data.read import read_calendar, read_chain
from storecast.errors import DataError
from support.chain_files import assert_same_chain, refused, write_chain

Cells = list[list[Any]]
NUMBERS = ("Store", "Sales", "Customers", "CompetitionDistance", "Promo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=3, days=20, ahead=7)


def cells_of(path: Path) -> Cells:
    """Return a CSV file as cells: dates and numbers are such, other columns text."""
    frame = pl.read_csv(path, infer_schema=False)
    types = {name: pl.Float64 for name in NUMBERS if name in frame.columns}
    frame = frame.cast(types)
    if s.DATE in frame.columns:
        frame = frame.with_columns(pl.col(s.DATE).str.to_date())
    return [frame.columns, *map(list, frame.iter_rows())]


def write_workbook(path: Path, **sheets: Cells) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)


def to_workbook(folder: Path, stem: str, change: Callable[[Cells], Cells] = lambda rows: rows, **more: Cells) -> Path:
    """Put a workbook in place of a CSV file."""
    rows = cells_of(folder / f"{stem}.csv")
    (folder / f"{stem}.csv").unlink()
    write_workbook(folder / f"{stem}.xlsx", Sales=change(rows), **more)
    return folder / f"{stem}.xlsx"


def test_workbooks_hold_what_their_csv_held(folder: Path) -> None:
    csv = read_chain(folder)
    for stem in ("train", "test", "store", "store_states"):
        to_workbook(folder, stem)
    assert_same_chain(read_chain(folder), csv)


def test_a_calendar_is_read_from_a_workbook(folder: Path) -> None:
    csv = read_calendar(folder / "test.csv", ColumnNames())
    assert_frame_equal(read_calendar(to_workbook(folder, "test"), ColumnNames()), csv)


@pytest.mark.parametrize("titles", [[["Sales of 2014"]], [["Report"], [], ["made by", "x", 3.5]], [[], []]])
def test_titles_totals_and_empty_rows_are_left_out(folder: Path, titles: Cells) -> None:
    csv = read_chain(folder)
    path = to_workbook(folder, "train", lambda rows: [*titles, *rows, [], ["Total", None, None, 123.5]])
    chain = read_chain(folder)
    assert_same_chain(chain, csv)
    assert chain.total_rows[path.name] == 2


def test_rows_are_named_as_the_spreadsheet_numbers_them(folder: Path) -> None:
    def spoil(rows: Cells) -> Cells:
        rows[4][3] = "much"
        return [["Title"], [], *rows]

    to_workbook(folder, "train", spoil)
    refused(folder, "train.xlsx, row 7, column Sales: found 'much'; expected a number")


@pytest.mark.parametrize(
    ("texts", "settings", "value"), [(("2.760,5", "12"), "", 2760.5), (("2.760", "12"), 'decimal = ","\n', 2760.0)]
)
def test_texts_among_numbers_are_read_by_their_own_marks(
    folder: Path, texts: tuple[str, str], settings: str, value: float
) -> None:
    def spoil(rows: Cells) -> Cells:
        rows[1][3], rows[2][3], rows[3][3] = *texts, 2.5
        return rows

    to_workbook(folder, "train", spoil)
    (folder / "storecast.toml").write_text(settings, encoding="utf-8")
    sales = read_chain(folder).sales
    assert sales[s.SALES][:3].to_list() == [value, 12.0, 2.5]


def test_a_text_among_numbers_that_reads_two_ways_is_refused(folder: Path) -> None:
    def spoil(rows: Cells) -> Cells:
        rows[2][3] = "2.760"
        rows[3][3] = 2.5
        return rows

    to_workbook(folder, "train", spoil)
    refused(folder, "train.xlsx, row 3, column Sales: found '2.760'", "decimal")


def test_dates_that_a_spreadsheet_read_in_part_are_refused(folder: Path) -> None:
    """On an American machine 01/02/2014 becomes a date, 2 January, and 13/02/2014 stays text."""

    def spoil(rows: Cells) -> Cells:
        rows[5][2] = "13/02/2014"
        return rows

    to_workbook(folder, "train", spoil)
    refused(folder, "train.xlsx, row 6, column Date: found '13/02/2014'")
    (folder / "storecast.toml").write_text('date_format = "%d/%m/%Y"\n', encoding="utf-8")
    refused(folder, "train.xlsx, row 2, column Date", "date_format")


def test_times_within_a_day_and_numbers_of_days(folder: Path) -> None:
    csv = read_chain(folder)
    first = dt.date(1899, 12, 30)
    to_workbook(
        folder,
        "train",
        lambda rows: [rows[0], *([*row[:2], float((row[2] - first).days), *row[3:]] for row in rows[1:])],
    )
    refused(folder, "column Date", 'date_format = "excel"')
    (folder / "storecast.toml").write_text('date_format = "excel"\n', encoding="utf-8")
    (folder / "test.csv").unlink()
    assert_frame_equal(read_chain(folder).sales, csv.sales)


def test_a_date_with_a_time_is_refused(folder: Path) -> None:
    def spoil(rows: Cells) -> Cells:
        rows[3][2] = dt.datetime.combine(rows[3][2], dt.time(13, 30))
        return rows

    to_workbook(folder, "train", spoil)
    refused(folder, "train.xlsx, row 4, column Date", "not midnight")


def test_the_sheet_with_the_needed_columns_is_read(folder: Path) -> None:
    csv = read_chain(folder)
    to_workbook(folder, "train", Notes=[["what", "who"], ["promotions", "x"]], Stores=cells_of(folder / "store.csv"))
    assert_same_chain(read_chain(folder), csv)


def test_of_two_such_sheets_one_must_be_named(folder: Path) -> None:
    csv = read_chain(folder)
    other = cells_of(folder / "train.csv")
    other[1][3] = 1.0
    to_workbook(folder, "train", Plan=other)
    refused(folder, "train.xlsx", "2 sheets", "'Sales, Plan'", "sheet =")
    (folder / "storecast.toml").write_text('sheet = "Sales"\n', encoding="utf-8")
    assert_same_chain(read_chain(folder), csv)
    (folder / "storecast.toml").write_text('sheet = "Sale"\n', encoding="utf-8")
    refused(folder, "no sheet 'Sale'", "'Sales, Plan'")
    (folder / "storecast.toml").write_text("sheet = 1\n", encoding="utf-8")
    refused(folder, "storecast.toml, sheet: found '1'")


def test_columns_without_a_name_are_left_out_and_double_names_refused(folder: Path) -> None:
    csv = read_chain(folder)
    to_workbook(folder, "store", lambda rows: [[*rows[0], "", ""], *([*row, None, "note"] for row in rows[1:])])
    assert_same_chain(read_chain(folder), csv)
    to_workbook(folder, "train", lambda rows: [[*rows[0], "Sales"], *([*row, 1.0] for row in rows[1:])])
    refused(folder, "train.xlsx, row 1: the column 'Sales' stands twice")


def test_ids_of_texts_keep_their_zeros(folder: Path) -> None:
    (folder / "storecast.toml").write_text('store_ids = "text"\n', encoding="utf-8")
    for stem in ("train", "test", "store", "store_states"):
        place = cells_of(folder / f"{stem}.csv")[0].index(s.STORE)

        def spoil(rows: Cells, place: int = place) -> Cells:
            for row in rows[1:]:
                row[place] = f"{int(row[place]):04d}"
            return rows

        to_workbook(folder, stem, spoil)
    assert read_chain(folder).sales[s.STORE].unique().sort().to_list() == ["0001", "0002", "0003"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "has a password, or the old format .xls"),
        (b"Store,Date,Sales\n", "not a whole workbook"),
        (b"", "not a whole workbook"),
        (b"PK\x03\x04 and no more", "not a whole workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(folder: Path, content: bytes, words: str) -> None:
    (folder / "train.csv").unlink()
    (folder / "train.xlsx").write_bytes(content)
    refused(folder, "train.xlsx", words, "CSV")


def test_damaged_workbooks_are_refused(folder: Path) -> None:
    data = to_workbook(folder, "train").read_bytes()
    for broken in (
        data[: len(data) // 2],
        data[:-30],
        data.replace(b"PK\x01\x02", b"PK\x09\x09"),
        data[:300] + bytes(40) + data[340:],
    ):
        (folder / "train.xlsx").write_bytes(broken)
        refused(folder, "train.xlsx is not a whole workbook")


def replaced(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


def test_damaged_xml_and_workbooks_without_rows_are_refused(folder: Path) -> None:
    path = to_workbook(folder, "train")
    data = path.read_bytes()
    path.write_bytes(replaced(data, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2]))
    refused(folder, "train.xlsx")
    path.write_bytes(replaced(data, "xl/workbook.xml", lambda xml: b"<workbook/>"))
    refused(folder, "train.xlsx")
    write_workbook(path, Empty=[], More=[])
    refused(folder, "train.xlsx holds no rows")
    write_workbook(path, Header=[["Store", "Date", "Sales"]])
    refused(folder, "train.xlsx holds a header alone")


def test_a_workbook_that_unpacks_to_too_much_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = to_workbook(folder, "train")
    data = path.read_bytes()
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 2**20)
    bomb = replaced(data, "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * 2**22)
    path.write_bytes(bomb)
    refused(folder, "train.xlsx unpacks to more than")
    # What the file says of its own size is not believed: the parser sees as much as was unpacked here.
    place = bomb.index(b"PK\x01\x02", bomb.rindex(b"xl/worksheets/sheet1.xml") - 60)
    path.write_bytes(bomb[: place + 24] + struct.pack("<I", 100) + bomb[place + 28 :])
    with pytest.raises(DataError, match=r"train\.xlsx"):
        read_chain(folder)


def test_cells_far_from_all_others_are_refused(folder: Path) -> None:
    path = to_workbook(folder, "train")
    data = path.read_bytes()
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    path.write_bytes(replaced(data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", far)))
    refused(folder, "train.xlsx", "row 1048576", "far from the others")


def test_a_long_text_in_many_cells_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 2**20)
    to_workbook(folder, "train", lambda rows: [[*rows[0], "note"], *([*row, "x" * 30_000] for row in rows[1:])])
    refused(folder, "train.xlsx repeats a text", "Shorten it")


@pytest.mark.parametrize("suffix", [".xls", ".xlsm", ".xlsb", ".ods"])
def test_other_workbooks_are_refused(folder: Path, suffix: str) -> None:
    (folder / "train.csv").rename(folder / f"train{suffix}")
    refused(folder, f"train{suffix} is a workbook of another kind", "train.xlsx or train.csv")
