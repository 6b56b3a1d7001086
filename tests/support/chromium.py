"""Chromium for tests of pages: found on the machine, quiet, and listened to."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

DRAWN = "#view h1"
MESSAGE = "#said .message"  # what an action says
SLOW_MS = 30_000  # for views that work something out, on a machine that others share
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

COUNT_REQUESTS = """
(() => {
  const QUIET_MS = 150;
  let pending = 0, last = performance.now();
  const send = window.fetch;
  window.fetch = async (...call) => {
    pending += 1;
    try { return await send(...call); } finally { pending -= 1; last = performance.now(); }
  };
  for (const event of ["click", "keydown"]) window.addEventListener(event, () => { last = performance.now(); }, true);
  window.isQuiet = () => pending === 0 && performance.now() - last > QUIET_MS && document.querySelector("#view h1") !== null;
})();
"""
OUT_OF_REACH = """
() => [...document.querySelectorAll("a, button, input, select, textarea, summary")].filter((each) => {
  const box = each.getBoundingClientRect();
  if (!each.checkVisibility() || box.width < 2 || (box.left >= 0 && box.right <= innerWidth + 1)) return false;
  for (let around = each.parentElement; around; around = around.parentElement)
    if (around.scrollWidth > around.clientWidth && ["auto", "scroll"].includes(getComputedStyle(around).overflowX)) return false;
  return !each.classList.contains("skip");
}).map((each) => each.outerHTML.slice(0, 120))
"""


def chromium() -> str:
    """Find a browser; a machine without one cannot run these tests, and says so by failing."""
    browser = os.environ.get("BROWSER_PATH") or next(
        filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None
    )
    assert browser, "no Chromium or Chrome found; name one in BROWSER_PATH"
    return browser


@contextlib.contextmanager
def started_chromium() -> Iterator[Browser]:
    """Start a browser that is quiet."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=SLOW_MS)
        process = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield process
        process.close()


def settled(page: Page) -> None:
    """Wait until the page has asked for nothing for a moment: Playwright's `networkidle` holds once and for all after a load."""
    page.wait_for_function("() => isQuiet()")


def out_of_reach(page: Page) -> list[str]:
    """Return what can be pressed or filled in and lies beside the screen, with nothing around it that scrolls."""
    return list(page.evaluate(OUT_OF_REACH))


def listen(page: Page) -> tuple[list[str], list[str]]:
    """Return what goes wrong on a page, and the addresses that it asks for; both grow from now on."""
    wrong: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: addresses.append(request.url))
    return wrong, addresses


@contextlib.contextmanager
def person(process: Browser, address: str, key: str, width: int = 1280, **options: Any) -> Iterator[Page]:
    """Open a browser of somebody's own, and log in."""
    context = process.new_context(viewport={"width": width, "height": 900}, **options)
    context.set_default_timeout(SLOW_MS)
    context.add_init_script(COUNT_REQUESTS)
    page = context.new_page()
    page.goto(f"{address}/app/")
    log_in(page, key)
    page.wait_for_selector(DRAWN)
    try:
        yield page
    finally:
        context.close()


def log_in(page: Page, key: str) -> None:
    """Fill in the form of the login."""
    page.get_by_label(re.compile("Your key|Ihr Schlüssel")).fill(key)
    page.keyboard.press("Enter")


def serious_barriers(page: Page, *rules: str) -> list[object]:
    """Return what axe calls serious or critical on a page: rules, and where.

    Parameters
    ----------
    page : that is looked at
    rules : of axe that are looked at; none: all
    """
    options: dict[str, Any] = {
        "resultTypes": ["violations"]
    }  # else it lists all that is well, which takes as long again
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    violations = Axe().run(page, options=options).response["violations"]
    serious = [each for each in violations if each["impact"] in ("serious", "critical")]
    return [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in serious]
