"""storecast beside other libraries on the last window of a chain: scores, seconds, memory and lines of user code.

    python benchmarks/peers.py --data DIR --peer mlforecast=peers/bin/python --peer skforecast=peers_sk/bin/python

Every library gets the same files: sales up to the cutoff, the plan of the days ahead, the facts of the stores. A peer is a script
in `benchmarks/peers`, run by the Python of an environment of its own; storecast is its command `backtest`, which fits twice, too:
on an earlier window for the intervals, and on the one that is scored. Runs go through all of them in turn. Closed days are not
scored. Each forecast that is missing on a day to score is an error, and never left out of a mean.

| peer | packages of its environment |
| --- | --- |
| mlforecast | polars mlforecast lightgbm |
| skforecast | polars pyarrow skforecast lightgbm |
| seasonal_naive, autoets | polars statsforecast |
| autogluon | polars pyarrow autogluon.timeseries |
"""

import argparse
import ast
import csv
import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measure import CLI, Cost, cost_of, machine, print_table, rounds

SCRIPTS = Path(__file__).with_name("peers")
STORECAST = {"storecast linear": ("linear", []), "storecast boosting --fast": ("boosting", ["--fast"])}
PACKAGES = ("mlforecast", "skforecast", "statsforecast", "autogluon.timeseries", "lightgbm")
SCORES = ("RMSPE", "WAPE", "SQL", "80% covered")


@dataclass(frozen=True)
class Contestant:
    """What forecasts the window.

    Attributes
    ----------
    name : of the library and model
    command : that forecasts
    forecasts : the file that it writes
    lines : of code that a user writes
    model : whose rows of the file count; None: all
    """

    name: str
    command: list[str]
    forecasts: Path
    lines: int
    model: str | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each library: medians of the rounds, and ratios to the first peer."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train.csv, test.csv and store.csv")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON", help="may be given again")
    parser.add_argument("--horizon", type=int, default=48)
    parser.add_argument("--cutoff", type=dt.date.fromisoformat, help="default: the last with a whole window after it")
    parser.add_argument("--runs", type=int, default=3, help="rounds, of which the medians are printed")
    chosen = parser.parse_args(arguments)
    peers = dict(peer.split("=", 1) for peer in chosen.peer)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cutoff = chosen.cutoff or last_day(chosen.data / "train.csv") - dt.timedelta(days=chosen.horizon)
        rows = write_window(chosen.data, folder / "chain", cutoff, chosen.horizon)
        print(f"# {machine()}, load {os.getloadavg()[0]:.1f} before the first run")
        print(f"# {chosen.horizon} days after {cutoff}, {rows:,} rows of sales up to it; {rounds(chosen.runs)}")
        for python in dict.fromkeys(peers.values()):
            print(f"# {', '.join(peer for peer in peers if peers[peer] == python)}: {versions(python)}")
        contestants = [*contestants_of(peers, folder), *storecast_commands(chosen.data, folder, cutoff, chosen.horizon)]
        costs: dict[str, list[Cost]] = {contestant.name: [] for contestant in contestants}
        for _ in range(chosen.runs):
            for contestant in contestants:
                cost = cost_of(contestant.command, folder / "printed")
                costs[contestant.name].append(cost)
                print(f"{contestant.name}: {cost.cpu:.0f} CPU s, {cost.wall:.0f} s", file=sys.stderr, flush=True)
        # Only now: a library that this process loaded would count as memory of the commands (see `cost_of`).
        scores = {contestant.name: score(contestant, chosen.data, cutoff, chosen.horizon) for contestant in contestants}
    report(contestants, costs, scores)


def contestants_of(peers: dict[str, str], folder: Path) -> list[Contestant]:
    """Return the peers, each with its script."""
    contestants = []
    for name, python in peers.items():
        script = SCRIPTS / f"{name}_peer.py"
        if not script.exists():
            known = ", ".join(sorted(path.name.removesuffix("_peer.py") for path in SCRIPTS.glob("*_peer.py")))
            raise SystemExit(f"There is no peer {name!r}. There are: {known}.")
        forecasts = folder / f"{name}.parquet"
        command = [python, str(script), str(folder / "chain"), str(forecasts)]
        contestants.append(Contestant(name, command, forecasts, lines_of(script)))
    return contestants


def storecast_commands(data: Path, folder: Path, cutoff: dt.date, horizon: int) -> list[Contestant]:
    """Return storecast's models, each a command of one line."""
    contestants = []
    for name, (model, options) in STORECAST.items():
        out = folder / f"{model}{len(options)}"
        command = [*CLI, "backtest", "--data", str(data), "--out", str(out), "--horizon", str(horizon)]
        command += ["--models", model, "--cutoffs", str(cutoff), "--quantiles", "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9"]
        contestants.append(Contestant(name, [*command, *options], out / "forecasts.csv", 1, model))
    return contestants


def write_window(data: Path, folder: Path, cutoff: dt.date, horizon: int) -> int:
    """Write a chain as it was known at a cutoff, the plan of the days after it in test.csv.

    Returns
    -------
    the rows of sales up to the cutoff
    """
    folder.mkdir()
    for name in ("store.csv", "store_states.csv"):
        if (data / name).exists():
            shutil.copy(data / name, folder / name)
    last, rows = str(cutoff + dt.timedelta(days=horizon)), 0
    with (
        (data / "train.csv").open(newline="", encoding="utf-8") as source,
        (folder / "train.csv").open("w", newline="", encoding="utf-8") as past,
        (folder / "test.csv").open("w", newline="", encoding="utf-8") as ahead,
    ):
        lines = csv.DictReader(source)
        known = csv.DictWriter(past, lines.fieldnames or ())
        plan = csv.DictWriter(
            ahead, ["Store", "Date", "Open", "Promo", "StateHoliday", "SchoolHoliday"], extrasaction="ignore"
        )
        known.writeheader()
        plan.writeheader()
        for line in lines:
            if line["Date"] <= str(cutoff):
                known.writerow(line)
                rows += 1
            elif line["Date"] <= last:
                plan.writerow(line)
    return rows


