"""The page is ready before somebody opens it; what it works out is worked out once, and forgotten with what it was made of."""

import gc
import queue
import threading
from typing import Any

import pytest

from storecast.page import figures, warm_up
from storecast.page.result_cache import ResultCache
from storecast.page.views.home import prepare
from storecast.page.warm_up import WarmUp
from support.page_client import PageClient
from support.served_home import Client


class Fake:
    """Stands for a service or a snapshot."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__ |= attributes


def test_the_first_snapshot_is_prepared_and_later_ones_where_somebody_has_opened_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared: queue.Queue[object] = queue.Queue()
    monkeypatch.setattr(warm_up, "prepare_page", lambda _service, snapshot: prepared.put(snapshot))
    first, second, third = Fake(), Fake(), Fake()
    service = Fake(live=Fake(snapshot=second))
    warming = WarmUp()
    warming.follow(service, first)  # type: ignore[arg-type]
    assert prepared.get(timeout=30) is first
    warming.follow(service, second)  # type: ignore[arg-type]
    warming.page_opened(service)  # type: ignore[arg-type]
    assert prepared.get(timeout=30) is second
    warming.page_opened(service)  # type: ignore[arg-type]
    warming.follow(service, third)  # type: ignore[arg-type]
    assert prepared.get(timeout=30) is third
    assert prepared.empty()


def test_what_was_prepared_is_what_the_first_view_shows(
    client: Client, browser: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = client.service.live.snapshot
    prepare(snapshot, client.service.live.database())
    monkeypatch.setattr(figures, "_figures", lambda _snapshot: pytest.fail("the chain was worked out again"))
    assert "Sales of the chain by day" in browser.draw("/app/")


def test_a_result_is_worked_out_once_for_all_who_ask_at_once_and_anew_where_it_failed() -> None:
    cache: ResultCache[int] = ResultCache()
    owner, calls, begun = Fake(), [], threading.Barrier(2)

    def work() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        return len(calls)

    def ask() -> None:
        begun.wait(30)
        results.append(cache.get(owner, "name", work))

    with pytest.raises(ZeroDivisionError):
        cache.get(owner, "name", work)
    results: list[int] = []
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [2, 2]


def test_the_result_that_was_asked_for_longest_ago_goes_first_and_all_go_with_their_owner() -> None:
    cache: ResultCache[Fake] = ResultCache(most=2)
    owner, results = Fake(), [Fake(name=name) for name in range(3)]
    for name in (0, 1, 0, 2):
        cache.get(owner, name, lambda name=name: results[name])  # type: ignore[misc]
    assert cache.get(owner, 0, Fake) is results[0]
    assert cache.get(owner, 1, Fake) is not results[1]
    del owner
    gc.collect()
    assert len(cache._entries) == 0
