"""People are told by webhook and by mail; what is not taken waits, and no secret is logged."""

import base64
import datetime as dt
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from storecast.errors import DataError
from storecast.notify import channels
from storecast.notify.alerts import Condition
from storecast.notify.notifier import Notifier
from support.commands import Cli, cli
from support.notice_servers import Received, mail_server, webhook, write_certificate

__all__ = ["cli"]
MONDAY = dt.date(2015, 6, 15)
LATE = Condition("late", "The sales are late.", 2)
MISSING = Condition("missing", "No sales have come from 1 of 4 stores: 4.")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "north"
    folder.mkdir()
    (folder / "storecast.db").touch()  # what makes a folder a home
    return folder


@pytest.fixture
def receivers(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Received, Received]]:
    monkeypatch.setattr(channels, "PAUSES", ())
    certificate, key = write_certificate(tmp_path, dt.date(2100, 1, 1))
    with webhook() as posts, mail_server(certificate, key) as mails:
        monkeypatch.setenv("HOOK", f"http://127.0.0.1:{posts.port}/services/s3cret")
        monkeypatch.setenv("HOOK_TOKEN", "t0ken")
        monkeypatch.setenv("MAIL_PASSWORD", "passw0rd")
        (home / "storecast.toml").write_text(
            f"""
            [notify.webhook]
            url_env = "HOOK"
            token_env = "HOOK_TOKEN"
            [notify.email]
            host = "localhost"
            port = {mails.port}
            from = "storecast@example.com"
            to = ["ada@example.com", "bob@example.com"]
            user = "storecast"
            password_env = "MAIL_PASSWORD"
            ca_file = "{certificate}"
            """,
            encoding="utf-8",
        )
        yield posts, mails


def test_begin_and_end_are_told_once_by_both_channels(home: Path, receivers: tuple[Received, Received]) -> None:
    posts, mails = receivers
    assert Notifier(home).report([LATE, MISSING], MONDAY) == []
    assert Notifier(home).report([LATE, MISSING], MONDAY + dt.timedelta(days=7)) == []
    assert Notifier(home).report([MISSING], MONDAY + dt.timedelta(days=14)) == []
    first, second = posts.notices
    assert first["text"].splitlines() == ["storecast, north", f"Begun: {LATE.sentence}", f"Begun: {MISSING.sentence}"]
    assert [(alert["key"], alert["event"], alert["since"]) for alert in second["alerts"]] == [
        ("late", "ended", "2015-06-15")
    ]
    assert posts.headers["authorization"] == "Bearer t0ken"
    assert [mail["subject"] for mail in mails.mails] == ["storecast north: 2 begun", "storecast north: 1 over"]
    assert mails.mails[0]["to"] == "ada@example.com, bob@example.com"
    assert mails.mails[0].get_content().splitlines() == first["text"].splitlines()
    assert base64.b64decode(mails.logins[0]) == b"\0storecast\0passw0rd"


def test_what_is_not_taken_waits_for_the_next_job_and_no_secret_is_logged(
    home: Path, receivers: tuple[Received, Received], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("storecast"), "propagate", True)
    posts, mails = receivers
    posts.refuses = True
    failures = Notifier(home).report([LATE], MONDAY)
    assert len(failures) == 1, "the mail was taken"
    assert failures[0].startswith("What there is to tell could not be sent by webhook to 127.0.0.1: it answered 302.")
    posts.refuses, mails.refuses = False, True
    failures = Notifier(home).report([LATE, MISSING], MONDAY)
    assert "by email to localhost: it answered 451." in failures[0]
    assert [notice["subject"] for notice in posts.notices] == ["storecast north: 1 begun"] * 2
    mails.refuses = False
    assert Notifier(home).report([LATE, MISSING], MONDAY) == []
    assert [mail.get_content().splitlines()[1] for mail in mails.mails] == [
        f"Begun: {LATE.sentence}",
        f"Begun: {MISSING.sentence}",
    ]
    assert "could not be sent by webhook" in caplog.text
    for secret in ("s3cret", "t0ken", "passw0rd"):
        assert secret not in caplog.text + (home / "alerts.json").read_text(encoding="utf-8")


def test_a_server_that_does_not_prove_who_it_is_gets_no_mail(home: Path, receivers: tuple[Received, Received]) -> None:
    settings = home / "storecast.toml"
    lines = settings.read_text(encoding="utf-8").splitlines()
    settings.write_text("\n".join(line for line in lines if "ca_file" not in line), encoding="utf-8")
    failures = Notifier(home).report([LATE], MONDAY)
    assert "by email to localhost" in failures[0]
    assert "certificate" in failures[0].lower()
    assert receivers[1].logins == receivers[1].mails == []


def test_the_commands_list_acknowledge_and_try(cli: Cli, home: Path, receivers: tuple[Received, Received]) -> None:
    assert cli("alerts", "list", "--home", home)[1] == "No alert stands.\n"
    notifier = Notifier(home)
    notifier.report([LATE], MONDAY)
    code, out, err = cli("alerts", "acknowledge", "late", "--home", home, "--by", "Ada", "--note", "called the shop")
    assert (code, out) == (0, "late is looked after by Ada.\n"), err
    _, out, _ = cli("alerts", "list", "--home", home)
    for text in ("late", "2015-06-15", LATE.sentence, "Ada", "called the shop"):
        assert text in out
    assert Notifier(home).is_acknowledged(LATE)
    code, _, err = cli("alerts", "acknowledge", "lat", "--home", home)
    assert (code, "There is no alert 'lat'. Did you mean late? There are: late." in err) == (2, True)
    code, out, err = cli("alerts", "test", "--home", home)
    assert (code, out.splitlines()) == (0, ["Sent by webhook: 127.0.0.1", "Sent by email: localhost"]), err
    assert receivers[0].notices[-1]["subject"] == "storecast north: 1 a test"
    (home / "storecast.toml").unlink()
    code, _, err = cli("alerts", "test", "--home", home)
    assert (code, "Nobody is told: set [notify.webhook]" in err) == (2, True)


def test_a_file_of_alerts_that_somebody_changed_is_refused(home: Path) -> None:
    (home / "alerts.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"alerts\.json is not what a weekly job wrote"):
        Notifier(home)
