"""Planning in a real browser: from no plan to one that is approved and exported, by two people, and through Excel."""

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from storecast.database.connect import home_url
from support.chromium import DRAWN, QUIET, chromium, listen, person
from support.served_home import FIRST, STORES, copy_of, make_key, served_process

pytestmark = pytest.mark.page


@pytest.fixture(scope="module")
def folder(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(home, tmp_path_factory.mktemp("planning") / "home")


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = str(tmp_path_factory.getbasetemp() / "config")
    with served_process(folder, XDG_CONFIG_HOME=config) as (_, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def people(folder: Path, address: str) -> Iterator[tuple[Page, Page]]:
    """Two people, each with a key and a browser of their own."""
    keys = [make_key(home_url(folder), "write", "read") for _ in range(2)]
    with sync_playwright() as playwright:
        process: Browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        with person(process, address, keys[0]) as ada, person(process, address, keys[1]) as bo:
            yield ada, bo
        process.close()


def cell(page: Page, row: int, column: int) -> object:
    """Return a cell of the grid by the places of its row and its week."""
    return page.locator(f'.ag-row[row-index="{row}"] .ag-cell').nth(column)


def enter(page: Page, row: int, column: int, figure: str) -> None:
    """Type a figure into a cell of the grid."""
    wanted = cell(page, row, column)
    wanted.dblclick()  # type: ignore[attr-defined]
    page.keyboard.press("Control+A")
    page.keyboard.type(figure)
    page.keyboard.press("Enter")


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a dropdown."""
    page.locator(".control", has_text=label).locator("button.dash-dropdown").click()
    page.locator(".dash-dropdown-content").get_by_text(option, exact=True).click()


def test_a_plan_comes_from_nothing_to_an_approved_and_exported_one(
    people: tuple[Page, Page], address: str, tmp_path: Path
) -> None:
    ada, bo = people
    wrong, _ = listen(ada)
    ada.goto(f"{address}/app/plan")
    expect(ada.locator("#view")).to_contain_text("No forecast has been published yet.")
    ada.get_by_role("button", name="Publish as a new version").click()
    expect(ada.locator("#said")).to_contain_text("Version 1 is published, a draft.")

    ada.goto(f"{address}/app/plan?level=store")
    bo.goto(f"{address}/app/plan?level=store")
    expect(bo.locator(".ag-row").first).to_be_visible()
    enter(ada, 1, 2, "12345")
    choose(ada, "Reason", "local event")
    ada.get_by_role("button", name="Save as overrides").click()
    expect(ada.locator("#said .message:not(.refused)")).to_be_visible()
    expect(cell(ada, 1, 2)).to_have_text("12,345")  # type: ignore[arg-type]

    enter(bo, 1, 2, "23456")  # of the plan as it was before
    choose(bo, "Reason", "weather")
    bo.get_by_role("button", name="Save as overrides").click()
    expect(bo.locator("#said .message.refused")).to_be_visible()
    expect(bo.locator("#view")).to_contain_text("23,456")  # nothing that was entered is lost
    bo.goto(f"{address}/app/plan?level=store")
    expect(cell(bo, 1, 2)).to_have_text("12,345")  # type: ignore[arg-type]

    for button, state in (("Mark as reviewed", "reviewed"), ("Approve", "approved")):
        ada.get_by_role("button", name=button).click()
        expect(ada.locator("#said")).to_contain_text(f"Version 1 is {state} now.")
    ada.goto(f"{address}/app/plan?part=files")
    with ada.expect_download() as download:
        ada.get_by_role("button", name="Days as CSV").click()
    days = tmp_path / "days.csv"
    download.value.save_as(days)
    assert days.read_text(encoding="utf-8-sig").count("\n") > 42 * 6
    assert wrong == []


def test_an_override_comes_through_excel_and_back(people: tuple[Page, Page], address: str, tmp_path: Path) -> None:
    ada, _ = people
    ada.goto(f"{address}/app/plan?part=versions")
    ada.wait_for_selector(DRAWN)
    if ada.get_by_role("button", name="Back to a draft").count():
        ada.get_by_role("button", name="Back to a draft").click()
        expect(ada.locator("#said")).to_contain_text("is draft now.")
    ada.goto(f"{address}/app/plan?part=files")
    with ada.expect_download() as download:
        ada.get_by_role("button", name="Workbook to fill in").click()
    file = tmp_path / "plan.xlsx"
    download.value.save_as(file)
    book = openpyxl.load_workbook(file)
    sheet = next(
        each for each in book.worksheets if any(value.value == "Override" for value in each[1]) or each.max_row > 6
    )
    names = next(row for row in sheet.iter_rows() if any(value.value == "Override" for value in row))
    places = {value.value: value.column for value in names}
    row = names[0].row + 3
    sheet.cell(row, places["Override"]).value = 4321
    sheet.cell(row, places["Reason"]).value = "weather"
    book.save(file)
    ada.locator("input[type=file]").set_input_files(file)
    expect(ada.locator("#view")).to_contain_text("4,321")
    ada.get_by_role("button", name="Take 1 change").click()
    expect(ada.locator("#said .message:not(.refused)")).to_be_visible()
    ada.goto(f"{address}/app/plan?part=overrides")
    expect(ada.locator("#view")).to_contain_text("4,321")


def test_an_override_survives_a_new_forecast(people: tuple[Page, Page], address: str, tmp_path: Path) -> None:
    ada, _ = people
    file = tmp_path / "sales.csv"
    rows = "".join(f"{store},{FIRST},{1000 + store},1,0\n" for store in range(1, STORES + 1))
    file.write_text("Store,Date,Sales,Open,Promo\n" + rows, encoding="utf-8")
    ada.goto(f"{address}/app/data")
    ada.locator("input[type=file]").set_input_files(file)
    ada.get_by_role("button", name="Take these rows").click()
    expect(ada.locator("#said")).to_contain_text(f"{STORES} new rows")
    ada.goto(f"{address}/app/plan?part=versions")
    ada.get_by_role("button", name="Publish as a new version").click()
    expect(ada.locator("#said")).to_contain_text("Version 2 is published, a draft.")
    ada.goto(f"{address}/app/plan?part=overrides")
    expect(ada.locator("#view")).to_contain_text("local event")
    expect(ada.locator("#view")).to_contain_text("4,321")
