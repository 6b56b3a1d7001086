"""Threads for what takes long, a bounded number of them, and a bounded number of requests that wait for one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from storecast.service.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")


class Pool:
    """A pool of threads.

    Parameters
    ----------
    workers : threads
    waiting : calls that may wait for one; more are refused
    name : of the threads
    """

    def __init__(self, workers: int, waiting: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._most = workers + waiting
        self.pending = 0  # calls that run or wait

    async def run(self, call: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Run a call in a thread and return what it returns; a call that nobody waits for any more is still run to its end.

        Raises
        ------
        Problem
            where too many wait already
        """
        if self.pending >= self._most:
            raise Problem("busy", "Too many large requests wait already. Try again.", headers={"retry-after": "2"})
        self.pending += 1
        loop = asyncio.get_running_loop()
        future = self._threads.submit(call, *args, **named)
        future.add_done_callback(lambda _: _tell(loop, self._release))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Take no more calls; what waits is dropped, what runs goes on."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _release(self) -> None:
        self.pending -= 1


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)
