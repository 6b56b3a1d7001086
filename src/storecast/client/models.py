"""The models of a service: which there are, which one answers, and how good their forecasts were."""

from typing import Literal, cast

from storecast.client.replies import Accuracy, Model, Promoted, Row
from storecast.client.request_parts import Day, idempotency_header, path_segment, query_of
from storecast.client.sending import Sender


class ModelsClient:
    """The models of a service; `Client` is one, and says what is raised.

    Parameters
    ----------
    sender : of the client
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def accuracy(self, by: Literal["model", "week", "store"] = "model", since: Day | None = None) -> Accuracy:
        """Return how accurate past forecasts were, and which scores and inputs have left their band.

        Parameters
        ----------
        by : one score per model, per model and week ahead, or per model and store
        since : first day that counts; None: all days
        """
        return cast("Accuracy", self._sender.send("GET", "/v1/accuracy", query=query_of(by=by, since=since)))

    def models(self) -> list[Model]:
        """Return the models, newest first."""
        return cast("list[Model]", self._sender.send("GET", "/v1/models")["models"])

    def model(self, name: str) -> Row:
        """Return the manifest of a model: kind, cutoff, scores, versions."""
        return cast("Row", self._sender.send("GET", f"/v1/models/{path_segment(name)}"))

    def promote(self, name: str) -> Promoted:
        """Put a model into use; promoting it again changes nothing."""
        return cast(
            "Promoted",
            self._sender.send(
                "POST", f"/v1/models/{path_segment(name)}/promote", headers=idempotency_header(None), slow=True
            ),
        )

    def rollback(self) -> Promoted:
        """Put the previous model back into use. The request is never repeated: a second one would undo the first."""
        return cast(
            "Promoted",
            self._sender.send("POST", "/v1/rollback", headers=idempotency_header(None), again=False, slow=True),
        )
