"""What can go wrong between a program and the service, as one tree.

ClientError
├── RequestError          it was not sent: a value that has no meaning, an address that is none
├── UnreachableError      no reply came, after all retries
├── BadReplyError         a reply that is not the service's: a proxy's page, a redirect
└── ProblemError          the service refused, and says why (RFC 9457)
    ├── InvalidError      400, 415, 422: the request does not say what is needed; `errors` names the places
    ├── KeyRefusedError   401: no key, an unknown one, or one that has expired or was revoked
    ├── NotAllowedError   403: the key's scopes do not cover this
    ├── NotFoundError     404
    ├── ConflictError     409: it stands already with other values, or the Idempotency-Key was used for something else
    ├── TooLargeError     413, 431: send it in parts
    ├── TooManyError      429: after all retries; `retry_after` says when to come back
    ├── UnavailableError  503, 504: not ready, too busy or too slow, after all retries
    └── ServiceError      500 and what else there is: a mistake of the service; its log has it under `request`

No message, argument or representation of an error holds the key.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from storecast.errors import StorecastError

MOST_PLACES = 3  # that a message names


class ClientError(StorecastError):
    """Base of every error of the client."""


class RequestError(ClientError):
    """A request that was not sent, because it has no meaning."""


class UnreachableError(ClientError):
    """No reply came, after all retries."""


class BadReplyError(ClientError):
    """A reply that is not the service's."""


class ProblemError(ClientError):
    """The service refused.

    Attributes
    ----------
    status : of HTTP
    kind : the type of the problem, as ``/problems/not-valid``
    title, detail : what the service says
    errors : places in the request: ``{"where": "rows[3].Promo", "what": "expected 0 or 1"}``
    request : the id of the request, under which the service's log has it
    retry_after : seconds after which to come back; None where nothing is said
    """

    def __init__(
        self,
        status: int,
        *,
        kind: str = "",
        title: str = "",
        detail: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        request: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.request = request
        self.retry_after = retry_after
        super().__init__(self._message())

    def _message(self) -> str:
        message = f"{self.status} {self.title or 'The service refused'}"
        if self.detail:
            message += f": {self.detail}"
        places = [f"{place.get('where', '')}: {place.get('what', '')}" for place in self.errors[:MOST_PLACES]]
        new = [place for place in places if place.rstrip(".") not in self.detail]
        return " ".join(
            [message, *(f"[{place}]" for place in new), *([f"(request {self.request})"] if self.request else [])]
        )


class InvalidError(ProblemError):
    """The request does not say what is needed."""


class KeyRefusedError(ProblemError):
    """No key, or one that is not taken."""


class NotAllowedError(ProblemError):
    """The key's scopes do not cover this."""


class NotFoundError(ProblemError):
    """There is no such thing."""


class ConflictError(ProblemError):
    """It stands already, with other values."""


class TooLargeError(ProblemError):
    """More than the service takes at once."""


class TooManyError(ProblemError):
    """Too many requests with this key, or from this address without one that is known."""


class UnavailableError(ProblemError):
    """The service cannot answer now."""


class ServiceError(ProblemError):
    """A mistake of the service."""


_BY_STATUS: dict[int, type[ProblemError]] = {
    400: InvalidError,
    401: KeyRefusedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
    415: InvalidError,
    422: InvalidError,
    429: TooManyError,
    431: TooLargeError,
    503: UnavailableError,
    504: UnavailableError,
}


def error_of(status: int) -> type[ProblemError]:
    """Return the error of a status."""
    return _BY_STATUS.get(status, InvalidError if 400 <= status < 500 else ServiceError)
