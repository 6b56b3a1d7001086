"""Three tasks of fev-bench on every window that the data reach: rossmann_1D, rossmann_1W and rohlik_orders_1D.

    python benchmarks/fev.py --data ROSSMANN [--rohlik ROHLIK] [--tasks rossmann_1D,rossmann_1W] [--models linear,blend]

ROSSMANN holds train.csv and store.csv, ROHLIK the train.csv of Rohlik's published orders. Daily tasks are scored from what
`storecast backtest` wrote. Weeks are the sums of the daily forecast's possible sales, and their quantiles those of the sums.
Each rebuild is proved first: the seasonal naive forecast must reach the published figures; where it does not, this exits with 1.
"""

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fev_scores import (
    WEEK,
    Sales,
    daily_sales,
    naive_scores,
    quantile_scores,
    weekly_quantiles,
    weekly_sales,
)
from measure import cpu_of, machine, peak_gib

LONG, NEAR = 250, 0.08  # scored days of a store that is looked at by itself, and how near its coverage should be
MATCHES = 5e-5  # from the published figure, where all windows are in reach
SHORT_PAST = 56  # days before the first window whose joint errors are looked at: the weekly task begins with 31 weeks
LOOK_BACK = 10_000  # days: all of them
DIFFERS = """The published models are zero-shot or local, were scored on all windows, and ran on hardware that is not stated.
Ours are trained on the chain's own past before each window, and scored on the windows that the data reach."""
ROHLIK = """store_ids = "text"
known = ["shops_closed", "winter_school_holidays"]

[columns]
Store = "warehouse"
Date = "date"
Sales = "orders"
StateHoliday = "holiday"
SchoolHoliday = "school_holidays"
"""  # what `storecast init` writes for these files


@dataclass(frozen=True)
class Task:
    """A task as fev-bench defines it.

    Attributes
    ----------
    name : fev-bench's
    first : the first day of the first window
    horizon, season : in steps
    windows : one right after the other
    naive : published MASE and WAPE of the seasonal naive forecast
    published : lines of model, SQL, MASE, WAPE and seconds
    step : days of a step
    """

    name: str
    first: dt.date
    horizon: int
    windows: int
    season: int
    naive: tuple[float, float]
    published: str
    step: int = 1

    @property
    def days(self) -> int:
        """The days of a window."""
        return self.horizon * self.step

    def cutoffs(self, last: dt.date) -> list[dt.date]:
        """Return the last known day of each window that ends at or before a day."""
        cutoffs = [self.first + dt.timedelta(days=self.days * k - 1) for k in range(self.windows)]
        return [cutoff for cutoff in cutoffs if cutoff + dt.timedelta(days=self.days) <= last]


TASKS = {
    task.name: task
    for task in (
        Task(
            "rossmann_1D",
            dt.date(2014, 4, 8),
            horizon=48,
            windows=10,
            season=7,
            naive=(0.78855, 0.26925),
            published="""TabPFN-TS,0.2389,0.3006,0.0998,10539
TabPFN-TS-3,0.2455,0.3071,0.1022,26144
TS-ICL,0.2581,0.3198,0.1065,48
Chronos-2,0.2835,0.3558,0.1198,101
CatBoost (recursive lags),0.3322,0.3322,0.1096,1945
LightGBM (recursive lags),0.3412,0.3412,0.1126,47
TiRex-2,0.4110,0.4998,0.1689,41
Toto-2.0-2.5B,0.4770,0.5826,0.1982,700
AutoARIMA,0.5619,0.6544,0.2224,10607
Seasonal naive,0.9137,0.7886,0.2692,7""",
        ),
        Task(
            "rossmann_1W",
            dt.date(2013, 8, 5),
            horizon=13,
            windows=8,
            season=1,
            naive=(0.79603, 0.21924),
            published="""best honest one,0.2538,,,
Chronos-2,0.3077,0.3712,0.0964,14
Seasonal naive,0.8988,0.7960,0.2192,4""",
            step=WEEK,
        ),
        Task(
            "rohlik_orders_1D",
            dt.date(2023, 5, 2),
            horizon=61,
            windows=5,
            season=7,
            naive=(1.77829, 0.08272),
            published="""best one,0.9096,,,
Chronos-2,0.9592,1.1869,0.0561,1
Seasonal naive,1.5544,1.7783,0.0827,1""",
        ),
    )
}


