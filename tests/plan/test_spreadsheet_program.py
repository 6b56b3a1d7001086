"""The workbook after LibreOffice has opened, calculated and saved it: its own figures, and nothing changed that nobody changed."""

import datetime as dt
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from storecast.database.connect import Database
from storecast.language import LANGUAGES
from storecast.plan.workbook_words import WorkbookWords
from storecast.workflows.plan_workbook import preview_workbook
from storecast.workflows.workbook_export import export_workbook
from support.plans import filled, made_forecast, published

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed (soffice)"),
]
RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""
FILLED_IN = {"Override": 777.5, "Reason": "weather", "Note": "=storm\ntwo days", "Budget": 700}


def saved_by_libreoffice(folder: Path, data: bytes) -> bytes:
    """Return a workbook as LibreOffice saves it, every formula calculated anew."""
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    (folder / "plan.xlsx").write_bytes(data)
    out = folder / "saved"
    words = [
        "--headless",
        f"-env:UserInstallation={profile.parent.as_uri()}",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
    ]
    subprocess.run(["soffice", *words, str(folder / "plan.xlsx")], check=True, capture_output=True, timeout=300)
    return (out / "plan.xlsx").read_bytes()


def values_of(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_libreoffice_calculates_is_what_the_file_said_and_comes_back(tmp_path: Path, language: str) -> None:
    text = WorkbookWords(language).text
    sqlite = Database.open(f"sqlite:///{tmp_path / 'a.db'}", create=True)
    published(filled(sqlite), made_forecast())
    exported = export_workbook(sqlite, language=language)
    saved = saved_by_libreoffice(tmp_path, exported)
    formulas, before, after = openpyxl.load_workbook(io.BytesIO(exported)), values_of(exported), values_of(saved)
    cells = [
        (sheet.title, cell.coordinate)
        for sheet in formulas
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(cells) > 50
    for sheet, cell in cells:
        exported_value, calculated = (book[sheet][cell].value or 0 for book in (before, after))
        assert calculated == pytest.approx(exported_value), (sheet, cell)
    with sqlite.begin() as conn:
        assert preview_workbook(conn, "plan.xlsx", saved).changes == ()

    book = openpyxl.load_workbook(io.BytesIO(exported))
    sheet = book[text("Weeks")]
    columns = {cell.value: cell.column for cell in sheet[5]}
    of_store = [row for row in range(6, sheet.max_row + 1) if sheet.cell(row, 1).value == "3"]
    for row in range(6, sheet.max_row + 1):
        sheet.row_dimensions[row].hidden = row not in of_store
    for title, value in FILLED_IN.items():
        cell = sheet.cell(of_store[0], columns[text(title)])
        cell.value = value
        cell.data_type = "n" if isinstance(value, (int, float)) else "s"
    out = io.BytesIO()
    book.save(out)
    saved = saved_by_libreoffice(tmp_path, out.getvalue())
    weeks = values_of(saved)[text("Weeks")]
    shown = {title: weeks.cell(4, column).value for title, column in columns.items()}
    forecasts = [sheet.cell(row, columns[text("Forecast")]).value for row in of_store]
    assert shown[text("Forecast")] == pytest.approx(sum(forecasts)), "the sums are of the rows shown"
    assert shown[text("New plan")] == pytest.approx(sum(forecasts[1:]) + 777.5)
    assert (shown[text("Budget")], shown[text("Over budget")]) == (700, pytest.approx(77.5))
    assert values_of(saved)[text("Chain")]["F5"].value is not None
    with sqlite.begin() as conn:
        result = preview_workbook(conn, "plan.xlsx", saved)
    [change] = result.changes
    first, note = dt.date(2013, 3, 22), "=storm\ntwo days"
    assert (change.store, change.first, change.after, change.reason, change.note) == (
        "3",
        first,
        777.5,
        "weather",
        note,
    )
    assert result.refused == ""
    sqlite.close()
