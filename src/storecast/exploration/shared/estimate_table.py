"""Look estimates up in a question's tidy table, and shape them for charts."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, MEASURE, PART, POSITION, VALUE
from storecast.report.charts import Series


class EstimateTable:
    """A tidy table that sections look estimates up in; a row comes as a dictionary by column."""

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table

    def part(self, part: str, measure: str | None = None) -> pl.DataFrame:
        """Return the rows of a part, and of one measure where it is named, in their order."""
        rows = self.table.filter(pl.col(PART) == part)
        return rows if measure is None else rows.filter(pl.col(MEASURE) == measure)

    def has(self, part: str) -> bool:
        """Whether the table holds a part."""
        return not self.part(part).is_empty()

    def first(
        self, part: str, group: str | None = None, measure: str | None = None, position: float | None = None
    ) -> dict[str, Any] | None:
        """Return the first estimate that fits, or None.

        Parameters
        ----------
        part, group, measure, position : the values of these columns; None: any
        """
        rows = self.part(part, measure)
        if group is not None:
            rows = rows.filter(pl.col(GROUP) == group)
        if position is not None:
            rows = rows.filter(pl.col(POSITION) == position)
        return rows.row(0, named=True) if rows.height else None


def chart_series(name: str, rows: pl.DataFrame, x: Sequence[object] | str = GROUP, *, bounds: bool = True) -> Series:
    """Return estimates as a series of a chart.

    Parameters
    ----------
    name : of the series
    rows : of a tidy table
    x : the places of the points: a column, or a value for each row
    bounds : whether the intervals are drawn
    """
    places = rows[x].to_list() if isinstance(x, str) else x
    return Series(name, places, *(rows[column].to_list() for column in ((VALUE, LOW, HIGH) if bounds else (VALUE,))))


def chart_series_by_measure(rows: pl.DataFrame, x: str = GROUP) -> list[Series]:
    """Return a series of each measure, in the order in which they come."""
    measures = dict.fromkeys(rows[MEASURE].to_list())
    return [chart_series(measure, rows.filter(pl.col(MEASURE) == measure), x) for measure in measures]
