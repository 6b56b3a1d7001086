"""Forecast: what a model says of the days ahead, a row per store and day."""

import datetime as dt
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast and where it comes from.

    Attributes
    ----------
    rows : Store, Date, Forecast (expected sales, money), Lower80, Upper80, Lower95, Upper95 and the quantiles asked for;
        sorted by Store and Date, exactly 0 on closed days
    cutoff : the last day whose sales were known
    model : the name of the model file, or of the kind where there is no file
    """

    rows: pl.DataFrame
    cutoff: dt.date
    model: str
