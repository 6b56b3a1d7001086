"""A service for the client to be asked, without a network: it remembers what came and answers what a test sets up."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from storecast.client import Client, Retries

KEY = "sc_" + "k" * 43
URL = "https://storecast.example"
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class FakeService:
    """Answers one after the other; the last one for good."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def client(self, *, key: str | None = KEY, retries: Retries | None = None, url: str = URL) -> Client:
        transport = httpx.MockTransport(self)
        return Client(url, key, retries=retries, transport=transport, sleep=self.slept.append)

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]

    def body(self, k: int = -1) -> Any:
        return json.loads(self.requests[k].content)


def reply(value: object = None, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={} if value is None else value, headers=headers)


def problem(status: int, **more: Any) -> httpx.Response:
    headers = {"Content-Type": "application/problem+json", **more.pop("headers", {})}
    body = {
        "type": "/problems/x",
        "title": "A title",
        "status": status,
        "detail": "A detail.",
        "request": "r-1",
        **more,
    }
    return httpx.Response(status, content=json.dumps(body).encode(), headers=headers)


def forecasts(
    request: httpx.Request, model: str = "model-a", cutoff: str = "2014-06-30", version: int = 1
) -> httpx.Response:
    """Forecast 100 times the store, for every row."""
    rows = json.loads(request.content)["rows"]
    forecasts = [{"Store": row["Store"], "Date": row["Date"], "Forecast": 100.0 * int(row["Store"])} for row in rows]
    return reply({"model": model, "cutoff": cutoff, "version": version, "assumed": [], "forecasts": forecasts})
