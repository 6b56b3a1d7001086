"""A plan in a real browser: from nothing to one that is approved and exported, by two people at once, and through Excel."""

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from storecast.database.connect import home_url
from support.chromium import DRAWN, MESSAGE, person, started_chromium
from support.served_home import FIRST, STORES, make_key, served_process

pytestmark = pytest.mark.page
CELL = '.ag-center-cols-container .ag-row[row-index="0"] .ag-cell[col-id="w1"]'


@pytest.fixture(scope="module")
def people(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Page]]:
    """Yield two people who are logged in, each with a browser of their own."""
    token = make_key(home_url(own), "admin")
    config = str(tmp_path_factory.getbasetemp() / "config")  # with the key by which the model is trusted
    with served_process(own, XDG_CONFIG_HOME=config) as (_, port), started_chromium() as process:
        address = f"http://127.0.0.1:{port}"
        with (
            person(process, address, token, locale="en-GB") as ada,
            person(process, address, token, locale="en-GB") as ben,
        ):
            for page in (ada, ben):
                page.goto(f"{address}/app/plan")
                page.wait_for_selector(DRAWN)
            yield ada, ben


def press(page: Page, name: str) -> str:
    """Press a button, and return what is said then, once the view is drawn anew."""
    acts = '"changedPropIds":["action.data"]'
    with page.expect_response(lambda answer: acts in (answer.request.post_data or "")) as answer:
        page.get_by_role("button", name=name).click()
    text = str(answer.value.json()["response"]["said"]["children"]["props"]["children"])
    expect(page.locator(MESSAGE)).to_have_text(text)
    page.wait_for_load_state("networkidle")
    return text


def publish(page: Page, version: int) -> None:
    """Publish the forecast, which a job does, and wait until it is done."""
    page.get_by_role("button", name="Publish as a new version").click()
    expect(page.locator(MESSAGE)).to_have_text(f"Version {version} is published, a draft.")
    page.wait_for_load_state("networkidle")


def enter(page: Page, text: str) -> None:
    """Change a cell of the grid by keyboard, and choose a reason."""
    page.locator(CELL).click()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator("#plan-edits li")).to_have_count(1)
    page.locator('.control:has-text("Reason") .dash-dropdown').click()
    page.locator(".dash-options-list-option:visible", has_text="local event").click()
    page.keyboard.press("Escape")


def test_two_people_bring_a_plan_from_nothing_to_an_approved_one_and_neither_loses_anything(
    people: tuple[Page, Page], tmp_path: Path
) -> None:
    ada, ben = people
    wrong: list[str] = []
    for page in people:
        page.on("console", lambda each: wrong.append(each.text) if each.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
    publish(ada, 1)
    ben.reload()
    for page in people:
        page.wait_for_selector(CELL)
    before = ben.locator(CELL).inner_text()
    enter(ada, "5000")
    enter(ben, "6,000.50")
    assert press(ada, "Save as overrides") == "1 override is written."
    refusal = press(ben, "Save as overrides")
    assert "figure 5,000" in refusal
    assert refusal.endswith("What you entered is still there.")
    expect(ben.locator("#plan-edits")).to_contain_text(re.compile(r"→ 6,00\d \(now 5,000\)"))
    assert press(ben, "Save as overrides") == "1 override is written. 1 older one is replaced."
    expect(ben.locator("#plan-edits li")).to_have_count(0)  # drawn anew: the cell alone shows the figure before that
    expect(ben.locator(CELL)).to_have_text(re.compile("6,00[01]"))
    assert "1 override stands from now on" in press(ben, "Undo the last write")
    expect(ben.locator(CELL)).to_have_text("5,000")
    assert before != "5,000"
    _through_excel(ben, tmp_path)
    assert press(ben, "Mark as reviewed") == "Version 1 is reviewed now."
    assert press(ben, "Approve") == "Version 1 is approved now."
    with ben.expect_download() as download:
        ben.get_by_role("button", name="Days as CSV").click()
    assert download.value.suggested_filename == "plan-1-days.csv"
    ada.reload()
    ada.wait_for_selector(CELL)
    expect(ada.get_by_text("nothing of it is overridden any more")).to_be_visible()
    assert wrong == []


def test_overrides_survive_a_new_forecast(people: tuple[Page, Page], tmp_path: Path) -> None:
    ada, _ = people
    file = tmp_path / "sales.csv"
    rows = "".join(f"{store},{FIRST},{1000 + store},1,0\n" for store in range(1, STORES + 1))
    file.write_text(f"Store,Date,Sales,Open,Promo\n{rows}", encoding="utf-8")
    ada.locator("#header nav").get_by_role("link", name="Data").click()
    ada.locator("input[type=file]").set_input_files(file)
    assert press(ada, "Take these rows").startswith(f"{STORES} new rows")
    ada.locator("#header nav").get_by_role("link", name="Plan").click()
    ada.get_by_role("link", name="Versions").click()
    publish(ada, 2)
    ada.get_by_role("link", name="Overrides").click()
    for figure in ("5,000", "777"):
        expect(ada.locator("#view")).to_contain_text(f"total {figure}")


def _through_excel(page: Page, folder: Path) -> None:
    """Fill in the workbook of the plan and bring it back."""
    page.get_by_role("link", name="Files").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Workbook to fill in").click()
    path = folder / "plan.xlsx"
    download.value.save_as(path)
    book = openpyxl.load_workbook(path)
    sheet = book["Weeks"]
    row, column = next(
        (cell.row, cell.column) for line in sheet.iter_rows() for cell in line if cell.value == "Override"
    )
    reason = next(cell.column for cell in sheet[row] if cell.value == "Reason")
    sheet.cell(row + 2, column).value, sheet.cell(row + 2, reason).value = 777, "local event"
    book.save(path)
    page.set_input_files('input[type="file"]', path)
    expect(page.locator("#workbook-preview table")).to_contain_text("777.00")
    assert press(page, "Take 1 change").startswith("The workbook is taken.")