def main() -> None:
    """Prove each rebuild, then print a line for each model and window, and the means beside the published ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with Rossmann's train.csv and store.csv")
    parser.add_argument("--rohlik", type=Path, help="folder with train.csv of Rohlik's orders, as published")
    parser.add_argument("--tasks", help="comma-separated; default: those whose files are given")
    parser.add_argument("--models", default="linear,blend", help="comma-separated")
    parser.add_argument("--last", type=int, help="windows of each task, the last ones in reach; default: all in reach")
    options = parser.parse_args()
    print(f"# {(__doc__ or '').splitlines()[0]}\n# {machine()}")
    names = options.tasks.split(",") if options.tasks else [n for n in TASKS if options.rohlik or "rossmann" in n]
    rebuilt = [
        run(TASKS[name], options.rohlik if "rohlik" in name else options.data, options.models.split(","), options.last)
        for name in names
    ]
    if not all(rebuilt):
        sys.exit(1)


def run(task: Task, data: Path, models: list[str], newest: int | None) -> bool:
    """Prove one rebuild, forecast and score it; return whether the rebuild matches what is published."""
    print(f"\n# {task.name}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if task.name.startswith("rohlik"):
            (folder / "train.csv").symlink_to((data / "train.csv").resolve())
            (folder / "storecast.toml").write_text(ROHLIK)
            rows = pl.read_csv(data / "train.csv", columns=["warehouse", "date", "orders"], try_parse_dates=True)
            daily, data = daily_sales(rows.rename({"warehouse": "Store", "date": "Date", "orders": "Sales"})), folder
        else:
            rows = pl.read_csv(data / "train.csv", columns=["Store", "Date", "Sales"], try_parse_dates=True)
            daily = daily_sales(rows.with_columns(pl.col("Date").cast(pl.Date)))
        sales = daily if task.step == 1 else weekly_sales(daily)
        cutoffs = task.cutoffs(daily.last)
        matches, sentences = prove(task, naive_scores(sales, cutoffs, task.horizon, task.season))
        print(*(f"# {sentence}" for sentence in sentences), sep="\n")
        if matches:
            report = daily_report if task.step == 1 else weekly_report
            report(task, data, models, sales, cutoffs[-newest:] if newest else cutoffs)
    return matches


def prove(task: Task, scores: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[bool, list[str]]:
    """Compare the seasonal naive forecast's MASE and WAPE of each window, (windows, 2), with what is published.

    Where windows are out of reach, what they would have to average must lie between those seen, a fifth more or less.

    Returns
    -------
    whether the rebuild matches, and a sentence for each score
    """
    matches, sentences = True, []
    for name, seen, published in zip(("MASE", "WAPE"), scores.T, task.naive, strict=True):
        mean, left = seen.mean(), task.windows - len(seen)
        windows = f"mean of {len(seen)} windows {mean:.5f}, published for {task.windows}: {published:.5f}"
        sentence = f"seasonal naive {name}: {windows}"
        if left:
            rest = (task.windows * published - len(seen) * mean) / left
            match = bool(seen.min() * 0.8 < rest < seen.max() * 1.2)
            sentence += f"; the {left} out of reach would have to average {rest:.5f}"
            sentence += f"; those seen lie between {seen.min():.5f} and {seen.max():.5f}"
        else:
            match = bool(abs(mean - published) < MATCHES)
        sentences.append(f"{sentence}: {'matches' if match else 'DOES NOT MATCH, the rebuild is wrong'}")
        matches &= match
    return matches, sentences


def daily_report(task: Task, data: Path, models: list[str], sales: Sales, cutoffs: list[dt.date]) -> None:
    """Score what `storecast backtest` wrote, and check that its own score is the same."""
    print("model,cutoff,SQL,MASE,WAPE,RMSPE,coverage80,coverage95,width80")
    means = []
    for model in models:
        with tempfile.TemporaryDirectory() as out:
            used = backtest(data, Path(out), model, cutoffs, task.days)
            written = pl.read_csv(Path(out) / "forecasts.csv", try_parse_dates=True)
            table = written.filter(pl.col("Model") == model)
            recorded = json.loads((Path(out) / "scores.json").read_text())["scores"]
        lines = [score(table.filter(pl.col("Cutoff") == cutoff), sales, task.season) for cutoff in cutoffs]
        for cutoff, line in zip(cutoffs, lines, strict=True):
            print(model, cutoff, *(f"{value:.4f}" for value in line), sep=",", flush=True)
            own = next(row for row in recorded if (row["model"], row["cutoff"]) == (model, str(cutoff)))
            assert abs(own["sql"] - line[0]) < 1e-3, "storecast's own score differs from this one"
        means.append((model, np.mean(lines, axis=0)[[0, 1, 2, 4]], *used))
        print_coverage(model, recorded, table, sales)
    print_means(task, means, len(cutoffs))


def weekly_report(task: Task, data: Path, models: list[str], sales: Sales, cutoffs: list[dt.date]) -> None:
    """Score weekly sums of the possible sales of each day."""
    print("model,cutoff,SQL,MASE,WAPE,coverage80")
    means = []
    for model in models:
        seconds, tables = cpu_of(lambda model=model: weekly_forecasts(data, model, cutoffs, task.days, sales))
        lines = [quantile_scores(table, sales, task.season) for table in tables]
        for cutoff, line in zip(cutoffs, lines, strict=True):
            print(model, cutoff, *(f"{value:.4f}" for value in line), sep=",", flush=True)
        means.append((model, np.mean(lines, axis=0), seconds, peak_gib()))
    print_means(task, means, len(cutoffs))


def weekly_forecasts(data: Path, model: str, cutoffs: list[dt.date], days: int, weekly: Sales) -> list[pl.DataFrame]:
    """Return the deciles of each store's weeks, for each cutoff, from errors of windows that had ended by then."""
    from storecast.config import Task as Ahead
    from storecast.evaluate.backtest import backtest as backtest_panel
    from storecast.evaluate.backtest import calibration_of
    from storecast.uncertainty.joint_errors import fit_joint_errors, past_errors
    from storecast.workflows.preparation import prepare

    panel = prepare(data, horizon=days, allow_longer_test=True).panel
    result = backtest_panel(panel, [model], cutoffs, Ahead(days))
    errors = past_errors(panel, days, look_back=LOOK_BACK, fast=True, least_past=SHORT_PAST)
    tables = []
    for cutoff in cutoffs:
        known = [frame for frame in errors if frame["Cutoff"][0] + dt.timedelta(days=days) <= cutoff]
        joint = fit_joint_errors(known, panel.stores, days)
        assert joint is not None, f"too few windows of the past before {cutoff}"
        medians = next(table for table in result.medians[model] if table["Cutoff"][0] == cutoff)
        draws = joint.sample_paths(medians, panel.stores, calibration_of(result, model, cutoff))
        tables.append(weekly_quantiles(medians, draws, weekly))
    return tables


