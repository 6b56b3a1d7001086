"""Requests without keys: from this machine alone, and from no page of another site."""

import datetime as dt

from starlette.types import Scope

from storecast.database.api_keys import Key
from storecast.service.problems import Problem
from storecast.service.settings import is_loopback

EVERYTHING = frozenset({"read", "forecast", "write", "admin"})
NOBODY = Key(0, "no keys", EVERYTHING, dt.datetime(1970, 1, 1, tzinfo=dt.UTC), None, None)


def local_key(scope: Scope) -> Key:
    """Return the key of a request without one; refuse what a page of another site can have sent, by its Host and its Origin.

    Raises
    ------
    Problem
        where one of them is no name of this machine
    """
    headers = scope["headers"]
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if len(hosts) != 1 or not is_loopback(_host(hosts[0])):
        raise Problem(
            "not-allowed", "Without keys the service answers requests for this machine alone, as http://127.0.0.1:8000."
        )
    for origin in origins:
        scheme, _, rest = origin.partition("://")
        if scheme not in ("http", "https") or not is_loopback(_host(rest)):
            raise Problem("not-allowed", "Without keys the service answers no page of another site.")
    return NOBODY


def _host(text: str) -> str:
    """Return the host of HOST, HOST:PORT or [HOST]:PORT."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text
