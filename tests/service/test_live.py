"""What is served is replaced whole when the chain or the promoted model changes, and stays where something is wrong."""

import datetime as dt
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from storecast import schema as s
from storecast.bundle import registry
from storecast.bundle.loading import load
from storecast.bundle.predictor import Predictor
from storecast.data.panel import Panel
from storecast.database.connect import Database, home_url
from storecast.database.panel_io import read_panel
from storecast.database.writes import add_sales
from storecast.errors import ConfigError, TrialTooSlowError
from storecast.service.live.crash_marker import MAX_CRASHES, CrashMarkers
from storecast.service.live.models import ModelCache
from storecast.service.live.promoted import PromotedModel
from storecast.service.live.snapshot import Snapshot
from storecast.service.pool import Pool
from storecast.service.routes.health import PROMOTED_NOTICE, SLOW_NOTICE
from support.served_home import Client, copy_of, load_untried, make_key, running, settings_of, wait_until
from support.stored_forecasts import stored_forecast

FIRST = dt.date(2014, 2, 25)  # the first day ahead


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Path:
    return copy_of(home, tmp_path / "home")


@pytest.fixture
def writer(own: Path) -> Iterator[Client]:
    with running(settings_of(own), make_key(home_url(own))) as served:
        yield served


def cutoff(client: Client) -> str:
    return str(client.forecasts({"store": 1, "days": 1}).json()["cutoff"])


def names(client: Client) -> tuple[str, str]:
    """Return the promoted model and the other."""
    listed = client.get("/v1/models").json()["models"]
    return next(m["name"] for m in listed if m["promoted"]), next(m["name"] for m in listed if not m["promoted"])