def print_means(task: Task, means: list[tuple[str, Any, float, float]], windows: int) -> None:
    """Print the means of our models and the published ones."""
    print(
        f"\nmodel,SQL,MASE,WAPE,seconds,GiB,windows,coverage80\n# ours: CPU seconds of the whole backtest, {windows} windows"
    )
    for model, mean, seconds, memory in means:
        figures = (f"{value:.4f}" for value in mean[:3])
        print(model, *figures, f"{seconds:.0f}", f"{memory:.1f}", windows, f"{mean[3]:.3f}", sep=",")
    print("# published")
    for line in task.published.splitlines():
        print(f"{line},,{task.windows},")
    print("\n".join(f"# {line}" for line in DIFFERS.splitlines()))


def print_coverage(model: str, recorded: list[dict[str, Any]], table: pl.DataFrame, sales: Sales) -> None:
    """Print what the intervals covered by kind of store and day, and how many stores lie near their aim."""
    print("coverage,slice,key,rows,coverage80,coverage95,width80")
    for line in recorded:
        if (
            (line["model"], line["cutoff"]) == (model, "mean")
            and line["slice"] != "all"
            and line["coverage80"] is not None
        ):
            figures = (f"{line[name]:.3f}" for name in ("coverage80", "coverage95", "width80"))
            print(f"# {model}", line["slice"], line["key"], line["rows"], *figures, sep=",")
    sold = table.with_columns(pl.Series("Actual", sales.actual(table))).filter(pl.col("Actual") > 0)
    near = {}
    for level in (80, 95):
        inside = pl.col("Actual").is_between(f"Lower{level}", f"Upper{level}").mean()
        by_store = sold.group_by("Store").agg(pl.len(), inside.alias("share")).filter(pl.col("len") >= LONG)
        near[level] = ((by_store["share"] - level / 100).abs() <= NEAR).mean()
    if by_store.is_empty():
        return
    fifth = by_store["share"].quantile(0.05)
    print(
        f"# {model}: {by_store.height} stores with {LONG} scored days or more; within {100 * NEAR:.0f} points of the aim at 80%: "
        f"{near[80]:.3f}, at 95%: {near[95]:.3f}; 5th percentile at 95%: {fifth:.3f}"
    )


def backtest(data: Path, out: Path, model: str, cutoffs: list[dt.date], days: int) -> tuple[float, float]:
    """Run the command; return its CPU seconds and its largest memory in GiB."""
    command = [Path(sys.executable).with_name("storecast"), "backtest", "--data", data, "--out", out]
    command += ["--horizon", days, "--models", model, "--cutoffs", ",".join(map(str, cutoffs))]
    command += ["--quantiles", ",".join(f"0.{tau}" for tau in range(1, 10))]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    messages = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, messages
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def score(table: pl.DataFrame, sales: Sales, season: int) -> list[float]:
    """Return SQL, MASE, WAPE, RMSPE, coverage at 80 and 95%, and the mean relative width at 80%, of one window."""
    actual, forecast = sales.actual(table), table["Forecast"].to_numpy()
    sold = actual > 0
    bounds = {level: (table[f"Lower{level}"].to_numpy(), table[f"Upper{level}"].to_numpy()) for level in (80, 95)}
    return [
        *quantile_scores(table, sales, season)[:3],
        float(np.sqrt(np.mean(((actual - forecast)[sold] / actual[sold]) ** 2))),
        *(float(np.mean(((actual >= low) & (actual <= high))[sold])) for low, high in bounds.values()),
        float(np.mean((bounds[80][1] - bounds[80][0])[sold] / forecast[sold])),
    ]


if __name__ == "__main__":
    main()
