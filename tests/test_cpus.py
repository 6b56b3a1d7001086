"""Threads follow the CPU affinity and the CPU quota of the process, and what the user has set comes first."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from storecast.cpus import cpu_quota, thread_count, thread_variables
from storecast.errors import ConfigError

V2_MOUNT = "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw"
V1_MOUNT = "32 31 0:29 {root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct"
V1 = "sys/fs/cgroup/cpu,cpuacct"
V1_CPU, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
PRINT_THREADS = "from storecast.cpus import thread_count; print(thread_count())"
SOURCE = Path(__file__).parents[1] / "src"


def machine(root: Path, cgroup: str, mount: str, files: dict[str, str]) -> Path:
    """Write the files of a machine whose process has this cgroup and mount."""
    texts = {"proc/self/cgroup": cgroup, "proc/self/mountinfo": mount, **files}
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"sys/fs/cgroup/cpu.max": "150000 100000"}, 1.5),
        ({"sys/fs/cgroup/cpu.max": "max 100000"}, None),
        ({}, None),
        ({"sys/fs/cgroup/job/step/cpu.max": "max 100000", "sys/fs/cgroup/job/cpu.max": "50000 25000"}, 2),
        ({"sys/fs/cgroup/job/step/cpu.max": "100000 100000", "sys/fs/cgroup/job/cpu.max": "400000 100000"}, 1),
        ({"sys/fs/cgroup/job/step/cpu.max": "400000 100000", "sys/fs/cgroup/job/cpu.max": "100000 100000"}, 1),
    ],
    ids=["mount", "max", "missing", "above", "own is less", "above is less"],
)
def test_the_quota_of_cgroup_v2_is_the_least_of_the_cgroup_and_those_above(
    tmp_path: Path, files: dict[str, str], cores: float | None
) -> None:
    assert cpu_quota(machine(tmp_path, "0::/job/step", V2_MOUNT, files)) == cores


@pytest.mark.parametrize(
    ("path", "mounted", "files", "cores"),
    [
        ("/", "/", {f"{V1}/cpu.cfs_quota_us": "50000", f"{V1}/cpu.cfs_period_us": "100000"}, 0.5),
        ("/", "/", {f"{V1}/cpu.cfs_quota_us": "-1", f"{V1}/cpu.cfs_period_us": "100000"}, None),
        ("/a/b", "/", {f"{V1}/a/cpu.cfs_quota_us": "300000", f"{V1}/a/cpu.cfs_period_us": "100000"}, 3),
        # Docker without a cgroup namespace: the container's own cgroup is mounted, under its path on the host.
        ("/docker/1f", "/docker/1f", {f"{V1}/cpu.cfs_quota_us": "200000", f"{V1}/cpu.cfs_period_us": "100000"}, 2),
        ("/", "/", {}, None),
    ],
    ids=["mount", "no limit", "above", "container", "missing"],
)
def test_the_quota_of_cgroup_v1_is_the_least_of_the_cgroup_and_those_above(
    tmp_path: Path, path: str, mounted: str, files: dict[str, str], cores: float | None
) -> None:
    root = machine(tmp_path, f"3:cpuset:/\n2:cpu,cpuacct:{path}", V1_MOUNT.format(root=mounted), files)
    assert cpu_quota(root) == cores


def test_a_machine_without_cgroups_has_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None


def test_the_quota_is_rounded_down_to_at_least_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)))
    for quota, count in ((0.25, 1), (1.9, 1), (3.5, 3), (100.0, 64), (None, 64)):
        monkeypatch.setattr("storecast.cpus.cpu_quota", lambda quota=quota: quota)
        assert thread_count({}) == count


def test_what_the_user_sets_comes_before_affinity_and_quota() -> None:
    assert thread_count({"OMP_NUM_THREADS": "7"}) == 7
    assert thread_count({"OMP_NUM_THREADS": "3,2"}) == 3
    assert thread_count({"OMP_NUM_THREADS": "7", "STORECAST_THREADS": "5"}) == 5
    assert thread_count({"OMP_NUM_THREADS": "many"}) == thread_count({})


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", ""])
def test_a_number_of_threads_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^STORECAST_THREADS: found .*; expected a whole number of threads, 1 or more"
    ):
        thread_count({"STORECAST_THREADS": text})


def test_a_variable_that_the_user_has_set_is_left_alone() -> None:
    assert thread_variables({"STORECAST_THREADS": "3", "POLARS_MAX_THREADS": "9", "OMP_WAIT_POLICY": "ACTIVE"}) == {
        "OMP_NUM_THREADS": "3",
        "OPENBLAS_NUM_THREADS": "3",
        "MKL_NUM_THREADS": "3",
    }


def test_a_process_limited_to_one_core_uses_one_thread_in_every_library() -> None:
    code = (
        "import os; from storecast.cpus import thread_variables; os.environ.update(thread_variables())\n"
        "import numpy, polars, threadpoolctl, xgboost\n"
        "from storecast.config import BoostingSettings, ForestSettings\n"
        "from storecast.models.boosting import Boosting\n"
        "from storecast.models.forest import Forest\n"
        "threads = {pool['num_threads'] for pool in threadpoolctl.threadpool_info()}\n"
        "trees = Boosting(BoostingSettings()).trees(), Forest(ForestSettings()).trees()\n"
        "print(threads, polars.thread_pool_size(), *(each.n_jobs for each in trees))"
    )
    core = str(min(os.sched_getaffinity(0)))
    assert output_of(["taskset", "-c", core, sys.executable, "-c", code]) == "{1} 1 1 1"


def test_the_command_line_refuses_a_number_of_threads_that_is_none() -> None:
    command = [sys.executable, "-m", "storecast.cli", "--help"]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment(STORECAST_THREADS="x")
    )
    assert (result.returncode, result.stderr) == (
        2,
        "storecast: STORECAST_THREADS: found 'x'; expected a whole number of threads, 1 or more.\n",
    )


def test_a_library_leaves_the_environment_of_its_host_alone() -> None:
    code = (
        "import os; before = set(os.environ)\n"
        "import storecast.cli, storecast.workflows, storecast.models\n"
        "storecast.models.create('boosting').trees(); print(*sorted(set(os.environ) - before))"
    )
    added = output_of([sys.executable, "-c", code]).split()
    assert [name for name in added if not name.startswith("KMP_")] == []  # scikit-learn adds these


def test_a_process_in_a_cgroup_of_half_a_core_uses_one_thread() -> None:
    with cgroup_of_half_a_core() as processes:
        shell = f'echo $$ > {processes} && exec "$0" "$@"'
        assert output_of(["sh", "-c", shell, sys.executable, "-c", PRINT_THREADS]) == "1"


def environment(**more: str) -> dict[str, str]:
    """Return the environment without what limits threads."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    return {**environment, "PYTHONPATH": str(SOURCE), **more}


def output_of(command: list[str]) -> str:
    """Return what a command prints in an environment that limits no threads."""
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment()).stdout.strip()


@contextmanager
def cgroup_of_half_a_core() -> Iterator[Path]:
    """Make a cgroup with a quota, and yield the file that takes its processes; skip where this is not allowed."""
    parent, file, limit = (V1_CPU, "cpu.cfs_quota_us", "50000") if V1_CPU.is_dir() else (V2, "cpu.max", "50000 100000")
    folder = parent / f"storecast-test-{uuid4().hex}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made here: {error}")
    try:
        if not (folder / file).exists():
            pytest.skip(f"cgroups made here have no {file}")
        (folder / file).write_text(limit, encoding="ascii")
        yield folder / "cgroup.procs"
    finally:
        folder.rmdir()
