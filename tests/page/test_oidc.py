"""The login at a provider: who is believed gets the session that a key gets; whoever forges a part of it gets none."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from storecast.database.api_keys import all_keys, revoke_key
from storecast.database.connect import Database, home_url
from storecast.database.request_log import audit_lines
from storecast.page.addresses import OIDC_CALLBACK, OIDC_LOGIN
from storecast.page.login import POLICY
from storecast.page.oidc.login import LONGEST_NEXT
from storecast.page.oidc.provider import KEYS_AGAIN_S, MOST_BYTES, Provider
from storecast.page.oidc.settings import OidcSettings, read_oidc_settings
from storecast.page.routes import page_routes
from storecast.service.problems import Problem
from storecast.service.route import Route
from storecast.service.settings import Settings
from support.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, fake_provider
from support.page_client import PageClient
from support.served_home import Client, make_key, running, settings_of

COOKIE = "storecast_login"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[FakeProvider]:
    with fake_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: FakeProvider) -> Iterator[FakeProvider]:
    yield running_provider
    running_provider.as_it_should_be()


@pytest.fixture(scope="module")
def settings(own: Path, running_provider: FakeProvider) -> Settings:
    return settings_of(
        own,
        public_url="http://127.0.0.1:8000/",
        oidc_issuer=running_provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_rights="planners=read forecast write; it = admin",
    )


@pytest.fixture(scope="module")
def oidc(settings: Settings) -> OidcSettings:
    read = read_oidc_settings(settings)
    assert read is not None
    return read


@pytest.fixture(scope="module")
def routes(oidc: OidcSettings) -> tuple[Route, ...]:
    return page_routes(oidc)


@pytest.fixture(scope="module")
def client(
    own: Path, settings: Settings, routes: tuple[Route, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        with running(settings, make_key(home_url(own)), page=routes) as service:
            yield service


class Somebody(PageClient):
    """Somebody who logs in at the provider."""

    @property
    def token(self) -> bytes:
        """The session's token."""
        return self.cookie.partition("=")[2].encode()

    def begin(self, following: str = "/app/") -> httpx.Response:
        """Ask for the way to the provider, and keep the cookie."""
        answer = self.get(f"{OIDC_LOGIN}?{urlencode({'next': following})}")
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        self.client.forget_cookies()
        return answer

    def come_back(self, address: str) -> httpx.Response:
        """Come back from the provider; where that opens a session, keep it."""
        parts = urlsplit(address)
        answer = self.get(f"{parts.path}?{parts.query}")
        cookies = [cookie.partition(";")[0] for cookie in answer.headers.get_list("set-cookie")]
        self.cookie = next((each for each in cookies if each.startswith("storecast_session")), self.cookie)
        self.client.forget_cookies()
        return answer


def logged_in(client: Client, provider: FakeProvider, following: str = "/app/") -> tuple[Somebody, httpx.Response]:
    somebody = Somebody(client)
    return somebody, somebody.come_back(provider.log_in(somebody.begin(following).headers["location"]))


def test_who_is_in_a_group_gets_the_session_of_the_page_and_writes_under_their_name(
    client: Client, provider: FakeProvider, own: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "storecast")
    form = client.get("/app/login?next=%2Fapp%2Fstore", accept_language="de")
    assert "Mit dem Firmenkonto anmelden" in form.text
    assert 'href="http://127.0.0.1:8000/app/login/oidc?next=%2Fapp%2Fstore"' in form.text
    somebody = Somebody(client)
    begun = somebody.begin("/app/store?store=2")
    query = {name: values[0] for name, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    assert query.pop("redirect_uri") == f"http://127.0.0.1:8000{OIDC_CALLBACK}"
    assert {name: query[name] for name in ("response_type", "client_id", "scope", "code_challenge_method")} == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "scope": "openid profile email",
        "code_challenge_method": "S256",
    }
    remembered = begun.headers["set-cookie"].lower()
    assert all(part in remembered for part in ("httponly", "samesite=lax", "path=/", "max-age=600"))
    back = provider.log_in(begun.headers["location"])
    answer = somebody.come_back(back)
    assert (answer.status_code, answer.headers["content-security-policy"]) == (200, POLICY)
    assert '<meta http-equiv="refresh" content="0; url=/app/store?store=2">' in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    ended, session = sorted(answer.headers.get_list("set-cookie"))
    assert ended.startswith(f'{COOKIE}=""; ')
    assert all(part in session.lower() for part in ("httponly", "samesite=strict", "path=/app/", "max-age=43200"))
    assert somebody.get("/app/store").status_code == 200
    key = asyncio.run_coroutine_threadsafe(client.service.sessions.get(somebody.token), client.loop).result(10)
    assert (key.name, key.person) == ("ada", True), "the name that plan writes say"
    database = Database.open(home_url(own))
    person = next(key for key in all_keys(database) if key.person)
    assert (person.name, sorted(person.scopes)) == ("ada", ["forecast", "read", "write"])
    lines = [line for line in audit_lines(database) if line["action"] == "person added"]
    assert [(line["actor"], line["detail"]["name"]) for line in lines] == [(f"key:{person.id}", "ada")]
    database.close()
    assert somebody.log_out().headers["location"] == "/app/login"
    assert somebody.get("/app/").status_code == 303
    code = parse_qs(urlsplit(back).query)["code"][0]
    client.service.request_log.flush()
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("storecast"))
    for secret in (CLIENT_SECRET, provider.tokens[-1], "at-secret", code, query["state"], query["nonce"], session):
        assert secret not in logged
    for secret in (CLIENT_SECRET, provider.tokens[-1], query["nonce"]):
        assert secret not in back


