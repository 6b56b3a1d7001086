"""The pictures of docs/tutorial.md, from a folder in which it was done: python docs/tutorial_pictures.py FOLDER.

The report's first page, its chart of the days ahead, what one store's forecast is made of, and the plan on the page, each by a
Chromium or Chrome that BROWSER_PATH can name.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from screenshots import browser, open_view, served

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 960, 672
REPORT_PARTS = {"What is coming": "ahead.png", "What is the forecast made of?": "made-of.png"}
SETTLED_MS = 1500  # for charts that are drawn when they come into view


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the tutorial was done; it has the folder home")
    home = parser.parse_args().folder.resolve() / "home"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto((home / "report.html").as_uri())
        page.add_style_tag(content=".to-top { display: none }")
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=DOCS / "report.png")
        for heading, name in REPORT_PARTS.items():
            take_part(page, heading, DOCS / "pictures" / name)
        with served(home) as address:
            open_view(page, f"{address}plan?level=store")
            page.screenshot(path=DOCS / "pictures" / "plan.png")
        chromium.close()


def take_part(page: Page, heading: str, out: Path) -> None:
    """Take the picture of a part of the report, from its heading to what is folded."""
    title = page.get_by_role("heading", name=heading, exact=True)
    title.scroll_into_view_if_needed()
    page.wait_for_timeout(SETTLED_MS)
    part = title.locator("xpath=ancestor::section[1]")
    part.locator(".js-plotly-plot").first.wait_for()
    top, chart = title.bounding_box(), part.locator(".js-plotly-plot").first.bounding_box()
    if top is None or chart is None:
        raise SystemExit(f"The report shows no chart under {heading}")
    scrolled = page.evaluate("scrollY")
    height = chart["y"] + chart["height"] - top["y"]
    area = {"x": 0, "y": top["y"] + scrolled - 8, "width": WIDTH, "height": height + 16}
    page.screenshot(path=out, clip=area, full_page=True)


if __name__ == "__main__":
    main()
