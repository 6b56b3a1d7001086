"""How many threads a process may use: as many as its CPU affinity and its container's CPU quota allow.

Libraries count the cores of the machine. In a container with one core of a host with 64 they would start 64 threads, which
wait for each other and use up the quota within a part of each period. XGBoost, the forest and ONNX Runtime are told the number
by us, always. BLAS, OpenMP, Polars and PyTorch read it from the environment when they are imported; the command line and child
processes set it there (`thread_variables`). Imported as a library, storecast leaves the environment alone.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from storecast.errors import ConfigError, quote

VARIABLE = "STORECAST_THREADS"

_OPENMP_VARIABLE = "OMP_NUM_THREADS"
_COUNT_VARIABLES = (_OPENMP_VARIABLE, "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
_UNLIMITED = "max"  # in cpu.max of cgroup v2; cgroup v1 writes -1


def thread_count(environment: Mapping[str, str] | None = None) -> int:
    """Return how many threads a library should use.

    The first of: `STORECAST_THREADS`; `OMP_NUM_THREADS`, where the user has limited OpenMP; the cores of the process's affinity,
    or its CPU quota where that is less, rounded down to at least 1.

    Parameters
    ----------
    environment : of the process; by default `os.environ`

    Raises
    ------
    ConfigError
        where `STORECAST_THREADS` is not a whole number of at least 1
    """
    environment = os.environ if environment is None else environment
    if VARIABLE in environment:
        return _count_set_by_user(environment[VARIABLE])
    openmp = environment.get(_OPENMP_VARIABLE, "").split(",")[0].strip()  # "4,2": the second is that of nested regions
    if openmp.isdecimal() and int(openmp) > 0:
        return int(openmp)
    quota = cpu_quota()
    return _affinity() if quota is None else max(1, min(_affinity(), int(quota)))


def thread_variables(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables to add to an environment so that libraries imported later use `thread_count` threads.

    A variable that the user has set is not among them.

    Parameters
    ----------
    environment : of the process; by default `os.environ`

    Raises
    ------
    ConfigError
        as `thread_count`
    """
    environment = os.environ if environment is None else environment
    count = str(thread_count(environment))
    # Idle threads sleep: where other programs need the cores, threads that spin take their time, and that of their own siblings.
    wanted = {**dict.fromkeys(_COUNT_VARIABLES, count), "OMP_WAIT_POLICY": "PASSIVE"}
    return {name: value for name, value in wanted.items() if name not in environment}


def cpu_quota(root: Path = Path("/")) -> float | None:
    """Return how many cores' time the process may use, by the strictest of its cgroups; None where nothing limits it.

    Reads `cpu.max` of cgroup v2, and `cpu.cfs_quota_us` and `cpu.cfs_period_us` of v1, in the process's own cgroup and all above it
    (Linux kernel documentation, admin-guide/cgroup-v2 and scheduler/sched-bwc).

    Parameters
    ----------
    root : folder that holds ``proc`` and the mounted cgroups

    Examples
    --------
    >>> cpu_quota(Path("/no/such/folder")) is None
    True
    """
    quotas = [quota for folder in _cgroup_folders(root) for quota in (_quota_v2(folder), _quota_v1(folder)) if quota]
    return min(quotas, default=None)


def _affinity() -> int:
    """Return the number of cores that the process may run on; macOS knows no affinity."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _count_set_by_user(text: str) -> int:
    if not (text.strip().isdecimal() and int(text) > 0):
        raise ConfigError(f"{VARIABLE}: found {quote(text)}; expected a whole number of threads, 1 or more.")
    return int(text)


def _cgroup_folders(root: Path) -> Iterator[Path]:
    """Yield the folders of the cgroups that can limit the CPU time of the process, each before the one above it."""
    paths = {}  # of the process's cgroup, by controller; that of v2 is ""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    for line in _lines(root / "proc/self/mountinfo"):
        mount, _, filesystem = line.partition(" - ")
        kind, _, options = filesystem.split(" ", 2)
        controller = {"cgroup2": "", "cgroup": "cpu"}.get(kind)
        if controller not in paths or (controller and controller not in options.split(",")):
            continue
        mounted_cgroup, mount_point = mount.split(" ")[3:5]
        folder = root / mount_point.lstrip("/")
        own = PurePosixPath(paths[controller])
        # A container without a cgroup namespace sees the path on the host, of which only its own part is mounted.
        inside = own.relative_to(mounted_cgroup) if own.is_relative_to(mounted_cgroup) else PurePosixPath()
        yield from (folder / part for part in (inside, *inside.parents))


def _quota_v2(folder: Path) -> float | None:
    quota, period = [*" ".join(_lines(folder / "cpu.max")).split(), "", ""][:2]
    return int(quota) / int(period) if quota and quota != _UNLIMITED else None


def _quota_v1(folder: Path) -> float | None:
    quota, period = (" ".join(_lines(folder / f"cpu.cfs_{name}_us")) for name in ("quota", "period"))
    return int(quota) / int(period) if quota and period and int(quota) > 0 else None


def _lines(path: Path) -> list[str]:
    """Return the lines of a file of the kernel; none where it is not there or not ours to read."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
