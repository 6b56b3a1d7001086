"""Results on stdout: tables for people, or JSON."""

import datetime as dt
import json
import math
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from storecast import schema as s
from storecast.data.target import Target
from storecast.logs import log_to_screen

PIPE_WIDTH = 160
MOST_COLUMNS = 20
COUNTS = ("rows", "open_rows", "sold_rows")
SHOWN = ("rmspe", "rmspe_without_worst5", "wape", "mase", "sql", "bias", "coverage80", "coverage95")


class Report(Protocol):
    """Takes the name of the step that begins."""

    def __call__(self, step: str, /) -> None:
        """Report the step."""
        ...


class RowReport(Protocol):
    """Takes the name of the step at work, the rows that are done, and all rows."""

    def __call__(self, step: str, done: int, rows: int, /) -> None:
        """Report the rows that are done."""
        ...


def printable(text: str) -> str:
    """Return text whose control characters are spelled out: a name of a store must not steer the terminal."""
    return "".join(ascii(each)[1:-1] if unicodedata.category(each).startswith("C") else each for each in text)


def plain_values(value: Any) -> Any:
    """Return a dataclass's values with its days and times as text."""
    if isinstance(value, dict):
        return {name: plain_values(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(each) for each in value]
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds")
    return str(value) if isinstance(value, dt.date) else value


def as_json(value: object) -> None:
    """Print plain data as JSON."""
    print(json.dumps(value, indent=1))


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; text columns to the left, numbers to the right."""
    out = Table(title=escape(printable(title)), title_justify="left", show_edge=False)
    for k, name in enumerate(head):
        number = bool(rows) and all(isinstance(row[k], int | float | None) for row in rows)
        out.add_column(escape(printable(name)), justify="right" if number else "left")
    for row in rows:
        out.add_row(*(escape(_cell(value)) for value in row))
    console = Console()
    # A pipe has no width; a table cut to 80 columns says nothing.
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print(out)


def scores(summary: dict[str, Any]) -> None:
    """Print the scores of a backtest, window by window, and the model that won it."""
    lines = [line for line in summary["scores"] if line["slice"] == "all"]
    rows = [
        [
            line["model"],
            line["cutoff"],
            line["rows"],
            line["open_rows"],
            line["sold_rows"],
            *(line[name] for name in SHOWN),
        ]
        for line in lines
    ]
    table(
        "Scores by window (bias: above 0, too high; coverage: measured)",
        ["model", "cutoff", "rows", "open", "sold", *SHOWN],
        rows,
    )
    Console().print(escape(summary["selected"]["reason"]))
    _permutation_importance(summary["importance"], summary["selected"]["model"])
    for notice in summary.get("notices", ()):
        Console().print(escape(printable(f"Note: {notice}")))


def _permutation_importance(importance: dict[str, Any], model: str) -> None:
    """Print by how much the error of a model grows without each driver, the largest first."""
    losses = importance["models"].get(model, {})
    if not losses:
        return
    rows = [
        [
            driver,
            f"{losses[driver] * 100:+.2f}",
            "–" if None in (interval := importance["interval"][model][driver]) else _points(*interval),
            "yes" if importance["beyond_chance"][model][driver] else "no: indistinguishable from none",
        ]
        for driver in sorted(losses, key=lambda name: -losses[name])
    ]
    head = ["driver", "WAPE grows by (points)", "95 % interval", "beyond chance"]
    title = f"What drivers are worth to {model}, after {importance['cutoff']}"
    table(title, head, rows)


def _points(low: float, high: float) -> str:
    return f"{low * 100:+.2f} to {high * 100:+.2f}"


def contributions(days: pl.DataFrame, target: Target) -> None:
    """Print what forecasts are made of: one below the other for a day, a line a day for several.

    Parameters
    ----------
    days : as `explain.explanations.explain` returns them, with the columns of `explain.counterfactuals`
    target : the figure that the model forecasts
    """
    if days.height > 1:
        rows = [
            [str(line[0]), str(line[1]), *("–" if value is None else f"{value:,.2f}" for value in line[2:])]
            for line in days.iter_rows()
        ]
        table(f"What each day's forecast is made of ({target.unit or target.noun})", days.columns, rows)
        return
    day = days.row(0, named=True)
    drivers = [(name, value) for name, value in list(day.items())[3:] if not name.startswith(s.COUNTERFACTUAL)]
    parts = [[name, f"{value:,.2f}" if name == "Usual" else f"{value:+,.2f}"] for name, value in drivers]
    parts[0][0] = "the chain's usual day"
    title = f"Store {day['Store']} on {day['Date']}"
    table(title, ["what it is made of", target.unit or target.noun], [*parts, ["forecast", f"{day['Forecast']:,.2f}"]])
    answers = {name: value for name, value in day.items() if name.startswith(s.COUNTERFACTUAL) and value is not None}
    for name, value in answers.items():
        Console().print(escape(printable(f"{name}: {value:,.2f} ({value - day['Forecast']:+,.2f})")))
    if answers:
        Console().print(
            "A contribution compares with the chain's usual day, on which promotions count too; what a promotion adds is the "
            "difference from the forecast without it."
        )


def importance(importances: pl.DataFrame) -> None:
    """Print what matters to a model: drivers, and the first columns of its trees."""
    for kind, what in (("driver", "drivers"), ("column", "columns (TreeSHAP)")):
        of = importances.filter(pl.col("Kind") == kind).head(MOST_COLUMNS)
        if not of.is_empty():
            rows = [[name, f"± {share * 100:.1f} %"] for _, name, share in of.iter_rows()]
            table(f"What moves the model's forecasts: {what}", ["name", "usual size"], rows)


def scenario(differences: pl.DataFrame, out: Path, target: Target) -> None:
    """Print what another calendar changes, for the chain and its weeks; the file holds the rest.

    Parameters
    ----------
    differences : as `explain.scenario.compare` returns them
    out : the file that holds them
    target : the figure that the model forecasts
    """
    if (differences["Difference"] == 0).all():
        text = f"The other calendar changes no forecast; {out} has the two beside each other, and the log says why."
        Console().print(escape(text))
        return
    chain = differences.filter(pl.col("Level").str.starts_with("chain"))
    bounds = [("Lower95", "Upper95"), ("PossibleLower95", "PossibleUpper95")]
    if chain["Lower95"].equals(chain["PossibleLower95"]) and chain["Upper95"].equals(chain["PossibleUpper95"]):
        bounds.pop()  # no opening changes
    rows = [
        [
            f"{line['Start']} to {line['End']}",
            *(f"{line[name]:,.0f}" for name in ("Stored", "Scenario")),
            f"{line['Difference']:+,.0f}",
            *(_interval(line[low], line[high]) for low, high in bounds),
        ]
        for line in chain.iter_rows(named=True)
    ]
    head = ["days", "stored calendar", "scenario", "difference", "95 % interval", "possible, 95 %"][: 4 + len(bounds)]
    unit = f" ({target.title})" if target != Target() else ""
    table(f"What the model expects the other calendar to change, all stores{unit}", head, rows)
    total = chain.row(-1, named=True)
    days = differences.filter(pl.col("Level") == "store-day").height
    share = total["Difference"] / total["Stored"] if total["Stored"] else 0.0
    Console().print(
        f"The model expects {share:+.1%} on {days} store-days; {escape(str(out))} has every store. That is what it learned from "
        "the past, and no proof: nothing in a calendar was ever dealt out at random."
    )
    if len(bounds) > 1:
        Console().print("The possible difference has the noise of days that are sold under one calendar alone.")


@contextmanager
def progress() -> Iterator[Report]:
    """Show the step at work on stderr, with the time it has taken."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step, /: bar.update(task, description=escape(step))


@contextmanager
def working(log_format: str, step: str = "starting", *, verbose: bool = True) -> Iterator[Report]:
    """Send the log to stderr, and show the step at work there.

    Parameters
    ----------
    log_format : text or json
    step : the first one
    verbose : whether the log holds more than warnings
    """
    log_to_screen(log_format, verbose=verbose)
    with progress() as report:
        report(step)
        yield report


@contextmanager
def working_on_rows(log_format: str) -> Iterator[RowReport]:
    """Send the log to stderr, and show there the step at work, the rows that are done and the time left."""
    log_to_screen(log_format)
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows"), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        steps: dict[str, TaskID] = {}

        def report(step: str, done: int, rows: int, /) -> None:
            for name, task in steps.items():
                bar.update(task, visible=name == step)
            if step not in steps:
                steps[step] = bar.add_task(escape(step), total=max(1, rows))
            bar.update(steps[step], completed=done, total=max(1, rows), visible=True)

        yield report


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:+,.0f} to {high:+,.0f}"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4f}"
    return "–" if value is None else printable(str(value))


def stores(count: int) -> str:
    """Return a number of stores in words: 1 store, 2 stores."""
    return "1 store" if count == 1 else f"{count} stores"
