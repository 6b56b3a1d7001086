"""JobsClient: work of minutes that the service does while nobody waits; `client.jobs` is one."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from storecast.client.replies import JobState, Row
from storecast.client.request_parts import idempotency_header, without_none
from storecast.client.sending import Sender

ASYNC = {"Prefer": "respond-async"}
UNFINISHED = ("waiting", "running")


class JobsClient:
    """The jobs of a service. It raises as `Client` does.

    Parameters
    ----------
    sender : of the client
    sleep : waits some seconds between looks at a job
    """

    def __init__(self, sender: Sender, sleep: Callable[[float], None]) -> None:
        self._sender = sender
        self._sleep = sleep

    def start_scenario(self, rows: Iterable[Mapping[str, Any]], *, model: str | None = None) -> JobState:
        """Start what `Client.scenario` does.

        Parameters
        ----------
        rows : Store, Date, and the values that replace those of the stored calendar
        model : name of a model file; None: the promoted model
        """
        return self._start("/v1/scenarios", {"rows": [dict(row) for row in rows], "model": model})

    def start_save(
        self,
        name: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        model: str | None = None,
        note: str = "",
        idempotency_key: str | None = None,
    ) -> JobState:
        """Start what `ScenariosClient.save` does.

        Parameters
        ----------
        name : of the scenario
        rows : Store, Date, and the values that replace those of the stored calendar
        model : name of a model file; None: the promoted model
        note : a remark
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body = {"name": name, "rows": [dict(row) for row in rows], "model": model, "note": note}
        return self._start("/v1/plan/scenarios", body, idempotency_header(idempotency_key))

    def start_publish(
        self, model: str | None = None, *, explain: bool = True, note: str = "", idempotency_key: str | None = None
    ) -> JobState:
        """Start what `PlanClient.publish` does.

        Parameters
        ----------
        model : name of a model file; None: the promoted model
        explain : keep what the forecast is made of, by which versions are compared
        note : a remark
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        body = {"model": model, "explain": explain, "note": note}
        return self._start("/v1/plan/versions", body, idempotency_header(idempotency_key))

    def state(self, job: int) -> JobState:
        """Return how a job stands."""
        return cast("JobState", self._sender.send("GET", f"/v1/jobs/{job:d}"))

    def reply(self, job: int) -> Row:
        """Return what a job replied; one that failed raises what its request would have raised."""
        return cast("Row", self._sender.send("GET", f"/v1/jobs/{job:d}/reply"))

    def cancel(self, job: int) -> JobState:
        """End a job."""
        return cast("JobState", self._sender.send("DELETE", f"/v1/jobs/{job:d}"))

    def wait(self, job: int, *, every: float = 1.0, progress: Callable[[float], None] | None = None) -> Row:
        """Wait for a job and return what it replied.

        Parameters
        ----------
        job : its number
        every : seconds between looks at it
        progress : is told the share that is done, from 0 to 1
        """
        while True:
            state = self.state(job)
            if progress is not None:
                progress(state["progress"])
            if state["state"] not in UNFINISHED:
                return self.reply(job)
            self._sleep(every)

    def _start(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JobState:
        sent = self._sender.send("POST", path, body=without_none(body), headers={**ASYNC, **(headers or {})})
        return cast("JobState", sent)