def test_the_trial_in_a_child_process_comes_before_a_model_is_served(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []
    monkeypatch.setattr("storecast.bundle.loading.agreed", set())
    monkeypatch.setattr(
        "storecast.bundle.loading.try_in_child", lambda path, *, sha256, cpu_s: tried.append((path.name, sha256, cpu_s))
    )
    with running(settings_of(own, trial_seconds=90.0), trial=True) as client:
        name = client.service.live.snapshot.name
        assert tried == [(name, registry.open_model(own / "models" / name).sha256, 90.0)]


def test_a_promoted_model_whose_trial_was_too_slow_is_not_called_refused_and_is_tried_again_soon(
    writer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = names(writer)
    live, load_second, trials = writer.service.live, writer.service.live.models.load, []

    def busy(path: Path) -> Any:
        trials.append(path.name)
        raise TrialTooSlowError("The trial forecast was too slow.")

    monkeypatch.setattr("storecast.service.live.promoted.SLOW_S", 0.05)
    live.models.load = busy
    reply = writer.forecasts({"store": 1, "model": second})
    assert (reply.status_code, reply.json()["type"]) == (504, "/problems/too-slow")
    (live.models_folder / "current").write_text(f"{second}\n", encoding="ascii")
    wait_until(lambda: len(trials) >= 4, 20)
    assert live.watcher.trouble == "The promoted model is tried again soon: The trial forecast was too slow."
    ready = writer.get("/health/ready", key=None)
    assert (ready.status_code, ready.json()["notices"][0]) == (200, SLOW_NOTICE)
    assert writer.forecasts({"store": 1, "days": 1}).json()["model"] == first
    live.models.load = load_second
    wait_until(lambda: live.snapshot.name == second, 20)
    wait_until(lambda: not live.watcher.trouble, 5)
    assert SLOW_NOTICE not in writer.get("/health/ready", key=None).json()["notices"]


def a_look(promoted: PromotedModel, panel: Panel, version: int) -> Snapshot | None:
    """Look until no model is being loaded, and return the last look's snapshot."""
    snapshot = promoted.look(panel, version)
    until = time.monotonic() + 20
    while snapshot is None and promoted._loading and time.monotonic() < until:
        time.sleep(0.01)
        snapshot = promoted.look(panel, version)
    return snapshot


def test_a_start_whose_trials_are_too_slow_says_so_and_serves_once_one_is_not(own: Path) -> None:
    def busy(path: Path) -> Any:
        raise TrialTooSlowError(f"The trial forecast of {path.name} was too slow.")

    models = ModelCache(own / "models", Pool(1, 1, "trial"), 1, 60)
    promoted, database = PromotedModel(models, loaded=lambda: None), Database.open(home_url(own))
    panel, version = read_panel(database)
    database.close()
    models.load = busy
    assert a_look(promoted, panel, version) is None
    assert promoted.too_slow
    promoted.retry_refused()
    models.load = load_untried
    assert a_look(promoted, panel, version) is not None
    assert (promoted.too_slow, promoted.trouble) == (False, "")


@pytest.fixture
def sleeping_trials(trials_in_children: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Have the child of each trial sleep until a file is there, and then end as after a good trial."""
    end, script = tmp_path / "end", tmp_path / "sleeping"
    script.write_text(f"#!/bin/sh\nuntil [ -e '{end}' ]; do sleep 0.05; done\n")
    script.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(script))
    yield end
    end.touch()


def test_sales_and_forecasts_stay_fresh_while_a_trial_hangs(
    writer: Client, sleeping_trials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storecast.service.live.promoted.LOADING_S", 0.1)
    first, second = names(writer)
    live = writer.service.live
    live.models.load = load
    registry.promote(live.models_folder, second)  # by command, beside the service
    wait_until(lambda: live.watcher.promoted_too_slow, 20)
    for day in range(2):
        date = str(FIRST + dt.timedelta(days=day))
        written = writer.post("/v1/sales", {"rows": [{"Store": k, "Date": date, "Sales": 3000} for k in range(1, 7)]})
        reply = writer.forecasts({"store": 1, "days": 1}).json()
        assert (reply["cutoff"], reply["version"], reply["model"]) == (date, written.json()["version"], first)
    ready = writer.get("/health/ready", key=None)
    assert (ready.status_code, ready.json()["notices"][0]) == (200, SLOW_NOTICE)
    sleeping_trials.touch()
    wait_until(lambda: live.snapshot.name == second and not live.watcher.trouble, 20)
    assert cutoff(writer) == date


def test_a_start_serves_the_model_before_while_the_trial_of_the_promoted_one_hangs(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storecast.service.live.promoted.LOADING_S", 0.1)
    hung, path = threading.Event(), registry.current(own / "models")

    def hang(name: Path) -> Any:
        if name == path:
            hung.wait(30)
        return load_untried(name)

    with monkeypatch.context() as patch:
        patch.setattr("support.served_home.load_untried", hang)
        context = running(settings_of(own))
        client = context.__enter__()
    try:
        live = client.service.live
        assert live.snapshot.name != path.name
        assert client.get("/health/ready", key=None).json()["notices"][0] == SLOW_NOTICE
        hung.set()
        wait_until(lambda: live.snapshot.name == path.name and not live.watcher.trouble, 20)
    finally:
        context.__exit__(None, None, None)
    assert list((own / "models").glob(".putting-*")) == []


def test_many_requests_for_a_model_make_one_trial_of_it(writer: Client) -> None:
    second = names(writer)[1]
    live, trials, begun, end = writer.service.live, [], threading.Event(), threading.Event()

    def slow(path: Path) -> Any:
        trials.append(path.name)
        begun.set()
        end.wait(20)
        return load_untried(path)

    live.models.load = slow
    with ThreadPoolExecutor(2) as threads:
        replies = [threads.submit(writer.forecasts, {"store": 1, "days": 1, "model": second})]
        assert begun.wait(20)
        written = writer.post(
            "/v1/sales", {"rows": [{"Store": k, "Date": str(FIRST), "Sales": 3000} for k in range(1, 7)]}
        )
        assert cutoff(writer) == str(FIRST)
        replies.append(threads.submit(writer.forecasts, {"store": 1, "days": 1, "model": second}))
        end.set()
        versions = [reply.result().json()["version"] for reply in replies]
    assert trials == [second]
    assert versions[1] == written.json()["version"], "the second asked after the write"


def test_sales_that_another_process_wrote_are_taken_up(writer: Client, own: Path) -> None:
    assert cutoff(writer) == "2014-02-24"
    other = Database.open(home_url(own))
    with other.begin() as conn:
        add_sales(conn, pl.DataFrame({s.STORE: range(1, 7), s.DATE: [FIRST] * 6, s.SALES: [4000.0] * 6}))
    other.close()
    wait_until(lambda: cutoff(writer) == str(FIRST), 20)


def test_the_first_store_that_reports_a_day_does_not_shut_it_for_the_others(writer: Client) -> None:
    before = writer.forecasts({"store": 2}).json()
    version = writer.post("/v1/sales", {"rows": [{"Store": 1, "Date": str(FIRST), "Sales": 4000.0}]}).json()["version"]
    after = writer.forecasts({"store": 2}).json()
    assert (after["cutoff"], after["version"]) == (before["cutoff"], version)
    assert after["forecasts"] == before["forecasts"]
    assert writer.get(f"/v1/stores/1/history?first={FIRST}").json()["history"][0]["Sales"] == 4000.0
    others = [{"Store": store, "Date": str(FIRST), "Sales": 4000.0} for store in (2, 3, 4)]
    writer.post("/v1/sales", {"rows": others})
    assert cutoff(writer) == str(FIRST), "four of six stores are two thirds"


def test_a_write_is_known_to_the_next_forecast_and_every_forecast_is_stored(writer: Client) -> None:
    for day in range(3):
        date = FIRST + dt.timedelta(days=day)
        rows = [{"Store": store, "Date": str(date), "Sales": 3000 + store} for store in range(1, 7)]
        assert writer.post("/v1/sales", {"rows": rows}).json()["inserted"] == 6
        assert cutoff(writer) == str(date)
    served = writer.service.live.snapshot
    wait_until(lambda: stored_forecast(writer.service.live.database(), served.name, FIRST) is not None, 10)
    good = writer.get("/v1/accuracy?by=week").json()["accuracy"]
    assert [(row["WeekAhead"], row["Rows"]) for row in good] == [(1, good[0]["Rows"])]
    assert good[0]["rmspe"] > 0


def test_a_chain_that_could_not_be_put_in_place_is_tried_again(writer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    live, make_snapshot = writer.service.live, Snapshot.of

    def fail(*_: Any) -> Snapshot:
        raise ConfigError("the chain has other columns")

    monkeypatch.setattr(Snapshot, "of", fail)
    rows = [{"Store": store, "Date": str(FIRST), "Sales": 3000} for store in range(1, 7)]
    assert writer.post("/v1/sales", {"rows": rows}).status_code == 200
    wait_until(lambda: "other columns" in live.watcher.trouble, 10)
    for _ in range(3):
        live.watcher.look()
        time.sleep(0.2)
    assert "other columns" in live.watcher.trouble, "it is not forgotten at the next look"
    monkeypatch.setattr(Snapshot, "of", make_snapshot)
    wait_until(lambda: live.watcher.trouble == "" and cutoff(writer) == str(FIRST), 10)


def test_a_database_that_was_brought_back_to_an_older_state_is_read_again(writer: Client, own: Path) -> None:
    with sqlite3.connect(own / "storecast.db") as old, sqlite3.connect(own / "kept.db") as backup:
        old.backup(backup)
    rows = [{"Store": store, "Date": str(FIRST), "Sales": 3000} for store in range(1, 7)]
    assert writer.post("/v1/sales", {"rows": rows}).status_code == 200
    assert cutoff(writer) == str(FIRST)
    with sqlite3.connect(own / "kept.db") as backup, sqlite3.connect(own / "storecast.db") as now:
        backup.backup(now)
    wait_until(lambda: writer.service.live.snapshot.version == 1, 10)
    assert cutoff(writer) == "2014-02-24"
    assert writer.service.live.freshness.wanted == 0


def test_a_promoted_day_ahead_moves_the_forecast(writer: Client) -> None:
    table = writer.service.live.snapshot.table
    day = next(k for k in range(table.days) if table.stored[s.OPEN][k] == 1 and table.stored[s.PROMO][k] == 0)
    ask = {"rows": [{"Store": 1, "Date": table.dates[day]}]}
    before = writer.forecasts(ask).json()["forecasts"][0]["Forecast"]
    what_if = writer.forecasts({"rows": [{**ask["rows"][0], "Promo": 1}]}).json()["forecasts"][0]["Forecast"]
    written = writer.post("/v1/calendar", {"rows": [{"Store": 1, "Date": table.dates[day], "Promo": 1}]})
    assert written.json()["replaced"] == 1
    after = writer.forecasts(ask).json()["forecasts"][0]["Forecast"]
    assert after == what_if != before


def test_a_model_is_promoted_under_load_and_no_reply_mixes_two(writer: Client) -> None:
    first, second = names(writer)
    ask = {"store": 2, "start": "2014-03-01", "days": 7}
    right = {name: writer.forecasts({**ask, "model": name}).json()["forecasts"] for name in (first, second)}
    assert right[first] != right[second]
    seen: list[str] = []
    end = threading.Event()

    def load_it() -> None:
        while not end.is_set():
            body = writer.forecasts(ask).json()
            assert body["forecasts"] == right[body["model"]]
            seen.append(body["model"])

    threads = [threading.Thread(target=load_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        reply = writer.post(f"/v1/models/{second}/promote", "{}").json()
        assert reply == {"model": second, "before": first, "serving": True}
        assert writer.forecasts(ask).json()["model"] == second
        assert writer.post("/v1/rollback", "").json()["model"] == first
        assert registry.rollback(writer.service.live.models_folder) == second  # by command, beside the service
        wait_until(lambda: writer.forecasts(ask).json()["model"] == second, 20)
    finally:
        end.set()
        for thread in threads:
            thread.join(10)
    assert set(seen) == {first, second}


def test_a_model_that_is_refused_changes_nothing(writer: Client) -> None:
    first, second = names(writer)
    path = writer.service.live.models_folder / second
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    reply = writer.post(f"/v1/models/{second}/promote", "{}")
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/conflict")
    assert str(path.parent) not in reply.text
    (writer.service.live.models_folder / "current").write_text(f"{second}\n", encoding="ascii")
    wait_until(lambda: "refused" in writer.service.live.watcher.trouble, 20)
    assert writer.forecasts({"store": 1, "days": 1}).json()["model"] == first
    assert writer.get("/health/ready", key=None).status_code == 200
    assert "storecast_trouble 1.0" in writer.get("/metrics").text


def test_without_a_database_it_lives_and_is_not_ready(own: Path) -> None:
    database, away = own / "storecast.db", own / "away.db"
    key = make_key(home_url(own))
    database.rename(away)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("support.served_home.wait_until", lambda condition, seconds: None)
        context = running(settings_of(own), key)
        client = context.__enter__()
    try:
        assert client.get("/health/live", key=None).status_code == 200
        for reply in (client.get("/health/ready", key=None), client.forecasts({"store": 1}), client.get("/v1/stores")):
            assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
        away.rename(database)
        wait_until(lambda: client.get("/health/ready", key=None).status_code == 200, 30)
        assert client.forecasts({"store": 1, "days": 1}).status_code == 200
        for suffix in ("-wal", "-shm"):
            (own / f"storecast.db{suffix}").unlink(missing_ok=True)
        database.rename(away)
        wait_until(lambda: client.get("/health/ready", key=None).status_code == 503, 30)
        assert client.get("/health/live", key=None).status_code == 200
        wait_until(lambda: client.get("/v1/stores").status_code == 503, 30)
        assert client.post("/v1/sales", {"rows": [{"Store": 1, "Date": str(FIRST), "Sales": 1}]}).status_code == 503
        away.rename(database)
        wait_until(lambda: client.get("/health/ready", key=None).status_code == 200, 30)
        assert client.get("/v1/stores").status_code == 200
    finally:
        context.__exit__(None, None, None)


def test_without_models_current_sales_are_taken_up_and_readiness_says_so(writer: Client) -> None:
    live = writer.service.live
    assert PROMOTED_NOTICE not in writer.get("/health/ready", key=None).json()["notices"]
    for damage in (b"", b"\xff\x00", b"../elsewhere\n", None):
        pointer = live.models_folder / "current"
        pointer.unlink() if damage is None else pointer.write_bytes(damage)
        wait_until(lambda: "promoted" in live.watcher.trouble, 10)
    rows = [{"Store": store, "Date": str(FIRST), "Sales": 3000} for store in range(1, 7)]
    assert writer.post("/v1/sales", {"rows": rows}).status_code == 200
    assert cutoff(writer) == str(FIRST)
    ready = writer.get("/health/ready", key=None)
    assert (ready.status_code, ready.json()["notices"][0]) == (200, PROMOTED_NOTICE)
    assert "storecast_trouble 1.0" in writer.get("/metrics").text


def test_a_start_without_a_usable_promoted_model_serves_the_one_before(own: Path) -> None:
    promoted = registry.current(own / "models").name
    (own / "models" / "current").unlink()
    with running(settings_of(own)) as client:
        assert client.get("/health/ready", key=None).json()["notices"][0] == PROMOTED_NOTICE
    (own / "models" / "current").write_text(f"{promoted}\n", encoding="ascii")
    (own / "models" / f"{promoted}.sig").unlink()
    with running(settings_of(own)) as client:
        assert client.service.live.snapshot.name != promoted
        wait_until(lambda: "refused" in client.service.live.watcher.trouble, 10)


def test_a_model_that_ends_the_process_is_given_up_after_two_crashes_and_tried_when_promoted_again(own: Path) -> None:
    folder = own / "models"
    promoted = registry.current(folder).name
    for crash in range(MAX_CRASHES):
        markers = CrashMarkers(folder)
        assert markers.crashes(promoted) == crash
        markers.begin(promoted)  # and the process is gone, without a word
    with running(settings_of(own)) as client:
        assert client.service.live.snapshot.name != promoted
        wait_until(lambda: "2 times while it put it into service" in client.service.live.watcher.trouble, 10)
        assert client.get("/health/ready", key=None).json()["notices"][0] == PROMOTED_NOTICE
        registry.promote(folder, promoted)
        client.service.live.watcher.retry_refused()
        wait_until(lambda: client.service.live.snapshot.name == promoted, 20)
    assert list(folder.glob(".putting-*")) == [], "what ended well leaves no mark"


def test_a_model_that_fails_over_the_chain_is_refused_and_the_one_in_service_stays(
    writer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = names(writer)
    live, over_chain = writer.service.live, Predictor.of

    def fail(fitted: Any, panel: Any) -> Predictor:
        if fitted.name == second:
            raise ValueError("X has 3 features, but 5 are expected")
        return over_chain(fitted, panel)

    monkeypatch.setattr(Predictor, "of", fail)
    reply = writer.post(f"/v1/models/{second}/promote", "{}")
    assert (reply.status_code, "5 are expected" in reply.text) == (409, False)
    assert writer.forecasts({"store": 1, "model": second}).status_code == 422
    registry.promote(live.models_folder, second)  # by command, beside the service
    wait_until(lambda: "failed when it was put into service" in live.watcher.trouble, 20)
    rows = [{"Store": store, "Date": str(FIRST), "Sales": 3000} for store in range(1, 7)]
    assert writer.post("/v1/sales", {"rows": rows}).status_code == 200
    assert (cutoff(writer), live.snapshot.name) == (str(FIRST), first)
