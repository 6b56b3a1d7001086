"""The view Plan with two versions: what moved, the queue of exceptions, downloads, and the workbook that comes back."""

import base64
import io
from typing import Any

import openpyxl
import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.forecasts import MadeForecast
from storecast.database.plan_publishing import publish_version
from storecast.service.service import Service
from storecast.workflows.planning import show_overrides
from storecast.workflows.workbook_export import export_workbook
from support.page_client import PageClient, callback
from support.served_home import Client


@pytest.fixture(scope="module")
def published(client: Client, database: Database) -> None:
    """Publish the forecast twice: as another model said it, a tenth less, and as it is."""
    service: Service = client.service
    snapshot = service.live.snapshot
    assert snapshot is not None
    rows, cutoff = snapshot.table.frame, snapshot.predictor.cutoff
    names = [s.FORECAST, "Lower80", "Upper80", "Lower95", "Upper95"]
    less = rows.with_columns((pl.col(names) * 0.9).round(2))
    with database.begin() as conn:
        publish_version(conn, MadeForecast("model-before.pkl", cutoff, snapshot.version, less), None, by="Ada")
        publish_version(conn, MadeForecast(snapshot.name, cutoff, snapshot.version, rows), None, by="Ada")


def download(browser: PageClient, kind: str, language: str = "en") -> tuple[str, bytes]:
    """Press a button of the downloads; return the name of the file and its bytes."""
    body: dict[str, Any] = callback("plan-download.data", {"preferences.data": {"language": language}})
    body["changedPropIds"] = [f'{{"name":"{kind}","type":"download"}}.n_clicks']
    for each in body["inputs"]:
        each["value"] = 1
    answer = browser.post(body)
    assert answer.status_code == 200, answer.text
    file = answer.json()["response"]["plan-download"]["data"]
    return file["filename"], base64.b64decode(file["content"])


@pytest.mark.usefixtures("published")
def test_the_view_says_what_moved_since_the_version_before_and_that_its_cause_is_not_known(browser: PageClient) -> None:
    drawn = browser.draw("/app/plan", "?part=moves")
    assert "Stores and weeks that moved most" in drawn
    assert "Because of what is not known" in drawn
    assert "none to compare it with" in browser.draw("/app/plan", "?part=moves&version=1")


@pytest.mark.usefixtures("published")
def test_what_needs_a_look_and_what_is_refused_are_said_in_german(browser: PageClient) -> None:
    for path, search in (("/app/", ""), ("/app/plan", "?part=queue")):
        drawn = browser.draw(path, search, language="de")
        assert "die Prognose hat sich seit Version 1 um +" in drawn
        assert "the forecast moved" not in drawn
    assert "Der Plan hat keine Version 99; die neueste ist 2." in browser.draw("/app/plan", "?version=99", "de")
    assert "örtliche Veranstaltung" in browser.draw("/app/plan", "?part=overrides", "de")


@pytest.mark.usefixtures("published")
def test_an_exception_is_looked_after_snoozed_and_done(browser: PageClient) -> None:
    drawn = browser.draw("/app/plan", "?part=queue")
    begin = drawn.index("open change:") + len("open ")
    name = drawn[begin : drawn.index('"', begin)]
    assert browser.act("plan-handle", f"open {name}")[0] == "test looks after the exception."
    assert browser.act("plan-handle", f"open {name}", queue_owner="Ben")[0] == "Ben looks after the exception."
    assert "snoozed until" in browser.act("plan-handle", f"snoozed {name}", queue_weeks=2)[0]
    assert f"open {name}" not in browser.draw("/app/plan", "?part=queue")
    assert f"open {name}" in browser.draw("/app/plan", "?part=queue&all=yes")
    assert browser.act("plan-handle", f"done {name}")[1] == "done"
    assert browser.act("plan-handle", "open nothing")[:2] == (
        "There is no such exception. List them: storecast plan exceptions, GET /v1/plan/exceptions.",
        "refused",
    )


