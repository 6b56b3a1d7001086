"""Logging in with a key, and out again; the form leads to a provider of logins, too, where one is set (`oidc`)."""

import datetime as dt
from html import escape
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from storecast.database.api_keys import Key, find_key
from storecast.database.sessions import SESSION_HOURS, close_session, open_session
from storecast.page.addresses import API, BASE, OIDC_LOGIN, VIEW_NAMES
from storecast.page.language import Words, preferred_language
from storecast.service.middleware.auth import TOKEN
from storecast.service.middleware.browser import COOKIE, LOGIN, session_token
from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem, unreadable
from storecast.service.service import service_of
from storecast.service.settings import Settings

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAX_BODY = 32 * 1024  # bytes: a key, and an address of the page with all that was chosen there


async def show_login(request: Request) -> Response:
    """Show the form that asks for a key."""
    return login_form(request, inside(request.query_params.get("next", "")))


async def log_in(request: Request) -> Response:
    """Open a session for the holder of a key."""
    service = service_of(request)
    form = _read_form(context_of(request.scope).body)
    token, following = form.get("key", "").strip(), inside(form.get("next", ""))
    address = context_of(request.scope).client
    try:
        service.strangers.check(address)
    except Problem as problem:
        return login_form(request, following, problem)
    database = service.live.database()
    key = await service.quick.run(find_key, database, token) if TOKEN.fullmatch(token.encode()) else None
    if key is None or not key.holds(dt.datetime.now(dt.UTC)):
        service.strangers.note(address)
        unknown = Problem("no-key", "This key is not known, or it has expired. Ask for a new one.")
        return login_form(request, following, unknown)
    response = RedirectResponse(following, status_code=303)
    await enter(request, response, key)
    return response


async def enter(request: Request, response: Response, key: Key, *, secure: bool = False) -> None:
    """Open a session for the holder of a key; the reply gives it to the browser.

    Parameters
    ----------
    request : of the browser
    response : that answers it
    key : that was proven
    secure : whether the browser came over HTTPS; it did, too, where the request says so
    """
    service = service_of(request)
    await _close_session(request)  # of whoever used this browser before
    session = await service.writes.run(open_session, service.live.database(), key)
    service.sessions.remember(session.encode())
    forwarded = request.headers.get(
        "x-forwarded-proto"
    )  # of a proxy that speaks TLS; a forged one only does without plain HTTP
    secure = secure or "https" in (request.url.scheme, forwarded)
    response.set_cookie(
        COOKIE, session, max_age=SESSION_HOURS * 3600, path=BASE, secure=secure, httponly=True, samesite="strict"
    )


async def log_out(request: Request) -> Response:
    """End the session."""
    await _close_session(request)
    response = RedirectResponse(LOGIN, status_code=303)
    response.delete_cookie(COOKIE, path=BASE, httponly=True, samesite="strict")
    return response


async def _close_session(request: Request) -> None:
    token = session_token(request.scope)
    if token is not None:
        service = service_of(request)
        await service.writes.run(close_session, service.live.database(), token.decode("latin-1"))
        service.sessions.forget(token)


def _read_form(body: bytes) -> dict[str, str]:
    if len(body) > MAX_BODY:
        raise unreadable("The form holds more than a key.")
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=4)
    except ValueError as error:
        raise unreadable("The body is no form.") from error
    return {name: values[0] for name, values in fields.items() if len(values) == 1}


def inside(following: str) -> str:
    """Return an address of this page; the first view where another is asked for."""
    views = {BASE + name for name in (*VIEW_NAMES, API)}
    return following if following.partition("?")[0] in views and following.isprintable() else BASE


def login_form(request: Request, following: str, refusal: Problem | None = None) -> Response:
    """Return the form.

    Parameters
    ----------
    request : of a browser
    following : the address that the login leads to
    refusal : why an earlier attempt was refused
    """
    words = Words(preferred_language(request.headers.get("accept-language", "")))
    settings = service_of(request).settings
    hint = words.text(
        "A key is made by `storecast key create`. It stays in this browser for {hours} hours.", hours=SESSION_HOURS
    )
    message = ""
    if refusal is not None:
        message = f'<p class="message refused" role="alert">{escape(words.text(refusal.detail))}</p>'
    key_kind = ""
    if settings.oidc_issuer:
        message += _way_to_provider(settings, following, words)
        key_kind = ' class="plain"'
    return page_of_login(
        words,
        words.text("Log in"),
        f"""<form method="post" action="{LOGIN}">
{message}
<label for="key">{words.text("Your key")}</label>
<input id="key" name="key" type="password" autocomplete="current-password" required{"" if key_kind else " autofocus"}>
<input type="hidden" name="next" value="{escape(following)}">
<button type="submit"{key_kind}>{words.text("Log in")}</button>
<p class="soft">{hint}</p>
</form>""",
        refusal,
    )


def page_of_login(words: Words, title: str, content: str, refusal: Problem | None = None, head: str = "") -> Response:
    """Return a page of the login.

    Parameters
    ----------
    words : in the reader's language
    title : of the page
    content, head : what stands in it, as HTML
    refusal : why a login was refused; it gives the status
    """
    page = f"""<!DOCTYPE html>
<html lang="{words.language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · storecast</title><link rel="icon" href="{BASE}_favicon.ico">
<link rel="stylesheet" href="{BASE}assets/storecast.css">{head}</head>
<body class="login"><main>
<h1>storecast</h1>
{content}</main></body></html>
"""
    headers = {} if refusal is None else refusal.headers
    status = 200 if refusal is None else refusal.status
    return HTMLResponse(page, status, headers={**headers, "content-security-policy": POLICY})


def _way_to_provider(settings: Settings, following: str, words: Words) -> str:
    """Return the button that leads to the provider, at the address to which it sends a browser back."""
    if settings.oidc_name:
        text = words.text("Log in with {provider}", provider=settings.oidc_name)
    else:
        text = words.text("Log in with your company account")
    address = f"{settings.public_url.rstrip('/')}{OIDC_LOGIN}?{urlencode({'next': following})}"
    return f"""<a class="button" href="{escape(address)}">{escape(text)}</a>
<p class="soft or">{words.text("or with a key")}</p>
"""
