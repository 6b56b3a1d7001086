"""Chromium for tests of pages: found on the machine, quiet, and listened to."""

import os
import shutil

from playwright.sync_api import Page

QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def chromium() -> str:
    """Find a browser; a machine without one cannot run these tests, and says so by failing."""
    browser = os.environ.get("BROWSER_PATH") or next(
        filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None
    )
    assert browser, "no Chromium or Chrome found; name one in BROWSER_PATH"
    return browser


def listen(page: Page) -> tuple[list[str], list[str]]:
    """Return what goes wrong on a page, and the addresses that it asks for; both grow from now on."""
    wrong: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: addresses.append(request.url))
    return wrong, addresses
