"""The documentation as a site: built as `make docs` builds it, read in a browser."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Browser

from support.chromium import listen, serious_barriers, started_chromium

ROOT = Path(__file__).parents[2]
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


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_pages_of_the_site_are_quiet_and_accessible(
    chromium_process: Browser, address: str, width: int, scheme: str
) -> None:
    page = chromium_process.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    wrong, addresses = listen(page)
    for name in ("index", "tutorial", "how-to/how-sure", "scores", "cli"):
        page.goto(f"{address}/{name}.html")
        page.wait_for_load_state("networkidle")
        assert serious_barriers(page) == [], name
    assert wrong == []
    assert all(url.startswith((address, "data:", "blob:")) for url in addresses)
    page.close()
