"""A cluster whose processes are real, and are killed."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storecast import workflows
from storecast.data.generate import ChainSpec, write_demo
from storecast.errors import ConfigError, HistoryError, WorkersLostError
from storecast.executors import dask_cluster
from storecast.executors.cluster_address import TlsFiles
from support import mapped_functions as mapped
from support.chain_files import write_chain
from support.commands import STORECAST
from support.dask_processes import DaskProcesses, certificates, dask_processes, environment, free_port, kill

pytest.importorskip("distributed", reason="the extra cluster is not installed")
DaskExecutor = dask_cluster.DaskExecutor
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    with dask_processes(tmp_path_factory.mktemp("cluster")) as processes:
        processes.add_worker("--nworkers", "2", nanny=True)
        processes.wait_for_workers(2)
        yield processes


def wait_for_file(path: Path) -> str:
    """Return the text of a file when it has one."""
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return path.read_text()


def wait_for_folder(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def meanwhile(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    return thread


def test_where_no_scheduler_answers_there_is_one_error_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.3)
    with pytest.raises(WorkersLostError, match="No scheduler answers at tcp"):
        DaskExecutor(f"tcp://127.0.0.1:{free_port()}")


def test_without_certificates_there_is_no_tls() -> None:
    with pytest.raises(ConfigError, match=r"tls needs certificates\. Give --tls-ca"):
        DaskExecutor("tls://127.0.0.1:1")


@pytest.mark.long
def test_results_errors_and_log_lines_come_home_in_order(
    cluster: DaskProcesses, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with DaskExecutor(cluster.address) as executor:
        assert list(executor.map(mapped.times, range(7), shared=3, label="numbers")) == [0, 3, 6, 9, 12, 15, 18]
        assert len(set(executor.map(mapped.process_id, range(8), shared=None, label="numbers"))) == 2
        loads = list(executor.map(mapped.count_loads, range(8), shared=mapped.CountsLoads(tmp_path), label="numbers"))
        assert max(loads) <= 2
        with caplog.at_level("INFO", "storecast"), pytest.raises(HistoryError, match="too little past"):
            list(executor.map(mapped.log_and_fail, [0, 1, 2], shared="too little past", label="numbers"))
        assert [line for line in caplog.messages if "working" in line] == ["working on 0", "working on 1"]
        with pytest.raises(RuntimeError, match="TwoArgumentsError: this and that"):
            list(executor.map(mapped.fail_strangely, [0], shared=None, label="numbers"))


@pytest.mark.long
def test_the_items_of_a_killed_worker_go_to_another(cluster: DaskProcesses, tmp_path: Path) -> None:
    with DaskExecutor(cluster.address) as executor:
        results = executor.map(mapped.killed_at_first, range(4), shared=tmp_path / "killed", label="numbers")
        assert list(results) == [0, 1, 2, 3]
        with pytest.raises(WorkersLostError, match=r"4 workers of tcp://.* were lost at the same of the numbers"):
            list(executor.map(mapped.killed_always, range(4), shared=None, label="numbers"))


@pytest.mark.long
def test_what_is_shared_survives_every_worker_that_has_it(tmp_path: Path) -> None:
    with dask_processes(tmp_path / "cluster") as processes:
        first = processes.add_worker()
        processes.wait_for_workers(1)
        with DaskExecutor(processes.address) as executor:
            results = executor.map(mapped.slow_times, range(4), shared=3, label="numbers")
            assert next(results) == 0
            kill(first)
            processes.add_worker()
            assert list(results) == [3, 6, 9]


@pytest.mark.long
def test_a_lost_scheduler_and_lost_workers_are_one_error_in_time(tmp_path: Path) -> None:
    for lost, message in (("scheduler", "connection to the scheduler .* was lost"), ("workers", "silent for 5 s")):
        folder = tmp_path / lost
        with dask_processes(folder) as processes:
            worker = processes.add_worker()
            processes.wait_for_workers(1)
            victim = processes.scheduler if lost == "scheduler" else worker

            def end(victim: "subprocess.Popen[bytes]" = victim, note: Path = folder / "0.pid") -> None:
                wait_for_file(note)
                kill(victim)

            meanwhile(end)
            begin = time.monotonic()
            with (
                DaskExecutor(processes.address, silence_s=5) as executor,
                pytest.raises(WorkersLostError, match=message),
            ):
                list(executor.map(mapped.wait_for, [0], shared=folder, label="numbers"))
            assert time.monotonic() - begin < 30


@pytest.mark.long
def test_a_scheduler_that_stands_still_is_one_error_in_time(tmp_path: Path) -> None:
    with dask_processes(tmp_path / "cluster") as processes:
        processes.add_worker()
        processes.wait_for_workers(1)
        begin = time.monotonic()

        def stop() -> None:
            wait_for_file(tmp_path / "0.pid")
            os.kill(processes.scheduler.pid, signal.SIGSTOP)

        meanwhile(stop)
        with (
            DaskExecutor(processes.address, silence_s=5) as executor,
            pytest.raises(WorkersLostError, match="silent for 5 s"),
        ):
            list(executor.map(mapped.wait_for, [0], shared=tmp_path, label="numbers"))
        assert time.monotonic() - begin < 30


@pytest.mark.long
def test_ctrl_c_is_one_message_and_130_and_nothing_is_half_written(cluster: DaskProcesses, tmp_path: Path) -> None:
    chain, out = write_chain(tmp_path / "chain", stores=40, days=400), tmp_path / "out"
    words = ["backtest", "--data", chain, "--out", out, "--models", "boosting", "--windows", "3", "--horizon", "28"]
    command = [*STORECAST, *map(str, words), "--scheduler", cluster.address]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as process:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.count("storecast: interrupted") == 1
    assert "Traceback" not in err
    assert not out.exists()


@pytest.mark.long
def test_parts_that_a_cluster_forecasts_are_those_of_one_machine_though_a_worker_is_killed(tmp_path: Path) -> None:
    data, parts, one, two = (tmp_path / name for name in ("data", "parts", "one", "two"))
    write_demo(data, ChainSpec(stores=9, days=480, horizon=28))
    workflows.partition(data, out=parts, stores_per_part=2)
    options: dict[str, Any] = {"model": "naive", "sample_stores": 6, "fast": True}
    workflows.run_parts(parts, home=one, **options)
    shutil.copytree(one / "models", two / "models")
    shutil.copy(one / "training.json", two)
    with dask_processes(tmp_path / "cluster") as processes:
        first = processes.add_worker()
        processes.add_worker()
        processes.wait_for_workers(2)

        def end() -> None:
            wait_for_folder(two / "parts")
            kill(first)

        meanwhile(end)
        with DaskExecutor(processes.address) as executor:
            workflows.run_parts(parts, home=two, cluster=executor, **options)
    files = [path.relative_to(one) for path in one.glob("parts/*/*.parquet")]
    assert len(files) >= 5
    for path in (*files, Path("totals.csv")):
        assert (one / path).read_bytes() == (two / path).read_bytes(), path


@pytest.mark.long
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_backtest_over_tls_is_the_one_of_a_single_process(tmp_path: Path) -> None:
    options = certificates(tmp_path)
    chain = write_chain(tmp_path / "chain", stores=4, days=200)
    with dask_processes(tmp_path / "cluster", tls=options) as processes:
        processes.add_worker("--host", "127.0.0.1")
        processes.add_worker("--host", "127.0.0.1")
        processes.wait_for_workers(2)
        tls = TlsFiles(*(Path(options[place]) for place in (1, 3, 5)))
        workflows.backtest(chain, models=["linear"], out=tmp_path / "one", horizon=14, windows=3)
        with DaskExecutor(processes.address, tls=tls) as executor:
            workflows.backtest(chain, models=["linear"], out=tmp_path / "two", horizon=14, windows=3, executor=executor)
        with pytest.raises(WorkersLostError, match="No scheduler answers"):
            DaskExecutor(processes.address.replace("tls", "tcp"))
        (tmp_path / "other").mkdir()
        strange = certificates(tmp_path / "other")
        with pytest.raises(WorkersLostError, match="No scheduler answers"):
            DaskExecutor(processes.address, tls=TlsFiles(*(Path(strange[place]) for place in (1, 3, 5))))
    assert (tmp_path / "two" / "forecasts.csv").read_bytes() == (tmp_path / "one" / "forecasts.csv").read_bytes()


@pytest.mark.long
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    commands = "".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    port = str(free_port())
    script = f"trap 'kill $(jobs -p)' EXIT\nset -e\nstorecast demo-data --out demo --stores 12 --days 400\n{commands}"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", script.replace("8786", port)],
        cwd=tmp_path,
        env={**environment(), "PATH": path},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "backtest" / "forecasts.csv").exists()
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    (tmp_path / "backtest" / "forecasts.csv").unlink()
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), timeout=300, check=True)
    assert (tmp_path / "backtest" / "forecasts.csv").exists()
