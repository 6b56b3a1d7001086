"""Work on the workers of a dask.distributed cluster that others keep.

What all items share travels as a task of its own, whose input the scheduler keeps: when the worker that holds it is lost, the next
one gets it from there. Data that are scattered cannot be had again in that way.
"""

import importlib.util
import logging
import pickle
import time
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from storecast.errors import ConfigError, WorkersLostError
from storecast.executors.base import Item, Result, Shared
from storecast.executors.cluster_address import TLS, TlsFiles, check_address
from storecast.executors.cluster_worker import Job, load_shared, work_on
from storecast.executors.versions import versions
from storecast.executors.worker import Outcome
from storecast.plugins import import_plugins

if TYPE_CHECKING:
    from distributed import Client, Future, Security

CONNECT_S = 10.0  # until a scheduler must have answered
LOOK_S = 2.0  # between two looks at the cluster while nothing is finished
GATHER_S = 30.0  # for a result to travel home
SILENCE_S = 60.0  # for which a cluster may have no worker, or a scheduler not answer
CLOSE_S = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Assignment:
    """An item, by its place, and the address of the worker that it was meant for."""

    item: int
    address: str


class DaskExecutor:
    """Calls the function on the workers of a cluster; one map at a time. A context manager: the connection ends with it.

    Parameters
    ----------
    address : of the scheduler
    tls : certificates; None: those that dask's own configuration names
    insecure : allow a connection that is not encrypted to another machine
    silence_s : for how many seconds there may be no worker, or no answer

    Raises
    ------
    ConfigError
        where the address may not be used, certificates are missing, or distributed is not installed
    WorkersLostError
        where no scheduler answers
    """

    def __init__(
        self, address: str, *, tls: TlsFiles | None = None, insecure: bool = False, silence_s: float = SILENCE_S
    ) -> None:
        encrypted = check_address(address, insecure=insecure) == TLS
        if tls is not None and not encrypted:
            raise ConfigError(f"--tls-ca, --tls-cert, --tls-key: {address} is not encrypted; give tls://HOST:PORT.")
        if importlib.util.find_spec("distributed") is None:
            raise ConfigError("--scheduler needs the extra cluster: pip install 'storecast[cluster]'.")
        self._address = address
        self._silence_s = silence_s
        self._last_answer = time.monotonic()
        self._client = _connect(address, _security(tls) if encrypted else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._client.close(timeout=CLOSE_S)

    def map(
        self, function: Callable[[Shared, Item], Result], items: Sequence[Item], *, shared: Shared, label: str
    ) -> Iterator[Result]:
        """Yield what a function returns for each item, in the order of the items.

        Parameters
        ----------
        function : at the top level of a module that the workers have, too; called as ``function(shared, item)``
        items : what differs from call to call
        shared : what all calls need
        label : what the items are, in the plural, for the log

        Raises
        ------
        ConfigError
            where a worker has other versions, or lacks a module
        WorkersLostError
            where the scheduler is lost, no worker is left, or workers are lost at one item again and again
        """
        self._last_answer = time.monotonic()
        job = Job(function, versions(), import_plugins())
        name = f"storecast-{label}-{uuid.uuid4().hex}"
        chain = self._submit_shared(pickle.dumps(shared, protocol=pickle.HIGHEST_PROTOCOL), name)
        waiting = deque(range(len(items)))
        pending: dict[Any, _Assignment] = {}
        outcomes: dict[int, Outcome] = {}
        try:
            for place in range(len(items)):
                while place not in outcomes:
                    for address in self._idle(pending) if waiting else ():
                        item = waiting.popleft()
                        future = self._client.submit(
                            work_on, job, chain, items[item], key=f"{name}-{item}", pure=False, workers=[address],
                            allow_other_workers=True,
                        )  # fmt: skip
                        pending[future] = _Assignment(item, address)
                        if not waiting:
                            break
                    for future in self._finished(list(pending)):
                        outcome = self._outcome(future, label)
                        if outcome is not None:
                            outcomes[pending.pop(future).item] = outcome
                            future.release()
                log.info("%d of %d %s done", place + 1, len(items), label)
                yield outcomes.pop(place).unwrap()
        finally:
            for future in (*pending, chain):
                future.release()  # what has not begun never will

    def _submit_shared(self, payload: bytes, name: str) -> "Future":
        with warnings.catch_warnings():  # that it is large, and should be scattered: see the top of this file
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            return self._client.submit(load_shared, payload, key=f"{name}-shared", pure=False)

    def _idle(self, pending: Mapping["Future", "_Assignment"]) -> list[str]:
        """Return the addresses of workers that have no item.

        Left to itself the scheduler gives all items to the worker that has what they share, and moves none before it knows how long
        one takes.
        """
        busy = {assignment.address for assignment in pending.values()}
        return [address for address in self._workers() if address not in busy]

    def _finished(self, pending: list["Future"]) -> list["Future"]:
        """Wait until one of some futures is done, for no longer than a look at the cluster; return those that are.

        Raises
        ------
        WorkersLostError
            where the cluster has been silent for too long
        """
        from distributed import wait

        with suppress(TimeoutError, CancelledError), self._client.as_current():
            if pending:
                wait(pending, timeout=LOOK_S, return_when="FIRST_COMPLETED")
            else:
                time.sleep(LOOK_S)
        if self._workers():
            self._last_answer = time.monotonic()
        elif time.monotonic() - self._last_answer > self._silence_s:
            raise WorkersLostError(
                f"{self._address} was silent for {self._silence_s:.0f} s: it has no workers, or does not answer. Start workers, "
                "and run the command again; every file is as it was or whole."
            )
        return [future for future in pending if future.status != "pending"]

    def _outcome(self, future: "Future", label: str) -> Outcome | None:
        """Return what came of an item that is done; None where it was lost on the way, and is worked on again."""
        from distributed import KilledWorker

        try:
            outcome = future.result(timeout=GATHER_S)
        except TimeoutError:
            return None  # its worker was lost before the result was here; a cluster that is silent shows while it is waited for
        except (CancelledError, OSError) as error:
            raise WorkersLostError(
                f"The connection to the scheduler at {self._address} was lost. Run the command again; every file is as it was or "
                "whole."
            ) from error
        except KilledWorker as error:
            raise WorkersLostError(
                f"{error.allowed_failures + 1} workers of {self._address} were lost at the same of the {label}. Look at "
                "their logs; where memory has run out, give each worker more of it."
            ) from error
        except (
            ImportError,
            AttributeError,
            RuntimeError,
            pickle.PickleError,
        ) as error:  # not the item's: those are in outcomes
            raise ConfigError(
                f"{self._address} cannot read what it is sent: {error}. Install storecast from the same requirements.txt, and what "
                "STORECAST_PLUGINS names, on the scheduler and all workers."
            ) from error
        assert isinstance(outcome, Outcome)
        return outcome

    def _workers(self) -> list[str]:
        """Return the addresses of the workers that the scheduler knows; none where it does not answer."""
        if self._client.status != "running":
            return []
        try:
            return list(self._client.sync(self._client.scheduler.ncores, workers=None, callback_timeout=LOOK_S))
        except (OSError, TimeoutError):
            return []


def _security(tls: TlsFiles | None) -> "Security":
    """Return the certificates to connect with, of files or of dask's configuration."""
    from distributed import Security

    files: dict[str, Any] = {}
    if tls is not None:
        files = {"tls_ca_file": str(tls.ca), "tls_client_cert": str(tls.cert), "tls_client_key": str(tls.key)}
    security = Security(require_encryption=True, **files)
    if not (security.tls_ca_file and security.tls_client_cert):
        raise ConfigError(
            "--scheduler: tls needs certificates. Give --tls-ca, --tls-cert and --tls-key, or name them in dask's configuration "
            "(distributed.comm.tls)."
        )
    return security


def _connect(address: str, security: "Security | None") -> "Client":
    from distributed import Client

    for name in ("distributed", "distributed.client", "distributed.comm"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is ours to say, once
    try:
        return Client(address, security=security, timeout=CONNECT_S, set_as_default=False, direct_to_workers=False)
    except (OSError, ValueError) as error:
        raise WorkersLostError(f"No scheduler answers at {address} within {CONNECT_S:.0f} s: {error}.") from error
