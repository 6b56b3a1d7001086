"""[notify] is read whole or refused by the setting that is wrong; no secret stands in the file."""

import re
from pathlib import Path

import pytest

from storecast.errors import ConfigError
from storecast.notify.alerts import Threshold
from storecast.notify.settings import KINDS, NotifySettings, read_settings

DOCS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
WHOLE = """
country = "DE"
[notify]
name = "North"
end_after_days = 7
certificates = ["tls.crt"]
[notify.thresholds]
missing = [5, 2]
late = 3
[notify.webhook]
url_env = "HOOK"
token_file = "{token}"
[notify.email]
host = "smtp.example.com"
from = "storecast@example.com"
to = ["ada@example.com"]
user = "storecast"
password_env = "PASSWORD"
"""
ENVIRONMENT = {"HOOK": "https://hooks.example.com/secret", "PASSWORD": "pass-word"}


def test_secrets_come_from_variables_and_files_and_are_not_shown(tmp_path: Path) -> None:
    token, file = tmp_path / "token", tmp_path / "storecast.toml"
    token.write_text("to-ken\n", encoding="utf-8")
    file.write_text(WHOLE.format(token=token), encoding="utf-8")
    settings = read_settings(file, ENVIRONMENT)
    assert settings.webhook
    assert settings.email
    assert (settings.webhook.url, settings.webhook.token) == (ENVIRONMENT["HOOK"], "to-ken")
    assert (settings.email.password, settings.email.port, settings.email.tls) == ("pass-word", 587, "starttls")
    assert settings.thresholds == {"missing": Threshold(5, 2), "late": Threshold(3, 3)}
    assert not re.search("secret|to-ken|pass-word", repr(settings))


@pytest.mark.parametrize("text", [None, 'country = "DE"\n'], ids=["no file", "no table"])
def test_without_notify_nobody_is_told(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "storecast.toml"
    if text:
        file.write_text(text, encoding="utf-8")
    assert read_settings(file) == NotifySettings()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("[notify", "cannot be read as TOML"),
        ("notify = 3", "expected the table"),
        ("[notify]\nnames = 'a'", r"no setting 'names'. Did you mean name\?"),
        ("[notify]\nend_after_days = 'a'", "end_after_days: found 'a'; expected a number"),
        ("[notify]\nend_after_days = -1", "expected 0 to 366"),
        ("[notify]\ncertificates = [1]", "expected a list of texts"),
        ("[notify.thresholds]\nlate = [2, 5]", "where it begins and, below that, where it ends"),
        ("[notify.thresholds]\nlater = 2", r"Did you mean late\?"),
        ("[notify.webhook]\nurl = 'https://u:p@example.com'", "holds a user or password"),
        ("[notify.webhook]\nurl = 'http://example.com'", "http is for this machine alone"),
        ("[notify.webhook]\nurl = 'https://[a'", "no URL"),
        ("[notify.webhook]\ntoken = 'a'", "a secret does not stand in this file"),
        ("[notify.webhook]\nurl_env = 'NONE'", "there is no variable 'NONE'"),
        ("[notify.webhook]\nurl_file = 'none'", "'none' cannot be read"),
        ("[notify.email]\nhost = 'a'", "expected host, from and to"),
        ("[notify.email]\nhost = 'a'\nfrom = 'a@b'\nto = ['a b@c']", "found the address 'a b@c'"),
        ("[notify.email]\nhost = 'a'\nfrom = 'a@b'\nto = ['a@b']\ntls = 'ssl'", "expected one of starttls, tls, none"),
        ("[notify.email]\nhost = 'a'\nfrom = 'a@b'\nto = ['a@b']\ntls = 'none'", "another machine needs starttls"),
    ],
)
def test_what_has_no_meaning_is_refused_by_its_name(tmp_path: Path, lines: str, message: str) -> None:
    file = tmp_path / "storecast.toml"
    file.write_text(lines, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_settings(file, {})


def test_every_kind_of_alert_is_documented() -> None:
    section = DOCS.partition("## Tell people")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == set(KINDS)
