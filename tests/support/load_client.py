"""Clients on sockets: one that keeps its connection and costs little, and several that keep a service busy."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

PROBLEM = "application/problem+json"
PAUSE_S = 0.01  # between the requests of a busy client: it loads the service, not the machine that the tests share
GONE = (OSError, http.client.HTTPException)  # nobody answers, or an answer was broken off


@dataclass(frozen=True)
class Reply:
    """What came back, whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as plain data."""
        return json.loads(self.body)

    def clear(self) -> bool:
        """Say whether it tells plainly that the service cannot answer now."""
        return self.status == 503 and self.headers["content-type"] == PROBLEM and len(self.body) < 8192


class Caller:
    """Asks a service, one request after the other; of one thread."""

    def __init__(self, port: int, key: str) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._key = key

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request, plain data as JSON; underscores in names of headers are dashes."""
        sent = {"authorization": f"Bearer {self._key}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None:
            sent.setdefault("content-type", "application/json")
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            self._link.request(method, path, content, sent)
            response = self._link.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        except GONE:
            self._link.close()
            raise

    def get(self, path: str, **headers: str) -> Reply:
        """Get."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        """Post."""
        return self.ask("POST", path, body, **headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()


@dataclass(eq=False)
class Load:
    """What became of requests that several clients made.

    Attributes
    ----------
    seen : how often what came of it: a status, or the name of an error
    wrong : replies that should not have been
    """

    seen: Counter[str]
    wrong: list[Any]


@contextmanager
def busy(
    ports: list[int],
    key: str,
    steps: list[Callable[[Caller, int], Reply]],
    *,
    allowed: tuple[int, ...] = (200,),
    may_close: bool = False,
    pause_s: float = PAUSE_S,
) -> Iterator[Load]:
    """Keep services busy while the block runs: a client for each step and each port, which does it over and over.

    Parameters
    ----------
    steps : take a client and the number of the round
    allowed : statuses; another one is wrong, and so is a 503 that is not clear, and a connection that is broken
    may_close : the door may be closed to new connections; a client then ends
    pause_s : seconds between the requests of a client
    """
    load, end = Load(Counter(), []), threading.Event()

    def work(port: int, step: Callable[[Caller, int], Reply]) -> None:
        count = 0
        with Caller(port, key) as caller:
            while not end.is_set():
                try:
                    reply = step(caller, count)
                except ConnectionRefusedError as error:
                    if not may_close:
                        load.wrong.append(repr(error))
                    return
                except (*GONE, AssertionError) as error:
                    load.wrong.append(repr(error))
                    return
                time.sleep(pause_s)
                count += 1
                load.seen[str(reply.status)] += 1
                if reply.status not in allowed or (reply.status == 503 and not reply.clear()):
                    load.wrong.append((reply.status, reply.body[:500]))

    threads = [threading.Thread(target=work, args=(port, step)) for port in ports for step in steps]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        end.set()
        for thread in threads:
            thread.join(60)
