"""Tidy tables: every question answers with one table of one shape, a row an estimate.

Part      which part of the answer: a picture, a table
Group     what the row is about: a weekday, a store type, a store
Position  where on an axis it stands: days from a holiday, the lower edge of a bin; null where there is none
Measure   what was measured: sales, customers, spend per customer
Unit      how Value reads: see `Unit`
Value     the estimate
Low, High its 95% interval; null where there is none
N         how many stores, days or rows it is based on, as the question says
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from storecast.errors import HistoryError

PART, GROUP, POSITION, MEASURE = "Part", "Group", "Position", "Measure"
UNIT, VALUE, LOW, HIGH, N = "Unit", "Value", "Low", "High", "N"
TIDY_SCHEMA = {
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


class Unit(StrEnum):
    """How a value reads."""

    CHANGE = "change"  # 0.1 is ten per cent more
    SHARE = "share"
    CORRELATION = "correlation"
    MONEY = "money"
    COUNT = "count"
    SCORE = "score"
    ELASTICITY = "elasticity"  # per cent for one per cent more
    STANDARD_DEVIATIONS = "z"
    METRES = "metres"


class NotAnswerableError(HistoryError):
    """These data cannot answer the question; the message says why."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95% interval; without bounds where they cannot be estimated."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Estimate:
    """A row of a tidy table; its fields are the columns."""

    part: str
    group: str
    measure: str
    unit: str
    value: float
    low: float | None = None
    high: float | None = None
    position: float | None = None
    n: int | None = None


def tidy_table(estimates: Iterable[Estimate]) -> pl.DataFrame:
    """Return a tidy table of estimates; values that are not finite become null.

    Examples
    --------
    >>> estimate = Estimate("uplift", "Mon", "sales", Unit.CHANGE, 0.42, n=60)
    >>> tidy_table([estimate]).select("Group", "Value", "N").row(0)
    ('Mon', 0.42, 60)
    """
    rows = [{name.capitalize(): _cell(value) for name, value in vars(estimate).items()} for estimate in estimates]
    return pl.DataFrame(rows, schema=TIDY_SCHEMA)


def from_interval(
    part: str,
    group: str,
    measure: str,
    unit: str,
    interval: Interval,
    *,
    position: float | None = None,
    n: int | None = None,
) -> Estimate:
    """Return a row of an estimate with its interval.

    Parameters
    ----------
    part, group, measure, unit, position, n : the columns of the row
    interval : value and bounds
    """
    return Estimate(part, group, measure, unit, interval.value, interval.low, interval.high, position, n)


def relative_change(
    part: str, group: str, measure: str, effect: Interval, *, position: float | None = None, n: int | None = None
) -> Estimate:
    """Return an effect on a log as a relative change: 0.1 is ten per cent more.

    Parameters
    ----------
    part, group, measure, position, n : the columns of the row
    effect : the effect on the log, with its interval
    """
    value, low, high = (None if end is None else math.expm1(end) for end in (effect.value, effect.low, effect.high))
    assert value is not None
    return Estimate(part, group, measure, Unit.CHANGE, value, low, high, position, None if n is None else int(n))


def _cell(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, str) else value  # Polars takes strings, and not their enums
