"""The login at a provider: a browser is sent there, and comes back with a code (authorization code flow with PKCE).

What has to be remembered meanwhile is in a cookie of its own, for ten minutes: any process of the service can finish a login that
another began. It is `Lax`, since the way back begins at the provider. The session's cookie is `Strict`, so the last step is a page
of ours that leads on.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from storecast.database.people import person_key
from storecast.errors import quote
from storecast.page.addresses import BASE
from storecast.page.language import Words, preferred_language
from storecast.page.login import enter, inside, login_form, page_of_login
from storecast.page.oidc.person import person_of
from storecast.page.oidc.provider import Provider, log
from storecast.page.oidc.settings import OidcSettings
from storecast.service.middleware.browser import cookie_value
from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem
from storecast.service.service import service_of

MEMORY_S = 600  # in which a login must come to its end
LONGEST_NEXT = 2048  # bytes of an address that goes with it: browsers keep no cookie beyond 4096
LONGEST_CODE = 4096


@dataclass(frozen=True)
class Attempt:
    """A login that has begun; its secrets come back from the provider, or are sent there with the code."""

    following: str  # the address of the page that it leads to
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def to_cookie(self) -> str:
        """Return it as the value of a cookie."""
        following = self.following if len(self.following.encode()) <= LONGEST_NEXT else self.following.partition("?")[0]
        return ".".join(
            (self.state, self.nonce, self.verifier, urlsafe_b64encode(following.encode()).decode().rstrip("="))
        )

    @classmethod
    def from_cookie(cls, text: str) -> "Attempt | None":
        """Return the login of a cookie; None where it is none."""
        parts = text.split(".")
        if len(parts) != 4 or not all(parts):
            return None
        try:
            following = urlsafe_b64decode(parts[3] + "=" * (-len(parts[3]) % 4)).decode()
        except ValueError:
            return None
        return cls(inside(following), *parts[:3])


class ProviderLogin:
    """The two routes of the login.

    Parameters
    ----------
    settings : of the login
    """

    def __init__(self, settings: OidcSettings) -> None:
        self.settings = settings
        self.provider = Provider(settings)
        # A cookie with this prefix is set by this very host over HTTPS, and by no neighbour of it.
        self.cookie = "__Host-storecast_login" if settings.secure else "storecast_login"

    async def begin(self, request: Request) -> Response:
        """Send a browser to the provider."""
        attempt = Attempt(inside(request.query_params.get("next", "")))
        try:
            service_of(request).strangers.check(context_of(request.scope).client)
            address = await self.provider.authorization_url(attempt.state, attempt.nonce, attempt.verifier)
        except Problem as problem:
            return login_form(request, attempt.following, problem)
        response = RedirectResponse(address, status_code=303)
        response.set_cookie(self.cookie, attempt.to_cookie(), max_age=MEMORY_S, **self._scope_of_cookie())
        return response

    async def finish(self, request: Request) -> Response:
        """Log a browser in that comes back from the provider."""
        service, address = service_of(request), context_of(request.scope).client
        attempt = Attempt.from_cookie(cookie_value(request.scope, self.cookie) or "")
        following = BASE if attempt is None else attempt.following
        try:
            service.strangers.check(address)
            response = await self._log_in(request, attempt)
        except Problem as problem:
            if problem.status < 429:  # a fault of the provider is none of whoever comes
                service.strangers.note(address)
            response = login_form(request, following, problem)
        response.delete_cookie(self.cookie, **self._scope_of_cookie())
        response.headers["referrer-policy"] = "no-referrer"  # the address holds the code
        return response

    async def _log_in(self, request: Request, attempt: Attempt | None) -> Response:
        query, service = request.query_params, service_of(request)
        if attempt is None or not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
            raise Problem(
                "bad-request",
                "This login began elsewhere, or more than ten minutes ago. Begin it again in this browser.",
            )
        await self.provider.check_sender(query.get("iss"))
        if "error" in query:
            log.warning("the provider refused a login: %s", quote(query["error"]))
            raise Problem(
                "not-allowed", "The provider did not log you in. Begin the login again, or ask whoever runs it."
            )
        code = query.get("code", "")
        if not 0 < len(code) <= LONGEST_CODE:
            raise Problem("bad-request", "The provider sent no code. Begin the login again.")
        claims = await self.provider.claims(code, attempt.verifier, attempt.nonce)
        person = person_of(claims, self.settings)
        database = service.live.database()
        key = await service.writes.run(
            person_key, database, self.settings.issuer, person.subject, person.name, person.scopes
        )
        if key.revoked is not None:
            raise Problem("not-allowed", "Your access to this service was revoked. Ask whoever runs it.")
        response = _lead_on(request, attempt.following)
        await enter(request, response, key, secure=self.settings.secure)
        return response

    def _scope_of_cookie(self) -> dict[str, Any]:
        return {"path": "/", "secure": self.settings.secure, "httponly": True, "samesite": "lax"}


def _lead_on(request: Request, following: str) -> Response:
    """Return a page that leads on by itself: its own step sends the session's cookie, which a redirect from elsewhere does not."""
    words = Words(preferred_language(request.headers.get("accept-language", "")))
    address = escape(following)
    return page_of_login(
        words,
        words.text("You are logged in"),
        f'<p><a class="button" href="{address}">{words.text("Go on")}</a></p>',
        head=f'<meta http-equiv="refresh" content="0; url={address}">',
    )
