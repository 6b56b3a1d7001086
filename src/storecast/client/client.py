"""Client: a method for each thing that the service can be asked, in the words of its API."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from storecast.client.chain import ChainClient
from storecast.client.forecasts import ForecastsClient
from storecast.client.jobs import JobsClient
from storecast.client.models import ModelsClient
from storecast.client.plan import PlanClient
from storecast.client.replies import Health
from storecast.client.retries import Retries
from storecast.client.sending import Sender

if TYPE_CHECKING:
    import httpx


class Client(ForecastsClient, ChainClient, ModelsClient):
    """The service, asked from Python. Use it in a ``with`` block, or close it.

    Parameters
    ----------
    url : of the service, as ``https://storecast.example``
    key : what `storecast key create` printed; None where the service asks for none. It is sent in a header and nowhere else.
    timeout : seconds for each step of a request: connect, send, wait for more of the reply; at least 330 for scenarios and
        changes of the model, which take minutes
    retries : how often and after how long a request is sent again that met no service, or a busy one
    transport : in place of the network; tests put one here
    sleep : waits some seconds between retries

    Notes
    -----
    Every method that asks the service raises a `ClientError` of the tree in `storecast.client.errors`: `UnreachableError` where
    it does not answer, `KeyRefusedError` and `NotAllowedError` for the key, `NotFoundError` for an unknown store, model or
    version, `InvalidError` for a value that cannot be used. A client may be shared by threads.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: Retries | None = None,
        transport: "httpx.BaseTransport | None" = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(
            Sender(url, key, timeout=timeout, retries=retries or Retries(), transport=transport, sleep=sleep)
        )
        self.plan = PlanClient(self._sender)
        self.jobs = JobsClient(self._sender, sleep)

    def __repr__(self) -> str:
        return f"Client({self._sender.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def health(self) -> Health:
        """Return whether the service runs and can answer. It asks once, and raises only where no service answers."""
        self._sender.send("GET", "/health/live", again=False)
        reply = self._sender.send("GET", "/health/ready", again=False, accepted=(503,))
        status = reply if isinstance(reply, dict) else {}
        return {"live": True, "ready": status.get("status") == "ready", "detail": str(status.get("detail", ""))}
