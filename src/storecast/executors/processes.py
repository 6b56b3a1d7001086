"""Work in processes on this machine.

The processes talk to their caller over pairs of sockets that have no address: no port is open, and no other program can join. They
are fresh ones, not forks: a fork of a process whose libraries have threads can hang. What is not on `PASSED_ON` stays out of
their environment: passwords and keys of the caller among it.
"""

import logging
import os
import pickle
import signal
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from socket import socketpair
from types import TracebackType
from typing import Any, Self

from storecast.cpus import VARIABLE, thread_count, thread_variables
from storecast.errors import ConfigError, WorkersLostError
from storecast.executors.base import Item, Result, Shared
from storecast.executors.worker import Outcome
from storecast.executors.worker_process import SHARED
from storecast.plugins import VARIABLE as PLUGINS

MAX_LOSSES = 3  # of workers at one item: it is the item that ends them
PASSED_ON = frozenset(
    {
        "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "VIRTUAL_ENV",
        "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", PLUGINS,
    }
)  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Worker:
    """A process and the connection to it.

    Attributes
    ----------
    shared : the pickled value that it has
    item : the place of the item that it works on; None: it is idle
    """

    process: subprocess.Popen[bytes]
    connection: "Connection[Any, Any]"
    shared: bytes = b""
    item: int | None = None

    def send(self, shared: bytes, message: bytes) -> None:
        if self.shared is not shared:
            self.connection.send_bytes(SHARED)
            self.connection.send_bytes(shared)
            self.shared = shared
        self.connection.send_bytes(message)

    def stop(self) -> None:
        self.connection.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # and what it may have started
        self.process.wait()


class ProcessExecutor:
    """Calls the function in worker processes, which share the cores of the process among them; one map at a time.

    A context manager: the processes end with it, and with the caller in any case. A process that is lost is replaced, and its
    item begun anew.

    Parameters
    ----------
    workers : how many processes; each has its part of the threads that this process may use, at least one

    Raises
    ------
    ConfigError
        where workers are below 1
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ConfigError(f"--workers: found {workers}; expected 1 or more.")
        self._most = workers
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop(list(self._workers))

    def map(
        self, function: Callable[[Shared, Item], Result], items: Sequence[Item], *, shared: Shared, label: str
    ) -> Iterator[Result]:
        """Yield what a function returns for each item, in the order of the items.

        Parameters
        ----------
        function : at the top level of a module; called as ``function(shared, item)``
        items : what differs from call to call
        shared : what all calls need
        label : what the items are, in the plural, for the log

        Raises
        ------
        WorkersLostError
            where workers are lost at one item again and again
        """
        payload = pickle.dumps(shared, protocol=pickle.HIGHEST_PROTOCOL)
        messages = [pickle.dumps((function, item)) for item in items]
        waiting = deque(range(len(items)))
        outcomes: dict[int, Outcome] = {}
        losses: Counter[int] = Counter()
        try:
            for place in range(len(items)):
                while place not in outcomes:
                    for lost in [*self._hand_out(waiting, payload, messages), *self._collect(outcomes)]:
                        losses[lost] += 1
                        _check_losses(losses[lost], label)
                        waiting.appendleft(lost)
                log.info("%d of %d %s done", place + 1, len(items), label)
                yield outcomes.pop(place).unwrap()
        finally:
            self._stop([worker for worker in self._workers if worker.item is not None])

    def _hand_out(self, waiting: deque[int], shared: bytes, messages: Sequence[bytes]) -> list[int]:
        """Give idle workers items, and start those that are missing; return the items of workers that turned out to be gone."""
        lost = []
        while waiting:
            worker = next((worker for worker in self._workers if worker.item is None), None)
            if worker is None:
                if len(self._workers) >= self._most:
                    break
                worker = self._start()
            worker.item = waiting.popleft()
            try:
                worker.send(shared, messages[worker.item])
            except OSError:
                lost.append(self._remove(worker))
        return lost

    def _collect(self, outcomes: dict[int, Outcome]) -> list[int]:
        """Wait for an outcome; return the items of workers that are gone."""
        busy = {worker.connection: worker for worker in self._workers if worker.item is not None}
        lost = []
        for connection in wait(list(busy)):
            worker = busy[connection]  # type: ignore[index]  # only connections were waited for
            assert worker.item is not None
            try:
                outcomes[worker.item] = worker.connection.recv()
                worker.item = None
            except (EOFError, OSError):
                lost.append(self._remove(worker))
        return lost

    def _start(self) -> _Worker:
        near, far = socketpair()
        with far:
            # start_new_session: Ctrl-C reaches the caller alone, who ends its workers. -P: what lies in the working directory is
            # no module of ours.
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
                [sys.executable, "-P", "-m", "storecast.executors.worker_process", str(far.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
                start_new_session=True,
                env=worker_environment(os.environ, self._most),
            )
        worker = _Worker(process, Connection(near.detach()))
        self._workers.append(worker)
        with suppress(OSError):  # that it is gone already shows at its first item
            worker.connection.send_bytes(pickle.dumps(sys.path))
        return worker

    def _remove(self, worker: _Worker) -> int:
        """Forget a worker that is gone; return its item."""
        self._stop([worker])
        log.warning("A worker process was lost (%s); its work begins anew in another.", _how(worker.process.returncode))
        assert worker.item is not None
        return worker.item

    def _stop(self, workers: Sequence[_Worker]) -> None:
        for worker in workers:
            self._workers.remove(worker)
            worker.stop()


def worker_environment(environment: Mapping[str, str], workers: int) -> dict[str, str]:
    """Return the environment of a worker process: nothing secret, and its part of the threads.

    Parameters
    ----------
    environment : of the caller
    workers : how many share its threads
    """
    threads = {VARIABLE: str(max(1, thread_count(environment) // workers))}
    passed_on = {name: value for name, value in environment.items() if name in PASSED_ON}
    return {**passed_on, **threads, **thread_variables(threads)}


def _check_losses(losses: int, label: str) -> None:
    if losses >= MAX_LOSSES:
        raise WorkersLostError(
            f"{losses} worker processes were lost at the same of the {label}. Where memory has run out, take fewer --workers; "
            "without --workers the same work shows what goes wrong."
        )


def _how(code: int) -> str:
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
