"""Forecast: what a model says of the days ahead, a row per store and day."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from storecast import schema as s
from storecast.arrays import F64
from storecast.notebook import Shown

FIRST_ROWS = 7  # that a notebook shows


@dataclass(frozen=True, eq=False, repr=False)
class Forecast(Shown):
    """A forecast and where it comes from.

    Attributes
    ----------
    rows : Store, Date, Forecast (expected sales, money), Lower80, Upper80, Lower95, Upper95 and the quantiles asked for;
        sorted by Store and Date, exactly 0 on closed days
    cutoff : the last day whose sales were known
    model : the name of the model file, or of the kind where there is no file
    paths : possible sales of each row, for the intervals of totals, (rows, paths); None where nothing is known of them
    rmspe_factor : what each row is multiplied by where RMSPE is the yardstick (submission.csv alone), (rows,)
    """

    rows: pl.DataFrame
    cutoff: dt.date
    model: str
    paths: F64 | None = None
    rmspe_factor: F64 | None = None

    def _facts(self) -> dict[str, object]:
        """Return model, days, stores and sum, for `repr` and notebooks."""
        facts: dict[str, object] = {"model": self.model, "cutoff": self.cutoff, "rows": f"{self.rows.height:,}"}
        if self.rows.height:
            facts |= {"to": self.rows[s.DATE].max(), "stores": self.rows[s.STORE].n_unique()}
        return facts | {"sum": f"{self.rows[s.FORECAST].sum():,.0f}"}

    def _html_tables(self) -> tuple[str, ...]:
        """Return its first rows."""
        return (self.rows.head(FIRST_ROWS)._repr_html_(),)
