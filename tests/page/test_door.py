"""The door of the web page: nothing passes it without a session, and what passes is answered as the API answers."""

import re
from html import escape
from pathlib import Path

import httpx
import pytest

from storecast.database.api_keys import revoke_key
from storecast.database.connect import Database, home_url
from storecast.page.addresses import VIEW_NAMES
from storecast.page.login import POLICY
from storecast.page.routes import page_routes
from storecast.page.views import VIEWS
from support.page_client import SAME_SITE, PageClient, callback
from support.served_home import Client, make_key

ROUTES = page_routes()


@pytest.mark.parametrize("route", [route for route in ROUTES if route.scope], ids=lambda route: route.path)
def test_nothing_but_the_login_is_open_to_somebody_without_a_session(client: Client, route: object) -> None:
    assert hasattr(route, "path")
    path = route.path.replace("{file:path}", "dash/deps/react.js")
    answer = client.ask(route.method, path, b"{}" if route.method == "POST" else None, key=None, **SAME_SITE)
    if route.view:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/app/login?next=%2Fapp%2F")
    else:
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


def test_files_of_the_page_are_compressed_and_figures_are_not(client: Client, browser: PageClient) -> None:
    def answer(path: str, encoding: str) -> httpx.Response:
        return client.ask("GET", path, key=None, cookie=browser.cookie, **{"accept-encoding": encoding})

    for path in ("/app/assets/storecast.css", "/app/_dash-component-suites/dash/dcc/dash_core_components.js"):
        small, whole = answer(path, "gzip"), answer(path, "identity")
        assert small.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in whole.headers
        assert small.text == whole.text
        again = answer(path, "gzip")
        assert (again.text, again.headers["content-encoding"]) == (whole.text, "gzip")
        assert again.headers.get_list("vary") == small.headers.get_list("vary")
        assert {"accept-encoding"} <= {name.strip().lower() for name in small.headers["vary"].split(",")}
    assert "content-encoding" not in answer("/app/_dash-layout", "gzip").headers
    assert "content-encoding" not in answer("/app/assets/nothing.css", "gzip").headers


def test_a_browser_is_led_from_the_root_to_the_page_and_nobody_else_is(client: Client) -> None:
    answer = client.ask("GET", "/", key=None, accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (answer.status_code, answer.headers["location"]) == (307, "/app/")
    for key in (None, client.key):
        answer = client.ask("GET", "/", key=key, accept="*/*")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_documentation_of_the_api_has_every_route_and_type_and_stands_behind_the_login(
    client: Client, browser: PageClient
) -> None:
    page = browser.get("/app/api")
    assert (page.status_code, page.headers["content-security-policy"]) == (200, POLICY)
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<b>{method.upper()}</b> {path}</code> {escape(operation['summary'])}" in page.text
    names = set(re.findall(r'<section id="type-(\w+)"', page.text))
    assert names == document["components"]["schemas"].keys()
    assert set(re.findall(r'href="#type-(\w+)"', page.text)) <= names
    assert not re.findall(r'(?:src|href)="(?!/app/|#)', page.text), "nothing comes from elsewhere"
    assert PageClient(client).log_in(client.key or "", "/app/api").headers["location"] == "/app/api"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_method_opens_a_route_to_somebody_without_a_session(client: Client, method: str) -> None:
    public = {(route.method, route.path) for route in ROUTES if not route.scope}
    for route in ROUTES:
        path = route.path.replace("{file:path}", "dash/deps/react.js").replace("{file}", "storecast.css")
        if (method, route.path) not in public:
            answer = client.ask(method, path, b"{}" if method == "POST" else None, key=None, **SAME_SITE)
            to_login = route.view and method == "GET"
            assert answer.status_code == (303 if to_login else 401), (method, path)


@pytest.mark.parametrize(
    "path", ["/app/nothing", "/app/store/1", "/app/_reload-hash", "/app/_dash-x", "/app/assets/a/b", "/appx"]
)
def test_an_unknown_address_does_not_exist(client: Client, browser: PageClient, path: str) -> None:
    answer = browser.get(path) if path.startswith("/app/") else client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert client.ask("GET", path, key=None).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'"x"',
        b"\xff",
        b"[" * 10_000,
        {"output": "view.children", "outputs": {}, "inputs": [], "changedPropIds": []},
        {**callback("view.children", {}), "inputs": []},
        {**callback("view.children", {}), "inputs": 1},
        {**callback("view.children", {}), "output": "..view.children.."},
    ],
)
def test_a_malformed_callback_is_a_bad_request(browser: PageClient, body: object) -> None:
    answer = browser.post(body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_callback_from_another_site_is_refused(browser: PageClient) -> None:
    body = callback("view.children", {"url.pathname": "/app/"})
    assert browser.post(body).status_code == 200
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-origin", "origin": "http://elsewhere.example"},
        {"origin": "http://["},
    ):
        assert browser.post(body, **headers).status_code == 403
    without = browser.client.ask("POST", "/app/_dash-update-component", b"{}", key=None, cookie=browser.cookie)
    assert without.status_code == 403


