"""Threads for what takes long: a bounded number of them, a bounded number of requests that wait, shared fairly by key.

Calls wait in one queue for each key, and the key with the fewest calls at work is next. No key has all the threads, nor more than
half of the places to wait, so that others are answered whatever one of them asks for. A call whose request has ended leaves the
queue; one that runs already goes on to its end, since a thread cannot be stopped.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

from storecast import traces
from storecast.service.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")

current_key: ContextVar[int | None] = ContextVar(
    "current_key", default=None
)  # whose request is at work; None: the service's


@dataclass(eq=False)
class _Call:
    key: int | None
    work: Callable[[], Any]
    result: asyncio.Future[Any]


class Pool:
    """A pool of threads; used on the event loop.

    Parameters
    ----------
    workers : threads
    waiting : calls that may wait for one; more are refused
    name : of the threads

    Attributes
    ----------
    pending : calls that run or wait
    """

    def __init__(self, workers: int, waiting: int, name: str) -> None:
        self._name = name
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._workers = workers
        self._most = workers + waiting
        self._most_running = max(1, workers - 1)  # of one key
        self._most_waiting = (waiting + 1) // 2  # of one key
        self._queues: dict[int | None, deque[_Call]] = {}
        self._running: Counter[int | None] = Counter()
        self.pending = 0

    async def run(self, call: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Run a call in a thread and return what it returns.

        Raises
        ------
        Problem
            where too many wait already, of all keys or of this one
        """
        key = current_key.get()
        if self.pending >= self._most:
            raise _busy("Too many large requests wait already.")
        if key is not None and self._calls_of(key) >= self._most_running + self._most_waiting:
            raise _busy("Too many large requests of this key wait already.")
        work: Callable[[], T] = partial(call, *args, **named)
        tracer = traces.tracer()
        if tracer is not None:
            work = tracer.in_thread(self._name, work)
        entry = _Call(key, work, asyncio.get_running_loop().create_future())
        self._queues.setdefault(key, deque()).append(entry)
        self.pending += 1
        self._start()
        try:
            result: T = await entry.result
        finally:
            self._leave_queue(entry)
        return result

    def close(self) -> None:
        """Take no more calls; what waits is dropped, what runs goes on."""
        for queue in self._queues.values():
            for entry in queue:
                entry.result.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _calls_of(self, key: int) -> int:
        return self._running[key] + len(self._queues.get(key, ()))

    def _start(self) -> None:
        """Start calls while threads are free: of keys that may have another, the one with the fewest at work first."""
        while self._running.total() < self._workers:
            ready = [key for key in self._queues if key is None or self._running[key] < self._most_running]
            if not ready:
                return
            key = min(ready, key=lambda key: self._running[key])
            queue = self._queues.pop(key)
            entry = queue.popleft()
            if queue:
                self._queues[key] = queue  # behind the others
            self._running[key] += 1
            future = self._threads.submit(entry.work)
            future.add_done_callback(partial(self._tell, entry))

    def _tell(self, entry: _Call, future: "Future[Any]") -> None:
        """Hand a result to the event loop; in the thread that has it."""
        loop = entry.result.get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._finish, entry, future)

    def _finish(self, entry: _Call, future: "Future[Any]") -> None:
        self._running[entry.key] -= 1
        if not self._running[entry.key]:
            del self._running[entry.key]
        self.pending -= 1
        if not entry.result.done():  # somebody waits for it
            error = None if future.cancelled() else future.exception()
            if future.cancelled():
                entry.result.cancel()
            elif error is not None:
                entry.result.set_exception(error)
            else:
                entry.result.set_result(future.result())
        self._start()

    def _leave_queue(self, entry: _Call) -> None:
        """Drop a call that nobody waits for any more and that has not begun."""
        queue = self._queues.get(entry.key)
        if queue is not None and entry in queue:
            queue.remove(entry)
            self.pending -= 1
            if not queue:
                del self._queues[entry.key]


def _busy(why: str) -> Problem:
    return Problem("busy", f"{why} Try again.", headers={"retry-after": "2"})
