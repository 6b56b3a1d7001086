"""What the benchmarks share: the machine in words, the cost of a call or a command, and the folder to measure on."""

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from storecast.cpus import thread_count, thread_variables

os.environ.update(thread_variables())

Result = TypeVar("Result")
CLI = [sys.executable, "-m", "storecast.cli"]


@dataclass(frozen=True)
class Cost:
    """The seconds of a call or command, and its largest memory.

    Attributes
    ----------
    user, system : CPU seconds of all its threads in each mode
    wall : seconds by the clock
    memory : GiB that a command held at most, with the commands that it started; 0 of a call
    """

    user: float
    system: float
    wall: float
    memory: float = 0.0

    @property
    def cpu(self) -> float:
        """CPU seconds in both modes."""
        return self.user + self.system


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
    cores = "1 core" if thread_count() == 1 else f"{thread_count()} cores"
    return f"{platform.machine()}, {cores}, Python {platform.python_version()}"


def cpu_of(call: Callable[[], Result]) -> tuple[float, Result]:
    """Return the CPU seconds of a call, user and system, and its result."""
    cost, result = cost_of_call(call)
    return cost.cpu, result


def median_cpu(call: Callable[[], object], runs: int = 5) -> float:
    """Return the median CPU seconds of several calls, after one that is not counted."""
    call()
    return median(cpu_of(call)[0] for _ in range(runs))


def cost_of_call(call: Callable[[], Result]) -> tuple[Cost, Result]:
    """Return the seconds of a call, and its result."""
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    result = call()
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_SELF)
    return Cost(after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime, wall), result


def cost_of(command: Sequence[str], output: Path = Path(os.devnull)) -> Cost:
    """Run a command and return its cost.

    Its memory is never less than the largest that this process has held, whose place it takes: keep this one small.

    Parameters
    ----------
    command : program and arguments
    output : file that takes what it prints

    Raises
    ------
    RuntimeError
        where it fails
    """
    begin = time.monotonic()
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [(os.POSIX_SPAWN_OPEN, 1, str(output), write, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)]
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code:
        printed = output.read_text(errors="replace")[-2000:] if output.is_file() else ""
        raise RuntimeError(f"{' '.join(command)} ended with exit status {code}. {printed}")
    return Cost(used.ru_utime, used.ru_stime, time.monotonic() - begin, used.ru_maxrss / 2**20)


def peak_gib() -> float:
    """Return the largest memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def rounds(count: int) -> str:
    """Say of how many rounds figures are."""
    return "one round" if count == 1 else f"medians of {count} rounds"


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table as `benchmarks_page.py` understands it: a line for each row, cells between bars."""
    for row in (header, *rows):
        print(*row, sep=" | ", flush=True)
