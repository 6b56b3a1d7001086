"""What is set of the login at a provider is whole, or the service does not start."""

import logging
from pathlib import Path
from typing import Any

import pytest

from storecast.errors import ConfigError
from storecast.page.oidc.person import person_of
from storecast.page.oidc.settings import read_oidc_settings
from storecast.service.settings import Settings
from support.commands import Cli, cli

__all__ = ["cli"]

WHOLE = {
    "public_url": "https://forecast.example.com/",
    "oidc_issuer": "https://login.example.com/realms/shop/",
    "oidc_client_id": "storecast",
    "oidc_client_secret": "s3cret",
    "oidc_rights": "/sales/planners = read forecast write; a=b=read",
}


def test_what_is_set_is_read_as_it_stands() -> None:
    oidc = read_oidc_settings(Settings(**WHOLE))
    assert oidc is not None
    assert oidc.redirect_uri == "https://forecast.example.com/app/login/oidc/callback"
    assert oidc.secure
    assert oidc.issuer == WHOLE["oidc_issuer"], "tokens name it letter by letter"
    assert oidc.rights == {"/sales/planners": {"read", "forecast", "write"}, "a=b": {"read"}}
    assert "s3cret" not in repr(oidc) + repr(Settings(**WHOLE))
    assert read_oidc_settings(Settings()) is None
    assert read_oidc_settings(Settings(public_url="https://forecast.example.com")) is None


def test_the_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("of a file\n", encoding="utf-8")
    settings = {**WHOLE, "oidc_client_secret": "", "oidc_client_secret_file": str(file)}
    oidc = read_oidc_settings(Settings(**settings))
    assert oidc is not None
    assert oidc.client_secret == "of a file"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is empty"):
        read_oidc_settings(Settings(**settings))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"oidc_client_id": ""}, "needs STORECAST_OIDC_CLIENT_ID, too"),
        ({"oidc_client_secret": " "}, "needs STORECAST_OIDC_CLIENT_SECRET, too"),
        ({"public_url": "", "oidc_rights": ""}, "needs STORECAST_PUBLIC_URL, STORECAST_OIDC_RIGHTS, too"),
        ({"oidc_client_secret_file": "x"}, "are both set"),
        ({"oidc_client_secret": "", "oidc_client_secret_file": "nowhere"}, "cannot be read"),
        ({"oidc_issuer": "http://login.example.com"}, "STORECAST_OIDC_ISSUER: found .* begins with https://"),
        ({"oidc_issuer": "login.example.com"}, "STORECAST_OIDC_ISSUER"),
        ({"oidc_issuer": "https://["}, "STORECAST_OIDC_ISSUER"),
        ({"public_url": "http://forecast.example.com"}, "STORECAST_PUBLIC_URL"),
        ({"public_url": "https://user@forecast.example.com"}, "STORECAST_PUBLIC_URL"),
        ({"public_url": "https://forecast.example.com/storecast"}, "expected no path"),
        ({"oidc_scopes": "profile email"}, "expected openid among them"),
        ({"oidc_rights": "planners"}, "expected VALUE=SCOPES"),
        ({"oidc_rights": "planners=read writes"}, "no scope 'writes'. Did you mean"),
        ({"oidc_rights": "a=read; a=write"}, "stands in it twice"),
        ({"oidc_rights": ";"}, "expected VALUE=SCOPES"),
        ({"no_keys": True}, "Leave out --no-keys"),
    ],
)
def test_what_is_set_in_part_or_without_meaning_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_oidc_settings(Settings(**{**WHOLE, **changes}))


@pytest.mark.parametrize(("missing", "message"), [("joserfc", "'storecast[page,oidc]'"), ("", "begins with https://")])
def test_the_service_does_not_start_with_a_login_that_cannot_work(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str, message: str
) -> None:
    issuer = WHOLE["oidc_issuer"] if missing else "http://login.example.com"
    for name, value in {**WHOLE, "oidc_issuer": issuer}.items():
        monkeypatch.setenv(f"STORECAST_{name.upper()}", value)
    monkeypatch.setattr("storecast.cli.serve.find_spec", lambda name: None if name == missing else object())
    code, _, err = cli("serve", "--home", tmp_path)
    assert (code, len(err.splitlines())) == (2, 1), err
    assert message in err


@pytest.mark.parametrize(
    ("claims", "name", "scopes"),
    [
        ({"realm_access": {"roles": ["/sales/planners"]}, "email": "ada@example.com"}, "ada@example.com", 3),
        ({"realm_access.roles": "a=b", "preferred_username": "ada", "email": "x"}, "ada", 1),
        ({"realm_access": {"roles": ["a=b", 7]}, "preferred_username": "a\nb", "name": "Ada"}, "Ada", 1),
        ({"realm_access": {"roles": ["a=b"]}, "preferred_username": "x" * 201}, "sub", 1),
        ({"realm_access": {"roles": ["a=b"]}, "email": "boss@example.com", "email_verified": False}, "sub", 1),
    ],
)
def test_a_person_has_a_name_that_can_be_shown(claims: dict[str, Any], name: str, scopes: int) -> None:
    oidc = read_oidc_settings(Settings(**WHOLE, oidc_rights_claim="realm_access.roles"))
    assert oidc is not None
    person = person_of({"sub": "sub", **claims}, oidc)
    assert (person.name, len(person.scopes)) == (name, scopes)


def test_a_missing_claim_is_explained_to_whoever_runs_the_service(caplog: pytest.LogCaptureFixture) -> None:
    oidc = read_oidc_settings(Settings(**WHOLE))
    assert oidc is not None
    caplog.set_level(logging.WARNING)
    with pytest.raises(Exception, match="none of your groups"):
        person_of({"sub": "s"}, oidc)
    assert "its ID token has no claim groups" in caplog.text
