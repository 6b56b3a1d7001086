"""Call a command as a user does, without a process of its own."""

import io
import logging
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from storecast.cli import main

# A program of its own. Under `python -m`, Ctrl-C in the middle of code that is compiled from text, as a dataclass is, ends
# Python by the signal in the end, whatever exit code the program asks for.
STORECAST = [str(Path(sys.executable).with_name("storecast"))]
SHELL_ENDS = {">", "|", "&&", ";"}  # after which a line is no longer the command's
Cli = Callable[..., tuple[int, str, str]]  # words of the command → exit code, stdout, stderr


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return what calls storecast."""

    def call(*words: object) -> tuple[int, str, str]:
        code = call_main(monkeypatch, *words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def leave_out_exploration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run do without the exploration in its report, as where the statistics libraries are missing: half of its CPU time."""
    monkeypatch.setattr("storecast.workflows.running.missing_libraries", lambda chosen: ["these"])


@pytest.fixture
def no_exploration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runs of a test do without exploration."""
    leave_out_exploration(monkeypatch)


def as_if_never_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give other tests the log back as it was: a command turns it to the screen."""
    log = logging.getLogger("storecast")
    for name in ("handlers", "level", "propagate"):
        monkeypatch.setattr(log, name, getattr(log, name))


@cache
def command_of(app: typer.Typer) -> object:
    """Return the commands of an app; Typer makes them anew for each call, which takes longer than a small command."""
    return get_command(app)


def call_main(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """Run a command in this process, and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["storecast", *map(str, words)])
    monkeypatch.setattr("typer.main.get_command", command_of)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def run_line(monkeypatch: pytest.MonkeyPatch, line: str, *words: str, late: bool = False) -> str:
    """Run a command of the docs in this process and return its output; fail with what it said where it does not end well.

    ``late``: the weekly job ends with 4 where the sales are late, as those of a generated chain are.
    """
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        code = call_main(monkeypatch, *words)
    assert code == 0 or (late and code == 4), f"{line}\n{errors.getvalue()}"
    return output.getvalue()


def parse_line(command: Any, line: str) -> Mapping[str, Any]:
    """Read a command of the docs as the command line does, without running it; return its parameters, none where it asks for help.

    What the shell would do with the line is cut off: a prompt, variables before the command, redirections, further commands.
    Settings are not read, since their file is only an example.
    """
    words = shlex.split(line, comments=True)
    words = list(takewhile(lambda word: word not in SHELL_ENDS, words[words.index("storecast") + 1 :]))
    while hasattr(command, "commands"):
        name, *words = words
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    try:
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()):
            patch.setattr("storecast.models.settings.read_settings", lambda path: {})
            with command.make_context(command.name, words) as context:
                parameters: Mapping[str, Any] = context.params
                return parameters
    except typer.Exit:  # of --help
        return {}


def all_commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield a command and every command below it, each with its words after ``storecast``."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from all_commands(below, *path, name)


def ended_stages(err: str) -> tuple[str, ...]:
    """Return the stages that a command said on stderr that it ended, in the order of their numbers."""
    lines = [match for line in err.splitlines() if (match := re.fullmatch(r"(\d+) of (\d+)  (.+): \d.*", line))]
    assert [(int(line[1]), int(line[2])) for line in lines] == [(n, len(lines)) for n in range(1, len(lines) + 1)]
    return tuple(line[3] for line in lines)
