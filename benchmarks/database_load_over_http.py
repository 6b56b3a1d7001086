"""Seconds in which 1,000 days of new sales of 1,115 stores go in over HTTP while the service answers others.

A generated chain, `naive`. The days go in as CSV, 150,000 rows a request; meanwhile another client asks for a store-day 20 times a
second. SQLite, then PostgreSQL (pgserver, or --db).
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from database_load import days_of, postgres
from measure import machine
from support.served_home import started

ROWS, PAUSE_S = 150_000, 0.05
STEPS = {"content-type": "text/csv"}


def main() -> None:
    """Print a line for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int, default=1115)
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--db", help="URL of an empty PostgreSQL database; without it, pgserver starts one")
    options = parser.parse_args()
    print(f"# {(__doc__ or '').splitlines()[0]}\n# {machine()}")
    print("database,rows,seconds,limit,requests answered meanwhile,failed,median ms,p99 ms,longest ms")
    with tempfile.TemporaryDirectory() as folder:
        data, home = Path(folder) / "data", Path(folder) / "home"
        storecast("demo-data", "--out", data, "--stores", options.stores, "--days", "180")
        run = ("run", "--data", data, "--out", home, "--models", "naive", "--windows", "1")
        storecast(*run)
        measure("sqlite", home, options.stores, options.days)
        with postgres(options.db, Path(folder)) as url:
            storecast(*run, "--db", url)
            measure("postgresql", home, options.stores, options.days, "--db", url)


def storecast(*words: object) -> None:
    """Run a command."""
    command = [sys.executable, "-m", "storecast.cli", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure(database: str, home: Path, stores: int, days: int, *options: str) -> None:
    """Load while another client asks; print the line."""
    serve = [sys.executable, "-m", "storecast.cli", "serve", "--home", str(home), "--no-keys", *options]
    with ExitStack() as stack:
        port = started(stack, database, serve, "--port", "/v1/forecasts", home, "/health/ready").port
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        cutoff = post(link, "/v1/forecasts", json.dumps({"store": 1, "days": 1}))["cutoff"]
        new = days_of(stores, days, pl.Series([cutoff]).str.to_date().dt.offset_by("1d")[0])
        asker = Asker(port)
        asker.start()
        begin = time.perf_counter()
        written = [
            post(link, "/v1/sales", new[k : k + ROWS].write_csv(), **STEPS)["inserted"]
            for k in range(0, new.height, ROWS)
        ]
        seconds = time.perf_counter() - begin
        asker.end.set()
        asker.join()
    assert sum(written) == new.height
    times = sorted(asker.times)
    figures = (statistics.median(times), times[int(0.99 * len(times))], times[-1])
    print(
        database,
        new.height,
        f"{seconds:.1f}",
        60,
        len(times),
        asker.failed,
        *(f"{1000 * v:.1f}" for v in figures),
        sep=",",
    )


class Asker(threading.Thread):
    """Asks for a store-day, again and again."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.end = threading.Event()
        self.times: list[float] = []
        self.failed = 0

    def run(self) -> None:
        """Ask until it is told to end."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        body = json.dumps({"store": 7, "days": 1})
        while not self.end.wait(PAUSE_S):
            begin = time.perf_counter()
            link.request("POST", "/v1/forecasts", body, {"content-type": "application/json"})
            reply = link.getresponse()
            reply.read()
            self.failed += reply.status != 200
            self.times.append(time.perf_counter() - begin)


def post(link: http.client.HTTPConnection, path: str, body: str, **headers: str) -> dict[str, object]:
    """Post a body, and return the reply; a refusal ends the benchmark."""
    link.request("POST", path, body.encode(), {"content-type": "application/json", **headers})
    reply = link.getresponse()
    text = reply.read()
    assert reply.status in (200, 201), text
    answer: dict[str, object] = json.loads(text)
    return answer


if __name__ == "__main__":
    main()
