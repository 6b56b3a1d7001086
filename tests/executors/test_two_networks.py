"""Two workers with addresses of their own; processes are killed, and the scheduler's cable is pulled."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.chain_files import write_chain
from support.dask_processes import DaskProcesses, certificates, dask_processes, environment
from support.networks import Networks, networks
from support.stages import FOLDER, PAUSE_S

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("ip") is None or os.geteuid() != 0, reason="network namespaces need ip, and root"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
pytest.importorskip("distributed", reason="the extra cluster is not installed")

PORT = 8786
PAUSE = "3"  # seconds at each stage of a window


@dataclass
class Site:
    """A scheduler, two workers and a caller, each in a network namespace.

    Attributes
    ----------
    folder : of the chain, the certificates and all outputs
    stages : folder in which the model says what it does
    """

    folder: Path
    stages: Path
    joined: Networks
    cluster: DaskProcesses

    def backtest(self, out: str, *words: str, model: str = "staged") -> "subprocess.Popen[str]":
        """Begin a backtest from the caller's namespace."""
        tls = [str(self.folder / name) for name in ("ca.pem", "node.pem", "node.key")]
        command = [sys.executable, "-m", "storecast.cli", "backtest", "--data", str(self.folder / "chain"), "--out",
            str(self.folder / out), "--models", model, "--horizon", "14", "--windows", "3", "--scheduler", self.cluster.address,
            "--tls-ca", tls[0], "--tls-cert", tls[1], "--tls-key", tls[2], *words]  # fmt: skip
        return subprocess.Popen(
            [*self.joined.prefix("caller"), *command],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=with_plugin(self.stages),
        )  # fmt: skip

    def process_at(self, stage: str, *, but: frozenset[int] = frozenset()) -> int:
        """Return the process that has come to a stage, and is alive; wait for it."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            newest = sorted(self.stages.glob(f"{stage}-*"), key=lambda path: -path.stat().st_mtime)
            for text in (path.read_text() for path in newest):
                if text and int(text) not in but and Path(f"/proc/{text}").exists():
                    return int(text)
            time.sleep(0.05)
        raise AssertionError(f"no process came to {stage}: {list(self.stages.iterdir())}")


def with_plugin(stages: Path) -> dict[str, str]:
    return {**environment(), "STORECAST_PLUGINS": "support.staged_model", FOLDER: str(stages), PAUSE_S: PAUSE}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    stages = tmp_path / "stages"
    stages.mkdir()
    monkeypatch.setenv(FOLDER, str(stages))  # of the workers, too
    monkeypatch.setenv(PAUSE_S, PAUSE)
    write_chain(tmp_path / "chain", stores=4, days=200)
    options = certificates(tmp_path)
    with (
        networks("scheduler", "first", "second", "caller") as joined,
        dask_processes(
            tmp_path / "cluster",
            host=joined.address("scheduler"),
            port=PORT,
            tls=options,
            prefix=joined.prefix("scheduler"),
        ) as cluster,
    ):
        for name in ("first", "second"):
            cluster.add_worker("--host", joined.address(name), prefix=joined.prefix(name), nanny=True)
        cluster.wait_for_workers(2)
        yield Site(tmp_path, stages, joined, cluster)


def serial(site: Site) -> bytes:
    """Return the forecasts of a single process on the same chain."""
    out = site.folder / "serial"
    command = [
        sys.executable,
        "-m",
        "storecast.cli",
        "backtest",
        "--data",
        str(site.folder / "chain"),
        "--out",
        str(out),
    ]
    command += ["--models", "staged", "--horizon", "14", "--windows", "3"]
    subprocess.run(command, env={**with_plugin(site.stages), PAUSE_S: "0"}, check=True, capture_output=True)
    return (out / "forecasts.csv").read_bytes()


def test_workers_killed_in_the_middle_of_features_and_of_a_forecast_change_nothing(site: Site) -> None:
    with site.backtest("out") as caller:
        first = site.process_at("features")
        os.kill(first, signal.SIGKILL)
        second = site.process_at("forecast", but=frozenset({first}))
        os.kill(second, signal.SIGKILL)
        _, err = caller.communicate(timeout=180)
    assert caller.returncode == 0, err
    assert (site.folder / "out" / "forecasts.csv").read_bytes() == serial(site)


def test_a_scheduler_whose_cable_is_pulled_for_20_seconds_is_waited_for(site: Site) -> None:
    with site.backtest("out") as caller:
        site.process_at("features")
        site.joined.pull("scheduler")
        time.sleep(20)
        site.joined.plug("scheduler")
        _, err = caller.communicate(timeout=180)
    assert caller.returncode == 0, err
    assert (site.folder / "out" / "forecasts.csv").read_bytes() == serial(site)


def test_a_scheduler_whose_cable_stays_pulled_is_one_error(site: Site) -> None:
    with site.backtest("out") as caller:
        site.process_at("features")
        site.joined.pull("scheduler")
        _, err = caller.communicate(timeout=180)
    assert caller.returncode == 2
    assert err.count("storecast: The connection to the scheduler") == 1
    assert "Traceback" not in err
    assert not (site.folder / "out").exists()


def test_plain_tcp_to_another_machine_is_refused_at_once(site: Site) -> None:
    address = f"tcp://{site.joined.address('scheduler')}:{PORT}"
    with site.backtest("out", "--scheduler", address, model="naive") as caller:
        _, err = caller.communicate(timeout=60)
    assert caller.returncode == 2
    assert "neither encrypted nor on this machine" in err
