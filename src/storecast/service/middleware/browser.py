"""What the door asks of a browser: its session in a cookie, and that its own page sent what changes something."""

from urllib.parse import urlencode, urlsplit

from starlette.types import Scope, Send

from storecast.service.problems import Problem

COOKIE = "storecast_session"
LOGIN = "/app/login"


def session_token(scope: Scope) -> bytes | None:
    """Return the token of a request's session; None where it has none."""
    value = cookie_value(scope, COOKIE)
    return None if value is None else value.encode("latin-1")


def cookie_value(scope: Scope, cookie: str) -> str | None:
    """Return the value of a request's cookie; None where it has none of that name."""
    # Cookies of other programs on this host may hold what no parser of the standard library reads on after.
    pairs = (part.strip().partition("=") for part in (_header(scope, b"cookie") or "").split(";"))
    return next((value for name, _, value in pairs if name == cookie), None)


def check_same_site(scope: Scope) -> None:
    """Refuse a request that a page of another site sent with this browser's cookie.

    Browsers say in Sec-Fetch-Site whose page sends a request, and in Origin its address. One without either is refused, as the
    OWASP cheat sheet on cross-site request forgery has it; the cookie's SameSite=Strict stands behind this.

    Raises
    ------
    Problem
        where it is not known to come from a page of this service
    """
    site, origin, host = (_header(scope, name) for name in (b"sec-fetch-site", b"origin", b"host"))
    same = site == "same-origin" if site is not None else origin is not None
    if not same or (origin is not None and _host_of(origin) != host):
        raise Problem("not-allowed", "Only a page of this service may send this. Open it at /app/ and try again.")


async def send_to_login(scope: Scope, send: Send) -> None:
    """Send a browser to the login, which leads back to where it wanted to go."""
    query = scope["query_string"].decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    location = f"{LOGIN}?{urlencode({'next': wanted})}"
    headers = [(b"location", location.encode()), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # http://[
        return None


def _header(scope: Scope, name: bytes) -> str | None:
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return "; ".join(values) if values else None
