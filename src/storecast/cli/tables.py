"""Tables for people: as wide as the terminal, and no cell cut off.

A table that is too wide first leaves out the columns that its command can spare, and says so; then it folds long texts. Numbers,
dates and names stay whole.
"""

import math
import os
import unicodedata
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPE_WIDTH = 160
WHOLE = 32  # characters: a cell up to this long, without a blank, is never folded
GAP = 2  # between columns
FOLDED = 14  # characters that a folded column keeps at least


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
    """Print a table; text columns to the left, numbers to the right.

    Parameters
    ----------
    title : of the table
    head : the name of each column
    rows : a value for each column; None is printed as a dash
    spare : columns to leave out where the table is too wide, in this order
    """
    console = terminal()
    cells = [[_cell(value) for value in row] for row in rows]
    texts = [[printable(name), *(row[k] for row in cells)] for k, name in enumerate(head)]
    shown, left_out = list(range(len(head))), []
    for name in spare:
        if _least_width([texts[k] for k in shown]) <= console.width:
            break
        shown = [k for k in shown if head[k] != name]
        left_out.append(name)
    out = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
    )
    for k in shown:
        number = bool(rows) and all(isinstance(row[k], int | float | None) for row in rows)
        out.add_column(
            escape(texts[k][0]),
            justify="right" if number else "left",
            no_wrap=not _folds(texts[k]),
            overflow="fold",
        )
    for row in cells:
        out.add_row(*(escape(row[k]) for k in shown))
    console.print(escape(printable(title)), style="italic", highlight=False)
    console.print(out)
    if left_out:
        console.print(f"Not shown at this width: {escape(', '.join(left_out))}.", style="dim")


def _folds(texts: Sequence[str]) -> bool:
    """Return whether a column may be folded: it has sentences, or texts of any length."""
    return any(len(text) > WHOLE or " " in text for text in texts[1:])


def _least_width(columns: Sequence[Sequence[str]]) -> int:
    """Return the width below which texts that are to stay whole would be cut."""
    widths = (max(map(len, texts)) for texts in columns)
    least = (min(width, FOLDED) if _folds(texts) else width for width, texts in zip(widths, columns, strict=True))
    return sum(least) + GAP * (len(columns) - 1)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4f}"
    return "–" if value is None else printable(str(value))
