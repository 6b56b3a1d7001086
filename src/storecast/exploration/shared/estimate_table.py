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
        self._parts = {str(part): rows for (part,), rows in table.partition_by(PART, as_dict=True).items()}
        self._rows: dict[str, list[dict[str, Any]]] = {}  # of a part, once one of them is looked up

    def part(self, part: str, measure: str | None = None) -> pl.DataFrame:
        """Return the rows of a part, and of one measure where it is named, in their order."""
        rows = self._parts.get(part, self.table.clear())
        return rows if measure is None else rows.filter(pl.col(MEASURE) == measure)

    def has(self, part: str) -> bool:
        """Whether the table holds a part."""
        return part in self._parts

    def first(
        self, part: str, group: str | None = None, measure: str | None = None, position: float | None = None
    ) -> dict[str, Any] | None:
        """Return the first estimate that fits, or None.

        Parameters
        ----------
        part, group, measure, position : the values of these columns; None: any
        """
        if part not in self._rows:
            self._rows[part] = self.part(part).rows(named=True)
        wanted = [(GROUP, group), (MEASURE, measure), (POSITION, position)]
        wanted = [(column, value) for column, value in wanted if value is not None]
        return next((row for row in self._rows[part] if all(row[name] == value for name, value in wanted)), None)


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
