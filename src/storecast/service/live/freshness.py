"""Freshness: a request waits until what was written before it is served. Used on the event loop alone, but for `written`."""

import asyncio
from collections.abc import Callable


class Freshness:
    """Knows which version of the chain is wanted, and wakes who waits for a change.

    Parameters
    ----------
    wake : makes the watcher look at once

    Attributes
    ----------
    wanted : the newest version of the chain that a write has made
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wanted = 0
        self._wake = wake
        self._changed = asyncio.Event()

    def written(self, version: int) -> None:
        """Note that a write has made a version: requests from now on wait for it."""
        self.wanted = max(self.wanted, version)
        self._wake()

    def changed(self) -> None:
        """Wake everyone who waits: something else is served now."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait until a condition holds, looking after each change; give up after some seconds."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._wake()
                    await self._changed.wait()
        except TimeoutError:
            return