def test_a_person_stays_the_same_key_whose_name_and_scopes_follow_the_provider(
    client: Client, provider: FakeProvider, database: Database
) -> None:
    logged_in(client, provider)
    before = next(key for key in all_keys(database) if key.person)
    provider.claims = {"preferred_username": None, "email": "ada@example.com", "groups": "it"}
    logged_in(client, provider)
    after = next(key for key in all_keys(database) if key.person)
    assert (after.id, after.name, after.scopes) == (before.id, "ada@example.com", {"admin"})
    assert "person changed" in {line["action"] for line in audit_lines(database)}


@pytest.mark.parametrize("claims", [{"groups": ["everybody"]}, {"groups": None}, {"groups": 7}, {"groups": []}])
def test_who_is_in_no_group_that_opens_the_service_is_told_so(
    client: Client, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    somebody, answer = logged_in(client, provider)
    assert answer.status_code == 403
    assert "none of your groups or roles opens this service" in answer.text
    assert "storecast_session" not in "".join(answer.headers.get_list("set-cookie"))
    assert somebody.get("/app/").status_code == 303


def hour_ago() -> dict[str, Any]:
    return {"exp": int(time.time()) - 3600}


FORGERIES: dict[str, Callable[[FakeProvider, dict[str, Any]], str]] = {
    "wrong nonce": lambda provider, claims: provider.signed({**claims, "nonce": "another"}),
    "no nonce": lambda provider, claims: provider.signed(
        {name: value for name, value in claims.items() if name != "nonce"}
    ),
    "wrong audience": lambda provider, claims: provider.signed({**claims, "aud": "another"}),
    "two audiences without azp": lambda provider, claims: provider.signed({**claims, "aud": [CLIENT_ID, "another"]}),
    "wrong azp": lambda provider, claims: provider.signed({**claims, "azp": "another"}),
    "wrong issuer": lambda provider, claims: provider.signed({**claims, "iss": "https://elsewhere.example"}),
    "expired": lambda provider, claims: provider.signed({**claims, **hour_ago()}),
    "no expiry": lambda provider, claims: provider.signed(
        {name: value for name, value in claims.items() if name != "exp"}
    ),
    "issued tomorrow": lambda provider, claims: provider.signed({**claims, "iat": int(time.time()) + 86_400}),
    "of another access token": lambda provider, claims: provider.signed(
        {**claims, "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}
    ),
    "no subject": lambda provider, claims: provider.signed({**claims, "sub": ""}),
    "algorithm none": lambda provider, claims: provider.unsigned(claims),
    "HS256 with the public key": lambda provider, claims: provider.signed_with_the_public_key(claims),
    "an unknown critical header": lambda provider, claims: provider.signed_with_critical_field(claims),
    "a signature of other claims": lambda provider, claims: _exchanged(
        provider.signed(claims), provider.unsigned(claims)
    ),
    "no token": lambda _provider, _claims: "no.token",
}


def _exchanged(token: str, other: str) -> str:
    header, _, signature = token.split(".")
    return ".".join((header, other.split(".")[1][:-4] + "AAAA", signature))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_opens_nothing(
    client: Client, provider: FakeProvider, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    provider.sign = lambda claims: FORGERIES[name](provider, claims)
    somebody, answer = logged_in(client, provider)
    assert (answer.status_code, "This login was not accepted" in answer.text) == (403, True)
    assert "storecast_session" not in "".join(answer.headers.get_list("set-cookie"))
    assert somebody.get("/app/").status_code == 303
    assert "its ID token is not believed" in caplog.text
    assert provider.tokens[-1] not in caplog.text


def test_a_token_for_two_audiences_is_believed_where_it_was_issued_to_this_one(
    client: Client, provider: FakeProvider
) -> None:
    provider.claims = {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}
    assert logged_in(client, provider)[1].status_code == 200


def test_a_login_comes_back_to_the_browser_that_began_it_once(client: Client, provider: FakeProvider) -> None:
    somebody = Somebody(client)
    back = provider.log_in(somebody.begin().headers["location"])
    other = Somebody(client)
    for cookie in ("", f"{COOKIE}=a.b.c.d", f"{COOKIE}=...."):
        other.cookie = cookie
        assert other.come_back(back).status_code == 400
    other.begin()
    assert "began elsewhere" in other.come_back(back).text
    cookie = somebody.cookie
    for broken in (back.replace("state=", "state=x"), back.replace("code=", "no-code=")):
        assert somebody.come_back(broken).status_code == 400
    assert somebody.come_back(back).status_code == 200
    somebody.cookie = cookie  # kept by whoever saw it
    assert (somebody.come_back(back).status_code, somebody.cookie) == (403, cookie)
    assert somebody.come_back(back + "&error=access_denied").status_code == 403


@pytest.mark.parametrize("issuer", [None, "https://elsewhere.example"])
def test_a_reply_of_another_provider_is_refused(provider: FakeProvider, oidc: OidcSettings, issuer: str | None) -> None:
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    fresh = Provider(oidc)

    async def check() -> None:
        await fresh.check_sender(oidc.issuer)
        with pytest.raises(Problem, match="not accepted"):
            await fresh.check_sender(issuer)

    asyncio.run(check())


@pytest.mark.parametrize(
    "following",
    ["https://elsewhere.example/", "//elsewhere.example", "/app/../v1/stores", "/v1/stores", "/app/nothing", ""],
)
def test_a_login_leads_to_this_page_alone(client: Client, provider: FakeProvider, following: str) -> None:
    _, answer = logged_in(client, provider, following)
    assert 'content="0; url=/app/">' in answer.text
    somebody = Somebody(client)
    back = provider.log_in(somebody.begin().headers["location"])
    somebody.cookie = ".".join((*somebody.cookie.split(".")[:3], "Ly9lbHNld2hlcmUuZXhhbXBsZQ"))  # //elsewhere.example
    assert 'content="0; url=/app/">' in somebody.come_back(back).text


def test_an_address_that_no_cookie_holds_leads_to_its_view(client: Client, provider: FakeProvider) -> None:
    _, answer = logged_in(client, provider, "/app/plan?of=" + "x" * LONGEST_NEXT)
    assert 'content="0; url=/app/plan">' in answer.text
    _, answer = logged_in(client, provider, "/app/plan?of=" + "x" * (LONGEST_NEXT - 100))
    assert "xxx" in answer.text


def test_a_revoked_person_stays_outside(client: Client, provider: FakeProvider, database: Database) -> None:
    provider.claims = {"sub": "another", "preferred_username": "bob"}
    bob, _ = logged_in(client, provider)
    number = next(key.id for key in all_keys(database) if key.name == "bob")
    revoke_key(database, number)
    client.service.sessions.forget(bob.token)
    assert bob.get("/app/").status_code == 303
    answer = logged_in(client, provider)[1]
    assert (answer.status_code, "was revoked" in answer.text) == (403, True)


@pytest.mark.parametrize(
    "fault",
    [
        (500, b"{}"),
        (401, b'{"error": "invalid_client"}'),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b" " * (MOST_BYTES + 1)),
    ],
)
def test_a_provider_that_is_down_is_said_and_keys_go_on(
    client: Client, provider: FakeProvider, fault: tuple[int, bytes]
) -> None:
    somebody = Somebody(client)
    back = provider.log_in(somebody.begin().headers["location"])
    provider.fault = fault
    answer = somebody.come_back(back)
    assert (answer.status_code, "does not answer as it should" in answer.text) == (503, True)
    assert PageClient(client).log_in(client.key or "").status_code == 303


@pytest.mark.parametrize("listens", [False, True])
def test_the_way_to_a_provider_that_does_not_answer_is_the_form_with_a_message(
    client: Client, oidc: OidcSettings, routes: tuple[Route, ...], monkeypatch: pytest.MonkeyPatch, *, listens: bool
) -> None:
    monkeypatch.setattr("storecast.page.oidc.provider.REPLY_S", 0.1)
    at_provider = next(route for route in routes if route.path == OIDC_LOGIN).endpoint.__self__  # type: ignore[attr-defined]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        if listens:  # and says nothing
            unused.listen()
        issuer = f"http://127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setattr(at_provider, "provider", Provider(replace(oidc, issuer=issuer)))
        answer = Somebody(client).begin("/app/store?store=2")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "does not answer as it should" in answer.text
    assert '<input type="hidden" name="next" value="/app/store?store=2">' in answer.text


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": None},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
    ],
)
def test_a_discovery_document_that_leads_elsewhere_is_not_used(
    provider: FakeProvider, oidc: OidcSettings, document: dict[str, Any]
) -> None:
    provider.discovery = document
    with pytest.raises(Problem) as refused:
        asyncio.run(Provider(oidc).authorization_url("s", "n", "v"))
    assert refused.value.status == 503


