"""The daily Rossmann task of fev-bench on every window that the data reach, scored from what `storecast backtest` wrote.

Ten consecutive windows of 48 days from 2014-04-08; every store on a full daily grid from 2013-01-01; closed days are 0; days
without a row are missing and not scored; the score is the plain mean of the windows. The rebuild is proved first: the
seasonal naive forecast must reach the published figures, as far as nine windows of ten can tell.
"""

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from measure import machine

FIRST = dt.date(2014, 4, 8)
DAYS, WINDOWS = 48, 10
LONG, NEAR = 250, 0.08  # scored days of a store that is looked at by itself, and how near its coverage should be
DECILES = tuple(f"Q{tau}0" for tau in range(1, 10))
NAIVE = {"mase": 0.78855, "wape": 0.26925}  # seasonal naive, ten windows
PUBLISHED = """TabPFN-TS,0.2389,0.3006,0.0998,10539
TabPFN-TS-3,0.2455,0.3071,0.1022,26144
TS-ICL,0.2581,0.3198,0.1065,48
Chronos-2,0.2835,0.3558,0.1198,101
CatBoost (recursive lags),0.3322,0.3322,0.1096,1945
LightGBM (recursive lags),0.3412,0.3412,0.1126,47
TiRex-2,0.4110,0.4998,0.1689,41
Toto-2.0-2.5B,0.4770,0.5826,0.1982,700
AutoARIMA,0.5619,0.6544,0.2224,10607
Seasonal naive,0.9137,0.7886,0.2692,7"""
DIFFERS = """The published models are zero-shot or local, were scored on all ten windows, and ran on hardware that is not stated.
Ours are trained on the chain's own past before each window, and scored on the windows that the data reach."""

Table = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def main() -> None:
    """Prove the rebuild, then print a line for each model and window, and the means beside the published ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train.csv and store.csv")
    parser.add_argument("--models", default="linear,blend", help="comma-separated")
    asked = parser.parse_args()
    print(f"# {(__doc__ or '').splitlines()[0]}\n# {machine()}")
    stores, first, sales = read_sales(asked.data)
    reach = first + dt.timedelta(days=sales.shape[1] - 1)
    cutoffs = [FIRST + dt.timedelta(days=DAYS * k - 1) for k in range(WINDOWS)]
    cutoffs = [cutoff for cutoff in cutoffs if cutoff + dt.timedelta(days=DAYS) <= reach]
    prove(sales, [(cutoff - first).days for cutoff in cutoffs])
    print("model,cutoff,SQL,MASE,WAPE,RMSPE,coverage80,coverage95,width80")
    means = []
    for model in asked.models.split(","):
        with tempfile.TemporaryDirectory() as out:
            used = backtest(asked.data, Path(out), model, cutoffs)
            table = pl.read_csv(Path(out) / "forecasts.csv", try_parse_dates=True).filter(pl.col("Model") == model)
            recorded = json.loads((Path(out) / "scores.json").read_text())["scores"]
        lines = [score(table.filter(pl.col("Cutoff") == cutoff), sales, stores, first) for cutoff in cutoffs]
        for cutoff, line in zip(cutoffs, lines, strict=True):
            print(model, cutoff, *(f"{value:.4f}" for value in line), sep=",", flush=True)
            own = next(row for row in recorded if (row["model"], row["cutoff"]) == (model, str(cutoff)))
            assert abs(own["sql"] - line[0]) < 1e-3, "storecast's own score differs from this one"
        means.append((model, np.mean(lines, axis=0), used))
        print_coverage(model, recorded, table, sales, stores, first)
    print(
        f"\nmodel,SQL,MASE,WAPE,seconds,GiB,windows\n# ours: CPU seconds of the whole backtest, {len(cutoffs)} windows"
    )
    for model, mean, (seconds, memory) in means:
        print(model, *(f"{value:.4f}" for value in mean[:3]), f"{seconds:.0f}", f"{memory:.1f}", len(cutoffs), sep=",")
    print("# published")
    for line in PUBLISHED.splitlines():
        print(f"{line},,{WINDOWS}")
    print("\n".join(f"# {line}" for line in DIFFERS.splitlines()))


def print_coverage(
    model: str,
    recorded: list[dict[str, Any]],
    table: pl.DataFrame,
    sales: Table,
    stores: dict[int, int],
    first: dt.date,
) -> None:
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
    place = table["Store"].replace_strict(stores, return_dtype=pl.Int64)
    actual = sales[place.to_numpy(), (table["Date"] - first).dt.total_days().to_numpy()]
    sold = table.with_columns(pl.Series("Actual", actual)).filter(pl.col("Actual") > 0)
    near = {}
    for level in (80, 95):
        inside = pl.col("Actual").is_between(f"Lower{level}", f"Upper{level}").mean()
        by_store = sold.group_by("Store").agg(pl.len(), inside.alias("share")).filter(pl.col("len") >= LONG)
        near[level] = ((by_store["share"] - level / 100).abs() <= NEAR).mean()
    fifth = by_store["share"].quantile(0.05)
    print(
        f"# {model}: {by_store.height} stores with {LONG} scored days or more; within {100 * NEAR:.0f} points of the aim at 80 %: "
        f"{near[80]:.3f}, at 95 %: {near[95]:.3f}; 5th percentile at 95 %: {fifth:.3f}"
    )


def read_sales(data: Path) -> tuple[dict[int, int], dt.date, Table]:
    """Return the place of each store, the first day, and sales on the full daily grid (stores, days), NaN where missing."""
    rows = pl.read_csv(data / "train.csv", columns=["Store", "Date", "Sales"], try_parse_dates=True).with_columns(
        pl.col("Date").cast(pl.Date)
    )
    first, last = rows["Date"].min(), rows["Date"].max()
    assert isinstance(first, dt.date)
    assert isinstance(last, dt.date)
    stores = {store: place for place, store in enumerate(rows["Store"].unique().sort().to_list())}
    sales = np.full((len(stores), (last - first).days + 1), np.nan)
    place = rows["Store"].replace_strict(stores, return_dtype=pl.Int64).to_numpy()
    sales[place, (rows["Date"] - first).dt.total_days().to_numpy()] = rows["Sales"].to_numpy()
    return stores, first, sales


def prove(sales: Table, cutoffs: list[int]) -> None:
    """Score the last seven days repeated (the last value carried over missing days), and compare with what is published."""
    print("seasonal naive,cutoff,MASE,WAPE")
    found = []
    for cutoff in cutoffs:
        past, actual = sales[:, : cutoff + 1], sales[:, cutoff + 1 : cutoff + 1 + DAYS]
        days = np.where(np.isfinite(past), np.arange(cutoff + 1), 0)
        carried = np.take_along_axis(past, np.maximum.accumulate(days, axis=1), axis=1)
        forecast = np.tile(carried[:, -7:], (1, DAYS // 7 + 1))[:, :DAYS]
        error = np.abs(actual - forecast)
        found.append((np.nanmean(error / item_scale(past)[:, None]), np.nansum(error) / np.nansum(actual)))
        print("seasonal naive", cutoff, *(f"{value:.4f}" for value in found[-1]), sep=",")
    for name, mean, published in zip(NAIVE, np.mean(found, axis=0), NAIVE.values(), strict=True):
        left = WINDOWS - len(cutoffs)
        say = f"# {name}: mean of {len(cutoffs)} windows {mean:.5f}, published for {WINDOWS}: {published:.5f}"
        if left:
            rest = (WINDOWS * published - len(cutoffs) * mean) / left
            seen = [line[list(NAIVE).index(name)] for line in found]
            assert min(seen) * 0.8 < rest < max(seen) * 1.2, f"{say}: the rebuild is wrong"
            say += f"; the {left} out of reach would have to average {rest:.5f}, between those seen"
        else:
            assert abs(mean - published) < 5e-5, f"{say}: the rebuild is wrong"
        print(say)


def item_scale(past: Table) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return mean |sales - sales a week before| of each store over the past, missing days skipped."""
    scale: np.ndarray[tuple[int], np.dtype[np.float64]] = np.nanmean(np.abs(past[:, 7:] - past[:, :-7]), axis=1)
    return scale


