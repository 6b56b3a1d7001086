"""One request to the service, and the same again where the network or a busy service may do better the next time."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from storecast.client.errors import BadReplyError, ProblemError, RequestError, UnreachableError, error_of
from storecast.client.retries import AGAIN, Retries, seconds_of

try:
    import httpx
except ModuleNotFoundError as error:  # pragma: no cover - every machine that tests has it
    raise ModuleNotFoundError("storecast.client needs httpx: install storecast with the extra client.") from error

log = logging.getLogger(__name__)

JSON = "application/json"
SLOW_S = 330.0  # longer than the service takes for a scenario or another model before it gives up


class Sender:
    """A connection to the service.

    Parameters
    ----------
    url : of the service, without ``/v1``
    key : sent as ``Authorization: Bearer``; None where the service asks for none
    timeout : seconds for each step of a request: connect, send, wait for more of the reply
    transport : in place of the network; tests put one here
    sleep : waits some seconds
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        timeout: float,
        retries: Retries,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = _address(url)
        self.retries = retries
        self.timeout = timeout
        self._sleep = sleep
        headers = {"Accept": JSON}
        if key is not None:
            headers["Authorization"] = f"Bearer {_checked(key)}"
        # Redirects are not followed: what answers elsewhere should not be handed the key.
        self._http = httpx.Client(headers=headers, timeout=timeout, transport=transport, follow_redirects=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        again: bool = True,
        slow: bool = False,
        accepted: tuple[int, ...] = (),
        media_type: str = JSON,
    ) -> Any:
        """Send a request, with retries, and return the reply's JSON.

        Parameters
        ----------
        method : of HTTP
        path : from the service's root, its segments quoted
        query : parameters of the query
        body : sent as JSON; bytes as they are, and the headers say what they are
        headers : beside those that every request has
        again : repeat the request where a retry may help
        slow : the work takes minutes: wait that long, and do not repeat a request that may still be running
        accepted : error statuses whose body is returned all the same
        media_type : of the reply; one that is not JSON is returned as bytes

        Raises
        ------
        UnreachableError
            where no reply came after all retries
        ClientError
            one of its tree
        """
        content = body if body is None or isinstance(body, bytes) else encode(body)
        sent = {"Accept": media_type, **({} if content is None else {"Content-Type": JSON}), **(headers or {})}
        timeout = max(SLOW_S, self.timeout) if slow else self.timeout
        request = self._http.build_request(
            method, self.url + path, params=query, content=content, headers=sent, timeout=timeout
        )
        return _value(self._exchange(request, again=again, slow=slow, accepted=accepted), accepted, media_type)

    def get_if_changed(self, path: str, query: Mapping[str, str], etag: str | None) -> tuple[Any, str] | None:
        """Return the JSON of an address with its ETag; None where it is still what the known ETag stands for.

        Parameters
        ----------
        path : from the service's root, its segments quoted
        query : parameters of the query
        etag : of the reply that is known; None: none is
        """
        headers = {} if etag is None else {"If-None-Match": etag}
        request = self._http.build_request("GET", self.url + path, params=query, headers=headers)
        reply = self._exchange(request)
        if etag is not None and reply.status_code == 304:
            return None
        return _value(reply, (), JSON), reply.headers.get("ETag", "")

    def _exchange(
        self, request: httpx.Request, *, again: bool = True, slow: bool = False, accepted: tuple[int, ...] = ()
    ) -> httpx.Response:
        """Send a request, with retries, and return the reply; an error of the service is one, too.

        Parameters
        ----------
        request : to send
        again, slow, accepted : as in `send`
        """
        method, path = request.method, request.url.raw_path.decode("ascii").partition("?")[0]
        attempt = 0
        while True:
            attempt += 1
            try:
                reply = self._http.send(request)
            except httpx.TransportError as error:
                hopeless = isinstance(error, httpx.UnsupportedProtocol) or (
                    slow and isinstance(error, httpx.ReadTimeout)
                )
                wait = self.retries.wait(attempt) if again and not hopeless else None
                if wait is None:
                    raise UnreachableError(
                        f"{self.url} did not answer {method} {path} (attempts: {attempt}, {type(error).__name__}). "
                        "Is the service up, and the address right?"
                    ) from error
                reason = type(error).__name__
            else:
                at_work = slow and reply.status_code == 504
                if reply.status_code not in AGAIN or reply.status_code in accepted or at_work or not again:
                    return reply
                wait = self.retries.wait(attempt, seconds_of(reply.headers.get("Retry-After")))
                if wait is None:
                    raise _problem(reply)
                reason = str(reply.status_code)
            log.info("%s %s: %s; again in %.1f s", method, path, reason, wait)
            self._sleep(wait)


def encode(body: object) -> bytes:
    """Return plain data as JSON; dates as ISO text, and no number that JSON does not have.

    Raises
    ------
    RequestError
        where a number is NaN or infinite
    """
    try:
        return json.dumps(body, allow_nan=False, default=_plain, separators=(",", ":")).encode()
    except ValueError as error:
        raise RequestError(
            "The request holds NaN or an infinite number; expected numbers, or None where none is known."
        ) from error


def _plain(value: object) -> object:
    """Return a date as ISO text, and a number of NumPy as Python's."""
    for name in ("isoformat", "item"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    raise RequestError(f"The request holds a {type(value).__name__}; expected text, numbers, dates, lists and dicts.")


def _address(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise RequestError(
            "The address of the service cannot be read; expected one as https://storecast.example."
        ) from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise RequestError("The address of the service has no host; expected one as https://storecast.example.")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise RequestError("The address of the service holds a password, a query or a fragment; give the key as `key`.")
    return str(parsed).rstrip("/")


def _checked(key: str) -> str:
    """Refuse a key that no header can hold, before a library below quotes it in a message."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise RequestError("The key is empty or holds spaces or other characters than keys have; was it copied whole?")
    return key


def _value(reply: httpx.Response, accepted: tuple[int, ...], media_type: str) -> Any:
    if not reply.is_success and reply.status_code not in accepted:
        raise _problem(reply)
    if reply.status_code == 204:
        return None
    if media_type != JSON:
        if reply.headers.get("Content-Type", "").partition(";")[0] != media_type:
            raise BadReplyError(_unexpected(reply))
        return reply.content
    try:
        return reply.json()
    except ValueError as error:
        raise BadReplyError(_unexpected(reply)) from error


def _problem(reply: httpx.Response) -> ProblemError | BadReplyError:
    """Return the error that a problem document describes."""
    kind = reply.headers.get("Content-Type", "").partition(";")[0]
    try:
        problem = reply.json() if kind in ("application/problem+json", JSON) else None
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        if reply.status_code in AGAIN:  # a proxy in front of a service that is away
            problem = {"title": "A server on the way says that the service is away"}
        else:
            return BadReplyError(_unexpected(reply))
    errors = problem.get("errors")
    return error_of(reply.status_code)(
        reply.status_code,
        kind=str(problem.get("type", "")),
        title=str(problem.get("title", "")),
        detail=str(problem.get("detail", "")),
        errors=[error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else (),
        request=str(problem.get("request") or reply.headers.get("X-Request-ID", "")),
        retry_after=seconds_of(reply.headers.get("Retry-After")),
    )


def _unexpected(reply: httpx.Response) -> str:
    kind = reply.headers.get("Content-Type", "nothing said").partition(";")[0]
    return (
        f"{reply.request.method} {reply.request.url.path}: found a reply with status {reply.status_code} and content {kind!a}; "
        "expected the service's JSON. Is this the service's address, without /v1?"
    )
