"""The documentation as a site: built as `make docs` builds it, read in a browser."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Browser

from support.chromium import listen, serious_barriers, started_chromium

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [path.relative_to(DOCS).with_suffix(".html").as_posix() for path in sorted(DOCS.rglob("*.md"))]
NOTHING_TO_SEARCH = {"config": {"lang": ["en"], "separator": " ", "pipeline": [], "fields": {}}, "docs": []}
# Rows and sections of a long page look alike: axe takes half a minute for a thousand of them.
SHORTEN = """document.querySelectorAll(
    "tbody tr:nth-child(n+5), article h3:nth-of-type(n+20) ~ *, .md-sidebar--secondary li:nth-child(n+9)"
).forEach((part) => part.remove())"""
pytestmark = pytest.mark.page


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium_process() -> Iterator[Browser]:
    with started_chromium() as process:
        yield process


@pytest.mark.parametrize(
    ("pages", "width", "scheme"), [(PAGES[::2], 1280, "light"), (PAGES[1::2], 390, "dark")], ids=["wide", "narrow"]
)
def test_every_page_of_the_site_is_quiet_and_accessible(
    chromium_process: Browser, address: str, pages: list[str], width: int, scheme: Literal["light", "dark"]
) -> None:
    page = chromium_process.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.route("**/search_index.json", lambda route: route.fulfill(json=NOTHING_TO_SEARCH))  # else each page builds one
    wrong, addresses = listen(page)
    barriers = {}
    for name in pages:
        page.goto(f"{address}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.evaluate(SHORTEN)
        if serious := serious_barriers(page):
            barriers[name] = serious
    assert not barriers
    assert wrong == []
    assert all(url.startswith((address, "data:", "blob:")) for url in addresses)
    page.close()


def test_a_drawing_can_be_read_on_a_phone_and_is_whole_on_a_laptop(chromium_process: Browser, address: str) -> None:
    page = chromium_process.new_page(viewport={"width": 390, "height": 900})
    page.goto(f"{address}/how-it-forecasts.html")
    drawing = page.locator('img[src$="forecast.svg"]')
    assert drawing.bounding_box()["width"] >= 640  # type: ignore[index]
    page.set_viewport_size({"width": 1280, "height": 900})
    assert drawing.evaluate("image => image.getBoundingClientRect().width <= image.parentElement.clientWidth")
    page.close()
