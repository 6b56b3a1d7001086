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


def serious_barriers(page: Page) -> list[object]:
    """Return what axe calls serious or critical on a page: rules, and where."""
    violations = Axe().run(page).response["violations"]
    serious = [each for each in violations if each["impact"] in ("serious", "critical")]
    return [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in serious]
