"""storecast serve --open: the page in the default browser, once."""

import logging
import queue
from pathlib import Path
from typing import Any

import pytest

from storecast.page import open_browser
from storecast.page.open_browser import OpensPage, open_page
from storecast.service.introduction import address_of
from storecast.service.settings import Settings
from support.commands import Cli, cli

__all__ = ["cli"]

ADDRESS = "http://127.0.0.1:8000/app/"


class Steps:
    """A follower that notes what it is called with."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def begin(self, _service: Any) -> None:
        self.names.append("begin")

    def follow(self, _service: Any, snapshot: Any) -> None:
        self.names.append(snapshot)

    def end(self) -> None:
        self.names.append("end")


def test_the_page_is_opened_with_the_first_model_and_what_follows_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(open_browser, "open_page", opened.put)
    steps = Steps()
    follower: Any = OpensPage(steps, ADDRESS)
    follower.begin(None)
    for snapshot in ("first", "second"):
        follower.follow(None, snapshot)
    follower.end()
    assert opened.get(timeout=30) == ADDRESS
    assert steps.names == ["begin", "first", "second", "end"]
    assert opened.empty()


@pytest.mark.parametrize(
    ("display", "works", "attempts", "logged"), [(":0", True, 1, ""), (":0", False, 1, ADDRESS), ("", True, 0, ADDRESS)]
)
def test_the_address_is_said_where_no_browser_opens(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    display: str,
    works: bool,
    attempts: int,
    logged: str,
) -> None:
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: addresses.append(address) or works)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    caplog.set_level(logging.INFO)
    open_page(ADDRESS)
    assert addresses == [ADDRESS] * attempts
    assert logged in caplog.text
    assert bool(caplog.text) is bool(logged)


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("shop", "shop")]
)
def test_the_address_is_one_that_a_browser_opens(host: str, address: str) -> None:
    assert address_of(Settings(host=host, listen_port=8000)) == f"http://{address}:8000"


def test_what_cannot_be_opened_is_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, _, err = cli("serve", "--home", tmp_path, "--open", "--port", "0")
    assert (code, len(err.splitlines())) == (2, 1), err
    assert "--open: found port 0, any" in err
    monkeypatch.setattr("storecast.cli.serve.PAGE_NEEDS", ("no_page",))
    code, _, err = cli("serve", "--home", tmp_path, "--open")
    assert code == 2
    assert "pip install 'storecast[page]'" in err
