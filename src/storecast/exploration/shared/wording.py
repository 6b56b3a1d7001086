"""Estimates as text: values by their unit, intervals, and tables of both."""

from typing import Any

import polars as pl

from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, MEASURE, UNIT, VALUE, Unit
from storecast.report.section import TextTable

NO_VALUE = "–"
CENTS_BELOW = 100  # money below it is written with its cents
MILLIONS_FROM = 1e6  # money from it on is written in millions


def format_value(value: object, unit: str, digits: int | None = None) -> str:
    """Return a value as text: changes and shares in per cent, money and counts in whole numbers or millions.

    Parameters
    ----------
    value : a number; anything else is written as a dash
    unit : one of `Unit`
    digits : after the point; None: as usual for the unit
    """
    if not isinstance(value, int | float):
        return NO_VALUE
    if unit == Unit.CHANGE:
        return f"{_near_zero(value * 100, digits, 1):+.{1 if digits is None else digits}f}%".replace("-", "−")
    if unit == Unit.SHARE:
        return f"{value * 100:.{1 if digits is None else digits}f}%".replace("-", "−")
    if unit == Unit.CORRELATION:
        return f"{value:.{2 if digits is None else digits}f}".replace("-", "−")
    if unit == Unit.MONEY and abs(value) >= MILLIONS_FROM:
        return f"{value / 1e6:,.1f} million".replace("-", "−")
    if unit == Unit.MONEY and abs(value) < CENTS_BELOW and digits is None:
        return f"{value:,.2f}".replace("-", "−")
    if unit in (Unit.COUNT, Unit.MONEY):
        return f"{value:,.{digits or 0}f}".replace("-", "−")
    return f"{value:,.{2 if digits is None else digits}f}".replace("-", "−")


def count_text(value: object) -> str:
    """Return a count as text, with its thousands apart."""
    return format_value(value, Unit.COUNT)


def value_text(estimate: dict[str, Any] | None) -> str:
    """Return the value of an estimate alone; a dash without one."""
    return NO_VALUE if estimate is None else format_value(estimate[VALUE], str(estimate[UNIT]))


def interval_text(estimate: dict[str, Any] | None, digits: int | None = None) -> str:
    """Return the bounds of an estimate, for a column of a table; a dash without them.

    Parameters
    ----------
    estimate : a row of a tidy table
    digits : after the point; None: as usual for the unit
    """
    if estimate is None or estimate[LOW] is None or estimate[HIGH] is None:
        return NO_VALUE
    return " to ".join(format_value(estimate[end], str(estimate[UNIT]), digits) for end in (LOW, HIGH))


def short_text(estimate: dict[str, Any] | None, digits: int | None = None) -> str:
    """Return an estimate with its bounds, short enough for a cell of a table.

    Examples
    --------
    >>> short_text({"Unit": "change", "Value": 0.3821, "Low": 0.361, "High": 0.402})
    '+38.2% (+36.1 to +40.2)'
    """
    if estimate is None:
        return NO_VALUE
    text = format_value(estimate[VALUE], str(estimate[UNIT]), digits)
    if estimate[LOW] is None or estimate[HIGH] is None:
        return text
    return f"{text} ({interval_text(estimate, digits).replace('%', '')})"


def full_text(estimate: dict[str, Any] | None, digits: int | None = None, *, in_brackets: bool = False) -> str:
    """Return an estimate with its interval in words, by its unit.

    Parameters
    ----------
    estimate : a row of a tidy table
    digits : after the point; None: as usual for the unit
    in_brackets : whether the text will stand in brackets, and so has none of its own

    Examples
    --------
    >>> estimate = {"Unit": "change", "Value": 0.3821, "Low": 0.361, "High": 0.402}
    >>> full_text(estimate)
    '+38.2% (95% interval +36.1 to +40.2%)'
    >>> full_text(estimate, in_brackets=True)
    '+38.2%, 95% interval +36.1 to +40.2%'
    """
    if estimate is None or estimate[VALUE] is None:
        return "unknown"
    text = format_value(estimate[VALUE], str(estimate[UNIT]), digits)
    if estimate[LOW] is None or estimate[HIGH] is None:
        return text
    low, high = (format_value(estimate[end], str(estimate[UNIT]), digits) for end in (LOW, HIGH))
    unit = next((end for end in ("%", " million") if low.endswith(end) and high.endswith(end)), "")
    bounds = f"95% interval {low.removesuffix(unit)} to {high.removesuffix(unit)}{unit}"
    return f"{text}, {bounds}" if in_brackets else f"{text} ({bounds})"


def cross_table(
    rows: pl.DataFrame, caption: str, head: str, *, by: str = GROUP, across: str = MEASURE, folded: bool = False
) -> TextTable:
    """Return a table of estimates to be read: rows and columns in the order in which they come.

    Parameters
    ----------
    rows : of a tidy table
    caption : of the table
    head : the title of the first column
    by, across : the columns of the tidy table that become its rows and its columns
    folded : whether it opens by a click
    """
    names, columns = (list(dict.fromkeys(rows[name].to_list())) for name in (by, across))
    cells = {(estimate[by], estimate[across]): estimate for estimate in rows.iter_rows(named=True)}
    body = [(str(name), *(short_text(cells.get((name, column))) for column in columns)) for name in names]
    return TextTable(caption, (head, *(str(column) for column in columns)), body, folded)


def _near_zero(value: float, digits: int | None, usual: int) -> float:
    """Return 0 for what rounds to it, so that no text says −0.0."""
    return 0.0 if round(value, usual if digits is None else digits) == 0 else value
