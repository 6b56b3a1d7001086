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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from measure import CLI, Cost, cost_of, machine, print_table, rounds

BUSY = "while True: pass"


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
    print(f"# {chosen.model}, fast, {chosen.stores} stores, {chosen.days} days; {rounds(chosen.runs)}")
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
    rows = []
    for count, measured in costs.items():
        user, system, cpu, wall = (
            median(getattr(cost, name) for cost in measured) for name in ("user", "system", "cpu", "wall")
        )
        seconds = (f"{value:.1f}" for value in (user, system, wall))
        rows.append([count, *seconds, f"{cpu / quiet_cpu:.2f}", f"{wall / quiet_wall:.2f}"])
    print_table(["busy processes", "user s", "system s", "wall s", "CPU ratio", "wall ratio"], rows)


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


if __name__ == "__main__":
    main()
