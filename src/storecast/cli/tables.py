"""Tables for people: as wide as the terminal, and no cell cut off.

A table that is too wide first leaves out columns without any value, then those that its command can spare, and says so; long texts
are folded. Numbers, dates and names stay whole: where even that is too wide, each row is a paragraph.
"""

import math
import os
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPE_WIDTH = 160
WHOLE = 32  # characters: a cell up to this long, without a blank, is never folded
GAP = 2  # between columns
FOLDED = 14  # characters that a folded column keeps at least
EMPTY = ("", "–")
NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?( ?%)?")


def printable(text: str) -> str:
    """Return text whose control characters are spelled out: a name of a store must not steer the terminal."""
    return "".join(ascii(each)[1:-1] if unicodedata.category(each).startswith("C") else each for each in text)


def terminal() -> Console:
    """Return the console of stdout; a pipe has no width of its own, and COLUMNS can give it one."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]], *, spare: Sequence[str] = ()) -> None:
    """Print a table; text columns to the left, numbers to the right. One without rows is a line that says so.

    Parameters
    ----------
    title : of the table
    head : the name of each column
    rows : a value for each column; None is printed as a dash
    spare : columns to leave out where the table is too wide, in this order
    """
    console = terminal()
    if not rows:
        console.print(escape(f"{printable(title)}: none."), highlight=False)
        return
    cells = [[_cell(value) for value in row] for row in rows]
    columns = [_Column(printable(name), tuple(row[k] for row in cells)) for k, name in enumerate(head)]
    empty = [column for column in columns if all(cell in EMPTY for cell in column.cells)]
    to_spare = [column for name in spare for column in columns if column.name == name and column not in empty]
    left_out = []
    for column in (*empty, *to_spare):
        if _least_width(columns) <= console.width:
            break
        columns.remove(column)
        if column in to_spare:
            left_out.append(column.name)
    console.print(escape(printable(title)), style="italic", highlight=False)
    if _least_width(columns) <= console.width:
        console.print(_layout(columns))
    else:
        for k in range(len(rows)):
            pairs = (f"{column.name} {column.cells[k]}" for column in columns if column.cells[k] not in EMPTY)
            console.print(escape(f"- {', '.join(pairs)}"), highlight=False)
    if left_out:
        console.print(f"Not shown at this width: {escape(', '.join(left_out))}.", style="dim")


@dataclass(frozen=True)
class _Column:
    """A column of a table: its name, and its cells as text."""

    name: str
    cells: tuple[str, ...]

    @property
    def folds(self) -> bool:
        """Whether it may be folded: it has sentences, or texts of any length."""
        return any(len(text) > WHOLE or " " in text for text in self.cells)

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers, and stands to the right."""
        return bool(self.cells) and all(text in EMPTY or NUMBER.fullmatch(text) for text in self.cells)


def _layout(columns: Sequence[_Column]) -> Table:
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for column in columns:
        out.add_column(
            escape(column.name),
            justify="right" if column.is_number else "left",
            no_wrap=not column.folds,
            overflow="fold",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        out.add_row(*map(escape, row))
    return out


def _least_width(columns: Collection[_Column]) -> int:
    """Return the width below which texts that are to stay whole would be cut."""
    widths = (max(map(len, (column.name, *column.cells))) for column in columns)
    least = (min(width, FOLDED) if column.folds else width for width, column in zip(widths, columns, strict=True))
    return sum(least) + GAP * (len(columns) - 1)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4f}"
    return "–" if value is None else printable(str(value))
