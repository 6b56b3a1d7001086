"""A section of the report: a question, its answer in a sentence, pictures, tables, and how it was worked out.

A section is made of one tidy table (see `storecast.questions.tidy`) and of nothing else, so that every figure in its
sentence stands in the table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl

from storecast.questions.tidy import CHANGE, CORRELATION, COUNT, GROUP, HIGH, LOW, MEASURE, MONEY, PART, POSITION, SHARE

NOTHING = "–"
SMALL = 100  # below which money is told with its cents
MILLIONS = 1e6  # from which money is told in millions


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure with what it shows in words; ``name`` becomes the name of its file."""

    name: str
    title: str
    figure: go.Figure
    alt: str
    caption: str = ""
    wide: bool = True  # over the whole width; else two stand side by side where there is room


@dataclass(frozen=True)
class Shown:
    """A table to be read: the first column names the row, the others are numbers as text, or words."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    folded: bool = False  # opened by a click, where it is long
    words: bool = False  # the other columns are words too


@dataclass(frozen=True, eq=False)
class Section:
    """What the report says to one question."""

    key: str
    question: str
    short: str  # the question's name in the contents
    answer: str
    pictures: Sequence[Picture]
    tables: Sequence[Shown]
    method: str
    unproven: str  # what stays unproven, or cannot be seen in these data


class Reader:
    """Looks estimates up in a tidy table."""

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table

    def part(self, part: str, measure: str | None = None) -> pl.DataFrame:
        """Return the rows of a part, and of one measure where it is named, in their order."""
        rows = self.table.filter(pl.col(PART) == part)
        return rows if measure is None else rows.filter(pl.col(MEASURE) == measure)

    def has(self, part: str) -> bool:
        """Whether the table holds a part."""
        return not self.part(part).is_empty()

    def line(
        self, part: str, group: str | None = None, measure: str | None = None, position: float | None = None
    ) -> dict[str, Any] | None:
        """Return the first estimate that fits, or None."""
        rows = self.part(part, measure)
        if group is not None:
            rows = rows.filter(pl.col(GROUP) == group)
        if position is not None:
            rows = rows.filter(pl.col(POSITION) == position)
        return rows.row(0, named=True) if rows.height else None


def cell(line: dict[str, Any] | None, digits: int | None = None) -> str:
    """Return an estimate with its bounds, short enough for a cell of a table.

    Examples
    --------
    >>> cell({"Unit": "change", "Value": 0.3821, "Low": 0.361, "High": 0.402})
    '+38.2 % (+36.1 to +40.2)'
    """
    if line is None:
        return NOTHING
    text = number(line["Value"], str(line["Unit"]), digits)
    return text if line[LOW] is None or line[HIGH] is None else f"{text} ({interval(line, digits).replace(' %', '')})"


def crossed(
    rows: pl.DataFrame, caption: str, head: str, *, by: str = GROUP, across: str = MEASURE, folded: bool = False
) -> Shown:
    """Make a table of estimates: a row a group and a column a measure, both in the order in which they come."""
    names, columns = (list(dict.fromkeys(rows[name].to_list())) for name in (by, across))
    of = {(line[by], line[across]): line for line in rows.iter_rows(named=True)}
    body = [(str(name), *(cell(of.get((name, column))) for column in columns)) for name in names]
    return Shown(caption, (head, *(str(column) for column in columns)), body, folded)


def said(line: dict[str, Any] | None, digits: int | None = None, *, inside: bool = False) -> str:
    """Return an estimate with its interval in words, by its unit; ``inside`` is for a text in brackets.

    Examples
    --------
    >>> line = {"Unit": "change", "Value": 0.3821, "Low": 0.361, "High": 0.402}
    >>> said(line)
    '+38.2 % (95 % interval +36.1 to +40.2 %)'
    >>> said(line, inside=True)
    '+38.2 %, 95 % interval +36.1 to +40.2 %'
    """
    if line is None or line["Value"] is None:
        return "unknown"
    text = number(line["Value"], str(line["Unit"]), digits)
    if line[LOW] is None or line[HIGH] is None:
        return text
    low, high = (number(line[end], str(line["Unit"]), digits) for end in (LOW, HIGH))
    unit = next((end for end in (" %", " million") if low.endswith(end) and high.endswith(end)), "")
    bounds = f"95 % interval {low.removesuffix(unit)} to {high.removesuffix(unit)}{unit}"
    return f"{text}, {bounds}" if inside else f"{text} ({bounds})"


def number(value: object, unit: str, digits: int | None = None) -> str:
    """Return a value as text, by its unit: changes and shares in per cent, money and counts in whole numbers or millions."""
    if not isinstance(value, int | float):
        return NOTHING
    if unit == CHANGE:
        return f"{_near_zero(value * 100, digits, 1):+.{1 if digits is None else digits}f} %".replace("-", "−")
    if unit == SHARE:
        return f"{value * 100:.{1 if digits is None else digits}f} %".replace("-", "−")
    if unit == CORRELATION:
        return f"{value:.{2 if digits is None else digits}f}".replace("-", "−")
    if unit == MONEY and abs(value) >= MILLIONS:
        return f"{value / 1e6:,.1f} million".replace("-", "−")
    if unit == MONEY and abs(value) < SMALL and digits is None:
        return f"{value:,.2f}".replace("-", "−")
    if unit in (COUNT, MONEY):
        return f"{value:,.{digits or 0}f}".replace("-", "−")
    return f"{value:,.{2 if digits is None else digits}f}".replace("-", "−")


def interval(line: dict[str, Any], digits: int | None = None) -> str:
    """Return the bounds of an estimate as text, for a column of a table."""
    if line[LOW] is None or line[HIGH] is None:
        return NOTHING
    return " to ".join(number(line[end], str(line["Unit"]), digits) for end in (LOW, HIGH))


def _near_zero(value: float, digits: int | None, usual: int) -> float:
    """Return 0 for what rounds to it, so that no text says −0.0."""
    return 0.0 if round(value, usual if digits is None else digits) == 0 else value
