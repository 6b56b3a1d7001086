"""Call a command as a user does, without a process of its own."""

import sys
from collections.abc import Callable

import pytest

from storecast.cli import main

Cli = Callable[..., tuple[int, str, str]]  # words of the command → exit code, stdout, stderr


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return what calls storecast."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["storecast", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call
