"""Results on stdout: tables for people, or JSON."""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

PIPE_WIDTH = 160
SHOWN = ("RMSPE", "RMSPE_without_worst5", "WAPE", "MASE", "SQL", "cover80", "cover95")


class Report(Protocol):
    """Takes the name of the step that begins."""

    def __call__(self, step: str, /) -> None:
        """Report the step."""
        ...


def as_json(value: object) -> None:
    """Print plain data as JSON."""
    print(json.dumps(value, indent=1))


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; text columns to the left, numbers to the right."""
    out = Table(title=escape(title), title_justify="left", show_edge=False)
    for k, name in enumerate(head):
        number = bool(rows) and all(isinstance(row[k], int | float | None) for row in rows)
        out.add_column(escape(name), justify="right" if number else "left")
    for row in rows:
        out.add_row(*(escape(_cell(value)) for value in row))
    console = Console()
    # A pipe has no width; a table cut to 80 columns says nothing.
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print(out)


def scores(found: dict[str, Any]) -> None:
    """Print the scores of a backtest, window by window, and the model that won it."""
    lines = [line for line in found["scores"] if line["slice"] == "all"]
    rows = [[line["model"], line["cutoff"], line["rows"], *(line[name] for name in SHOWN)] for line in lines]
    table("Scores by window (cover: measured coverage)", ["model", "cutoff", "rows", *SHOWN], rows)
    Console().print(escape(found["promotion"]["reason"]))


@contextmanager
def progress() -> Iterator[Report]:
    """Show the step at work on stderr, with the time it has taken."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step, /: bar.update(task, description=escape(step))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4f}"
    return "–" if value is None else str(value)
