"""The workbook of a plan by itself: whatever a store is called is a text, and what is written is read back."""

import datetime as dt
import io
import zipfile

import numpy as np
import openpyxl
import polars as pl
import pytest

from storecast.data.workbooks import uncalculated_cells
from storecast.errors import DataError
from storecast.plan import workbook_layout as w
from storecast.plan import workbook_writing
from storecast.plan.store_days import FIGURES, StoreDays
from storecast.plan.workbook_changes import cell_text, changes_of, weeks_within
from storecast.plan.workbook_content import WorkbookContent
from storecast.plan.workbook_reading import read_filled
from storecast.plan.workbook_writing import write_workbook

FIRST, LAST = dt.date(2014, 1, 3), dt.date(2014, 1, 14)
NAMES = ["=cmd|' /C calc'!A0", "+1", "-2", "@SUM(A1)", "007", "<script>", " x ", "Zürich\u202e"]
STORES = pl.Series("Store", sorted(NAMES))

NO_BUDGET = pl.DataFrame(schema={"store": pl.String, "first": pl.Date, "last": pl.Date, "amount": pl.Float64})


def workbook() -> bytes:
    weeks = pl.DataFrame(weeks_within(figures()), schema=[w.FIRST, w.LAST], orient="row")
    rows = pl.DataFrame({w.STORE: STORES, "group Plan": [f"={name}" for name in STORES]}).join(weeks, how="cross")
    nothing = {name: pl.lit(None, pl.String) for name in (w.STANDING, w.REASON, w.NOTE)}
    money = {name: pl.lit(12.5) for name in (w.FORECAST, w.LOWER, w.UPPER, w.PLAN)}
    empty = {name: pl.lit(None, pl.Float64) for name in (*w.DAY_COUNTS, w.LAST_YEAR, w.BUDGET, w.OVERRIDE)}
    rows = rows.with_columns(**nothing, **money, **empty)
    facts: dict[str, str | int | dt.date] = dict(zip(w.OF_PLAN, (3, 5, "m.pkl", dt.date(2014, 1, 2)), strict=True))
    return write_workbook(WorkbookContent("Version 3", facts, rows, ("Plan",), ["weather"]), dt.datetime.now(dt.UTC))


def figures() -> StoreDays:
    return StoreDays(STORES, FIRST, {name: np.full((len(STORES), 12), 100, np.int64) for name in FIGURES})


def test_weeks_run_from_monday_to_sunday_and_are_cut_at_the_ends() -> None:
    assert [(a.day, b.day) for a, b in weeks_within(figures())] == [(3, 5), (6, 12), (13, 14)]


def test_names_that_look_like_formulas_are_texts_on_the_way_out_and_back() -> None:
    data = workbook()
    book = openpyxl.load_workbook(io.BytesIO(data))
    rows = book["Weeks"].iter_rows(min_row=w.TOP + 1)
    formulas = {cell.column_letter for row in rows for cell in row if cell.data_type == "f"}
    titles = {cell.value: cell.column_letter for cell in book["Weeks"][5]}
    assert formulas == {titles["New plan"], titles["Over budget"]}
    assert (titles["Plan (group)"], titles["Plan"]) == ("D", "N"), "a group of the name of another column"
    filled = read_filled("plan.xlsx", data)
    assert {row.store for row in filled.rows} == set(NAMES)
    assert (filled.version, filled.revision, filled.model, filled.cutoff) == (3, 5, "m.pkl", dt.date(2014, 1, 2))
    assert len(filled.rows) == len(NAMES) * 3
    assert changes_of(filled, {}, (figures(), figures()), ["weather"], NO_BUDGET) == []
    waiting = uncalculated_cells("plan.xlsx", data, w.WEEKS)
    assert f"{titles['Over budget']}6" in waiting, "nobody has a budget"
    assert not {f"{titles[title]}{row}" for title in w.TO_FILL_IN for row in range(6, 30)} & waiting
    assert uncalculated_cells("plan.xlsx", data, w.REASONS) == set()


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_writing, "MAX_ROWS", 10)
    with pytest.raises(DataError, match="24 store-weeks; a workbook holds 10"):
        workbook()


def with_sheet(xml: bytes) -> bytes:
    """Return the workbook with other XML in the place of the sheet Weeks."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, xml if name == "xl/worksheets/sheet4.xml" else source.read(name))
    return out.getvalue()


@pytest.mark.parametrize(
    "xml", [b"<row " * 2_000_000, b'<c r="A1" ' * 1_000_000, b"<c ><f>" + b" " * 10_000_000, b"<f" * 4_000_000]
)
def test_xml_that_is_no_sheet_is_refused_in_a_moment(xml: bytes) -> None:
    with pytest.raises(DataError):
        read_filled("plan.xlsx", with_sheet(xml))
    assert uncalculated_cells("plan.xlsx", with_sheet(xml), w.WEEKS) <= {"A1"}


def test_a_cell_far_away_and_a_long_text_in_many_cells_are_refused() -> None:
    far = b'<worksheet><sheetData><row r="1048576"><c r="ZZ1048576"><v>1</v></c></row></sheetData></worksheet>'
    with pytest.raises(DataError, match="reaches to row 1048576"):
        read_filled("plan.xlsx", with_sheet(far))
    many = (
        b'<worksheet><sheetData><row r="1">'
        + b'<c r="A1" t="s"><v>0</v></c>' * 1_500_000
        + b"</row></sheetData></worksheet>"
    )
    with pytest.raises(DataError, match="repeats a text"):
        read_filled("plan.xlsx", with_sheet(many))


def test_notes_keep_their_lines_and_lose_what_no_cell_holds() -> None:
    assert cell_text("a\r\nb\x07c\t") == "a\nb c"