@pytest.mark.usefixtures("published")
def test_the_days_of_a_version_are_downloaded_as_csv_and_excel(browser: PageClient) -> None:
    assert "Workbook to fill in" in browser.draw("/app/plan", "?part=files")
    name, content = download(browser, "csv")
    days = pl.read_csv(content)
    assert (name, days.columns) == (
        "plan-2-days.csv",
        [s.STORE, s.DATE, s.FORECAST, "Lower80", "Upper80", "Plan", "Override"],
    )
    name, content = download(browser, "xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert (name, sheet.max_row) == ("plan-2-days.xlsx", days.height + 1)


def filled_in(content: bytes, sheet_name: str = "Weeks", **values: object) -> str:
    """Return a workbook with the first row of its weeks filled in, as a browser sends it.

    Parameters
    ----------
    content : of the file
    sheet_name : of the weeks, in the language of the file
    values : by the titles of their columns
    """
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book[sheet_name]
    title = next(cell.row for row in sheet.iter_rows() for cell in row if cell.value in values)
    for cell in sheet[title]:
        if cell.value in values:
            sheet.cell(title + 1, cell.column).value = values[cell.value]
    filled = io.BytesIO()
    book.save(filled)
    return "data:application/x;base64," + base64.b64encode(filled.getvalue()).decode()


@pytest.mark.usefixtures("published")
def test_what_is_said_of_a_workbook_that_comes_back_is_in_the_language_of_the_page(
    browser: PageClient, database: Database
) -> None:
    _, content = download(browser, "workbook", "de")

    def shown(contents: str) -> str:
        values = {
            "workbook-upload.contents": contents,
            "workbook-upload.filename": "meine.xlsx",
            "preferences.data": {"language": "de"},
        }
        return browser.post(callback("workbook-preview.children", values)).text

    refused = shown(filled_in(content, "Wochen", Anpassung="viel", Grund="Wetter"))
    assert "meine.xlsx, Blatt Wochen, " in refused
    assert "gefunden 'viel', erwartet die Summe der Filiale und Woche, eine Zahl von 0 bis " in refused
    assert "oder auch kein Grund und keine Notiz" in shown(filled_in(content, "Wochen", Grund="Wetter"))
    older = shown(filled_in(export_workbook(database, 1, "de"), "Wochen", Anpassung=1, Grund="Wetter"))
    assert "Die Datei ist von Version 1, die neueste ist 2: Jede Änderung wird" in older
    assert "die Prognose ihrer Tage ging von " in older
    assert "1 der 1 Änderungen passen nicht mehr (Wochen!" in older
    assert "Wetter" in older


@pytest.mark.usefixtures("published")
def test_a_workbook_is_filled_in_shown_taken_and_told_when_it_is_none(browser: PageClient, database: Database) -> None:
    _, content = download(browser, "workbook", "de")
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames[0] == "Kette"
    name, content = download(browser, "workbook")
    assert name == "plan-2.xlsx"
    contents = filled_in(content, Override=4321, Reason="local event", Budget=4567)
    values = {"workbook-upload.contents": contents, "workbook-upload.filename": "mine.xlsx"}
    shown = browser.post(callback("workbook-preview.children", values)).text
    assert "Take 2 changes" in shown
    assert "4,321" in shown
    assert "4,567" in shown
    assert show_overrides(database).overrides.is_empty()
    message = browser.act("plan-take", workbook_file=contents, workbook_name="mine.xlsx")[0]
    assert message == (
        "The workbook is taken. 1 budget of a store's week is changed. 1 override stands from now on, 0 stand no more."
    )
    assert show_overrides(database).overrides["Value"].to_list() == [4321.0]
    values["workbook-upload.contents"] = "data:application/x;base64,AAAA"
    assert "refused" in browser.post(callback("workbook-preview.children", values)).text
    assert browser.act("plan-take", workbook_file="x,base64,?")[1] == "refused"
