"""Who may do what: a key for every route but the public ones, checked before anything of a request is parsed."""

import asyncio
import datetime as dt
import hashlib
import math
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from storecast.database.api_keys import Key
from storecast.service.middleware.browser import check_same_site, send_to_login, session_token
from storecast.service.middleware.context import context_of
from storecast.service.middleware.local import local_key
from storecast.service.network import network_of
from storecast.service.problems import Problem, of_status
from storecast.service.route import PAGE, Router

KEY_CACHED_S = 1.0  # a key that was revoked or has expired works no longer than this
MAX_CACHED_KEYS = 10_000
MAX_ADDRESSES = 10_000  # of strangers
UNKNOWN_BURST = 50.0  # requests without a known key that an address may make at once
LOOKUP_S = 5.0  # for looking a key up
TOKEN = re.compile(rb"sc_[A-Za-z0-9_-]{43}")
HOW_TO_GET_A_KEY = "Send Authorization: Bearer and a key; `storecast key create` makes one."

KeyLookup = Callable[[str], Awaitable[Key | None]]


class Strangers:
    """How often each address, of IPv6 each /64, has come without a known key; too often, and it is sent away before any lookup.

    Parameters
    ----------
    rate : times a second on the long run; 0: any number
    clock : seconds
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        # A plain dict looks for its first entry among all those that were deleted before it.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Refuse an address that has come too often."""
        if not self._rate:
            return
        level, since = self._buckets.get(network_of(address), (UNKNOWN_BURST, self._clock()))
        level += (self._clock() - since) * self._rate
        if level < 1:
            raise Problem(
                "too-many",
                "Too many requests from this address without a key that is known. Wait, and check the key.",
                headers={"retry-after": str(max(1, math.ceil((1 - level) / self._rate)))},
            )

    def note(self, address: str) -> None:
        """Note that an address has come without a known key."""
        now, network = self._clock(), network_of(address)
        level, since = self._buckets.pop(network, (UNKNOWN_BURST, now))
        while len(self._buckets) >= MAX_ADDRESSES:
            self._buckets.popitem(last=False)  # the one that came longest ago
        self._buckets[network] = (max(0.0, min(UNKNOWN_BURST, level + (now - since) * self._rate) - 1), now)


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

    def remember(self, token: bytes) -> None:
        """Note that a token was just given out: whoever comes with it is no stranger."""
        if len(self._known) < MAX_CACHED_KEYS:
            self._known[hashlib.sha256(token).digest()] = None

    def forget(self, token: bytes) -> None:
        """Look a token up anew when it comes next: it was ended."""
        digest = hashlib.sha256(token).digest()
        self._cached.pop(digest, None)
        self._known.pop(digest, None)

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
    sessions : of the web page: each is known by the token in its cookie, and stands for the key it was opened with
    strangers : counts who comes without a known key
    unknown_sessions : counts who comes with an unknown session: apart, so that logins which fail keep nobody out who is logged in
    no_keys : let requests from this machine pass without a key
    """

    def __init__(
        self,
        app: ASGIApp,
        router: Router,
        keyring: Keyring,
        sessions: Keyring,
        strangers: Strangers,
        unknown_sessions: Strangers,
        *,
        no_keys: bool,
    ) -> None:
        self.app = app
        self.router = router
        self.keyring = keyring
        self.sessions = sessions
        self.strangers = strangers
        self.unknown_sessions = unknown_sessions
        self.no_keys = no_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] == "http":
            context = context_of(scope)
            route, context.path_parameters = self.router.find(scope["method"], scope["path"])
            context.route = route
            of_page = f"{scope['path']}/".startswith(f"{PAGE}/")
            if of_page and scope["method"] != "GET":
                check_same_site(scope)
            if route is None or route.scope is not None:
                try:
                    context.key = key = local_key(scope) if self.no_keys else await self._key(scope, of_page=of_page)
                except Problem as problem:
                    if problem.kind != "no-key" or route is None or not route.view:
                        raise
                    await send_to_login(scope, send)
                    return
                if route is None:
                    raise self._no_route(scope["path"])
                if not key.may(route.scope or "admin"):
                    raise Problem(
                        "not-allowed",
                        f"This route needs a key of scope {route.scope}; this key has {', '.join(sorted(key.scopes)) or 'none'}.",
                    )
        await self.app(scope, receive, send)

    async def _key(self, scope: Scope, *, of_page: bool) -> Key:
        session = session_token(scope) if of_page else None
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        address = context_of(scope).client
        known = self.sessions.knows(session) if session else len(sent) == 1 and self.keyring.knows(_token(sent[0]))
        strangers = self.unknown_sessions if session else self.strangers
        if not known:
            strangers.check(address)
        try:
            return await (self._of_session(session) if of_page else self._find(sent))
        except Problem as problem:
            if problem.kind == "no-key" and (session or not of_page):  # a browser that has not logged in yet is none
                strangers.note(address)
            raise

    async def _of_session(self, token: bytes | None) -> Key:
        key = None if token is None else await self.sessions.get(token)
        if key is None or not key.holds(dt.datetime.now(dt.UTC)):
            raise _no_key("Nobody is logged in here any more. Log in with a key at /app/login.")
        return key

    async def _find(self, sent: list[bytes]) -> Key:
        if not sent:
            raise _no_key(f"The request has no key. {HOW_TO_GET_A_KEY}")
        scheme, token = sent[0].partition(b" ")[0], _token(sent[0])
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


def _token(authorization: bytes) -> bytes:
    return authorization.partition(b" ")[2]
