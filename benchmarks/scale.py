"""A generated chain of 1, 10 or 100 times the rows of the real one, from its files to forecasts: seconds, CPU seconds and memory.

    python benchmarks/scale.py --factors 1,10 --folder scale

The chain is cut into parts, a model learns from a sample of its stores, and every part is forecast; then again with the same model,
which shows what learning costs and what forecasting does. Memory is the sum of all
processes of a command at its largest, looked at ten times a second. The generated files are removed afterwards.
"""

import argparse
import shutil
import subprocess
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import polars as pl
import psutil

from measure import CLI, Cost, machine, print_table
from storecast import schema as s
from storecast.data.generate import ChainSpec, generate
from storecast.parts.chain_file import read_chain_file

STORES, DAYS = 1115, 990  # of the real chain: a million rows; 48 of the days lie ahead
INTERVAL = 0.1  # seconds between two looks at the memory
NOISE = 0.05  # of log sales, which sets one copy of the chain apart from the next


def main() -> None:
    """Measure every factor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factors", default="1,10", help="times the rows of the real chain")
    parser.add_argument("--folder", type=Path, required=True, help="takes the generated files")
    parser.add_argument("--models", default="boosting")
    parser.add_argument("--stores-per-part", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--usual", action="store_true", help="the usual version of the model in place of the fast one")
    options = parser.parse_args()
    print(f"# {machine()}, {options.processes} processes, {options.models}{'' if options.usual else ' --fast'}")
    print_table(["rows", "parts", "stage", "seconds", "CPU seconds", "GiB"], [])
    for factor in map(float, options.factors.split(",")):
        folder = options.folder / f"{factor:g}"
        data, parts, home = (folder / name for name in ("data", "parts", "home"))
        writer = get_context("spawn").Process(
            target=write_chain, args=(data, factor)
        )  # its memory is none of the stages'
        writer.start()
        writer.join()
        work = ["--processes", str(options.processes)]
        size = ["--stores-per-part", str(options.stores_per_part)]
        cut = [*CLI, "partition", "--data", str(data), "--out", str(parts), *size, *work]
        run = [*CLI, "run-parts", "--parts", str(parts), "--out", str(home), "--models", options.models, *work]
        run = run if options.usual else [*run, "--fast"]
        for stage, command in (("cut, read", cut), ("learn, forecast", run), ("forecast", run)):
            if stage == "forecast":
                shutil.rmtree(home / "parts")  # the model stays, and is not trained again
            cost = cost_of_tree(command)
            chain = read_chain_file(parts)
            row = [chain.rows, len(chain.parts), stage, f"{cost.wall:.0f}", f"{cost.cpu:.0f}", f"{cost.memory:.2f}"]
            print_table(row, [])
        shutil.rmtree(folder)


def write_chain(folder: Path, factor: float) -> None:
    """Write the files of a generated chain of so many times the rows of the real one.

    Parameters
    ----------
    folder : takes the files
    factor : below 1 fewer stores, above 1 copies with other ids and other noise
    """
    folder.mkdir(parents=True)
    chain = generate(ChainSpec(stores=max(1, round(STORES * min(factor, 1.0))), days=DAYS))
    tables = {"train": chain.train, "test": chain.test, "store": chain.stores, "store_states": chain.states}
    rng = np.random.default_rng(0)
    for name, table in tables.items():
        with (folder / f"{name}.csv").open("wb") as stream:
            for copy in range(max(1, round(factor))):
                rows = table.with_columns(pl.col(s.STORE) + STORES * copy)
                if name == "train" and copy:
                    noise = pl.Series(np.exp(rng.normal(0, NOISE, table.height)))
                    rows = rows.with_columns((pl.col(s.SALES) * noise).round().cast(pl.Int64))
                if name == "test":
                    rows = rows.with_columns(pl.col(s.ID) + table.height * copy)
                rows.write_csv(stream, include_header=copy == 0)


def cost_of_tree(command: Sequence[str]) -> Cost:
    """Run a command and return its cost; memory is the sum of its processes.

    Raises
    ------
    RuntimeError
        where it fails
    """
    begin, memory = time.monotonic(), 0
    cpu: dict[int, tuple[float, float]] = {}
    with TemporaryFile() as output, subprocess.Popen(command, stdout=output, stderr=output) as child:
        root = psutil.Process(child.pid)
        while child.poll() is None:
            memory_now = 0
            try:
                for process in [root, *root.children(recursive=True)]:
                    with process.oneshot():
                        memory_now += process.memory_info().rss
                        times = process.cpu_times()
                        cpu[process.pid] = times.user, times.system
            except psutil.NoSuchProcess:
                pass
            memory = max(memory, memory_now)
            time.sleep(INTERVAL)
        wall = time.monotonic() - begin
        if child.returncode:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed: {output.read()[-2000:].decode()}")
    user, system = (sum(times[kind] for times in cpu.values()) for kind in (0, 1))
    return Cost(user, system, wall, memory / 2**30)


if __name__ == "__main__":
    main()
