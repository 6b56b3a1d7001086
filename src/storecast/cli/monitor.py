"""storecast monitor: how good the forecasts made have been, and what has left its band."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from storecast.cli import options, show

if TYPE_CHECKING:
    from storecast.workflows.monitoring import Monitored

FURTHEST = 5  # stores that are shown
FIGURES = {"rmspe": "rmspe", "wape": "wape", "bias": "bias", "coverage80": "80%", "coverage95": "95%"}
SPARE_DRIFT = ("PSI", "Z", "First", "Last")


def monitor(
    home: options.MaybeHome = None,
    db: options.Db = None,
    since: Annotated[
        dt.date | None,
        typer.Option(
            "--since", parser=options.day("--since"), metavar="<str>", help="The first day to look at. Default: all."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for accuracy.csv, drift.csv and alerts.csv.")
    ] = None,
    verbose: options.Verbose = False,
    json: options.AsJson = False,
    log_format: options.Log = options.LogFormat.text,
) -> None:
    """Compare the forecasts made with what came; say what has left its band, since when, and what to do."""
    from storecast import workflows
    from storecast.stages import MONITOR_STAGES

    if home is not None and db is None:
        options.check_home(home)
    with show.working(log_format, verbose=verbose, stages=MONITOR_STAGES) as progress:
        monitored = workflows.monitor(home=home, db=db, since=since, out=out, progress=progress)
    show.as_json(monitored.to_plain()) if json else _show(monitored)


def _show(monitored: "Monitored") -> None:
    if monitored.accuracy.is_empty():
        print("No day of a forecast has come yet: there is nothing to compare.")
    for slice_, title, head in (
        ("all", "Accuracy so far", "all"),
        ("week", "By week ahead", "week"),
        ("store", "Stores furthest off, by WAPE", "store"),
    ):
        rows = monitored.accuracy.filter(pl.col("Slice") == slice_)
        if slice_ == "store":
            rows = rows.sort("wape", "Model", "Key", descending=[True, False, False], nulls_last=True).head(FURTHEST)
        _table(title, head, rows)
    if not monitored.drift.is_empty():
        columns = ["Input", "First", "Last", "Recent", "Usual", "Low", "High", "Z", "PSI", "State"]
        title = "What goes into the forecasts, since the model in use was trained"
        lines = [[_plain(value) for value in row] for row in monitored.drift.select(columns).rows()]
        show.table(title, columns, lines, spare=SPARE_DRIFT)
    if monitored.stale:
        print(f"ALERT {monitored.stale}")
    for alert in monitored.alerts:
        print(f"ALERT {monitored.target.worded(alert.sentence())}")
    if not monitored.alerts and not monitored.accuracy.is_empty():
        print("Nothing has left its band.")
    if monitored.unbound:
        print(
            "The scores of the backtest are not known, and WAPE has no band, where the model file is not here: "
            f"{', '.join(monitored.unbound)}."
        )


def _table(title: str, head: str, rows: pl.DataFrame) -> None:
    """Print accuracies; the name of the model stands above them where there is but one."""
    if rows.is_empty():
        return
    names = rows["Model"].unique()
    columns = {
        **({} if names.len() == 1 else {"Model": "model"}),
        **({} if head == "all" else {"Key": head}),
        "First": "from",
        "Last": "to",
        "Rows": "forecasts",
        "Days": "days",
        **FIGURES,
    }
    lines = [[_plain(value) for value in row] for row in rows.select(*columns).rows()]
    above = f"{title}, {names[0]}" if names.len() == 1 else title
    show.table(above, list(columns.values()), lines, spare=["days", "forecasts", "from", "to"])


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int | float | str) else str(value)
