"""The page is ready before somebody opens it; what it works out is worked out once, and forgotten with what it was made of."""

import asyncio
import gc
import json
import queue
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from storecast.bundle.predictor import Predictor
from storecast.errors import DataError
from storecast.exploration.registry import questions
from storecast.page import accuracy_figures, dash_server, figures, promotion_figures, warm_up
from storecast.page.kept_totals import FILE, totals_of_chain
from storecast.page.views import explore, home
from storecast.page.warm_up import WarmUp
from storecast.result_cache import ResultCache
from storecast.service.app import create_app
from storecast.service.problems import Problem
from support.page_client import PageClient
from support.served_home import Client, settings_of, wait_until


class Fake:
    """Stands for a service or a snapshot."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__ |= attributes


def test_the_first_snapshot_is_prepared_and_later_ones_where_somebody_has_opened_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared: queue.Queue[object] = queue.Queue()
    monkeypatch.setattr(warm_up, "prepare_first_view", lambda _service, snapshot: prepared.put(snapshot))
    monkeypatch.setattr(warm_up, "later_steps", lambda _service, _snapshot: [])
    first, second, third = Fake(), Fake(), Fake()
    service = Fake(live=Fake(snapshot=second))
    warming = WarmUp(settled=0)
    warming.follow(service, first)  # type: ignore[arg-type]
    assert prepared.get(timeout=30) is first
    warming.follow(service, second)  # type: ignore[arg-type]
    warming.page_used(service)  # type: ignore[arg-type]
    assert prepared.get(timeout=30) is second
    warming.page_used(service)  # type: ignore[arg-type]
    warming.follow(service, third)  # type: ignore[arg-type]
    assert prepared.get(timeout=30) is third
    assert prepared.empty()


def test_steps_are_taken_in_quiet_moments_until_newer_data_come_and_one_that_fails_ends_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class BusyAtFirst:
        looks = 0

        @property
        def working(self) -> bool:
            self.looks += 1
            return self.looks < 3

    taken: queue.Queue[str] = queue.Queue()
    first, second = Fake(name="first"), Fake(name="second")
    load = BusyAtFirst()
    service = Fake(live=Fake(snapshot=first), load=load, stopping=False)
    warming = WarmUp(settled=0)

    def steps(_service: object, snapshot: Fake) -> list[Any]:
        def step() -> None:
            taken.put(snapshot.name)
            if snapshot is second:
                raise DataError("there is nothing to prepare")
            service.live.snapshot = second
            warming.page_used(service)  # type: ignore[arg-type]

        return [step, step]

    monkeypatch.setattr(warm_up, "prepare_first_view", lambda _service, _snapshot: None)
    monkeypatch.setattr(warm_up, "later_steps", steps)
    monkeypatch.setattr(warm_up, "QUIET_LOOK_S", 0.001)
    monkeypatch.setattr(warm_up, "QUIET_LOOKS", 3)
    warming.follow(service, first)  # type: ignore[arg-type]
    assert [taken.get(timeout=30) for _ in range(3)] == ["first", "second", "second"]
    wait_until(lambda: warming._thread is None, 30)
    assert taken.empty()
    assert load.looks == (2 + 3) + 1 + 2 * 3


def test_nothing_more_is_done_for_a_snapshot_that_is_no_longer_served(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    old = Fake()
    service = Fake(live=Fake(snapshot=old), load=Fake(working=0), stopping=False)

    def step() -> None:
        taken.append("step")
        service.live.snapshot = Fake()  # nobody has used the page since: it is not prepared

    monkeypatch.setattr(warm_up, "prepare_first_view", lambda _service, _snapshot: None)
    monkeypatch.setattr(warm_up, "later_steps", lambda _service, _snapshot: [step, step])
    monkeypatch.setattr(warm_up, "QUIET_LOOKS", 1)
    warming = WarmUp(settled=0)
    warming.follow(service, old)  # type: ignore[arg-type]
    wait_until(lambda: warming._thread is None, 30)
    assert taken == ["step"]


def test_the_end_of_a_service_waits_for_the_step_that_is_taken_and_no_other_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, free, taken = threading.Event(), threading.Event(), []

    def step() -> None:
        taken.append("first")
        begun.set()
        assert free.wait(30)

    monkeypatch.setattr(warm_up, "prepare_first_view", lambda _service, _snapshot: None)
    monkeypatch.setattr(warm_up, "later_steps", lambda _service, _snapshot: [step, lambda: taken.append("second")])
    monkeypatch.setattr(warm_up, "STOP_S", 30)
    warming = WarmUp(settled=0)
    snapshot = Fake()
    service = Fake(live=Fake(snapshot=snapshot), load=Fake(working=0), stopping=False)
    warming.follow(service, snapshot)  # type: ignore[arg-type]
    assert begun.wait(30)
    ending = threading.Thread(target=warming.end)
    ending.start()
    wait_until(lambda: warming._ended, 30)
    free.set()
    ending.join(30)
    assert taken == ["first"]
    assert warming._thread is None


def test_who_follows_a_service_is_told_when_it_starts_and_when_it_stops(tmp_path: Path) -> None:
    calls: list[str] = []
    follower = Fake(begin=lambda _service: calls.append("begin"), follow=print, end=lambda: calls.append("end"))
    app = create_app(settings_of(tmp_path), follower=follower)  # type: ignore[arg-type]

    async def live() -> None:
        async with app.router.lifespan_context(app):
            assert calls == ["begin"]

    asyncio.run(live())
    assert calls == ["begin", "end"]


def test_dash_and_the_plan_are_prepared_before_a_model_is_ready_but_after_the_chain_was_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: queue.Queue[str] = queue.Queue()
    answers: list[object] = [None, Problem("not-ready", "The chain has not been read yet.")]

    def panel() -> None:
        if len(answers) > 1:
            raise answers.pop()  # type: ignore[misc]
        done.put("chain")

    monkeypatch.setattr(warm_up, "CHAIN_LOOK_S", 0.001)
    monkeypatch.setattr(warm_up, "dash_server", lambda: done.put("dash"))
    monkeypatch.setattr(warm_up, "prepare_plan", lambda _service: done.put("plan"))
    monkeypatch.setattr(warm_up, "questions", lambda: done.put("questions"))
    WarmUp().begin(Fake(live=Fake(panel=panel), stopping=False))  # type: ignore[arg-type]
    assert [done.get(timeout=30) for _ in range(4)] == ["chain", "dash", "plan", "questions"]


def test_what_plotly_looks_up_while_it_draws_is_imported_whole_before(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    monkeypatch.setattr(dash_server, "import_module", names.append)
    monkeypatch.setattr(dash_server, "find_spec", lambda name: name == "pandas")
    dash_server._built.__wrapped__()
    assert names == ["pandas"], "where it is installed"


@pytest.mark.long
def test_what_was_prepared_is_what_views_show(
    client: Client, browser: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = client.service.live.snapshot
    warm_up.prepare_first_view(client.service, snapshot)
    for step in warm_up.later_steps(client.service, snapshot):
        step()

    def again(*_: object) -> None:
        pytest.fail("it was worked out again")

    assert json.loads((client.service.settings.home / FILE).read_bytes())["totals"]["Level"][0] == "chain-week"
    monkeypatch.setattr(figures, "_figures", again)
    monkeypatch.setattr(accuracy_figures, "_accuracy", again)
    monkeypatch.setattr(promotion_figures, "extra_promotions", again)
    monkeypatch.setattr(explore, "ask", again)
    monkeypatch.setattr(home, "plan_overview", again)
    assert "Sales of the chain by day" in browser.draw("/app/")
    assert all("refused" not in browser.draw("/app/explore", f"?question={key}") for key in questions())
    assert "refused" not in browser.draw_part("accuracy-record")
    assert "refused" not in browser.draw_part("promotions-plan")


def test_a_service_that_starts_again_finds_the_totals_and_works_them_out_where_anything_else_holds(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = client.service.live.snapshot.predictor
    again = Predictor.of(used.bundle, used.panel)
    calls: list[Predictor] = []
    work = Predictor.totals

    def counted(predictor: Predictor, *rows: Any, **named: Any) -> pl.DataFrame:
        calls.append(predictor)
        return work(predictor, *rows, **named)

    monkeypatch.setattr(Predictor, "totals", counted)
    first = totals_of_chain(used, tmp_path)
    assert set(first["Level"]) == {"chain-day", "chain-week", "chain-horizon"}
    assert totals_of_chain(again, tmp_path).equals(first)
    assert calls == [used]
    moved = replace(used.panel, stores=used.panel.stores.with_columns(pl.lit("x").alias("StoreType")))
    totals_of_chain(Predictor.of(used.bundle, moved), tmp_path)
    assert len(calls) == 2
    for broken in ("{", '{"key": 1}', "[]"):
        (tmp_path / FILE).write_text(broken)
        assert totals_of_chain(again, tmp_path).equals(first)
    assert len(calls) == 5
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    assert totals_of_chain(again, tmp_path).equals(first), "a home that cannot be written to"


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