def test_the_key_of_the_api_does_not_open_the_page_nor_a_session_the_api(client: Client, browser: PageClient) -> None:
    assert client.get("/app/").status_code == 303
    assert client.ask("GET", "/v1/stores", key=None, cookie=browser.cookie).status_code == 401


def test_a_login_opens_a_session_that_scripts_cannot_read_and_a_logout_ends_it(client: Client, own: Path) -> None:
    somebody = PageClient(client)
    answer = somebody.log_in(make_key(home_url(own), "read"), "/app/store?store=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/app/store?store=2")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/app/", "max-age=43200"))
    shown = somebody.get("/app/")
    assert shown.status_code == 200
    policy = shown.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert somebody.log_out().headers["location"] == "/app/login"
    assert somebody.get("/app/").status_code == 303


@pytest.mark.parametrize(
    "following",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/v1/stores",
        "/app/\\x",
        "/app/../v1/stores",
        "/app/nothing",
        "",
    ],
)
def test_a_login_leads_to_this_page_alone(client: Client, following: str) -> None:
    assert client.key is not None
    assert PageClient(client).log_in(client.key, following).headers["location"] == "/app/"


@pytest.mark.parametrize("key", ["", "sc_short", "sc_" + "x" * 43, "ä"])
def test_an_unknown_key_opens_nothing_and_the_form_says_so(client: Client, key: str) -> None:
    answer = PageClient(client).log_in(key)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert "This key is not known" in answer.text


def test_a_session_ends_with_its_key(client: Client, own: Path) -> None:
    somebody = PageClient(client)
    somebody.log_in(make_key(home_url(own), "read"))
    assert somebody.get("/app/").status_code == 200
    database = Database.open(home_url(own))
    newest = max(key.id for key in _keys(database))
    revoke_key(database, newest)
    database.close()
    client.service.sessions._cached.clear()  # a second later, without the second
    assert somebody.get("/app/").status_code == 303


def _keys(database: Database) -> list[object]:
    from storecast.database.api_keys import all_keys

    return list(all_keys(database))


def test_the_addresses_of_the_views_are_known_without_dash() -> None:
    assert tuple(view.name for view in VIEWS) == VIEW_NAMES


def test_a_view_that_cannot_be_drawn_says_why(browser: PageClient) -> None:
    assert "The chain has no store nothing." in browser.draw("/app/store", "?store=nothing")


def test_scripts_of_the_page_are_kept_by_the_browser_and_views_are_not(browser: PageClient) -> None:
    assert browser.get("/app/").headers["cache-control"] == "no-store"


def test_cookies_of_other_programs_do_not_hide_the_session(client: Client, browser: PageClient) -> None:
    for others in ("a=b c; ", 'x="; ', "=; ;; "):
        answer = client.ask("GET", "/app/", key=None, cookie=others + browser.cookie)
        assert answer.status_code == 200, others


def test_a_long_link_survives_the_login(client: Client) -> None:
    assert client.key is not None
    link = "/app/scenarios?a=" + "x" * 6000
    assert PageClient(client).log_in(client.key, link).headers["location"] == link


def test_a_second_login_in_a_browser_ends_its_first_session(client: Client, browser: PageClient) -> None:
    first = browser.cookie
    form, kind = f"key={client.key}&next=", "application/x-www-form-urlencoded"
    second = client.ask("POST", "/app/login", form, key=None, cookie=first, **SAME_SITE, content_type=kind)
    client.forget_cookies()
    assert second.status_code == 303
    assert browser.get("/app/").status_code == 303
    browser.cookie = second.headers["set-cookie"].partition(";")[0]
    assert browser.get("/app/").status_code == 200
