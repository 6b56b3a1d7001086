"""The login at a provider in a real browser: the provider is another site, from which no strict cookie is sent."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.chromium import DRAWN, SLOW_MS, listen, serious_barriers, started_chromium
from support.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, fake_provider
from support.served_home import served_process

pytestmark = pytest.mark.page


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with fake_provider() as running:
        running.issuer = running.issuer.replace("127.0.0.1", "localhost")
        yield running


@pytest.fixture(scope="module")
def address(own: Path, provider: FakeProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    secret = tmp_path_factory.mktemp("oidc") / "secret"
    secret.write_text(CLIENT_SECRET, encoding="utf-8")
    settings = {
        "STORECAST_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STORECAST_OIDC_ISSUER": provider.issuer,
        "STORECAST_OIDC_CLIENT_ID": CLIENT_ID,
        "STORECAST_OIDC_CLIENT_SECRET_FILE": str(secret),
        "STORECAST_OIDC_RIGHTS": "planners=read write",
        "XDG_CONFIG_HOME": str(tmp_path_factory.getbasetemp() / "config"),
    }
    with served_process(own, "--port", str(port), **settings) as (process, _):
        yield settings["STORECAST_PUBLIC_URL"]
        assert not [line for line in process.lines if json.loads(line)["level"] == "ERROR"]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with started_chromium() as process:
        yield process


def test_a_login_at_another_site_leads_to_the_view_that_was_wanted(
    address: str, provider: FakeProvider, chromium: Browser
) -> None:
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(SLOW_MS)
    page = context.new_page()
    page.goto(f"{address}/app/store?store=2")
    wrong, _ = listen(page)
    page.get_by_role("link", name="Log in with your company account").click()
    page.wait_for_selector(DRAWN)
    assert page.url == f"{address}/app/store?store=2"
    assert page.locator(DRAWN).inner_text() == "Store 2"
    assert {cookie["name"]: cookie["sameSite"] for cookie in context.cookies()} == {"storecast_session": "Strict"}
    page.wait_for_load_state("networkidle")  # parts of the view that come after a logout would be refused
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Your key")).to_be_visible()
    assert wrong == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_is_refused_reads_why_without_barriers(
    address: str, provider: FakeProvider, chromium: Browser, scheme: str
) -> None:
    provider.claims = {"groups": []}
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme, locale="de-DE")  # type: ignore[arg-type]
    context.set_default_timeout(SLOW_MS)
    page = context.new_page()
    page.goto(f"{address}/app/login")
    assert serious_barriers(page) == []
    page.get_by_role("link", name="Mit dem Firmenkonto anmelden").click()
    expect(page.get_by_role("alert")).to_contain_text("keine Ihrer Gruppen")
    assert serious_barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