def backtest(data: Path, out: Path, model: str, cutoffs: list[dt.date]) -> tuple[float, float]:
    """Run the command; return its CPU seconds and its largest memory in GiB."""
    command = [
        Path(sys.executable).with_name("storecast"),
        "backtest",
        "--data",
        data,
        "--out",
        out,
        "--horizon",
        str(DAYS),
    ]
    command += ["--models", model, "--cutoffs", ",".join(map(str, cutoffs))]
    command += ["--quantiles", ",".join(f"0.{tau}" for tau in range(1, 10))]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, said
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def score(table: pl.DataFrame, sales: Table, stores: dict[int, int], first: dt.date) -> list[float]:
    """Return SQL, MASE, WAPE, RMSPE, coverage at 80 and 95 %, and the mean relative width at 80 %, of one window."""
    place = table["Store"].replace_strict(stores, return_dtype=pl.Int64).to_numpy()
    day = (table["Date"] - first).dt.total_days().to_numpy()
    actual, middle, forecast = sales[place, day], table["Q50"].to_numpy(), table["Forecast"].to_numpy()
    scale = item_scale(sales[:, : day.min()])[place]
    losses = [
        np.nanmean(
            2 * np.abs((actual - table[name].to_numpy()) * ((actual <= table[name].to_numpy()) - tau / 10)) / scale
        )
        for tau, name in enumerate(DECILES, start=1)
    ]
    seen, sold = np.isfinite(actual), actual > 0
    bounds = {level: (table[f"Lower{level}"].to_numpy(), table[f"Upper{level}"].to_numpy()) for level in (80, 95)}
    return [
        float(np.mean(losses)),
        float(np.nanmean(np.abs(actual - middle) / scale)),
        float(np.abs(actual - middle)[seen].sum() / actual[seen].sum()),
        float(np.sqrt(np.mean(((actual - forecast)[sold] / actual[sold]) ** 2))),
        *(float(np.mean(((actual >= low) & (actual <= high))[sold])) for low, high in bounds.values()),
        float(np.mean((bounds[80][1] - bounds[80][0])[sold] / forecast[sold])),
    ]


if __name__ == "__main__":
    main()
