"""What the workbook of a plan holds, wherever it comes from: a version that was published, or a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.breakdown import BUILT_IN, OWN_GROUP
from storecast.plan import workbook_layout as w
from storecast.plan.store_days import BAND, CENT
from storecast.plan.workbook_words import ENGLISH, WorkbookWords

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, eq=False)
class WorkbookContent:
    """What a workbook of a plan holds.

    Attributes
    ----------
    title : of its sheets, in its language
    facts : of the sheet About, by their English names: Version, Revision, Model, Cutoff, and others
    rows : a row for each store and week: Store (text), a column for each group, and those of `workbook_layout` that are no
        formula; null: not known
    groups : names of the groups, whose columns have "group " before them
    reasons : that an override may have
    figure : what is forecast, with its unit, in its language
    sums : the rows of totals.csv, whose intervals hold for sums; None: the bounds of the rows are those of days, added up
    notices : what a reader must know before using the figures, in its language
    words : of its language
    """

    title: str
    facts: Mapping[str, str | int | date]
    rows: pl.DataFrame
    groups: tuple[str, ...]
    reasons: Sequence[str]
    figure: str = s.SALES
    sums: pl.DataFrame | None = None
    notices: Sequence[str] = field(default=())
    words: WorkbookWords = ENGLISH

    @property
    def group_titles(self) -> list[str]:
        """Titles for the columns of groups, which no other column has."""
        text, titles = self.words.text, list[str]()
        taken = {*w.TITLES, *map(text, w.TITLES)}
        for name in self.groups:
            title = text(name) if name in BUILT_IN.values() else name
            titles.append(text("{name} (group)", name=title) if title in {*taken, *titles} else title)
        return titles

    @property
    def group_columns(self) -> list[str]:
        """Names of the columns of groups in `rows`."""
        return [f"{OWN_GROUP}{name}" for name in self.groups]

    @property
    def bounds_titles(self) -> dict[str, str]:
        """What the bounds of a store's week are called where they are those of its days, added up."""
        return {} if self.sums is not None else {w.LOWER: w.LOWER_OF_DAYS, w.UPPER: w.UPPER_OF_DAYS}

    @property
    def weeks(self) -> list[tuple[date, date]]:
        """The first and the last day of each week."""
        return [(first, last) for first, last in self.rows.select(w.FIRST, w.LAST).unique().sort(w.FIRST).iter_rows()]

    def bounds(self, level: str) -> dict[tuple[str, date], Bounds]:
        """Return the 80% bounds of a level of totals.csv, such as chain-week, by key and first day; none where there are none."""
        if self.sums is None or not {*BAND} <= {*self.sums.columns}:
            return {}
        rows = self.sums.filter(pl.col("Level") == level).select("Key", "Start", *BAND).iter_rows()
        return {(key, start): (low, high) for key, start, low, high in rows}


def total(values: pl.Series) -> float | None:
    """Add money in cents, without the drift of binary fractions; None where no value is known."""
    known = values.drop_nulls()
    return int((known * CENT).round().cast(pl.Int64).sum()) / CENT if len(known) else None


def totals_by(rows: pl.DataFrame, by: str, columns: Sequence[str]) -> dict[Any, dict[str, float | None]]:
    """Return `total` of columns by the values of another, in their order.

    Parameters
    ----------
    rows : of the sheet Weeks
    by : the column of the keys
    columns : that are added up
    """
    cents = [(pl.col(name) * CENT).round().cast(pl.Int64) for name in columns]
    sums = rows.group_by(by, maintain_order=True).agg(pl.when(cell.count() > 0).then(cell.sum()) for cell in cents)
    # Python divides here: Polars multiplies by the reciprocal, and 1.12 becomes 1.1200000000000001.
    return {
        key: {name: None if sum_ is None else sum_ / CENT for name, sum_ in zip(columns, values, strict=True)}
        for key, *values in sums.iter_rows()
    }


def change(comparable: float | None, last_year: float | None) -> float | None:
    """Return the change on last year as a share; None where it is not known, or nothing was sold then."""
    return comparable / last_year - 1 if comparable is not None and last_year else None
