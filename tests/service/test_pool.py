"""Threads are shared by key: nobody waits behind what one key has asked for, and what nobody waits for is not begun."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from storecast.database.connect import home_url
from storecast.service.pool import Pool, current_key
from storecast.service.problems import Problem
from support.served_home import copy_of, make_key, status
from support.service_process import ServiceFactory


def with_pool(test: Callable[[Pool], Coroutine[Any, Any, None]], workers: int = 2, waiting: int = 8) -> None:
    async def run() -> None:
        pool = Pool(workers, waiting, "test")
        try:
            await asyncio.wait_for(test(pool), 20)
        finally:
            pool.close()

    asyncio.run(run())


def of_key(key: int | None, pool: Pool, call: Callable[..., Any], *args: Any) -> asyncio.Task[Any]:
    """Run a call as a request of a key does."""

    async def request() -> Any:
        current_key.set(key)
        return await pool.run(call, *args)

    return asyncio.create_task(request())


def test_another_key_is_answered_while_one_key_has_many_calls() -> None:
    async def test(pool: Pool) -> None:
        end = threading.Event()
        one = [of_key(1, pool, end.wait, 20) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert await of_key(2, pool, lambda: "answered") == "answered"
        assert pool.pending == 5
        end.set()
        assert all(await asyncio.gather(*one))
        assert pool.pending == 0

    with_pool(test)


def test_calls_of_keys_take_turns() -> None:
    async def test(pool: Pool) -> None:
        done: list[int] = []
        end = threading.Event()
        first = of_key(9, pool, end.wait, 20)
        await asyncio.sleep(0.05)
        tasks = [of_key(key, pool, done.append, key) for key in (1, 1, 1, 2, 2, 3)]
        await asyncio.sleep(0.05)
        end.set()
        await asyncio.gather(first, *tasks)
        assert done == [1, 2, 3, 1, 2, 1]

    with_pool(test, workers=1)


def test_a_key_that_fills_its_places_is_refused_and_others_are_not() -> None:
    async def test(pool: Pool) -> None:
        end = threading.Event()
        waiting = [of_key(1, pool, end.wait, 20) for _ in range(5)]
        await asyncio.sleep(0.05)
        with pytest.raises(Problem) as refused:
            await of_key(1, pool, end.wait, 20)
        assert "of this key" in refused.value.detail
        others = [of_key(2, pool, end.wait, 20) for _ in range(5)]
        await asyncio.sleep(0.05)
        with pytest.raises(Problem) as full:
            await of_key(3, pool, end.wait, 20)
        assert "of this key" not in full.value.detail
        end.set()
        await asyncio.gather(*waiting, *others)

    with_pool(test, workers=2, waiting=8)


def test_what_nobody_waits_for_is_not_begun() -> None:
    async def test(pool: Pool) -> None:
        end, begun = threading.Event(), []
        running = of_key(1, pool, end.wait, 20)
        await asyncio.sleep(0.05)
        abandoned = [of_key(1, pool, begun.append, number) for number in range(3)]
        await asyncio.sleep(0.05)
        for task in abandoned:
            task.cancel()
        await asyncio.gather(*abandoned, return_exceptions=True)
        assert pool.pending == 1
        end.set()
        assert await running
        assert await of_key(1, pool, lambda: 7) == 7
        assert begun == []

    with_pool(test, workers=1)


def test_a_call_that_fails_tells_who_asked_and_frees_its_thread() -> None:
    async def test(pool: Pool) -> None:
        with pytest.raises(ZeroDivisionError):
            await of_key(1, pool, lambda: 1 / 0)
        assert (await of_key(None, pool, lambda: 3), pool.pending) == (3, 0)

    with_pool(test, workers=1)


def test_scenarios_whose_clients_have_gone_are_dropped_and_others_are_answered(
    service_factory: ServiceFactory, home: Path, tmp_path: Path
) -> None:
    own = copy_of(home, tmp_path / "home")
    busy, other = make_key(home_url(own), "forecast"), make_key(home_url(own))
    body = b'{"rows": [{"Store": 1, "Date": "2014-03-01", "Promo": 1}]}'
    head = (
        f"POST /v1/scenarios HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {busy}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with service_factory.running(own, STORECAST_WORKERS="2") as service:
        port = service.port
        links = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(70)]
        for link in links:
            link.sendall(head + body)
        for link in links:
            link.close()
        assert status(port, "/health/live") == 200
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
            link.sendall((head + body).replace(busy.encode(), other.encode()))
            assert link.recv(20).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - began < 30
