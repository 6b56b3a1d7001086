"""naive, linear, boosting and blend on chains of any kind, beside SeasonalNaive, AutoETS and LightGBM, on the same windows.

    python benchmarks/chains.py DIR… --peers peers/bin/python

Each folder is read as a user's would be, with its storecast.toml. WAPE and MASE are of the median, SQL is over nine deciles; the
scale of MASE and SQL is the mean difference between a day and the same weekday a week before. Rows with sales count, closed days
without any do not, and for every model a day that the calendar ahead closes is 0.
"""

import argparse
import datetime as dt
import resource
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from measure import cpu_of, machine

if TYPE_CHECKING:
    from storecast.data.panel import Panel

OURS = ("naive", "linear", "boosting", "blend")
DECILES = tuple(f"Q{tau}0" for tau in range(1, 10))
SEASON = 7


def main() -> None:
    """Print a line for each chain, model and window, and the means."""
    from storecast.config import Task
    from storecast.evaluate.backtest import backtest
    from storecast.workflows.preparation import prepare

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="of chains")
    parser.add_argument(
        "--peers", type=Path, help="the Python of an environment with statsforecast, mlforecast and lightgbm"
    )
    parser.add_argument("--models", default=",".join(OURS), help="of ours, comma-separated")
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--horizon", type=int, default=42)
    parser.add_argument(
        "--last", type=dt.date.fromisoformat, help="the last cutoff; default: the latest with a whole window after it"
    )
    options = parser.parse_args()
    print(f"# {(__doc__ or '').splitlines()[0]}\n# {machine()}\nchain,model,cutoff,WAPE,MASE,SQL,coverage80,seconds")
    for folder in options.folders:
        panel = prepare(folder, horizon=options.horizon, allow_longer_test=True).panel
        last = options.last or panel.end - dt.timedelta(days=options.horizon)
        cutoffs = [last - dt.timedelta(days=options.horizon * k) for k in reversed(range(options.windows))]
        days = full_grid(panel)
        means: dict[str, list[tuple[float, ...]]] = {}
        task = Task(options.horizon, tuple(tau / 10 for tau in range(1, 10)))
        for model in options.models.split(","):
            seconds, result = cpu_of(
                lambda model=model, panel=panel, task=task, cutoffs=cutoffs: backtest(panel, [model], cutoffs, task)
            )
            forecasts = result.forecasts.filter(pl.col("Model") == model)
            means |= show(folder.name, model, forecasts, days, cutoffs, seconds)
        if options.peers:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            peers = peer_forecasts(options.peers, days, cutoffs, options.horizon)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            for model in peers["Model"].unique(maintain_order=True):
                means |= show(folder.name, model, peers.filter(pl.col("Model") == model), days, cutoffs, float("nan"))
            print(f"# {folder.name}: the peers took {seconds:.0f} CPU seconds together")
        for model, windows in means.items():
            print(
                folder.name,
                model,
                "mean",
                *(f"{value:.4f}" for value in np.mean(windows, axis=0)),
                "",
                sep=",",
                flush=True,
            )


def full_grid(panel: "Panel") -> pl.DataFrame:
    """Return every store and day from its first row on: y (null without a row), and what is known ahead, as numbers."""
    calendar = panel.calendar.join(panel.sales, on=["Store", "Date"], how="left")
    starts = panel.sales.group_by("Store").agg(pl.col("Date").min().alias("start"))
    grid = starts.select(
        "Store", "start", pl.date_ranges("start", pl.lit(panel.calendar["Date"].max())).alias("Date")
    ).explode("Date")
    days = grid.join(calendar, on=["Store", "Date"], how="left").sort("Store", "Date")
    return days.select(
        "Store",
        pl.col("Store").cast(pl.String).alias("unique_id"),
        pl.col("Date").alias("ds"),
        pl.col("Sales").alias("y"),
        pl.col("Open").fill_null(0).alias("Open"),
        pl.col("Promo").fill_null(0).alias("Promo"),
        (pl.col("StateHoliday").fill_null("0") != "0").cast(pl.Int8).alias("Holiday"),
        pl.col("SchoolHoliday").fill_null(0).alias("School"),
        *(pl.col(name).fill_null(0.0).alias(f"known {k}") for k, name in enumerate(panel.known)),
    )


def peer_forecasts(python: Path, days: pl.DataFrame, cutoffs: list[dt.date], horizon: int) -> pl.DataFrame:
    """Return the peers' forecasts, made by another Python."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "days.parquet", Path(folder) / "forecasts.parquet"
        # A day without a row is as the weeks before it, for models that take no gaps; the flag Open tells LightGBM more.
        filled = pl.coalesce("y", *(pl.col("y").shift(SEASON * k).over("Store") for k in range(1, 9))).fill_null(0.0)
        days.with_columns(filled.alias("y")).drop("Store").write_parquet(given)
        script = Path(__file__).with_name("chain_peers.py")
        dates = ",".join(map(str, cutoffs))
        subprocess.run([python, script, given, out, "--horizon", str(horizon), "--cutoffs", dates], check=True)
        forecasts = pl.read_parquet(out)
    stores = days.select("Store", "unique_id").unique()
    forecasts = forecasts.join(stores, on="unique_id").rename({"ds": "Date"})
    closed = days.filter(pl.col("Open") == 0).select("Store", pl.col("ds").alias("Date"), pl.lit(0.0).alias("closed"))
    joined = forecasts.join(closed, on=["Store", "Date"], how="left")
    return joined.with_columns(pl.coalesce("closed", name).alias(name) for name in DECILES)


def show(
    chain: str, model: str, forecasts: pl.DataFrame, days: pl.DataFrame, cutoffs: list[dt.date], seconds: float
) -> dict[str, list[tuple[float, ...]]]:
    """Print the scores of each window, and return them by the model's name."""
    lines = []
    for cutoff in cutoffs:
        lines.append(score(forecasts.filter(pl.col("Cutoff") == cutoff), days, cutoff))
        print(chain, model, cutoff, *(f"{value:.4f}" for value in lines[-1]), f"{seconds:.0f}", sep=",", flush=True)
    return {model: lines}


def score(forecasts: pl.DataFrame, days: pl.DataFrame, cutoff: dt.date) -> tuple[float, float, float, float]:
    """Return WAPE, MASE, SQL and the coverage of the 80% interval in one window."""
    past = days.filter(pl.col("ds") <= cutoff).sort("Store", "ds")
    step = (pl.col("y") - pl.col("y").shift(SEASON).over("Store")).abs()
    scale = past.with_columns(step.alias("step")).group_by("Store").agg(pl.col("step").mean().alias("scale"))
    actual = days.filter(pl.col("y").is_not_null() & ((pl.col("Open") == 1) | (pl.col("y") > 0)))
    rows = forecasts.join(actual.select("Store", pl.col("ds").alias("Date"), "y"), on=["Store", "Date"]).join(
        scale, on="Store"
    )
    rows = rows.filter(pl.col("scale") > 0)
    y, size = rows["y"].to_numpy(), rows["scale"].to_numpy()
    error = np.abs(y - rows["Q50"].to_numpy())
    losses = [
        2 * np.abs((y - rows[name].to_numpy()) * ((y <= rows[name].to_numpy()) - tau / 10)) / size
        for tau, name in enumerate(DECILES, 1)
    ]
    inside = (y >= rows["Q10"].to_numpy()) & (y <= rows["Q90"].to_numpy())
    return float(error.sum() / y.sum()), float((error / size).mean()), float(np.mean(losses)), float(inside.mean())


if __name__ == "__main__":
    main()
