"""How fast the service answers: beside an empty route, over the whole road, a whole chain at once, and beside MLflow's server.

Everything runs on this machine, over loopback, each server and the client in processes of their own. The client (`load`) is
the same for all: it does so little that a server is what is measured, and the share of a core that it used is printed. Rates
are measured in rounds that alternate between the servers, and what is compared is the median of the rounds' ratios: other work
on the machine then slows both. CPU time of a request is the server's own, all its threads, from /proc; writing the log of
requests is in it.

The home is copied, and the copy served, with keys, JSON logs and everything else as usual; only the rate of a key is not limited.
"""

import argparse
import datetime as dt
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from measure import machine
from mlflow_server import ask_mlflow, has_mlflow
from servers import CONNECTIONS, Target, started
from storecast import schema as s
from storecast.bundle.loading import load
from storecast.bundle.registry import current, list_models
from storecast.data.ahead import extend
from storecast.data.panel import Panel
from storecast.database.api_keys import create_key
from storecast.database.connect import Database, home_url
from storecast.database.panel_io import read_panel

HERE = Path(__file__).parent
ROAD = "/v1/forecasts"
DAYS = 42


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True, help="folder that `storecast run` wrote")
    parser.add_argument("--mlflow", metavar="PYTHON", help="the Python of an environment with mlflow and xgboost-cpu")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    options = parser.parse_args()
    rounds, seconds, changed = (3, 0.7, 150) if options.quick else (9, 2.0, 1000)
    print(f"# {__doc__.splitlines()[0]}\n# {machine()}, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        home, key = copy_of(options.home, folder)
        panel = chain(home)
        bodies = Bodies(folder, panel)
        models = reversed(list_models(home / "models"))
        names = {model.manifest.kind: model.name for model in models if model.manifest}
        own = load(current(home / "models"))
        command = [sys.executable, "-P", "-m", "storecast.cli", "serve", "--home", str(home), "--log-format", "json"]
        service = started(stack, "service", command, "--port", ROAD, bodies.stored, "/health/ready", key)
        empty = started(
            stack, "empty route", [sys.executable, str(HERE / "empty_service.py")], "", ROAD, bodies.stored, ""
        )
        mlflow = None
        if options.mlflow and has_mlflow(options.mlflow):
            mlflow_bodies, mlflow_command, check = ask_mlflow(options.mlflow, folder, own, panel)
            mlflow = started(stack, "MLflow", mlflow_command, "", "/invocations", mlflow_bodies, "/ping")
            check(mlflow.ask(connections=1, most=1)["reply"])
        print(
            f"# model {own.model.name}, {panel.stores.height} stores; MLflow {'beside it' if mlflow else 'is not here'}"
        )
        settled = [service.memory()]
        rates(rounds, seconds, service, empty, mlflow)
        settled.append(service.memory())
        road(service, bodies, names, own.model.name, changed)
        settled.append(service.memory())
        whole(service, bodies, names, own.model.name, 3 if options.quick else 7)
        beside(service, bodies, 3 if options.quick else 9)
        memory(service, bodies, settled, 2 if options.quick else 6, seconds)


def rates(rounds: int, seconds: float, service: Target, empty: Target, mlflow: Target | None) -> None:
    """Print the rates of a store-day as it is stored, beside an empty route and MLflow's server."""
    targets = [empty, service, *([mlflow] if mlflow else [])]
    for target in targets:
        target.ask(seconds=seconds)
    rounds_of_rates = [{target.name: target.ask(seconds=seconds) for target in targets} for _ in range(rounds)]
    print(f"\n{CONNECTIONS} connections,requests a second,p50 ms,p99 ms,CPU ms a request,client busy")
    for target in targets:
        mine = [each[target.name] for each in rounds_of_rates]
        cells = [
            middle(each["rate"] for each in mine),
            *(middle(each["milliseconds"][k] for each in mine) for k in (0, 1)),
        ]
        cells += [middle(each["cpu"] for each in mine), middle(each["busy"] for each in mine)]
        print(target.name, *(f"{cell:.3g}" if cell < 100 else f"{cell:.0f}" for cell in cells), sep=",")
    for target in targets:
        if target is not service:
            ratios = sorted(each["service"]["rate"] / each[target.name]["rate"] for each in rounds_of_rates)
            cpu = middle(each[target.name]["cpu"] / each["service"]["cpu"] for each in rounds_of_rates)
            print(
                f"service over {target.name}: {statistics.median(ratios):.2f} of its rate "
                f"({ratios[0]:.2f} to {ratios[-1]:.2f}), {cpu:.2f} by CPU time",
                flush=True,
            )


def road(service: Target, bodies: "Bodies", names: dict[str, str], own: str, times: int) -> None:
    """Print the milliseconds of a store-day that differs from what is stored, asked one at a time."""
    print("\na changed row,p50 ms,p99 ms,CPU ms a request")
    for name in dict.fromkeys([own, *(name for name in names if name == "blend")]):
        requests = bodies.changed(None if name == own else names[name])
        service.ask(bodies=requests, connections=1, most=10)
        figures = service.ask(bodies=requests, connections=1, most=times)
        print(name, *(f"{cell:.1f}" for cell in (*figures["milliseconds"], figures["cpu"])), sep=",", flush=True)


def whole(service: Target, bodies: "Bodies", names: dict[str, str], own: str, times: int) -> None:
    """Print the seconds of a request for every store and day."""
    stores = bodies.calendar[s.STORE].n_unique()
    print(f"\n{stores} stores × {DAYS} days in one request,as stored: median s,every row changed: median s")
    for name in dict.fromkeys([own, *(name for name in names if name == "blend")]):
        model = None if name == own else names[name]
        taken: list[list[float]] = [[], []]
        for number in range(times + 1):  # the first is not counted
            for change, into in zip((False, True), taken, strict=True):
                requests = bodies.whole(model, flip=change)
                figures = service.ask(bodies=requests, connections=1, most=1)
                if number:
                    into.append(figures["seconds"])
        print(name, *(f"{statistics.median(each):.2f}" for each in taken), sep=",", flush=True)


def beside(service: Target, bodies: "Bodies", times: int) -> None:
    """Print the milliseconds of a store-day as it is stored, while a thread works out a whole chain for somebody else."""
    figures = []
    for _ in range(times):
        with ThreadPoolExecutor(1) as other:
            large = other.submit(service.ask, bodies=bodies.whole(None, flip=True), connections=1, most=2)
            while not large.done():
                figures.append(service.ask(connections=1, seconds=0.3)["milliseconds"])
    print("\na store-day as stored, while a whole chain is worked out,p50 ms,p99 ms")
    print("", *(f"{middle(each[k] for each in figures):.2f}" for k in (0, 1)), sep=",", flush=True)


def memory(service: Target, bodies: "Bodies", settled: list[float], times: int, seconds: float) -> None:
    """Print the memory that is held as the benchmark goes on, and after more and more of the same.

    Each thread of the pool keeps some memory once it has worked: so that all have, four whole chains are asked for at once.
    """
    for flip in (False, True):
        service.ask(bodies=bodies.whole(None, flip=flip), connections=4, most=8)
    megabytes = [service.memory()]
    for _ in range(times):
        service.ask(seconds=seconds)
        service.ask(bodies=bodies.changed(None), connections=4, most=200)
        for flip in (False, True):
            service.ask(bodies=bodies.whole(None, flip=flip), connections=1, most=2)
        megabytes.append(service.memory())
    print(
        "\nMiB held: ready, after the rates, after the road, after four whole chains at once, and after each round of everything"
    )
    print(*(f"{each:.0f}" for each in (*settled, *megabytes)), sep=",")


class Bodies:
    """What is asked for, in files.

    Parameters
    ----------
    folder : where they are written
    panel : the chain, whose calendar reaches over the days ahead
    """

    def __init__(self, folder: Path, panel: Panel) -> None:
        self.folder = folder
        ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end, pl.col(s.DATE) <= panel.end + dt.timedelta(days=DAYS))
        self.calendar = ahead.select(*s.KEYS, *s.KNOWN).sort(*s.KEYS).with_columns(pl.col(s.DATE).cast(pl.String))
        draw = np.random.default_rng(0)
        self.some = self.calendar[draw.permutation(ahead.height)[:2000]]
        self.stored = self._write("stored", [{"rows": [row]} for row in self.some.to_dicts()])

    def changed(self, model: str | None) -> Path:
        """Return single days with the promotion the other way round."""
        rows = self.some.with_columns((1 - pl.col(s.PROMO)).alias(s.PROMO)).to_dicts()
        return self._write(f"changed-{model}", [{"rows": [row], **_of(model)} for row in rows])

    def whole(self, model: str | None, *, flip: bool) -> Path:
        """Return every store and day in one request; with every promotion the other way round."""
        rows = self.calendar.with_columns((1 - pl.col(s.PROMO)).alias(s.PROMO)) if flip else self.calendar
        return self._write(f"whole-{flip}-{model}", [{"rows": rows.to_dicts(), **_of(model)}])

    def _write(self, name: str, bodies: list[dict[str, Any]]) -> Path:
        path = self.folder / f"{name}.jsonl"
        if not path.exists():
            path.write_bytes(b"\n".join(map(orjson.dumps, bodies)))
        return path


def copy_of(home: Path, folder: Path) -> tuple[Path, str]:
    """Copy what a service needs of a home; return the copy and a key for it."""
    if not (home / "storecast.db").exists():
        sys.exit(f"There is no storecast.db in {home}; expected the home that `storecast run --out HOME` wrote.")
    copy = folder / "home"
    shutil.copytree(home / "models", copy / "models")
    with (
        closing(sqlite3.connect(home / "storecast.db")) as source,
        closing(sqlite3.connect(copy / "storecast.db")) as here,
    ):
        source.backup(here)
    database = Database.open(home_url(copy))
    try:
        return copy, create_key(database, "benchmark", ["forecast"])[0]
    finally:
        database.close()


def chain(home: Path) -> Panel:
    """Return the chain of a home, with a calendar over the days ahead."""
    database = Database.open(home_url(home))
    try:
        panel, _ = read_panel(database)
    finally:
        database.close()
    return extend(panel, panel.end + dt.timedelta(days=DAYS))


def middle(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def _of(model: str | None) -> dict[str, str]:
    return {} if model is None else {"model": model}


if __name__ == "__main__":
    main()
