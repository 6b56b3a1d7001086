"""A cluster of dask.distributed, started by its command lines, whose processes tests may kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
DASK = str(Path(sys.executable).parent / "dask")
PATIENCE_S = 60


def environment() -> dict[str, str]:
    """Return the environment of a worker: what tests import can be imported there, too."""
    inherited = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join([str(SOURCE), str(Path(__file__).parents[1]), inherited])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class DaskProcesses:
    """The processes of a scheduler and its workers, each the leader of a group of its own.

    Attributes
    ----------
    address : of the scheduler
    folder : for their logs
    options : of TLS, for workers
    """

    address: str
    scheduler: subprocess.Popen[bytes]
    folder: Path
    options: Sequence[str] = ()
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self, *options: str, prefix: Sequence[str] = (), nanny: bool = False) -> subprocess.Popen[bytes]:
        """Start a worker with one thread; without a nanny, so that its process is the one that works."""
        words = [DASK, "worker", self.address, "--nthreads", "1", "--no-dashboard", *self.options, *options]
        words += ["--nanny" if nanny else "--no-nanny", "--local-directory", str(self.folder)]
        worker = start([*prefix, *words], self.folder / f"worker-{len(self.workers)}.log")
        self.workers.append(worker)
        return worker

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many workers have said that they are registered."""
        deadline = time.monotonic() + PATIENCE_S
        while sum(log.read_text().count("Registered to") for log in self.folder.glob("worker-*.log")) < count:
            assert time.monotonic() < deadline, [log.read_text() for log in self.folder.glob("*.log")]
            time.sleep(0.1)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            kill(process)


def start(words: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            words, stdout=out, stderr=subprocess.STDOUT, env=environment(), start_new_session=True, cwd=log.parent
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def dask_processes(
    folder: Path, *, host: str = "127.0.0.1", port: int = 0, tls: Sequence[str] = (), prefix: Sequence[str] = ()
) -> Iterator[DaskProcesses]:
    """Start a scheduler; kill it and the workers that were added at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    protocol, port = "tls" if tls else "tcp", port or free_port()
    words = [DASK, "scheduler", "--protocol", protocol, "--host", host, "--port", str(port), "--no-dashboard", *tls]
    cluster = DaskProcesses(
        f"{protocol}://{host}:{port}", start([*prefix, *words], folder / "scheduler.log"), folder, tls
    )
    try:
        yield cluster
    finally:
        cluster.close()


def certificates(folder: Path) -> list[str]:
    """Make an authority and a certificate; return the options of dask that name them."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for words in (
        ["req", "-x509", *curve, "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"],
        ["req", *curve, "-subj", "/CN=cluster", "-keyout", "node.key", "-out", "node.csr"],
        ["x509", "-req", "-in", "node.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "node.pem"],
    ):  # fmt: skip
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    names = {"--tls-ca-file": "ca.pem", "--tls-cert": "node.pem", "--tls-key": "node.key"}
    return [word for option, name in names.items() for word in (option, str(folder / name))]
