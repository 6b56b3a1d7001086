"""The report in a real browser: nothing overflows, nothing fails, nothing is asked of the network, pictures become files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from storecast.data.generate import ChainSpec, write_demo
from storecast.exploration.registry import questions
from storecast.workflows import explore, run
from support.chromium import listen, serious_barriers, started_chromium

pytestmark = pytest.mark.page
WIDTHS = (1280, 390)
LOADED_MS = 120_000  # for a report with all its pictures, on a machine that others share
FIRST_DRAWN = ".plot .main-svg"
DRAW_ALL = """() => {
  document.querySelectorAll("details").forEach(part => { part.open = true; });
  document.body.classList.add("print-all");
  dispatchEvent(new Event("beforeprint"));
  dispatchEvent(new Event("afterprint"));
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page")
    write_demo(out / "demo", ChainSpec(stores=40, days=800))
    explore(out / "demo", out=out / "exploration", pictures=True)
    run(out / "demo", home=out / "home", models=["naive", "linear"], windows=1)
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_chromium() as started:
        yield started


@pytest.fixture(params=WIDTHS)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": request.param, "height": 900})
    opened.set_default_timeout(LOADED_MS)
    yield opened
    opened.close()


@pytest.mark.parametrize("report", ["exploration/report.html", "home/report.html"])
def test_the_report_opens_whole_and_asks_for_nothing(home: Path, page: Page, report: str) -> None:
    wrong, addresses = listen(page)
    page.goto((home / report).as_uri())
    page.wait_for_selector(FIRST_DRAWN)
    drawn, whole = page.locator(".js-plotly-plot"), page.locator(".plot").count()
    assert 0 < drawn.count() < whole / 2, "a picture that nobody sees is drawn"
    page.evaluate(DRAW_ALL)
    assert drawn.count() == whole
    assert whole == page.locator("[role=img]").count()
    assert wrong == []
    assert [url for url in addresses if not url.startswith(("file:", "data:", "blob:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.locator("section.question").count() >= len(questions()) - 2
    boxes = page.evaluate(
        "[...document.querySelectorAll('.plot')].map(plot => [plot, plot.querySelector('.main-svg')]"
        ".map(each => each.getBoundingClientRect()).flatMap(box => [box.width, box.height]))"
    )
    for place_width, place_height, width, height in boxes:
        assert 200 < width <= place_width + 1
        assert 100 < height <= place_height + 1


def test_contents_lead_to_their_sections(home: Path, page: Page) -> None:
    page.goto((home / "exploration" / "report.html").as_uri())
    page.get_by_role("link", name="Competition", exact=True).click()
    page.wait_for_selector("#q-competition ~ figure .main-svg")
    top = page.evaluate("document.getElementById('q-competition').getBoundingClientRect().top")
    assert -50 < top < 400


def test_a_picture_fills_its_place_once_its_part_is_opened(home: Path, page: Page) -> None:
    page.goto((home / "home" / "report.html").as_uri())
    part = page.locator("#q-seasons ~ details")
    part.locator("summary").click()
    figure = part.locator("figure.wide .plot").first
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".main-svg").first).to_be_visible()
    page.wait_for_function(
        "plot => Math.abs(plot.querySelector('.main-svg').getBoundingClientRect().width - plot.offsetWidth) < 2",
        arg=figure.element_handle(),
    )


def test_the_first_page_prints_on_two_sheets_and_everything_where_that_is_asked_for(
    home: Path, browser: Browser
) -> None:
    page = browser.new_page()
    page.set_default_timeout(LOADED_MS)
    page.goto((home / "home" / "report.html").as_uri())
    page.wait_for_selector(FIRST_DRAWN)
    assert sheets(page.pdf(prefer_css_page_size=True)) <= 2
    page.evaluate("window.print = () => {}")
    page.get_by_role("button", name="Print everything").click()
    assert sheets(page.pdf(prefer_css_page_size=True)) > 5
    page.close()


def sheets(pdf: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_the_report_is_at_most_fifteen_screens_long(home: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(LOADED_MS)
    page.goto((home / "home" / "report.html").as_uri())
    page.wait_for_selector(FIRST_DRAWN)
    assert page.evaluate("document.documentElement.scrollHeight") <= 15 * 900
    page.close()


def test_the_first_screen_has_the_total_the_weeks_and_the_stores(home: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(LOADED_MS)
    page.goto((home / "home" / "report.html").as_uri())
    for text in ("Expected sales in", "Against last year", "Week by week", "Holidays ahead", "Assumed or uncertain"):
        expect(page.locator("dt, h2").filter(has_text=text).first).to_be_in_viewport()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("report", ["exploration/report.html", "home/report.html"])
def test_axe_finds_nothing_serious(home: Path, browser: Browser, report: str, scheme: Literal["light", "dark"]) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(LOADED_MS)
    page.goto((home / report).as_uri())
    page.wait_for_selector(FIRST_DRAWN)
    barriers = serious_barriers(page)
    page.close()
    assert barriers == []


def test_each_picture_becomes_a_file(home: Path) -> None:
    files = list((home / "exploration" / "pictures").glob("*.png"))
    assert len(files) >= len(questions())
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files)
