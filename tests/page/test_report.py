"""The report in a real browser: nothing overflows, nothing fails, nothing is asked of the network, pictures become files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from storecast.data.generate import ChainSpec, write_demo
from storecast.exploration.registry import questions
from storecast.workflows import explore, run
from support.chromium import listen, started_chromium

pytestmark = pytest.mark.page
WIDTHS = (1280, 390)


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
    yield opened
    opened.close()


@pytest.mark.parametrize("report", ["exploration/report.html", "home/report.html"])
def test_the_report_opens_whole_and_asks_for_nothing(home: Path, page: Page, report: str) -> None:
    wrong, addresses = listen(page)
    page.goto((home / report).as_uri())
    drawn = "document.querySelectorAll('.js-plotly-plot .main-svg').length >= document.querySelectorAll('[role=img]').length"
    page.wait_for_function(drawn)
    assert wrong == []
    assert [url for url in addresses if not url.startswith(("file:", "data:", "blob:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.locator("section.question").count() >= len(questions()) - 2
    for figure in page.locator(".js-plotly-plot").all():
        box = figure.bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert box["height"] > 100


def test_contents_lead_to_their_sections(home: Path, page: Page) -> None:
    page.goto((home / "exploration" / "report.html").as_uri())
    page.get_by_role("link", name="Competition").click()
    page.wait_for_timeout(300)
    top = page.evaluate("document.getElementById('q-competition').getBoundingClientRect().top")
    assert -50 < top < 400


def test_figures_are_as_wide_as_their_place(home: Path, page: Page) -> None:
    page.goto((home / "exploration" / "report.html").as_uri())
    page.wait_for_timeout(1500)
    cut = page.evaluate(
        "[...document.querySelectorAll('figure')].filter(f => { const s = f.querySelector('.main-svg');"
        " return s && s.getBoundingClientRect().width > f.getBoundingClientRect().width + 1 }).length"
    )
    assert cut == 0


def test_the_report_prints(home: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((home / "exploration" / "report.html").as_uri())
    page.wait_for_timeout(1500)
    assert len(page.pdf()) > 50_000
    page.close()


def test_each_picture_becomes_a_file(home: Path) -> None:
    files = list((home / "exploration" / "pictures").glob("*.png"))
    assert len(files) >= len(questions())
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files)
