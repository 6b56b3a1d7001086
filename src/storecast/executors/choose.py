"""The executor that a command's options ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storecast.errors import ConfigError
from storecast.executors.base import Executor
from storecast.executors.cluster_address import tls_files
from storecast.executors.serial import SERIAL


@dataclass(frozen=True)
class Workforce:
    """Who works on what can be divided.

    Attributes
    ----------
    workers : processes on this machine; None: this process alone
    scheduler : address of a cluster that others keep; empty: none
    tls_ca, tls_cert, tls_key : files by which the cluster knows this client; None: those of dask's own configuration
    insecure : allow a connection to another machine that is not encrypted
    """

    workers: int | None = None
    scheduler: str = ""
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    insecure: bool = False

    def __post_init__(self) -> None:
        """Refuse options that exclude each other, or have no meaning alone."""
        if self.scheduler and self.workers is not None:
            raise ConfigError("Give --scheduler for a cluster, or a number of processes on this machine; one of them.")
        if not self.scheduler and (self.insecure or self.tls_ca or self.tls_cert or self.tls_key):
            raise ConfigError(
                "--insecure, --tls-ca, --tls-cert and --tls-key say how to reach a --scheduler; give its address."
            )

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """Give an executor; its workers, or its connection, end with the block.

        Raises
        ------
        ConfigError
            where the options have no meaning
        WorkersLostError
            where no scheduler answers
        """
        if self.scheduler:
            from storecast.executors.dask_cluster import DaskExecutor  # an extra

            tls = tls_files(self.tls_ca, self.tls_cert, self.tls_key)
            with DaskExecutor(self.scheduler, tls=tls, insecure=self.insecure) as cluster:
                yield cluster
        elif self.workers is None or self.workers == 1:
            yield SERIAL
        else:
            from storecast.executors.processes import ProcessExecutor

            with ProcessExecutor(self.workers) as processes:
                yield processes