def test_a_secret_is_sent_as_the_provider_takes_it_and_a_new_key_is_looked_for_once(
    provider: FakeProvider, oidc: OidcSettings
) -> None:
    now = [1000.0]

    async def log_in(at: Provider, nonce: str) -> str:
        address = await at.authorization_url("state", nonce, "verifier")
        code = parse_qs(urlsplit(await asyncio.to_thread(provider.log_in, address)).query)["code"][0]
        return str((await at.claims(code, "verifier", nonce))["preferred_username"])

    async def logins() -> None:
        provider.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]}
        at = Provider(oidc, clock=lambda: now[0])
        assert await log_in(at, "1") == "ada"
        before = provider.requests["/realm/keys"]
        first, provider.key = provider.key, FakeProvider().key
        provider.key = type(provider.key).import_key({**provider.key.as_dict(private=True), "kid": "second"})
        for nonce in ("2", "3"):
            with pytest.raises(Problem, match="not accepted"):
                await log_in(at, nonce)
        assert provider.requests["/realm/keys"] == before, "the keys are current; a flood of tokens asks for none"
        now[0] += KEYS_AGAIN_S + 1
        assert await log_in(at, "4") == "ada"
        assert provider.requests["/realm/keys"] == before + 1
        provider.key = first
        assert provider.requests["/realm/.well-known/openid-configuration"] > 0

    asyncio.run(logins())


