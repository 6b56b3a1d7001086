"""Servers that benchmarks ask: each a process, started on a free port and stopped at the end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLIENT = Path(__file__).with_name("request_rate.py")
CONNECTIONS = 8
MOST = 10**9  # requests


@dataclass
class Target:
    """A server that is asked.

    Attributes
    ----------
    bodies : file with the bodies to send, one a line
    """

    name: str
    process: subprocess.Popen[bytes]
    port: int
    path: str
    bodies: Path
    key: str = ""

    def ask(
        self, *, bodies: Path | None = None, connections: int = CONNECTIONS, seconds: float = 600.0, most: int = MOST
    ) -> dict[str, Any]:
        """Ask it from another process, and return what `load.load` does and the server's CPU milliseconds a request."""
        what = {
            "port": self.port,
            "path": self.path,
            "key": self.key,
            "bodies": str(bodies or self.bodies),
            "connections": connections,
            "seconds": seconds,
            "most": most,
        }
        before = self.cpu()
        ran = subprocess.run(
            [sys.executable, str(CLIENT)], input=json.dumps(what).encode(), capture_output=True, check=False
        )
        if ran.returncode:
            sys.exit(f"{self.name}: {ran.stderr.decode()}")
        figures: dict[str, Any] = json.loads(ran.stdout)
        return figures | {"cpu": 1000 * (self.cpu() - before) / figures["requests"]}

    def cpu(self) -> float:
        """Return the CPU seconds of the server so far."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Return the memory that the server holds, MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def started(
    stack: ExitStack, name: str, command: list[str], option: str, path: str, bodies: Path, ready: str, key: str = ""
) -> Target:
    """Start a server on a free port and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = stack.enter_context(_process([*command, *([option] if option else []), str(port)]))
    until = time.monotonic() + 120
    while not _answers(port, ready):
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(f"{name} did not start: {' '.join(command)}")
        time.sleep(0.1)
    return Target(name, process, port, path, bodies, key)


@contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    variables = {**os.environ, "STORECAST_RATE": "0"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=variables)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int, path: str) -> bool:
    """Say whether a server answers, whatever it says where no path is given."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10):
            return True
    except urllib.error.HTTPError:
        return not path
    except OSError:
        return False
