"""Ctrl-C at any moment: one message, exit 130, no draft of a file left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.chain_files import write_chain

# The line is written within main: before it, Ctrl-C is Python's own affair.
CALL = (
    "from storecast import cli; call = cli._call; cli._call = lambda: (print('begun', flush=True), call()); cli.main()"
)


def interrupted(words: list[str], after: float) -> tuple[int, str]:
    """Begin a command, send it SIGINT so many seconds after its first line, and return its exit code and stderr."""
    with subprocess.Popen(
        [sys.executable, "-c", CALL, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
        return process.returncode, err


@pytest.mark.parametrize(
    ("command", "after"), [("run", 0.0), ("run", 0.4), ("run", 1.5), ("train", 0.4), ("db load", 0.4)]
)
def test_ctrl_c_is_one_message_and_130_and_nothing_is_half_written(tmp_path: Path, command: str, after: float) -> None:
    chain, home = write_chain(tmp_path / "chain", stores=40, days=400, ahead=14), tmp_path / "home"
    words = {
        "run": ["run", "--data", str(chain), "--out", str(home)],
        "train": ["train", "--data", str(chain), "--out", str(home), "--models", "boosting"],
        "db load": ["db", "load", "--data", str(chain), "--home", str(home)],
    }[command]
    code, err = interrupted(words, after)
    if code == 0:  # it was faster
        return
    assert code == 130, err
    assert err.count("storecast: interrupted") == 1
    assert "Traceback" not in err
    assert [path for path in home.rglob("*") if path.name.startswith(".") or path.suffix in {".tmp", ".part"}] == []


def test_ctrl_c_after_the_command_has_ended_does_not_change_its_exit_code() -> None:
    late = "; ".join(
        [
            "import atexit, os, signal",
            # The last thing Python tears down before its own handlers go: a module's global whose finalizer sends the signal.
            "late = type('Late', (), {'__del__': lambda self, kill=os.kill, pid=os.getpid(): kill(pid, 2)})()",
            "from storecast.cli import main",
            "main()",
        ]
    )
    ended = subprocess.run(
        [sys.executable, "-c", late, "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
