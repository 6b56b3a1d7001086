"""Clicks in Chromium: from the click to the last change of what is drawn, with the part until the last reply of the service."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice, repeat

from playwright.sync_api import Browser, Page, sync_playwright

SLOW_MS = 120_000
PARTS = ("Overrides", "Exceptions", "What moved", "Weeks")
VIEWS = ("Store", "Plan", "Accuracy", "Promotions", "Home")
QUESTIONS = ("Promotions", "Seasons", "Stores", "Customers", "Competition", "Holidays")
WATCH = """
(() => {
  const QUIET_MS = 400;
  const clock = { pending: 0, clicked: 0, replied: 0, drawn: 0 };
  const send = window.fetch;
  window.fetch = async (...call) => {
    clock.pending += 1;
    try { return await send(...call); } finally { clock.pending -= 1; clock.replied = clock.drawn = performance.now(); }
  };
  addEventListener("click", (event) => { clock.clicked = clock.drawn = event.timeStamp; }, true);
  const painted = () => requestAnimationFrame(() => setTimeout(() => { clock.drawn = performance.now(); }));
  new MutationObserver(painted).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
  window.isDrawn = () =>
    clock.pending === 0 && performance.now() - clock.drawn > QUIET_MS && document.querySelector("#view h1") !== null;
  window.clickSeconds = () => [clock.replied, clock.drawn].map((at) => (at - clock.clicked) / 1000);
})();
"""


@dataclass(frozen=True)
class Click:
    """What a click took, in seconds.

    Attributes
    ----------
    replied : until the last reply had come
    drawn : until the last change was drawn
    """

    replied: float
    drawn: float


def browser_clicks(address: str, key: str, stores: Sequence[str], repeats: int) -> Iterator[tuple[str, list[Click]]]:
    """Yield what each kind of click took in Chromium, the first view before all others.

    Parameters
    ----------
    address : of the service, without a path
    key : to log in with
    stores : ids, of which each click on a store takes another
    repeats : of each click
    """
    with started() as browser:
        yield "first view, in a new browser", [first_view(browser, address, key) for _ in range(repeats)]
        page = logged_in(browser, address, key)
        for name, view, press in (
            (
                "another store",
                "store",
                cycle(partial(choose, page, "Store", store) for store in stores[1 : repeats + 1]),
            ),
            ("a part of the plan", "plan", cycle(partial(follow, page, ".tabs", part) for part in PARTS)),
            ("a change of a scenario", "scenarios", repeat(page.get_by_role("button", name="Add the change").click)),
            ("a question of Explore", "explore", cycle(partial(choose, page, "Question", text) for text in QUESTIONS)),
            ("another view", "", cycle(partial(follow, page, "#header nav", each) for each in VIEWS)),
        ):
            page.goto(f"{address}/app/{view}")
            wait(page)
            yield name, [clicked(page, each) for each in islice(press, repeats)]


def first_view(browser: Browser, address: str, key: str) -> Click:
    """Log in with a browser that has loaded nothing, and open the first view."""
    page = logged_in(browser, address, key)
    took = wait(page)
    page.context.close()
    return took


def logged_in(browser: Browser, address: str, key: str) -> Page:
    """Return the first view of somebody who has just logged in."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(SLOW_MS)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{address}/app/login")
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Log in").click()
    wait(page)
    return page


def clicked(page: Page, press: Callable[[], None]) -> Click:
    """Press something, and return what that took."""
    press()
    return wait(page)


def wait(page: Page) -> Click:
    """Wait until everything is drawn, and return what it took since the click, or since the page began to load."""
    page.wait_for_function("() => isDrawn()")
    return Click(*page.evaluate("clickSeconds()"))


def choose(page: Page, control: str, text: str) -> None:
    """Choose an option of a dropdown; the click on the option is the last one."""
    page.locator(f'.control:has(.label:text-is("{control}")) .dash-dropdown').click()
    page.locator(".dash-dropdown-option:visible").get_by_text(text, exact=True).click()


def follow(page: Page, within: str, text: str) -> None:
    """Follow a link."""
    page.locator(within).get_by_role("link", name=text, exact=True).click()


@contextmanager
def started() -> Iterator[Browser]:
    """Start Chromium or Chrome, which BROWSER_PATH can name."""
    names = ("chromium", "google-chrome", "chrome")
    program = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        sys.exit("No Chromium or Chrome is here; name one in BROWSER_PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
