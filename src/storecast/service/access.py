"""Who may do what: a key for every route but the public ones, checked before anything of a request is parsed."""

import asyncio
import datetime as dt
import hashlib
import re
import time
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from storecast.database.api_keys import Key
from storecast.service.call import call_of
from storecast.service.problems import Problem, of_status
from storecast.service.rules import RULES
from storecast.service.settings import is_loopback

CACHED_S = 1.0  # a key that was revoked or has expired works no longer than this
MOST_CACHED = 10_000
LOOK_S = 5.0  # for looking a key up
TOKEN = re.compile(rb"sc_[A-Za-z0-9_-]{43}")
EVERYTHING = frozenset({"read", "forecast", "write", "admin"})
NOBODY = Key(0, "no keys", EVERYTHING, dt.datetime(1970, 1, 1, tzinfo=dt.UTC), None, None)
HOW = "Send Authorization: Bearer and a key; `storecast key create` makes one."

Find = Callable[[str], Awaitable[Key | None]]


class Keyring:
    """Keys as they were found within the last second.

    Parameters
    ----------
    find : looks a token up in the database
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._found: dict[bytes, tuple[float, Key | None]] = {}
        self._asked: dict[bytes, asyncio.Task[Key | None]] = {}

    async def get(self, token: bytes) -> Key | None:
        """Return the key of a token; None where there is none, or it was revoked."""
        digest = hashlib.sha256(token).digest()
        cached = self._found.get(digest)
        if cached is not None and time.monotonic() < cached[0]:
            return cached[1]
        # Many requests at once with one key ask the database once.
        task = self._asked.get(digest)
        if task is None:
            task = self._asked[digest] = asyncio.create_task(self._look(token, digest))
        return await asyncio.shield(task)

    async def _look(self, token: bytes, digest: bytes) -> Key | None:
        try:
            async with asyncio.timeout(LOOK_S):
                key = await self._find(token.decode())
        except TimeoutError as error:
            raise Problem(
                "not-ready",
                "The database, where keys are looked up, does not answer. Try again.",
                headers={"retry-after": "2"},
            ) from error
        finally:
            del self._asked[digest]
        if len(self._found) >= MOST_CACHED:
            self._found.clear()
        self._found[digest] = (time.monotonic() + CACHED_S, key)
        return key


class Access:
    """Middleware of ASGI that lets a request pass whose key allows it.

    Parameters
    ----------
    app : what is inside
    keyring : of the database
    no_keys : let requests from this machine pass without a key
    """

    def __init__(self, app: ASGIApp, keyring: Keyring, *, no_keys: bool) -> None:
        self.app = app
        self.keyring = keyring
        self.no_keys = no_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] == "http":
            call = call_of(scope)
            call.rule = rule = RULES.find(scope["method"], scope["path"])
            if rule is None or rule.scope is not None:
                call.key = key = _from_here(scope) if self.no_keys else await self._key(scope)
                if rule is None:
                    raise _no_route(scope["path"])
                if rule.scope not in key.scopes and "admin" not in key.scopes:
                    raise Problem(
                        "not-allowed",
                        f"This route needs a key of scope {rule.scope}; this key has {', '.join(sorted(key.scopes)) or 'none'}.",
                    )
        await self.app(scope, receive, send)

    async def _key(self, scope: Scope) -> Key:
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        if not sent:
            raise _no_key(f"The request has no key. {HOW}")
        scheme, _, token = sent[0].partition(b" ")
        if len(sent) > 1 or scheme.lower() != b"bearer" or not TOKEN.fullmatch(token):
            raise _no_key(f"The header Authorization holds no key of ours. {HOW}")
        key = await self.keyring.get(token)
        if key is None or key.revoked is not None:
            raise _no_key("This key is not known, or was revoked. Ask for a new one.")
        if key.expires is not None and key.expires <= dt.datetime.now(dt.UTC):
            raise _no_key("This key has expired. Ask for a new one.")
        return key


def _no_route(path: str) -> Problem:
    """Say what is wrong with a request that has no rule. It ends here: the router's shapes are others than those of the rules."""
    allowed = ", ".join(RULES.methods(path))
    if allowed:
        return Problem("wrong-method", f"Expected {allowed}.", headers={"allow": allowed})
    return of_status(404)


def _no_key(detail: str) -> Problem:
    return Problem("no-key", detail, headers={"www-authenticate": 'Bearer realm="storecast"'})


def _from_here(scope: Scope) -> Key:
    """Let a request pass without a key where a page of another site cannot have sent it: by its Host and its CutoffState."""
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
