"""A provider of OpenID Connect on loopback: discovery, login, tokens and keys; what it signs, and how, can be changed."""

import hashlib
import hmac
import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "storecast"
CLIENT_SECRET = "s3cret: 100 % & +"


@dataclass
class FakeProvider:
    """The provider.

    Attributes
    ----------
    issuer : its address
    claims : that its ID tokens have beside those of the standard, or in their place
    discovery : what its document says beside the usual, or in its place
    sign : writes an ID token with these claims; None: as it should be
    fault : what it answers to everything: a status and a body; None: as it should
    requests : how often each path was login for
    tokens : that were given out
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    fault: tuple[int, bytes] | None = None
    requests: Counter[str] = field(default_factory=Counter)
    tokens: list[str] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def as_it_should_be(self) -> None:
        """Take every change back."""
        self.claims, self.discovery, self.sign, self.fault = {}, {}, None, None

    def log_in(self, address: str) -> str:
        """Log somebody in, at the address that a browser was sent to; return the one that it is sent back to."""
        answer = httpx.get(address, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def signed(self, claims: dict[str, Any], **header: str) -> str:
        """Return an ID token as it should be."""
        return jwt.encode({"alg": "RS256", "kid": str(self.key.kid), **header}, claims, self.key)

    def signed_with_critical_field(self, claims: dict[str, Any]) -> str:
        """Return a token with a field in its header that whoever does not know it has to refuse."""
        header = {"alg": "RS256", "kid": self.key.kid, "crit": ["unknown"], "unknown": 1}
        message = f"{_part(header)}.{_part(claims)}"
        signature = self.key.private_key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{message}.{_base64(signature)}"

    def unsigned(self, claims: dict[str, Any]) -> str:
        """Return a token with the algorithm ``none``."""
        return f"{_part({'alg': 'none', 'kid': self.key.kid})}.{_part(claims)}."

    def signed_with_the_public_key(self, claims: dict[str, Any]) -> str:
        """Return a token signed with HS256, and what everybody knows as its secret."""
        message = f"{_part({'alg': 'HS256', 'kid': self.key.kid})}.{_part(claims)}"
        signature = hmac.digest(self.key.as_pem(private=False), message.encode(), "sha256")
        return f"{message}.{_base64(signature)}"

    def answer(self, method: str, address: str, headers: dict[str, str], body: str) -> tuple[int, bytes, str]:
        """Return status, body and the address of a redirect."""
        parts = urlsplit(address)
        self.requests[parts.path] += 1
        if self.fault is not None:
            return *self.fault, ""
        query = dict(parse_qsl(parts.query))
        match method, parts.path:
            case "GET", "/realm/.well-known/openid-configuration":
                return 200, json.dumps(self._document()).encode(), ""
            case "GET", "/realm/keys":
                return 200, json.dumps({"keys": [self.key.as_dict(private=False)]}).encode(), ""
            case "GET", "/realm/login":
                code = f"code-{len(self.codes)}"
                self.codes[code] = query
                return 303, b"", f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
            case "POST", "/realm/token":
                return *self._token(dict(parse_qsl(body)), headers), ""
        return 404, b"", ""

    def _document(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "login", "token_endpoint": "token", "jwks_uri": "keys"}
        addresses = {name: f"{self.issuer}/{path}" for name, path in names.items()}
        signed = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}
        return {"issuer": self.issuer, **addresses, **signed, **self.discovery}

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, bytes]:
        kind, _, pair = headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            name, secret = map(unquote_plus, b64decode(pair).decode().split(":"))
        else:
            name, secret = form.get("client_id", ""), form.get("client_secret", "")
        if (name, secret) != (CLIENT_ID, CLIENT_SECRET):
            return 401, b'{"error": "invalid_client"}'
        login = self.codes.get(form["code"])
        challenge = _base64(hashlib.sha256(form["code_verifier"].encode()).digest())
        if login is None or challenge != login["code_challenge"] or form["redirect_uri"] != login["redirect_uri"]:
            return 400, b'{"error": "invalid_grant"}'
        self.codes[form["code"]] = {**login, "code_challenge": "used"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "248289761001",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": login["nonce"],
            "preferred_username": "ada",
            "groups": ["planners", "everybody"],
            **self.claims,
        }
        token = (self.sign or self.signed)({name: value for name, value in claims.items() if value is not None})
        self.tokens.append(token)
        return 200, json.dumps({"access_token": "at-secret", "token_type": "Bearer", "id_token": token}).encode()


@contextmanager
def fake_provider() -> Iterator[FakeProvider]:
    """Run a provider."""
    provider = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body, location = provider.answer(self.command, self.path, headers, self.rfile.read(length).decode())
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}/realm"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _part(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
