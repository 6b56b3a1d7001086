"""Another calendar laid over the stored one: what is given replaces it, day by day, and the rest stays."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.errors import DataError, quote


def overlay(panel: Panel, rows: pl.DataFrame, until: dt.date, name: str) -> Panel:
    """Return the panel with other days ahead.

    Parameters
    ----------
    rows : Store, Date and some of the known-ahead columns, each store and day once; a null leaves the stored value
    until : the last day that may be given
    name : of the rows, for messages

    Raises
    ------
    DataError
        where a store is unknown, or a day lies outside the days ahead
    """
    strange = rows.join(panel.stores, on=s.STORE, how="anti")
    if strange.height:
        raise DataError(
            f"{name}: Store {quote(strange[s.STORE][0])} is not in store.csv ({strange.height} rows). Remove it, or add the store."
        )
    outside = rows.filter((pl.col(s.DATE) <= panel.end) | (pl.col(s.DATE) > until))
    if outside.height:
        raise DataError(
            f"{name}: found the day {outside[s.DATE][0]} ({outside.height} rows); expected days ahead, from "
            f"{panel.end + dt.timedelta(days=1)} to {until}. Remove the others."
        )
    given = [column for column in (*s.KNOWN, *panel.known) if column in rows.columns]
    types = {column: panel.calendar.schema[column] for column in given}
    other = rows.select(*s.KEYS, *(pl.col(column).cast(dtype) for column, dtype in types.items()))
    joined = panel.calendar.join(other, on=s.KEYS, how="left", suffix=" other", maintain_order="left")
    calendar = joined.with_columns(pl.coalesce(f"{column} other", column).alias(column) for column in given).select(
        panel.calendar.columns
    )
    return panel.with_calendar(calendar)
