"""People at the web page, as a server sees them: a session in a cookie, and callbacks as Dash's own script sends them."""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

UPDATE = "/app/_dash-update-component"
SAME_SITE = {"sec-fetch-site": "same-origin"}
PART = re.compile(r'"id":"(later-[a-z-]+)"')  # of a view, which is drawn by itself
SCRIPT = re.compile(r'(?:src|href)="(/app/[^"]+)"')


@dataclass(frozen=True)
class Address:
    """A view with what was chosen in it; ``{store}`` in the query stands for a store of the chain."""

    view: str
    query: str = ""


@dataclass
class Draw:
    """What a click took.

    Attributes
    ----------
    view : its name in the address
    first : seconds to the view without the parts that are drawn by themselves
    whole : seconds until these are there, too
    size : bytes of all replies, as they are before they are compressed
    """

    view: str
    first: float
    whole: float
    size: int


@dataclass
class User:
    """Somebody with a browser.

    Parameters
    ----------
    client : of their own, as it holds the cookie
    callbacks : what Dash declares: the inputs and the state of each, by its outputs
    """

    client: httpx.AsyncClient
    callbacks: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def log_in(self, key: str) -> None:
        """Open a session."""
        form = {"key": key, "next": "/app/"}
        reply = await self.client.post("/app/login", data=form, headers=SAME_SITE)
        assert reply.status_code == 303, reply.text

    async def open(self, address: Address) -> Draw:
        """Load the page with its scripts, as a browser that has none of them, and draw a view."""
        begin = time.perf_counter()
        page = await self.client.get("/app/" + address.view, headers={"accept": "text/html"})
        page.raise_for_status()
        paths = ["/app/_dash-layout", "/app/_dash-dependencies", *SCRIPT.findall(page.text)]
        replies = await asyncio.gather(*map(self.client.get, paths))
        assert all(reply.status_code == 200 for reply in replies), [str(reply.url) for reply in replies]
        self.callbacks = {each["output"]: each for each in replies[1].json()}
        opened = time.perf_counter() - begin
        draw = await self.click(address)
        size = draw.size + sum(len(reply.content) for reply in (page, *replies))
        return Draw(address.view, opened + draw.first, opened + draw.whole, size)

    async def click(self, address: Address) -> Draw:
        """Draw a view and its parts."""
        begin = time.perf_counter()
        values = {"url.pathname": "/app/" + address.view, "url.search": address.query, "written.data": 0}
        text = await self._ask("view.children", values)
        assert '"className":"message refused"' not in text, text[:500]
        first = time.perf_counter() - begin
        names = sorted(set(PART.findall(text)))
        parts = await asyncio.gather(
            *(self._ask(f"{name}.children", {f"{name}.id": name, "url.search": address.query}) for name in names)
        )
        return Draw(address.view, first, time.perf_counter() - begin, sum(map(len, (text, *parts))))

    async def _ask(self, output: str, values: dict[str, Any]) -> str:
        """Send a callback.

        Parameters
        ----------
        output : one of its outputs
        values : by ``id.property``; what is not named is null
        """
        name = next(name for name in self.callbacks if output in name.strip(".").split("..."))
        outputs = [
            dict(zip(("id", "property"), each.rsplit(".", 1), strict=True)) for each in name.strip(".").split("...")
        ]

        def given(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{**each, "value": values.get(f"{each['id']}.{each['property']}")} for each in wanted]

        body = {
            "output": name,
            "outputs": outputs if name.startswith("..") else outputs[0],
            "inputs": given(self.callbacks[name]["inputs"]),
            "state": given(self.callbacks[name].get("state", [])),
            "changedPropIds": list(values)[:1],
        }
        headers = {"content-type": "application/json", **SAME_SITE}
        reply = await self.client.post(UPDATE, content=json.dumps(body), headers=headers)
        assert reply.status_code == 200, reply.text
        return reply.text


async def click_about(
    user: User, number: int, addresses: Sequence[Address], stores: Sequence[str], think_s: float, until: asyncio.Event
) -> list[Draw]:
    """Let somebody click through views in an order of their own, and return what each click took.

    Parameters
    ----------
    user : who is logged in, and has the page open
    number : of the user, by which they choose
    addresses : among which they choose
    stores : among which they choose where an address wants one
    think_s : seconds between two clicks on the mean
    until : is set when they are to end
    """
    draws = []
    views = sorted({address.view for address in addresses})
    order = np.random.default_rng(number)
    while True:
        try:
            await asyncio.wait_for(until.wait(), order.uniform(0, 2 * think_s))
        except TimeoutError:
            view = views[order.integers(len(views))]  # each as often as another, however many addresses it has
            choices = [address for address in addresses if address.view == view]
            address = choices[order.integers(len(choices))]
            store = stores[order.integers(len(stores))]
            draws.append(await user.click(Address(address.view, address.query.format(store=store))))
        else:
            return draws