def last_day(train: Path) -> dt.date:
    """Return the last day of a file of sales."""
    with train.open(newline="", encoding="utf-8") as source:
        return dt.date.fromisoformat(max(line["Date"] for line in csv.DictReader(source)))


def lines_of(script: Path) -> int:
    """Return the lines of code of a script and of what it imports from its own folder, without blanks, comments and docstrings."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    modules = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    beside = [script.with_name(f"{module}.py") for module in modules]
    return len(ast.unparse(tree).splitlines()) + sum(lines_of(path) for path in beside if path.exists())


def versions(python: str) -> str:
    """Return the versions of the packages of an environment that forecast."""
    code = f"""
import importlib.metadata as m
names = [n for n in {PACKAGES} if any(True for d in m.distributions(name=n))]
print(", ".join(f"{{n}} {{m.version(n)}}" for n in names))
"""
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def score(
    contestant: Contestant, data: Path, cutoff: dt.date, horizon: int
) -> tuple[float, float, float | None, float | None]:
    """Return `SCORES` over the open days of the window; the last two are None where there are no quantiles.

    Raises
    ------
    ValueError
        where a day to score has not exactly one forecast
    """
    import polars as pl

    from fev_scores import DECILES, WEEK, daily_sales, quantile_scores
    from storecast.evaluate.scores import rmspe

    path = contestant.forecasts
    forecasts = pl.read_csv(path, try_parse_dates=True) if path.suffix == ".csv" else pl.read_parquet(path)
    if contestant.model:
        forecasts = forecasts.filter(pl.col("Model") == contestant.model)
    rows = pl.read_csv(data / "train.csv", columns=["Store", "Date", "Sales", "Open"], try_parse_dates=True)
    is_scored = (
        (pl.col("Date") > cutoff) & (pl.col("Date") <= cutoff + dt.timedelta(days=horizon)) & (pl.col("Open") == 1)
    )
    scored = rows.filter(is_scored).select("Store", "Date")
    given = [name for name in DECILES if name in forecasts.columns]
    forecasts = forecasts.select(pl.col("Store").cast(pl.Int64), "Date", "Forecast", *given)
    table = scored.join(forecasts, on=["Store", "Date"], how="left", maintain_order="left")
    values = table.select(pl.exclude("Store", "Date").cast(pl.Float64).is_finite().fill_null(value=False).all())
    if table.height != scored.height or not all(values.row(0)):
        raise ValueError(f"{contestant.name}: not every day to score has one forecast.")
    sales = daily_sales(rows)
    if not given:
        table = table.with_columns(pl.col("Forecast").alias(name) for name in DECILES)
    sql, _, wape, covered = quantile_scores(table, sales, WEEK)
    relative = rmspe(sales.actual(table), table["Forecast"].to_numpy())
    return relative, wape, *((sql, covered) if given else (None, None))


def report(
    contestants: Sequence[Contestant],
    costs: dict[str, list[Cost]],
    scores: dict[str, tuple[float, float, float | None, float | None]],
) -> None:
    """Print the table, the ratios, and in a sentence for each of ours where it is better and where worse than the first."""
    figures = {}
    for contestant in contestants:
        cpu, wall, memory = (
            median(getattr(cost, name) for cost in costs[contestant.name]) for name in ("cpu", "wall", "memory")
        )
        named = dict(zip(SCORES, scores[contestant.name], strict=True))
        figures[contestant.name] = {**named, "CPU s": cpu, "wall s": wall, "GiB": memory, "lines": contestant.lines}
    digits = dict.fromkeys(SCORES, 4) | {"80% covered": 3, "CPU s": 1, "wall s": 1, "GiB": 2, "lines": 0}
    print_table(
        ["library", *digits],
        [[name, *(shown(row[column], places) for column, places in digits.items())] for name, row in figures.items()],
    )
    first = contestants[0].name
    compared = [name for name in digits if name != "80% covered"]
    print(f"\nRatios to {first}:\n")
    print_table(
        ["library", *compared],
        [[name, *(shown(ratio(row[c], figures[first][c]), 2) for c in compared)] for name, row in figures.items()],
    )
    print()
    for name in STORECAST:
        if name != first:
            print(sentence(name, first, {c: ratio(figures[name][c], figures[first][c]) for c in compared}))


def sentence(name: str, other: str, ratios: dict[str, float | None]) -> str:
    """Say where one is better and where it is worse than another."""
    better = [f"{column} {value:.2f} ×" for column, value in ratios.items() if value is not None and value <= 1]
    worse = [f"{column} {value:.2f} ×" for column, value in ratios.items() if value is not None and value > 1]
    return f"{name} against {other}: better or equal in {', '.join(better) or 'nothing'}; worse in {', '.join(worse) or 'nothing'}."


def ratio(value: float | None, other: float | None) -> float | None:
    """Return the ratio of two figures, where both are known."""
    return value / other if value is not None and other else None


def shown(value: float | None, places: int) -> str:
    """Return a figure in a table, a dash where there is none."""
    return "–" if value is None else f"{value:.{places}f}"


if __name__ == "__main__":
    main()
