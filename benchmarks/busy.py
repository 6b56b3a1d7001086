"""What other programs on the same cores do to a fit: its CPU and wall seconds beside busy processes, against those without.

A fit whose threads spin while they wait for each other uses up their cores' time as soon as other programs run there too; one whose
threads sleep costs about the same CPU time on a busy machine as on a quiet one. Each fit is a backtest of one window on a
generated chain, in a process of its own, as the command line starts it. Rounds go through all numbers of busy processes in turn.

The libraries' own behaviour can be measured as well: variables that are set stay, as in

    OMP_WAIT_POLICY=ACTIVE python benchmarks/busy.py --busy 0 2
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measure import machine

CLI = [sys.executable, "-m", "storecast.cli"]
BUSY = "while True: pass"


@dataclass(frozen=True)
class Cost:
    """The seconds of one fit: CPU time of all its threads in user and system mode, and by the clock."""

    user: float
    system: float
    wall: float

    @property
    def cpu(self) -> float:
        """CPU seconds in both modes."""
        return self.user + self.system


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each number of busy processes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--busy", type=int, nargs="+", default=[0, 2, 8], help="numbers of busy processes; the first is compared with"
    )
    parser.add_argument("--model", default="boosting")
    parser.add_argument("--stores", type=int, default=100)
    parser.add_argument("--days", type=int, default=600)
    parser.add_argument("--runs", type=int, default=3, help="rounds, of which the medians are printed")
    chosen = parser.parse_args(arguments)
    print(f"# {machine()}, load {os.getloadavg()[0]:.1f} before the first fit")
    print(f"# {chosen.model}, fast, {chosen.stores} stores, {chosen.days} days; medians of {chosen.runs} rounds")
    costs: dict[int, list[Cost]] = {count: [] for count in chosen.busy}
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder, "data"), Path(folder, "out")
        size = ["--stores", str(chosen.stores), "--days", str(chosen.days)]
        subprocess.run([*CLI, "demo-data", "--out", str(data), *size], check=True, stdout=subprocess.DEVNULL)
        command = [
            *CLI,
            "backtest",
            "--data",
            str(data),
            "--out",
            str(out),
            "--models",
            chosen.model,
            "--fast",
            "--windows",
            "1",
        ]
        for _ in range(chosen.runs):
            for count, measured in costs.items():
                with busy_processes(count):
                    measured.append(cost_of(command))
    quiet_cpu, quiet_wall = (median(getattr(cost, name) for cost in costs[chosen.busy[0]]) for name in ("cpu", "wall"))
    print("busy processes | user s | system s | wall s | CPU ratio | wall ratio")
    for count, measured in costs.items():
        user, system, cpu, wall = (
            median(getattr(cost, name) for cost in measured) for name in ("user", "system", "cpu", "wall")
        )
        print(f"{count} | {user:.1f} | {system:.1f} | {wall:.1f} | {cpu / quiet_cpu:.2f} | {wall / quiet_wall:.2f}")


@contextmanager
def busy_processes(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run processes that use a core each for as long as the block runs."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command and return its cost.

    Raises
    ------
    subprocess.CalledProcessError
        where it fails
    """
    begin = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=_QUIET)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise subprocess.CalledProcessError(code, list(command))
    return Cost(used.ru_utime, used.ru_stime, time.monotonic() - begin)


_QUIET = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)]

if __name__ == "__main__":
    main()
