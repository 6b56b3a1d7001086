"""Call a command as a user does, without a process of its own."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from storecast.cli import main

# A program of its own. Under `python -m`, Ctrl-C in the middle of code that is compiled from text, as a dataclass is, ends
# Python by the signal in the end, whatever exit code the program asks for.
STORECAST = [str(Path(sys.executable).with_name("storecast"))]
Cli = Callable[..., tuple[int, str, str]]  # words of the command → exit code, stdout, stderr


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return what calls storecast."""

    log = logging.getLogger("storecast")  # a command turns it to the screen; other tests want it as it was
    for name in ("handlers", "level", "propagate"):
        monkeypatch.setattr(log, name, getattr(log, name))

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["storecast", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call
