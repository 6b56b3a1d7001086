"""From an empty database to a plan that is approved and exported, in a real browser, as a new user goes."""

import csv
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Locator, Page, expect
from typer.testing import CliRunner

from storecast.cli.app import app
from support.chain_files import write_chain
from support.chromium import MESSAGE, SLOW_MS, listen, log_in, started_chromium
from support.served_home import served_process, status, wait_until

pytestmark = pytest.mark.page
STORES, DAYS = 4, 200
MEBI = 2**20
CELL = '.ag-center-cols-container .ag-row[row-index="0"] .ag-cell[col-id="w1"]'
WEEKLY = ("--models", "naive,linear", "--fast", "--late-after", "36500")


def command(*arguments: str) -> None:
    """Run a command, which must end well."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def open_view(page: Page, name: str) -> None:
    """Go to a view by the links at its top."""
    page.locator("#header nav").get_by_role("link", name=name, exact=True).click()
    expect(page.locator("#header nav .here")).to_have_text(name)
    page.wait_for_load_state("networkidle")


def press(page: Page, name: str, expected: str) -> None:
    """Press a button, and wait for what is said then, and for the view that is drawn anew."""
    page.get_by_role("button", name=name).click()
    expect(page.locator(MESSAGE)).to_contain_text(expected)
    page.wait_for_load_state("networkidle")


def drop(page: Page, target: Locator, name: str, text: str) -> None:
    """Drop a file as a mouse does."""
    transfer = page.evaluate_handle(
        """([name, text]) => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([text], name, {type: "text/csv"}));
            return dropped;
        }""",
        [name, text],
    )
    target.dispatch_event("drop", {"dataTransfer": transfer})


def save(page: Page, button: str, folder: Path) -> Path:
    """Download a file, and return where it lies."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_an_empty_database_becomes_a_plan_that_is_approved_and_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, config = tmp_path / "home", str(tmp_path / "config")
    monkeypatch.setenv("XDG_CONFIG_HOME", config)
    command("db", "upgrade", "--home", str(home))
    sales = write_chain(tmp_path / "files", stores=STORES, days=DAYS) / "train.csv"
    with (
        served_process(home, ready=False, XDG_CONFIG_HOME=config) as (_, port),
        started_chromium() as process,
    ):
        context = process.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        context.set_default_timeout(SLOW_MS)
        page = context.new_page()
        wrong, _ = listen(page)
        page.goto(f"http://127.0.0.1:{port}/")
        log_in(page, (home / "admin.key").read_text(encoding="ascii").strip())
        expect(page.locator("#view")).to_contain_text("Load them in the view Data")
        open_view(page, "Data")
        expect(page.locator("#view")).to_contain_text("The database holds no sales yet.")
        refusal = page.get_by_role("alert").filter(has_text="larger than 16 MB")
        drop(page, page.locator("#upload button"), "sales.csv", "x" * (16 * MEBI + 1))
        expect(refusal).to_contain_text("or load it by command: `storecast db load`")
        drop(page, page.locator("#upload button"), sales.name, sales.read_text(encoding="utf-8"))
        expect(refusal).to_be_hidden()
        press(page, "Take these sales", f"{STORES * DAYS} rows of sales were taken.")
        expect(page.locator("#view")).to_contain_text("`storecast weekly` trains one")

        command("weekly", "--home", str(home), *WEEKLY)
        wait_until(lambda: status(port) == 200, 120)

        expect(page.locator("#view")).to_contain_text("Forecast until")  # by itself
        expect(page.locator("#view")).not_to_contain_text("No model is served yet")
        open_view(page, "Plan")
        expect(page.locator(CELL)).not_to_have_text("50,000")
        page.locator(CELL).click()
        page.keyboard.press("Enter")
        page.keyboard.press("Control+a")
        page.keyboard.type("50000")
        page.keyboard.press("Enter")
        page.locator('.control:has-text("Reason") .dash-dropdown').click()
        page.locator(".dash-options-list-option:visible", has_text="local event").click()
        page.keyboard.press("Escape")
        press(page, "Save as overrides", "1 override is written.")
        expect(page.locator(CELL)).to_have_text("50,000")
        press(page, "Mark as reviewed", "Version 1 is reviewed now.")
        press(page, "Approve", "Version 1 is approved now.")
        open_view(page, "Home")
        expect(page.locator("#view h1")).to_contain_text("Jul 20, 2014")
        expect(page.locator("#view")).to_contain_text("approved")
        expect(page.locator("#view")).not_to_contain_text("Budget")
        open_view(page, "Plan")
        page.get_by_role("link", name="Files").click()
        with save(page, "Days as CSV", tmp_path).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        changed = [row for row in rows if row["Override"]]
        assert {row["Date"] for row in changed} == {f"2014-07-{day}" for day in range(21, 28)}  # the first whole week
        assert sum(float(row["Plan"]) for row in changed) == pytest.approx(50_000, abs=0.2)
        assert all(row["Plan"] == row["Forecast"] for row in rows if row not in changed)
        sheet = openpyxl.load_workbook(save(page, "Days as Excel", tmp_path)).active
        header, *cells = sheet.iter_rows(values_only=True)
        plan = header.index("Plan")
        assert [line[plan] for line in cells] == pytest.approx([float(row["Plan"]) for row in rows], abs=0.01)
        assert wrong == []
        context.close()
