"""Attack "model switch": under load, each response comes from exactly one model and names it, also across a rollback."""

import csv
import io
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from support.load_client import Caller, Reply, busy
from support.served_home import STORES, chain, copy_of, fill, make_key, wait_until
from support.service_process import ServiceFactory, ServiceProcess

ROWS = [{"Store": store, "Date": f"2014-03-{day:02}"} for store in (1, STORES) for day in range(1, 8)]
ASK = {"rows": ROWS}
CSV = ("Store,Date\n" + "".join(f"{row['Store']},{row['Date']}\n" for row in ROWS)).encode()

Figures = list[float]


def as_json(caller: Caller, body: dict[str, Any] = ASK) -> tuple[Reply, str, Figures]:
    reply = caller.post("/v1/forecasts", body)
    problem = reply.json()
    return reply, problem["model"], [row["Forecast"] for row in problem["forecasts"]]


def as_csv(caller: Caller) -> tuple[Reply, str, Figures]:
    reply = caller.post("/v1/forecasts", CSV, content_type="text/csv")
    rows = csv.DictReader(io.StringIO(reply.body.decode()))
    return reply, reply.headers["x-model"], [float(row["Forecast"]) for row in rows]


def as_columns(caller: Caller) -> tuple[Reply, str, Figures]:
    reply = caller.post("/v1/forecasts", {**ASK, "layout": "columns", "totals": True})
    problem = reply.json()
    return reply, problem["model"], problem["forecasts"]["Forecast"]


def changed(caller: Caller) -> tuple[Reply, str, Figures]:
    """Request rows that differ from the stored calendar, which are computed on request."""
    return as_json(caller, {"rows": [{**row, "Promo": 1} for row in ROWS]})


WAYS = (as_json, as_csv, as_columns, changed)


def run(service_factory: ServiceFactory, *argv: str) -> str:
    """Run a command while the services run, and return its output."""
    command = service_factory.run(list(argv))
    wait_until(lambda: command.code() is not None, 60)
    assert command.code() == 0, command.output()
    return command.output()


@pytest.mark.long
def test_when_a_model_is_promoted_under_load_then_no_reply_mixes_two(
    service_factory: ServiceFactory, home: Path, tmp_path: Path
) -> None:
    own, url = copy_of(home, tmp_path / "home"), f"sqlite:///{tmp_path / 'shared.db'}"  # models lie in the home
    fill(url, chain())
    key = make_key(url)
    right: dict[tuple[str, str], Figures] = {}
    seen: list[set[str]] = [set() for _ in WAYS]
    lock = threading.Lock()

    def step(number: int, caller: Caller) -> Reply:
        reply, model, figures = WAYS[number](caller)
        with lock:
            assert right.setdefault((WAYS[number].__name__, model), figures) == figures, "a reply of two models"
            seen[number].add(model)
        time.sleep(0.15)  # leave the processor to the services that compute the other model
        return reply

    def all_have_seen(model: str) -> bool:
        with lock:
            return all(model in models for models in seen)

    def all_serve(running_services: list[ServiceProcess], model: str) -> None:
        for models in seen:
            models.clear()
        wait_until(lambda: all_have_seen(model), 30)
        for running_service in running_services:
            with Caller(running_service.port, key) as caller:
                wait_until(lambda caller=caller: as_json(caller)[1] == model, 30)

    with service_factory.running(own, "--db", url) as one, service_factory.running(own, "--db", url) as other:
        running_services = [one, other]
        with Caller(one.port, key) as caller:
            models = {model["name"]: model["promoted"] for model in caller.get("/v1/models").json()["models"]}
        first, second = sorted(models, key=lambda name: not models[name])
        steps = [lambda caller, _, number=number: step(number, caller) for number in range(len(WAYS))]
        with busy([running_service.port for running_service in running_services], key, steps) as load:
            all_serve(running_services, first)
            with Caller(one.port, key) as caller:  # over HTTP: the response comes once the model serves
                reply = caller.post(f"/v1/models/{second}/promote", {})
                assert (reply.status, reply.json()["serving"]) == (200, True)
                assert as_json(caller)[1] == second
            all_serve(running_services, second)
            assert first in run(service_factory, "models", "rollback", "--home", str(own))  # one command
            all_serve(running_services, first)
            run(service_factory, "models", "promote", second, "--home", str(own))
            all_serve(running_services, second)
        assert load.wrong == []
        assert set(load.seen) == {"200"}
    for way in WAYS:
        assert right[way.__name__, first] != right[way.__name__, second]
