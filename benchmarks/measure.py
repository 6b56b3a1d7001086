"""What the benchmarks share: the machine in words, CPU seconds, and the folder to measure on."""

import argparse
import os
import platform
import resource
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

from storecast.cpus import thread_count, thread_variables

os.environ.update(thread_variables())

Result = TypeVar("Result")


def arguments(what: str | None) -> argparse.Namespace:
    """Parse --data, and describe the machine."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.csv and store.csv")
    options = parser.parse_args()
    print(f"# {(what or '').splitlines()[0]}")
    print(f"# {machine()}")
    return options


def machine() -> str:
    """Return the machine in words."""
    return f"{platform.machine()}, {thread_count()} cores, Python {platform.python_version()}"


def cpu_of(call: Callable[[], Result]) -> tuple[float, Result]:
    """Return the CPU seconds of a call, user and system, and its result."""
    before = _used()
    result = call()
    return _used() - before, result


def median_cpu(call: Callable[[], object], runs: int = 5) -> float:
    """Return the median CPU seconds of several calls, after one that is not counted."""
    call()
    return median(cpu_of(call)[0] for _ in range(runs))


def peak_gib() -> float:
    """Return the largest memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
