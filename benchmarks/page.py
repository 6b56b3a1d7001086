"""How fast the web page is: its first view, clicks of ten people at once, and what they leave of the API's rate.

A service in a process of its own serves a chain of 1,115 stores over three years with a plan. The people are plain clients over
HTTP, each with a session, that ask what a browser asks: the page with its scripts, a view, and the parts of it that are drawn by
themselves. A click is the time until all of them have come; what a browser needs to show them is not in it, but in a table of its
own: clicks in Chromium, until the last change is drawn. The rate is that of
POST /v1/forecasts of one stored day (`request_rate.py`), with and without people beside it, in rounds that alternate: other work
on the machine then slows both. First clicks of each view are those of one person, at the pace of people: after the start, and
after a store's last day was corrected. What the service works out in the background meanwhile is in its CPU seconds.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, TypeVar

import httpx
import polars as pl

from measure import machine, print_table
from page_browser import browser_clicks
from page_home import make_home
from page_users import Address, Draw, User, click_about
from servers import Target, started
from serving import ROAD, Bodies, chain
from storecast import schema as s
from storecast.data.panel import Panel
from storecast.database.api_keys import create_key
from storecast.database.connect import Database, home_url
from storecast.exploration.registry import questions
from storecast.page.addresses import VIEW_NAMES

Result = TypeVar("Result")
USERS = 10
QUERIES = {  # what is chosen in a view; one that is not here is opened as it is
    "store": ("?store={store}", "?store={store}&weeks=52"),
    "plan": ("", "?level=store", "?part=overrides", "?part=moves", "?part=queue", "?part=versions", "?part=files"),
    "explore": tuple(f"?question={key}" for key in questions()),
}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with the Rossmann files; without it a chain is generated")
    parser.add_argument("--home", type=Path, help="folder to make the home in, or in which an earlier run made it")
    parser.add_argument("--weeks", type=int, default=4, help="versions of the plan")
    parser.add_argument("--think", type=float, default=5.0, help="seconds between two clicks of somebody, on the mean")
    parser.add_argument("--rounds", type=int, default=5, help="rounds with and without people")
    parser.add_argument("--repeats", type=int, default=11, help="clicks of each kind in a browser")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = options.home or Path(folder, "home")
        make_home(home, options.data, options.weeks)
        panel, key = chain(home), new_key(home)
        bodies = Bodies(Path(folder), panel)
        print(f"# {__doc__.splitlines()[0]}\n# {machine()}, load {os.getloadavg()[0]:.1f}", flush=True)
        command = [sys.executable, "-P", "-m", "storecast.cli", "serve", "--home", str(home), "--log-format", "json"]
        service = started(stack, "service", command, "--port", ROAD, bodies.stored, "/health/ready", key)
        people = People(service.port, key, panel.stores[s.STORE].to_list(), options.think)
        stack.enter_context(people.at_work())
        first_views(people)
        single_clicks(service, people, "alone, after the start")
        in_a_browser(service, panel.stores[s.STORE].cast(pl.String).to_list(), options.repeats)
        correct_last_day(service, panel)
        single_clicks(service, people, "alone, after new sales")
        people.log_in(USERS)
        with people.clicking() as draws:
            time.sleep(options.rounds * options.seconds)
        print_clicks(f"{USERS} people, a click each every {options.think:g} s", draws)
        print_rates(service, people, options.rounds, options.seconds)


def first_views(people: "People") -> None:
    """Print the seconds of a first view, with all that a browser loads for it."""
    print("\nfirst view | s | MB")
    for name, anew in (("of a service just started", True), ("again", False), ("in a new session", True)):
        draw = people.open_first(anew=anew)
        print(f"{name} | {draw.whole:.2f} | {draw.size / 1e6:.1f}", flush=True)


def single_clicks(service: Target, people: "People", title: str) -> None:
    """Print the seconds of a click on each view while nobody else is there: the first one, another one, and what came.

    Parameters
    ----------
    service : whose CPU seconds are printed, too
    people : of whom the first clicks
    title : of the table
    """
    print(f"\n{title} | first click s | CPU s since the one before | again s | without parts s | kB")
    first_clicks, before = [], service.cpu()
    for address in people.addresses:
        time.sleep(people.think_s)
        once = people.click(address)
        cpu, again = service.cpu(), people.click(address)
        cells = (
            f"{once.whole:.2f} | {cpu - before:.1f} | {again.whole:.2f} | {again.first:.2f} | {once.size / 1000:.0f}"
        )
        print(f"/app/{address.view}{address.query} | {cells}", flush=True)
        first_clicks.append(once.whole)
        before = cpu
    print(f"median and 95% of the first clicks | {median(first_clicks):.2f} | {percentile_95(first_clicks):.2f}")


def in_a_browser(service: Target, stores: list[str], repeats: int) -> None:
    """Print the seconds of clicks in Chromium, until the last reply had come and until the last change was drawn.

    Parameters
    ----------
    service : that serves the page
    stores : ids
    repeats : clicks of each kind
    """
    print("\nin Chromium, alone | until the last reply: median s | until it is drawn: median s | 95% s")
    drawn = []
    for name, clicks in browser_clicks(f"http://127.0.0.1:{service.port}", service.key, stores, repeats):
        seconds = [click.drawn for click in clicks]
        replied = median(click.replied for click in clicks)
        print(f"{name} | {replied:.2f} | {median(seconds):.2f} | {percentile_95(seconds):.2f}", flush=True)
        drawn.append(seconds)
    clicks_alone = [each for seconds in drawn[1:] for each in seconds]
    print(f"all clicks | | {median(clicks_alone):.2f} | {percentile_95(clicks_alone):.2f}", flush=True)


def correct_last_day(service: Target, panel: Panel) -> None:
    """Send the last day of a store with other sales; what the service forecasts of it is then worked out anew."""
    row = panel.sales.filter(pl.col(s.SALES) > 0).sort(s.DATE)[-1]
    day = {s.STORE: row[s.STORE].item(), s.DATE: row[s.DATE].item().isoformat(), s.SALES: row[s.SALES].item() + 1}
    reply = httpx.post(
        f"http://127.0.0.1:{service.port}/v1/sales",
        json={"rows": [day], "replace": True},
        headers={"authorization": f"Bearer {service.key}"},
        timeout=60,
    )
    reply.raise_for_status()


class People:
    """Users of the page, in a thread with a loop of its own, so that the rate can be measured beside them.

    Parameters
    ----------
    port, key : of the service
    stores : ids
    think_s : seconds between two clicks of somebody, on the mean
    """

    def __init__(self, port: int, key: str, stores: list[object], think_s: float) -> None:
        self.addresses = [Address(view, query) for view in VIEW_NAMES for query in QUERIES.get(view, ("",))]
        self.think_s = think_s
        self._base, self._key = f"http://127.0.0.1:{port}", key
        self._stores = [str(store) for store in stores]
        self._loop = asyncio.new_event_loop()
        self._users = [self._user()]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Run the loop while the block runs."""
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    def open_first(self, *, anew: bool) -> Draw:
        """Open the first view; anew: in a new session."""
        if anew or not self._users[0].callbacks:
            self._users[0] = self._user()
            self._run(self._users[0].log_in(self._key))
        return self._run(self._users[0].open(Address("")))

    def click(self, address: Address, store: str | None = None) -> Draw:
        """Let the first of them click."""
        chosen = address.query.format(store=store or self._stores[len(self._stores) // 2])
        return self._run(self._users[0].click(Address(address.view, chosen)))

    def log_in(self, count: int) -> None:
        """Let so many be there in all."""
        while len(self._users) < count:
            user = self._user()
            self._run(user.log_in(self._key))
            self._run(user.open(Address("")))
            self._users.append(user)

    @contextmanager
    def clicking(self) -> Iterator[list[Draw]]:
        """Let all of them click while the block runs; after it, the list holds what each click took."""
        draws: list[Draw] = []
        until = asyncio.Event()
        each = [
            asyncio.run_coroutine_threadsafe(
                click_about(user, number, self.addresses, self._stores, self.think_s, until), self._loop
            )
            for number, user in enumerate(self._users)
        ]
        yield draws
        self._loop.call_soon_threadsafe(until.set)
        for future in each:
            draws += future.result()

    def _user(self) -> User:
        return User(httpx.AsyncClient(base_url=self._base, timeout=60))

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def print_clicks(title: str, draws: list[Draw]) -> None:
    """Print median and 95th percentile of the clicks of each view, and of all."""
    views = {name: [draw.whole for draw in draws if draw.view == name] for name in VIEW_NAMES}
    rows = [
        [f"/app/{name}", len(seconds), f"{median(seconds):.2f}", f"{percentile_95(seconds):.2f}"]
        for name, seconds in views.items()
        if seconds
    ]
    every = [draw.whole for draw in draws]
    rows.append(["all", len(every), f"{median(every):.2f}", f"{percentile_95(every):.2f}"])
    print()
    print_table([title, "clicks", "median s", "95% s"], rows)


def print_rates(service: Target, people: People, rounds: int, seconds: float) -> None:
    """Print the rate of stored days without people and beside them, the ratio, and the clicks meanwhile."""
    service.ask(seconds=1)
    ratios, clicks, rates = [], [], []
    for _ in range(rounds):
        alone = service.ask(seconds=seconds)["rate"]
        with people.clicking() as draws:
            beside = service.ask(seconds=seconds)["rate"]
        clicks += draws
        rates.append((alone, beside))
        ratios.append(beside / alone)
    print("\nrequests a second without people | beside them | ratio | ratios of the rounds")
    each = " ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
    print(*(f"{median(rate):.0f}" for rate in zip(*rates, strict=True)), f"{median(ratios):.2f}", each, sep=" | ")
    print_clicks("the same people beside the API at full load", clicks)


def percentile_95(seconds: list[float]) -> float:
    """Return the 95th percentile; of a single figure that figure."""
    return quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]


def new_key(home: Path) -> str:
    """Make a key for the people and the client."""
    database = Database.open(home_url(home))
    try:
        return create_key(database, "benchmark", ["read", "forecast", "write"])[0]
    finally:
        database.close()


if __name__ == "__main__":
    main()