def test_an_algorithm_that_anybody_could_sign_with_is_never_believed(
    provider: FakeProvider, oidc: OidcSettings
) -> None:
    provider.discovery = {"id_token_signing_alg_values_supported": ["HS256", "none"]}
    provider.sign = provider.signed_with_the_public_key

    async def log_in() -> None:
        at = Provider(oidc)
        address = await at.authorization_url("state", "nonce", "verifier")
        code = parse_qs(urlsplit(await asyncio.to_thread(provider.log_in, address)).query)["code"][0]
        with pytest.raises(Problem, match="not accepted"):
            await at.claims(code, "verifier", "nonce")

    asyncio.run(log_in())


def test_another_process_finishes_a_login_and_sends_away_who_comes_back_with_forged_codes(
    client: Client, provider: FakeProvider, settings: Settings, oidc: OidcSettings
) -> None:
    somebody = Somebody(client)
    back = provider.log_in(somebody.begin().headers["location"])
    with running(replace(settings, unknown_keys=0.001), page=page_routes(oidc)) as other:
        somebody.client = other
        assert somebody.come_back(back).status_code == 200
        assert somebody.get("/app/api").status_code == 200
        answers = [Somebody(other).come_back(f"{OIDC_CALLBACK}?state=x&code=y") for _ in range(51)]
    assert [answer.status_code for answer in answers[-2:]] == [400, 429]
    assert "retry-after" in answers[-1].headers
    somebody.client = client
    assert somebody.get("/app/api").status_code == 200
