import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storecast.errors import ConfigError, HistoryError, WorkersLostError
from storecast.executors.processes import ProcessExecutor, worker_environment
from storecast.executors.serial import SERIAL
from support import mapped_functions as mapped
from support.chain_files import write_chain
from support.commands import STORECAST


@pytest.fixture(scope="module")
def two() -> Iterator[ProcessExecutor]:
    with ProcessExecutor(2) as executor:
        yield executor


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_results_come_in_the_order_of_the_items(two: ProcessExecutor) -> None:
    assert list(two.map(mapped.times, range(7), shared=3, label="numbers")) == [0, 3, 6, 9, 12, 15, 18]
    assert list(SERIAL.map(mapped.times, range(7), shared=3, label="numbers")) == [0, 3, 6, 9, 12, 15, 18]
    assert list(two.map(mapped.times, [], shared=3, label="numbers")) == []


def test_two_workers_share_the_items(two: ProcessExecutor) -> None:
    processes = set(two.map(mapped.process_id, range(8), shared=None, label="numbers"))
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_what_is_shared_travels_to_a_worker_once(two: ProcessExecutor, tmp_path: Path) -> None:
    assert max(two.map(mapped.count_loads, range(8), shared=mapped.CountsLoads(tmp_path), label="numbers")) <= 2


def test_log_lines_and_errors_come_home(two: ProcessExecutor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "storecast"), pytest.raises(HistoryError, match="too little past") as caught:
        list(two.map(mapped.log_and_fail, [0, 1, 2], shared="too little past", label="numbers"))
    assert [line for line in caplog.messages if "working" in line] == ["working on 0", "working on 1"]
    assert any("log_and_fail" in note for note in caught.value.__notes__)
    assert list(two.map(mapped.times, [1], shared=3, label="numbers")) == [3]  # it goes on after an error


def test_an_error_that_cannot_travel_is_named(two: ProcessExecutor) -> None:
    with pytest.raises(RuntimeError, match="TwoArgumentsError: this and that"):
        list(two.map(mapped.fail_strangely, [0], shared=None, label="numbers"))
    with pytest.raises(TypeError, match="The result cannot travel"):
        list(two.map(mapped.unpicklable, [0], shared=None, label="numbers"))


def test_the_items_of_a_killed_worker_go_to_another(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with ProcessExecutor(2) as executor:
        assert list(executor.map(mapped.killed_at_first, range(4), shared=tmp_path / "killed", label="numbers")) == [
            0, 1, 2, 3,
        ]  # fmt: skip
    assert any("lost (ended by SIGKILL)" in line for line in caplog.messages)


def test_an_item_that_kills_every_worker_ends_in_one_error() -> None:
    with (
        ProcessExecutor(2) as executor,
        pytest.raises(WorkersLostError, match="3 worker processes were lost at the same"),
    ):
        list(executor.map(mapped.killed_always, range(4), shared=None, label="numbers"))


def test_no_worker_outlives_its_caller(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from storecast.executors.processes import ProcessExecutor\n"
        "from support.mapped_functions import wait_for\n"
        f"with ProcessExecutor(1) as executor: list(executor.map(wait_for, [0], shared=Path({str(tmp_path)!r}), label='x'))"
    )
    tests = str(Path(mapped.__file__).parents[1])
    path = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}) as caller:
        note, deadline = tmp_path / "0.pid", time.monotonic() + 30
        while not (note.exists() and note.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        caller.kill()
    wait_until_gone(int(note.read_text()))


def test_nothing_secret_reaches_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [
        "STORECAST_DB",
        "STORECAST_SIGNING_KEY",
        "PGPASSWORD",
        "AWS_SECRET_ACCESS_KEY",
        "XDG_CONFIG_HOME",
        "HOME",
    ]
    for name in secrets:
        monkeypatch.setenv(name, "secret")
    with ProcessExecutor(1) as executor:
        assert set(executor.map(mapped.environment, secrets, shared=None, label="names")) == {None}


def test_workers_share_the_threads_of_their_caller() -> None:
    shares = [worker_environment({"STORECAST_THREADS": "8"}, workers) for workers in (2, 3, 16)]
    assert [each["STORECAST_THREADS"] for each in shares] == ["4", "2", "1"]
    assert (
        [each["OMP_NUM_THREADS"] for each in shares]
        == [each["POLARS_MAX_THREADS"] for each in shares]
        == ["4", "2", "1"]
    )
    assert shares[0]["OMP_WAIT_POLICY"] == "PASSIVE"


def test_no_workers_at_all_are_refused() -> None:
    with pytest.raises(ConfigError, match="--workers: found 0"):
        ProcessExecutor(0)


@pytest.mark.long
def test_ctrl_c_is_one_message_and_130_and_ends_the_workers(tmp_path: Path) -> None:
    chain, out = write_chain(tmp_path / "chain", stores=40, days=400), tmp_path / "out"
    words = ["backtest", "--data", chain, "--out", out, "--models", "boosting", "--windows", "3", "--horizon", "28"]
    command = [*STORECAST, *map(str, words), "--workers", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + 60
        while len(workers := children.read_text().split()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.count("storecast: interrupted") == 1
    assert "Traceback" not in err
    assert not out.exists()
    for worker in workers:
        wait_until_gone(int(worker))
