"""Pictures of every view of the page, light and dark, on a wide screen and on a phone: make screenshots [HOME_DIR=home].

A home is served on a free port for as long as it takes, and each view is opened in Chromium or Chrome, which BROWSER_PATH can name.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from storecast.page.addresses import BASE, VIEW_NAMES

WIDTHS = {1280: 930, 390: 844}  # and the height of such a screen
THEMES = ("light", "dark")
COVER = ("home", 1280, "light")
PLAN_PARTS = ("?level=store", "?part=overrides", "?part=moves", "?part=queue", "?part=versions", "?part=files")
STARTS_S, DRAWN_MS, SETTLED_MS = (
    120,
    60_000,
    700,
)  # until it serves, until a view is drawn, for charts that grow into place


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True, help="the home to show")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--cover", type=Path, help="file that takes Home as a wide screen shows it, light")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with served(options.home) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        for width, height in WIDTHS.items():
            for theme in THEMES:
                context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
                page = context.new_page()
                page.set_default_timeout(DRAWN_MS)
                for view in (*VIEW_NAMES, *(f"plan{query}" for query in PLAN_PARTS)):
                    name = re.sub(r"\W+", "-", view) or "home"
                    open_view(page, address + view)
                    page.screenshot(path=options.out / f"{name}-{width}-{theme}.png", full_page=True)
                    if options.cover and (name, width, theme) == COVER:
                        page.screenshot(path=options.cover)
                context.close()
        chromium.close()


def open_view(page: Page, address: str) -> None:
    """Open a view, and wait until it is drawn with its parts and charts."""
    page.goto(address)
    page.wait_for_selector("#view h1")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED_MS)


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve a home without keys while the block runs; yield the address of its page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-P",
        "-m",
        "storecast.cli",
        "serve",
        "--home",
        str(home),
        "--port",
        str(port),
        "--no-keys",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + STARTS_S
    try:
        while not answers(port):
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(f"The service did not start: {' '.join(command)}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}{BASE}"
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Say whether the service is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10):
            return True
    except OSError:
        return False


def browser() -> str:
    """Return Chromium or Chrome as the machine has it."""
    names = ("chromium", "google-chrome", "chrome")
    program = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, names)), None)
    return program or sys.exit("No Chromium or Chrome is here; name one in BROWSER_PATH.")


if __name__ == "__main__":
    main()
