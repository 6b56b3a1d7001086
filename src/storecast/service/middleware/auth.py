"""Who may do what: a key for every route but the public ones, checked before anything of a request is parsed."""

import asyncio
import datetime as dt
import hashlib
import math
import re
import time
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from storecast.database.api_keys import Key
from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem, of_status
from storecast.service.route import Router
from storecast.service.settings import is_loopback

KEY_CACHED_S = 1.0  # a key that was revoked or has expired works no longer than this
MAX_CACHED_KEYS = 10_000
MAX_ADDRESSES = 10_000  # of strangers
UNKNOWN_BURST = 50.0  # requests without a known key that an address may make at once
LOOKUP_S = 5.0  # for looking a key up
TOKEN = re.compile(rb"sc_[A-Za-z0-9_-]{43}")
EVERYTHING = frozenset({"read", "forecast", "write", "admin"})
NOBODY = Key(0, "no keys", EVERYTHING, dt.datetime(1970, 1, 1, tzinfo=dt.UTC), None, None)
HOW_TO_GET_A_KEY = "Send Authorization: Bearer and a key; `storecast key create` makes one."

KeyLookup = Callable[[str], Awaitable[Key | None]]


class Strangers:
    """How often each address has come without a known key; those that come too often are sent away before any lookup.

    Parameters
    ----------
    rate : times a second on the long run; 0: any number
    clock : seconds
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def check(self, address: str) -> None:
        """Refuse an address that has come too often."""
        if not self._rate:
            return
        level, since = self._buckets.get(address, (UNKNOWN_BURST, self._clock()))
        level += (self._clock() - since) * self._rate
        if level < 1:
            raise Problem(
                "too-many",
                "Too many requests from this address without a key that is known. Wait, and check the key.",
                headers={"retry-after": str(max(1, math.ceil((1 - level) / self._rate)))},
            )

    def note(self, address: str) -> None:
        """Note that an address has come without a known key."""
        now = self._clock()
        level, since = self._buckets.pop(address, (UNKNOWN_BURST, now))
        while len(self._buckets) >= MAX_ADDRESSES:
            del self._buckets[next(iter(self._buckets))]  # the one that came longest ago
        self._buckets[address] = (max(0.0, min(UNKNOWN_BURST, level + (now - since) * self._rate) - 1), now)


class Keyring:
    """Keys as they were found within the last second.

    Parameters
    ----------
    find_key : looks a token up in the database
    """

    def __init__(self, find_key: KeyLookup) -> None:
        self._lookup = find_key
        self._cached: dict[bytes, tuple[float, Key | None]] = {}
        self._known: dict[bytes, None] = {}  # digests of keys that were found: their holders are no strangers
        self._lookups: dict[bytes, asyncio.Task[Key | None]] = {}

    async def get(self, token: bytes) -> Key | None:
        """Return the key of a token; None where there is none, or it was revoked."""
        digest = hashlib.sha256(token).digest()
        cached = self._cached.get(digest)
        if cached is not None and time.monotonic() < cached[0]:
            return cached[1]
        # Many requests at once with one key ask the database once.
        task = self._lookups.get(digest)
        if task is None:
            task = self._lookups[digest] = asyncio.create_task(self._find(token, digest))
        return await asyncio.shield(task)

    def knows(self, token: bytes) -> bool:
        """Say whether a token was found in the database before."""
        return hashlib.sha256(token).digest() in self._known

    async def _find(self, token: bytes, digest: bytes) -> Key | None:
        try:
            async with asyncio.timeout(LOOKUP_S):
                key = await self._lookup(token.decode())
        except TimeoutError as error:
            raise Problem(
                "not-ready",
                "The database, where keys are looked up, does not answer. Try again.",
                headers={"retry-after": "2"},
            ) from error
        finally:
            del self._lookups[digest]
        if len(self._cached) >= MAX_CACHED_KEYS:
            self._cached.clear()
        self._cached[digest] = (time.monotonic() + KEY_CACHED_S, key)
        if key is not None and len(self._known) < MAX_CACHED_KEYS:
            self._known[digest] = None
        return key


class AuthMiddleware:
    """Middleware of ASGI that lets a request pass whose key allows it.

    Parameters
    ----------
    app : what is inside
    router : finds the route, whose scope the key must have
    keyring : of the database
    strangers : counts who comes without a known key
    no_keys : let requests from this machine pass without a key
    """

    def __init__(self, app: ASGIApp, router: Router, keyring: Keyring, strangers: Strangers, *, no_keys: bool) -> None:
        self.app = app
        self.router = router
        self.keyring = keyring
        self.strangers = strangers
        self.no_keys = no_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] == "http":
            context = context_of(scope)
            route, context.path_parameters = self.router.find(scope["method"], scope["path"])
            context.route = route
            if route is None or route.scope is not None:
                context.key = key = _local_key(scope) if self.no_keys else await self._key(scope)
                if route is None:
                    raise self._no_route(scope["path"])
                if not key.may(route.scope or "admin"):
                    raise Problem(
                        "not-allowed",
                        f"This route needs a key of scope {route.scope}; this key has {', '.join(sorted(key.scopes)) or 'none'}.",
                    )
        await self.app(scope, receive, send)

    async def _key(self, scope: Scope) -> Key:
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        address = str((scope.get("client") or ("",))[0])
        if len(sent) != 1 or not self.keyring.knows(sent[0].partition(b" ")[2]):
            self.strangers.check(address)
        try:
            return await self._find(sent)
        except Problem as problem:
            if problem.kind == "no-key":
                self.strangers.note(address)
            raise

    async def _find(self, sent: list[bytes]) -> Key:
        if not sent:
            raise _no_key(f"The request has no key. {HOW_TO_GET_A_KEY}")
        scheme, _, token = sent[0].partition(b" ")
        if len(sent) > 1 or scheme.lower() != b"bearer" or not TOKEN.fullmatch(token):
            raise _no_key(f"The header Authorization holds no key of ours. {HOW_TO_GET_A_KEY}")
        key = await self.keyring.get(token)
        if key is None:
            raise _no_key("This key is not known. Ask for a new one.")
        if not key.holds(dt.datetime.now(dt.UTC)):
            raise _no_key("This key was revoked or has expired. Ask for a new one.")
        return key

    def _no_route(self, path: str) -> Problem:
        allowed = ", ".join(self.router.methods(path))
        if allowed:
            return Problem("wrong-method", f"Expected {allowed}.", headers={"allow": allowed})
        return of_status(404)


def _no_key(detail: str) -> Problem:
    return Problem("no-key", detail, headers={"www-authenticate": 'Bearer realm="storecast"'})


def _local_key(scope: Scope) -> Key:
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
