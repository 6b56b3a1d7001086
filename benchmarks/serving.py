"""How fast the service answers, beside an empty FastAPI route: python benchmarks/serving.py --home HOME.

HOME is one that `storecast run` wrote, with its database. Both are asked over loopback by the same client, in turns, in one run;
the medians of the turns are printed. What else runs on the machine moves both.
"""

import argparse
import asyncio
import http.client
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import uvloop

EMPTY = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.post("/empty")
async def empty(): return {}
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning")
"""
SERVED, BARE = 8177, 8178  # ports
LINKS, SECONDS, TURNS = 8, 4.0, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home: Path = parser.parse_args().home
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "home"
        own.mkdir()
        shutil.copytree(home / "models", own / "models")
        shutil.copy(home / "storecast.db", own / "storecast.db")
        serve = [sys.executable, "-m", "storecast.cli", "serve", "--home", str(own), "--no-keys", "--port", str(SERVED)]
        with started(serve, "/health/ready", SERVED), started([sys.executable, "-c", EMPTY, str(BARE)], "/docs", BARE):
            measure()


def measure() -> None:
    """Print every figure."""
    link = http.client.HTTPConnection("127.0.0.1", SERVED, timeout=300)
    stores = [row["Store"] for row in pages(link, "/v1/stores?limit=1000", "stores")]
    days = [row["Date"] for row in ask(link, {"store": stores[0]})["forecasts"]]
    body = json.dumps({"rows": [{"Store": stores[0], "Date": days[1]}]})
    rates: dict[str, list[float]] = {"empty": [], "stored": []}
    for _ in range(TURNS):
        rates["empty"].append(uvloop.run(rate(BARE, "/empty", "{}")))
        rates["stored"].append(uvloop.run(rate(SERVED, "/v1/forecasts", body)))
    empty, stored = (statistics.median(rates[name]) for name in ("empty", "stored"))
    print(f"empty route            {empty:8.0f} requests/s")
    print(f"a stored store-day     {stored:8.0f} requests/s, {stored / empty:.2f} of it")
    draw = random.Random(1)  # noqa: S311 - no secret
    changed = [
        {"Store": draw.choice(stores), "Date": draw.choice(days), "Open": 1, "Promo": 1, "StateHoliday": "b"}
        for _ in range(200)
    ]
    took = sorted(timed(link, {"rows": [row]}) for row in changed)
    print(f"a changed row          p50 {took[100] * 1000:.1f} ms, p95 {took[190] * 1000:.1f} ms")
    rows = [{"Store": store, "Date": day} for store in stores for day in days[:42]]
    first, *again = (timed(link, {"rows": rows}) for _ in range(4))
    print(f"{len(rows)} stored rows      {first:.2f} s, then {statistics.median(again):.2f} s")
    other = [{**row, "StateHoliday": "b"} for row in rows]
    print(f"{len(rows)} changed rows     {statistics.median(timed(link, {'rows': other}) for _ in range(3)):.2f} s")


@contextmanager
def started(command: list[str], path: str, port: int) -> Iterator[None]:
    """Run a server until the block ends, ready when a path answers."""
    variables = {**os.environ, "STORECAST_RATE": "0"}
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            if process.poll() is not None:
                sys.exit(f"{command[2]} ended with {process.returncode}")
            if answers(port, path):
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(15)


def answers(port: int, path: str) -> bool:
    """Say whether a server is ready."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", path)
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


def ask(link: http.client.HTTPConnection, body: Any) -> Any:
    """Ask for forecasts."""
    link.request("POST", "/v1/forecasts", json.dumps(body), {"content-type": "application/json"})
    reply = link.getresponse()
    text = reply.read()
    assert reply.status == 200, text[:300]
    return json.loads(text)


def timed(link: http.client.HTTPConnection, body: Any) -> float:
    """Return the seconds from the first byte sent to the last that came."""
    text = json.dumps(body)
    began = time.perf_counter()
    link.request("POST", "/v1/forecasts", text, {"content-type": "application/json"})
    reply = link.getresponse()
    reply.read()
    assert reply.status == 200
    return time.perf_counter() - began


def pages(link: http.client.HTTPConnection, path: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of every page."""
    cursor = ""
    while True:
        link.request("GET", f"{path}{cursor}")
        page = json.loads(link.getresponse().read())
        yield from page[name]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"


async def rate(port: int, path: str, body: str) -> float:
    """Return how many requests a second are answered on a few connections, each asking as soon as it was answered."""
    counted = [0]
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    request = f"{head}\r\n\r\n{body}".encode()
    loop = asyncio.get_running_loop()
    links = [await loop.create_connection(lambda: Link(request, counted), "127.0.0.1", port) for _ in range(LINKS)]
    await asyncio.sleep(0.5)
    counted[0] = 0
    began = time.perf_counter()
    await asyncio.sleep(SECONDS)
    found = counted[0] / (time.perf_counter() - began)
    for transport, _ in links:
        transport.abort()
    return found


class Link(asyncio.Protocol):
    """A connection that asks again and again."""

    def __init__(self, request: bytes, counted: list[int]) -> None:
        self.request, self.counted, self.got = request, counted, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask first."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own is none by name
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Ask again, once the whole answer has come."""
        self.got += data
        head, there, body = self.got.partition(b"\r\n\r\n")
        if not there or len(body) < int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        assert head.startswith(b"HTTP/1.1 200"), self.got[:300]
        self.counted[0] += 1
        self.got = b""
        self.transport.write(self.request)


if __name__ == "__main__":
    main()
