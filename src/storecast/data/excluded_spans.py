"""Spans of days that the user marked as not to be learned from: a strike, a broken till, a lockdown.

No model learns their sales, no interval their errors, and no score counts them. The sales themselves stay as they are.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import Bool
from storecast.errors import quote

MAX_SPANS = 10_000  # of a chain; a longer list is written by day where spans would do


@dataclass(frozen=True)
class ExcludedSpan:
    """Days of one store, or of all, from the first to the last.

    Attributes
    ----------
    store : its id; None: all stores
    name : what happened; empty where nobody said
    """

    first: dt.date
    last: dt.date
    store: int | str | None = None
    name: str = ""

    def rows(self) -> pl.Expr:
        """Return an expression that marks the rows of a table, by store and date, that lie in the span."""
        days = pl.col(s.DATE).is_between(self.first, self.last)
        return days if self.store is None else days & (pl.col(s.STORE) == self.store)

    def sentence(self, rows: int) -> str:
        """Say which days these are, and how many rows of sales lie in them.

        Examples
        --------
        >>> ExcludedSpan(dt.date(2015, 5, 4), dt.date(2015, 5, 8), 3, "strike").sentence(5)
        "2015-05-04 to 2015-05-08, store 3, 'strike': 5 rows"
        """
        parts = [f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"]
        if self.store is not None:
            parts.append(f"store {self.store if isinstance(self.store, int) else quote(self.store)}")
        if self.name:
            parts.append(quote(self.name))
        return f"{', '.join(parts)}: {rows} rows"


def without_excluded(rows: pl.DataFrame, spans: Sequence[ExcludedSpan]) -> pl.DataFrame:
    """Return the rows of a table, by store and date, that lie in no span.

    Parameters
    ----------
    rows : with Store and Date
    spans : to leave out
    """
    return rows.filter(~pl.any_horizontal(span.rows() for span in spans)) if spans else rows


def excluded_days(spans: Sequence[ExcludedSpan], stores: pl.Series, first: dt.date, days: int) -> Bool | None:
    """Return which days lie in a span, (stores, days); None where there is no span.

    Parameters
    ----------
    spans : to mark
    stores : the ids, a row each
    first : the day of the first column
    days : columns
    """
    if not spans:
        return None
    marked = np.zeros((len(stores), days), bool)
    for span in spans:
        rows = slice(None) if span.store is None else (stores == span.store).to_numpy()
        marked[rows, max(0, (span.first - first).days) : max(0, (span.last - first).days + 1)] = True
    return marked
