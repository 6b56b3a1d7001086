"""Services that start in a second: a process that has imported what they need forks each of them (see `fork_server`).

Importing takes seconds and says nothing about a service that is killed 200 times, so it is done once. Each service is a process of
its own all the same: it runs the command line of `storecast serve`, and it can be killed, stopped and limited. Linux only.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import storecast
from storecast.cpus import thread_variables
from support.served_home import status, wait_until

FORK_SERVER = Path(__file__).parent / "fork_server.py"
SOURCE = Path(storecast.__file__).parents[1]


@dataclass(eq=False)
class ServiceProcess:
    """A service at work.

    Attributes
    ----------
    pid : its process
    log : a file with its log, a JSON object a line, and with what it printed
    """

    service_factory: "ServiceFactory"
    pid: int
    log: Path
    _port: int = 0

    @property
    def port(self) -> int:
        """The port that it listens on; waits until it does."""
        if not self._port:
            wait_until(lambda: self._listens() or self.code() is not None, 60)
            assert self._listens(), self.output()
            line = next(line for line in self.output().splitlines() if "running on http" in line)
            self._port = int(json.loads(line)["message"].rpartition(":")[2].split()[0])
        return self._port

    def ready(self, within: float = 60) -> "ServiceProcess":
        """Wait until it is ready, and return it."""
        wait_until(lambda: self.status() == 200, within)
        return self

    def status(self, path: str = "/health/ready") -> int:
        """Ask for the status of a path; 0 where nobody answers."""
        return status(self.port, path)

    def code(self) -> int | None:
        """Return the exit code, minus the signal that killed it; None while it runs."""
        code: int | None = self.service_factory.ask(do="code", pid=self.pid)
        return code

    def signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it as nobody can hinder it, and wait until it is gone."""
        if self.code() is None:
            self.signal(signal.SIGKILL)
            wait_until(lambda: self.code() is not None, 10)

    def limit_files(self, size: int = resource.RLIM_INFINITY) -> None:
        """Let no file of it grow beyond a number of bytes, as on a disk that is full; without a number, let them grow again."""
        hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (hard if size < 0 else size, hard))

    def memory(self) -> float:
        """Return the memory that it holds, in MB."""
        text = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii")
        return int(text.split()[1]) * resource.getpagesize() / 1e6

    def files(self) -> int:
        """Return how many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - counted each second

    def output(self) -> str:
        """Return its log."""
        return self.log.read_text(encoding="utf-8")

    def _listens(self) -> bool:
        return "running on http" in self.output()


class ServiceFactory:
    """Where services begin.

    Parameters
    ----------
    folder : for their logs
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lives = 0
        self._one = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(FORK_SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **thread_variables({"STORECAST_THREADS": "1"}), "PYTHONPATH": str(SOURCE)},
        )
        assert self.ask(do="count threads") == 1, "a process with threads cannot be forked"

    def start(
        self,
        home: Path,
        *options: str,
        no_rights: bool = False,
        tried: bool = False,
        page: bool = False,
        **environment: str,
    ) -> ServiceProcess:
        """Start a service on a free port; it is neither listening nor ready yet.

        Parameters
        ----------
        home, options, environment : of `storecast serve`
        no_rights : also root may then write only to what its owner may write to
        tried : try the model in a child process, which takes seconds
        page : serve the page, too, whose first view takes seconds
        """
        return self.run(
            ["serve", "--home", str(home), "--port", "0", *options],
            no_rights=no_rights,
            tried=tried,
            page=page,
            STORECAST_LOG_FORMAT="json",
            **{"STORECAST_RATE": "0", "STORECAST_UNKNOWN_KEYS": "0", "STORECAST_POLL_SECONDS": "0.2", **environment},
        )

    def run(
        self,
        argv: list[str],
        *,
        no_rights: bool = False,
        tried: bool = False,
        page: bool = False,
        **environment: str,
    ) -> ServiceProcess:
        """Start any command of `storecast`."""
        self._lives += 1
        log = self.folder / f"life-{self._lives}.log"
        log.touch()
        variables = {"XDG_CONFIG_HOME": os.environ["XDG_CONFIG_HOME"], **environment}
        pid = self.ask(
            do="start",
            argv=["storecast", *argv],
            env=variables,
            log=str(log),
            no_rights=no_rights,
            tried=tried,
            page=page,
        )
        return ServiceProcess(self, pid, log)

    @contextmanager
    def running(self, home: Path, *options: str, **how: Any) -> Iterator[ServiceProcess]:
        """Start a service, yield it when it is ready, and end it."""
        running_service = self.start(home, *options, **how)
        try:
            yield running_service.ready()
        finally:
            running_service.kill()

    def ask(self, **what: Any) -> Any:
        """Ask the process that forks."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._one:  # tests ask from several threads
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it, and every service with it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)  # a busy machine


@pytest.fixture(scope="session")
def service_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceFactory]:
    """Keep one for all tests of a process."""
    factory = ServiceFactory(tmp_path_factory.mktemp("lives"))
    yield factory
    factory.close()
