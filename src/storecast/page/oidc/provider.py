"""What is asked of the provider: its discovery document, its keys, and a token for a code.

Every reply is bounded in time and size. Nothing is asked before somebody logs in, and a provider that is down keeps out only those
who log in there.
"""

import asyncio
import hashlib
import logging
import ssl
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import msgspec
from joserfc.jwk import KeySet

from storecast.errors import ConfigError, quote
from storecast.page.oidc.id_token import (
    Expected,
    TokenError,
    UnknownKeyError,
    allowed_algorithms,
    read_keys,
    verify,
)
from storecast.page.oidc.settings import OidcSettings, check_address
from storecast.service.problems import Problem

log = logging.getLogger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
REPLY_S = 5.0  # in which a reply of the provider must have come
MOST_BYTES = 512 * 1024  # of a reply
MOST_AT_ONCE = 8  # requests to the provider
MOST_WAITING_S = 10.0  # for one of them to end
CURRENT_S = 3600.0  # that what the provider says of itself is believed
KEYS_AGAIN_S = 60.0  # between two looks for a key that is not known
BASIC, POST = "client_secret_basic", "client_secret_post"


class _UnusableReplyError(Exception):
    """A reply of the provider that is none; its text is for the log."""


@dataclass(frozen=True)
class _Discovery:
    """What a provider says of itself."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: tuple[str, ...]
    authentication: str  # BASIC or POST
    names_itself: bool  # in each reply to a browser (RFC 9207)


class Provider:
    """A provider of OpenID Connect.

    Parameters
    ----------
    settings : of the login
    clock : seconds
    """

    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._clock = clock
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._reading = asyncio.Lock()  # of what many logins at once need: asked for once
        self._tls: ssl.SSLContext | None = None
        self._known: tuple[float, _Discovery] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser is sent to log in.

        Parameters
        ----------
        state : comes back with the browser
        nonce : comes back in the ID token
        verifier : whose hash is sent now, and itself with the code

        Raises
        ------
        Problem
            where the provider does not answer
        """
        endpoint = (await self._discovery()).authorization_endpoint
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.client_id,
                "redirect_uri": self.settings.redirect_uri,
                "scope": self.settings.scopes,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    async def check_sender(self, issuer: str | None) -> None:
        """Refuse a reply to a browser that another provider sent (RFC 9207).

        Parameters
        ----------
        issuer : that the reply names; None: it names none
        """
        known = await self._discovery()
        if issuer != self.settings.issuer and (issuer is not None or known.names_itself):
            raise self._refused("another provider sent a browser back")

    async def claims(self, code: str, verifier: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of the ID token that a code stands for.

        Parameters
        ----------
        code : with which a browser came back
        verifier, nonce : of its login

        Raises
        ------
        Problem
            where the provider does not answer, or what it sends is not believed
        """
        known = await self._discovery()
        reply = await self._exchange(known, code, verifier)
        token, access_token = reply.get("id_token"), reply.get("access_token")
        if not isinstance(token, str):
            raise self._refused("its reply holds no ID token")
        access = access_token if isinstance(access_token, str) else None
        expected = Expected(self.settings.issuer, self.settings.client_id, nonce, known.algorithms)
        try:
            try:
                return verify(token, await self._key_set(known), expected, access)
            except UnknownKeyError:  # providers change their keys
                return verify(token, await self._key_set(known, older_than=KEYS_AGAIN_S), expected, access)
        except TokenError as error:
            raise self._refused(f"its ID token is not believed: {error}") from error

    async def _discovery(self) -> _Discovery:
        async with self._one_reader():
            if self._known is None or self._clock() - self._known[0] > CURRENT_S:
                document = await self._fetch("GET", self.settings.issuer.rstrip("/") + DISCOVERY)
                try:
                    self._known = self._clock(), _read_discovery(document, self.settings.issuer)
                except (_UnusableReplyError, ConfigError) as error:
                    raise self._unavailable(str(error)) from error
            return self._known[1]

    async def _key_set(self, known: _Discovery, older_than: float = CURRENT_S) -> KeySet:
        async with self._one_reader():
            if self._keys is None or self._clock() - self._keys[0] > older_than:
                document = await self._fetch("GET", known.jwks_uri)
                self._keys = self._clock(), read_keys(document)
            return self._keys[1]

    @asynccontextmanager
    async def _one_reader(self) -> AsyncIterator[None]:
        """Let one login at a time look for what all of them need; where that takes long, the others do not wait one by one."""
        try:
            async with asyncio.timeout(MOST_WAITING_S), self._reading:
                yield
        except TimeoutError as error:
            raise self._unavailable("others wait for its answer already") from error

    async def _exchange(self, known: _Discovery, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect_uri,
            "code_verifier": verifier,
        }
        name, secret = self.settings.client_id, self.settings.client_secret
        headers = {}
        if known.authentication == BASIC:
            pair = f"{quote_plus(name)}:{quote_plus(secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": name, "client_secret": secret}
        return await self._fetch("POST", known.token_endpoint, headers, form)

    async def _fetch(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """Return a reply of the provider, while few others wait for one; say plainly where there is none."""
        try:
            async with asyncio.timeout(MOST_WAITING_S), self._places:
                return await self._request(method, url, headers, form)
        except TimeoutError as error:
            raise self._unavailable("it did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._unavailable(f"{type(error).__name__}: {quote(str(error))}") from error
        except _UnusableReplyError as error:
            raise self._unavailable(str(error)) from error

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str] | None, form: Mapping[str, str] | None
    ) -> Mapping[str, Any]:
        if self._tls is None:  # it takes a while to read all authorities
            self._tls = await asyncio.to_thread(httpx.create_ssl_context)
        sent = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
        body = bytearray()
        async with (
            asyncio.timeout(REPLY_S),
            httpx.AsyncClient(verify=self._tls, timeout=REPLY_S) as client,
            client.stream(method, url, headers=sent, data=form) as response,
        ):
            async for chunk in response.aiter_raw():  # as it comes: nothing is unpacked
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _UnusableReplyError(f"a reply of it is larger than {MOST_BYTES:,} bytes")
        return self._read(response.status_code, bytes(body), exchange=form is not None)

    def _read(self, status: int, body: bytes, *, exchange: bool) -> Mapping[str, Any]:
        try:
            document = msgspec.json.decode(body)
        except msgspec.DecodeError:
            document = None
        if exchange and status == 400 and isinstance(document, dict) and document.get("error") == "invalid_grant":
            raise self._refused("it does not know the code, or not any more")
        if status != 200:
            reason = document.get("error") if isinstance(document, dict) else None
            raise _UnusableReplyError(f"it answered {status}{f', {quote(reason)}' if isinstance(reason, str) else ''}")
        if not isinstance(document, dict):
            raise _UnusableReplyError("a reply of it is no JSON object")
        return document

    def _unavailable(self, reason: str) -> Problem:
        log.warning("the login at %s is not possible: %s", quote(self.settings.issuer), reason)
        return Problem(
            "not-ready",
            "The login provider does not answer as it should. Try again later, or log in with a key.",
            headers={"retry-after": "30"},
        )

    def _refused(self, reason: str) -> Problem:
        log.warning("a login at %s was refused: %s", quote(self.settings.issuer), reason)
        return Problem("not-allowed", "This login was not accepted. Begin it again.")


def _read_discovery(document: Mapping[str, Any], issuer: str) -> _Discovery:
    if document.get("issuer") != issuer:
        raise _UnusableReplyError(
            f"its discovery document is of the issuer {quote(document.get('issuer'))}; expected {quote(issuer)}, letter by letter"
        )
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    addresses = [document.get(name) for name in names]
    for name, address in zip(names, addresses, strict=True):
        without_query = str(address).partition("?")[0] if name == "authorization_endpoint" else str(address)
        check_address(without_query, f"{name} of the discovery document")
    methods = document.get("token_endpoint_auth_methods_supported", [BASIC])
    if not isinstance(methods, list) or not {BASIC, POST} & {each for each in methods if isinstance(each, str)}:
        raise _UnusableReplyError(f"it takes a secret neither by {BASIC} nor by {POST}")
    return _Discovery(
        str(addresses[0]),
        str(addresses[1]),
        str(addresses[2]),
        algorithms=allowed_algorithms(document.get("id_token_signing_alg_values_supported")),
        # As RFC 6749 (2.3.1) has it, Basic encodes both as a form does, which not every provider knows; a form has no such doubt.
        authentication=POST if POST in methods else BASIC,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )
