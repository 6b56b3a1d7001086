"""Tidy tables: every question answers with one table of one shape, a row an estimate.

Part      which part of the answer: a picture, a table
Group     what the row is about: a weekday, a store type, a store
Position  where on an axis it stands: days from a holiday, the lower edge of a bin; null where there is none
Measure   what was measured: sales, customers, spend per customer
Unit      how Value reads: change (0.1 is ten per cent more), share, correlation, money, count, or a word of its own
Value     the estimate
Low, High its 95 % interval; null where there is none
N         on how much it stands: stores, days or rows, as the question says
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import polars as pl

from storecast.errors import HistoryError

PART, GROUP, POSITION, MEASURE, UNIT, VALUE, LOW, HIGH, N = (
    "Part",
    "Group",
    "Position",
    "Measure",
    "Unit",
    "Value",
    "Low",
    "High",
    "N",
)
TIDY = {
    PART: pl.String(),
    GROUP: pl.String(),
    POSITION: pl.Float64(),
    MEASURE: pl.String(),
    UNIT: pl.String(),
    VALUE: pl.Float64(),
    LOW: pl.Float64(),
    HIGH: pl.Float64(),
    N: pl.Int64(),
}
CHANGE, SHARE, CORRELATION, MONEY, COUNT = "change", "share", "correlation", "money", "count"


class NotAnswerableError(HistoryError):
    """These data cannot answer the question; the message says why."""


@dataclass(frozen=True)
class Line:
    """One estimate."""

    part: str
    group: str
    measure: str
    unit: str
    value: float
    low: float | None = None
    high: float | None = None
    position: float | None = None
    n: int | None = None


def tidy(lines: Iterable[Line]) -> pl.DataFrame:
    """Make a tidy table of estimates; what is not a number becomes null.

    Examples
    --------
    >>> tidy([Line("uplift", "Mon", "sales", CHANGE, 0.42, n=60)]).select("Group", "Value", "N").row(0)
    ('Mon', 0.42, 60)
    """
    rows = [{name.capitalize(): _number(value) for name, value in asdict(line).items()} for line in lines]
    return pl.DataFrame(rows, schema=TIDY)


def change(part: str, group: str, measure: str, log: "Interval", **rest: float | None) -> Line:
    """Turn an effect on a log into a relative change: 0.1 is ten per cent more."""
    value, low, high = (None if end is None else math.expm1(end) for end in (log.value, log.low, log.high))
    assert value is not None
    position, n = rest.get("position"), rest.get("n")
    return Line(part, group, measure, CHANGE, value, low, high, position, None if n is None else int(n))


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; without one where it cannot be had."""

    value: float
    low: float | None = None
    high: float | None = None


def _number(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
